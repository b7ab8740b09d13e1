//! Saving an analysis under a name that is free: the worker is asked for texts, the picture is drawn here; all of it away from the window.

use crate::{
    errand::{Cancelled, Errand, Unwatched},
    poster,
};
use rollcall_board::{Board, Command, FORMAT_ENDINGS, Formats, Subject};
use std::path::{Path, PathBuf};

/// What is saved, and where.
pub(crate) struct Wanted {
    pub(crate) subject: Subject,
    pub(crate) folder: PathBuf,
    /// The name, without ending; it gets a number where it is taken.
    pub(crate) stem: String,
    pub(crate) formats: Formats,
    /// None if no picture is wanted.
    pub(crate) picture: Option<poster::Content>,
}

/// The newest thing that was to be saved, and those before it: nobody's file is given up for another one's.
#[derive(Debug, Default)]
pub(crate) struct Saving {
    state: State,
    earlier: Unwatched,
}

/// What there is to say of it, beside what the worker says of its texts.
#[derive(Debug, Default)]
pub(crate) enum State {
    #[default]
    Nothing,
    Running {
        draws: bool,
        errand: Errand<Option<PathBuf>>,
    },
    /// The picture that was saved.
    Done(PathBuf),
    Failed(String),
}

impl Saving {
    /// Begins to save; what is being saved goes on.
    pub(crate) fn begin(&mut self, board: &Board, wanted: Wanted) {
        let (draws, board) = (wanted.picture.is_some(), board.clone());
        let errand = Errand::begin("rollcall-save", move |cancelled| save(&board, wanted, cancelled));
        if let State::Running { errand, .. } =
            std::mem::replace(&mut self.state, State::Running { draws, errand })
        {
            self.earlier.take(errand);
        }
    }

    /// Whether the newest is still being saved; takes over its outcome.
    pub(crate) fn poll(&mut self) -> bool {
        let State::Running { draws, errand } = &self.state else { return false };
        self.state = match errand.outcome() {
            None => return true,
            Some(Ok(None)) => State::Nothing,
            Some(Ok(Some(path))) => State::Done(path),
            Some(Err(why)) if *draws => State::Failed(format!("No picture: {why}")),
            Some(Err(why)) => State::Failed(format!("Not saved: {why}")),
        };
        false
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }
}

fn save(board: &Board, wanted: Wanted, cancelled: &Cancelled) -> Result<Option<PathBuf>, String> {
    let Wanted { subject, folder, stem, formats, picture } = wanted;
    let name = free_stem(&folder, &stem);
    if cancelled.is_so() {
        return Err(poster::CANCELLED.into());
    }
    let Formats { json, csv, labels } = formats;
    if json || csv || labels {
        let (folder, name) = (folder.clone(), name.clone());
        board.send(Command::Export { subject, folder, name, formats });
    }
    let Some(picture) = picture else { return Ok(None) };
    let path = folder.join(format!("{name}.{}", poster::ENDING));
    poster::save(&poster::Content { title: name, ..picture }, &path, cancelled)?;
    Ok(Some(path))
}

/// The name, with a number if it is taken in any format: an export never goes over another one.
fn free_stem(folder: &Path, stem: &str) -> String {
    let is_free = |stem: &str| {
        let mut endings = FORMAT_ENDINGS.into_iter().chain([poster::ENDING]);
        endings.all(|ending| !folder.join(format!("{stem}.{ending}")).exists())
    };
    let numbered = (2..10_000).map(|number| format!("{stem} {number}"));
    std::iter::once(stem.to_owned()).chain(numbered).find(|stem| is_free(stem)).unwrap_or(stem.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, thread, time::Duration};

    fn wanted(folder: &Path, stem: &str) -> Wanted {
        let formats = Formats { json: true, csv: false, labels: false };
        let picture = Some(poster::tests::content());
        Wanted { subject: Subject::Session, folder: folder.to_owned(), stem: stem.into(), formats, picture }
    }

    #[test]
    fn another_takes_nothing_from_the_one_before() -> std::io::Result<()> {
        let folder = std::env::temp_dir().join(format!("rollcall-save-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("second.csv"), "")?;
        let (_writer, board, inbox) = rollcall_board::board();
        let mut saving = Saving::default();
        saving.begin(&board, wanted(&folder, "first"));
        saving.begin(&board, wanted(&folder, "second"));
        while saving.poll() {
            thread::sleep(Duration::from_millis(1));
        }
        let State::Done(path) = saving.state() else { panic!("{:?}", saving.state()) };
        assert_eq!(*path, folder.join("second 2.png"), "the name is free in every format");
        while !folder.join("first.png").exists() {
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(std::iter::from_fn(|| inbox.next()).count(), 2, "texts of both");
        drop(saving);
        fs::remove_dir_all(&folder)
    }

    #[test]
    fn what_is_cancelled_writes_and_asks_for_nothing() {
        let folder = std::env::temp_dir().join("rollcall-never-made");
        let (_writer, board, inbox) = rollcall_board::board();
        assert!(save(&board, wanted(&folder, "a"), &Cancelled::now()).is_err());
        assert!(inbox.next().is_none() && !folder.exists());
    }
}
