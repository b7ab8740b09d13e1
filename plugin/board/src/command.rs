//! What readers ask of the worker.

use crate::Stretch;
use std::{path::PathBuf, sync::mpsc};

/// Which formats an export writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formats {
    /// `NAME.json`: the timeline.
    pub json: bool,
    /// `NAME.csv`: one row a step.
    pub csv: bool,
    /// `NAME.txt`: Audacity labels.
    pub labels: bool,
}

/// Endings of the files of [`Formats`], in its order.
pub const FORMAT_ENDINGS: [&str; 3] = ["json", "csv", "txt"];

/// Bytes of an export's name at most: room for a number and an ending within the 255 that file systems take.
const STEM_BYTES: usize = 200;

/// What an export's files are called, without ending, where a person has typed `name`: what any file system takes, at
/// most 100 characters.
#[must_use]
pub fn file_stem(name: &str) -> String {
    let safe: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() || " -_.".contains(c) { c } else { '_' })
        .take(100)
        .collect();
    let end = (0..=STEM_BYTES.min(safe.len())).rev().find(|&end| safe.is_char_boundary(end));
    let safe = safe[..end.unwrap_or(0)].trim_matches([' ', '.']);
    if safe.is_empty() { "rollcall".into() } else { safe.into() }
}

/// Which analysis is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// What the host played in this session.
    Session,
    /// The dropped file.
    File,
}

/// What a reader may ask for. Nothing here is a parameter: see [`crate::Change`] for those.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// A window was opened: the model is loaded even if no audio has come yet.
    WindowOpened,
    /// Begins a new session: memory, meters, peaks, counters and history are emptied.
    Reset,
    /// Lets all peaks fall to the current activity.
    ResetPeaks,
    /// Lets one class's peak fall.
    ResetPeak(usize),
    /// Loads the package in this folder; the choice is kept in the plugin's state.
    LoadModel(PathBuf),
    /// Back to the model that is built in.
    UseEmbeddedModel,
    /// Takes the notice away.
    DismissNotice,
    /// Writes an analysis to a folder, each file whole or not at all and never over another one. The outcome is in
    /// [`crate::Status::export`].
    Export {
        /// What to write.
        subject: Subject,
        /// Where to.
        folder: PathBuf,
        /// File name without ending; goes through [`file_stem`].
        name: String,
        /// What as.
        formats: Formats,
    },
    /// Takes a stretch out of the audio that is kept: see [`crate::Status::selected`].
    Select(Stretch),
    /// Lets the selected stretch go.
    Deselect,
    /// Writes the selected stretch into the folder of a class, with what was heard beside it: both whole or not at all, and never over another
    /// file. The outcome is in [`crate::Status::example`].
    SaveExample {
        /// Folder of all examples, one folder a class.
        folder: PathBuf,
        /// The class, as a person has typed it.
        class: String,
        /// Whether it plays there; else the stretch is an example of what is not it.
        plays: bool,
    },
    /// Analyses an audio file in the background: see [`crate::Board::file`]. Takes the place of an earlier one.
    AnalyseFile(PathBuf),
    /// Stops the analysis of the file, if it still runs, and forgets it.
    CloseFile,
}

/// The worker's end of the commands.
#[derive(Debug)]
pub struct Inbox(pub(crate) mpsc::Receiver<Command>);

impl Inbox {
    /// The next command, if there is one; never waits.
    #[must_use]
    pub fn next(&self) -> Option<Command> {
        self.0.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::file_stem;

    #[test]
    fn names_are_safe() {
        assert_eq!(file_stem("My song: take 2/3"), "My song_ take 2_3");
        assert_eq!(file_stem("../../etc"), "_.._etc");
        assert_eq!(file_stem(" . "), "rollcall");
        assert_eq!(file_stem(&"\u{4e8c}".repeat(100)).len(), 198, "letters of three bytes");
    }
}
