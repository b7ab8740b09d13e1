//! Looking through folders for a file or a folder: what the disk says of them, asked on threads of their own.

use crate::errand::{Cancelled, Errand, Unwatched};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// The folder of a model package.
    Model,
    /// An audio file to analyse.
    File,
    /// The folder that an export goes to.
    ExportFolder,
}

/// Entries of a folder that are shown at most: more than anyone scrolls through.
const MOST: usize = 2_000;
/// Endings of the files that the worker can decode.
const AUDIO: [&str; 18] = [
    "wav", "wave", "bwf", "rf64", "aif", "aiff", "aifc", "flac", "mp3", "mp2", "ogg", "oga", "m4a", "mp4",
    "aac", "caf", "mka", "webm",
];

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
}

/// What an entry is; folders come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Folder,
    /// A folder with a manifest.
    Package,
    File,
}

/// What stands in a folder, or why it can't be read.
pub(crate) type Entries = Result<Vec<Entry>, String>;

/// A folder that is being read, or was.
#[derive(Debug)]
pub(crate) struct Folder {
    path: Option<PathBuf>,
    entries: Option<Entries>,
    reading: Errand<(PathBuf, Entries)>,
}

impl Folder {
    /// Begins to read this one.
    pub(crate) fn read(path: PathBuf, pick: Pick) -> Self {
        let folder = path.clone();
        Self::begin(Some(path), move |cancelled| (list(&folder, pick, cancelled), folder))
    }

    /// Begins to read the one where looking begins: see [`beginning`].
    pub(crate) fn near(typed: Option<PathBuf>, pick: Pick) -> Self {
        Self::begin(None, move |cancelled| {
            let folder = beginning(typed.as_deref());
            (list(&folder, pick, cancelled), folder)
        })
    }

    /// Begins to read what has this path, or will say so.
    pub(crate) fn begin(
        path: Option<PathBuf>,
        read: impl FnOnce(&Cancelled) -> (Entries, PathBuf) + Send + 'static,
    ) -> Self {
        let reading = Errand::begin("rollcall-browse", move |cancelled| {
            let (entries, path) = read(cancelled);
            Ok((path, entries))
        });
        Self { path, entries: None, reading }
    }

    /// Takes over what has come; call it once a frame.
    pub(crate) fn poll(&mut self) {
        if self.entries.is_none()
            && let Some(read) = self.reading.outcome()
        {
            match read {
                Ok((path, entries)) => (self.path, self.entries) = (Some(path), Some(entries)),
                Err(why) => self.entries = Some(Err(why)),
            }
        }
    }

    /// None while it is being found.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
    /// None while it is being read.
    pub(crate) fn entries(&self) -> Option<&Entries> {
        self.entries.as_ref()
    }
    /// Leaves it; its reading stops with the next entry.
    pub(crate) fn leave(self, unwatched: &mut Unwatched) {
        self.reading.cancel();
        unwatched.take(self.reading);
    }
}

/// Where people keep things, asked for whenever the browser opens: disks come and go.
#[derive(Debug, Default)]
pub(crate) struct Places {
    known: Vec<(String, PathBuf)>,
    asking: Option<Errand<Vec<(String, PathBuf)>>>,
}

impl Places {
    /// Begins to ask, unless an earlier question is still open.
    pub(crate) fn ask(&mut self) {
        self.asking.get_or_insert_with(|| Errand::begin("rollcall-places", |_| Ok(places())));
    }
    /// Name and path of those that are known by now.
    pub(crate) fn known(&mut self) -> &[(String, PathBuf)] {
        if let Some(answer) = self.asking.as_ref().and_then(Errand::outcome) {
            self.asking = None;
            // Without a thread those of the last time stay.
            self.known = answer.unwrap_or_else(|_| std::mem::take(&mut self.known));
        }
        &self.known
    }
    /// Whether there is more to come.
    pub(crate) fn is_asking(&self) -> bool {
        self.asking.is_some()
    }
}

fn list(folder: &Path, pick: Pick, cancelled: &Cancelled) -> Entries {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())?.flatten() {
        if cancelled.is_so() || entries.len() == MOST {
            break;
        }
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if rollcall_files::is_hidden(&path) {
            continue;
        }
        let kind = if path.is_dir() {
            let is_package = pick == Pick::Model && path.join("manifest.toml").is_file();
            if is_package { Kind::Package } else { Kind::Folder }
        } else if pick == Pick::File && is_audio(&path) {
            Kind::File
        } else {
            continue;
        };
        entries.push(Entry { name, path, kind });
    }
    entries.sort_by_cached_key(|entry| (entry.kind == Kind::File, entry.name.to_lowercase()));
    Ok(entries)
}

fn is_audio(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| AUDIO.contains(&ending.as_str()))
}

/// Where to begin: the nearest folder that is there of a path that was typed, else the user's own.
fn beginning(typed: Option<&Path>) -> PathBuf {
    let there =
        typed.and_then(|path| path.ancestors().find(|folder| folder.is_absolute() && folder.is_dir()));
    there.map(Path::to_owned).or_else(std::env::home_dir).unwrap_or_else(|| PathBuf::from("/"))
}

/// Folders that people keep things in, as far as they are there: name and path. On Windows all drives, too, whether they answer or
/// not.
fn places() -> Vec<(String, PathBuf)> {
    let mut places = Vec::new();
    if let Some(own) = std::env::home_dir() {
        for name in ["Desktop", "Documents", "Downloads", "Music"] {
            places.push((name.to_owned(), own.join(name)));
        }
        places.insert(0, ("Home".to_owned(), own));
    }
    for folder in ["/media", "/mnt", "/Volumes", "/"] {
        places.push((if folder == "/" { "Computer" } else { folder }.to_owned(), PathBuf::from(folder)));
    }
    places.retain(|(_, path)| path.is_dir());
    let drives = rollcall_files::drives();
    if !drives.is_empty() {
        // There a lone `/` is the root of whatever drive the host was started on.
        places.retain(|(_, path)| path.is_absolute());
        places.extend(drives.into_iter().map(|drive| (drive.display().to_string(), drive)));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        thread,
        time::{Duration, Instant},
    };

    /// Waits until it is read.
    fn read(mut folder: Folder) -> Folder {
        let began = Instant::now();
        while folder.entries().is_none() {
            assert!(began.elapsed() < Duration::from_secs(60), "waited too long");
            thread::sleep(Duration::from_millis(1));
            folder.poll();
        }
        folder
    }

    fn names(folder: &Path, pick: Pick) -> Vec<(String, Kind)> {
        let folder = read(Folder::read(folder.to_owned(), pick));
        let entries = folder.entries().and_then(|entries| entries.as_ref().ok()).expect("it can be read");
        entries.iter().map(|entry| (entry.name.clone(), entry.kind)).collect()
    }

    #[test]
    fn places_come_when_the_disk_has_answered() {
        let mut places = Places::default();
        places.ask();
        let began = Instant::now();
        while places.known().is_empty() {
            assert!(began.elapsed() < Duration::from_secs(60), "waited too long");
            thread::sleep(Duration::from_millis(1));
        }
        assert!(!places.is_asking() && places.known().iter().all(|(_, path)| path.is_absolute()));
    }

    #[test]
    fn only_what_can_be_picked_is_shown() -> std::io::Result<()> {
        let folder = std::env::temp_dir().join(format!("rollcall-browse-{}", std::process::id()));
        for inside in ["b model", "Album", ".hidden"] {
            fs::create_dir_all(folder.join(inside))?;
        }
        for file in ["b model/manifest.toml", "two.WAV", "One.flac", "notes.txt", ".secret.wav"] {
            fs::write(folder.join(file), "")?;
        }
        let named = |list: &[(&str, Kind)]| -> Vec<(String, Kind)> {
            list.iter().map(|&(name, kind)| (name.to_owned(), kind)).collect()
        };
        let folders = [("Album", Kind::Folder), ("b model", Kind::Folder)];
        assert_eq!(names(&folder, Pick::ExportFolder), named(&folders));
        assert_eq!(
            names(&folder, Pick::Model),
            named(&[("Album", Kind::Folder), ("b model", Kind::Package)])
        );
        let files = [("One.flac", Kind::File), ("two.WAV", Kind::File)];
        assert_eq!(names(&folder, Pick::File), named(&[&folders[..], &files[..]].concat()));
        let typed = Folder::near(Some(folder.join("Album/not there/at all")), Pick::File);
        assert_eq!(typed.path(), None, "nobody has asked the disk yet");
        assert_eq!(read(typed).path(), Some(&*folder.join("Album")));
        assert!(beginning(Some(Path::new("no/such"))).is_dir());
        let gone = read(Folder::read(folder.join("gone"), Pick::File));
        assert!(gone.entries().is_some_and(Result::is_err));
        fs::remove_dir_all(&folder)
    }
}
