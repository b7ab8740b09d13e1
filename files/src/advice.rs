//! What an error of the system means, and what to do about it, in one sentence and without the system's number.

use std::io::{self, ErrorKind};

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Opening or reading.
    Reading,
    /// Making, writing or naming.
    Writing,
}

/// What keeps a user out of a place, in this system's words.
const MAY_NOT_READ: &str = if cfg!(windows) {
    "Permission denied; give yourself the right to read it (Properties, Security), or run as its owner"
} else {
    "Permission denied; give yourself the right to read it and to enter its folders (chmod, chown), or run as its owner"
};
const MAY_NOT_WRITE: &str = if cfg!(windows) {
    // Windows says the same of a file that another program has open and of one that may not be written.
    "Permission denied; close it if another program has it open, or choose another place"
} else {
    "Permission denied; give yourself the right to write there (chmod, chown), or choose another place"
};

/// The sentence for an error of this kind; the system's own words where there is nothing to add.
pub fn advice(error: &io::Error, doing: Doing) -> String {
    let text = match (error.kind(), doing) {
        _ if is_held(error) => "another program has it open and keeps it to itself; close it there",
        (ErrorKind::PermissionDenied, Doing::Reading) => MAY_NOT_READ,
        (ErrorKind::PermissionDenied, Doing::Writing) => MAY_NOT_WRITE,
        (ErrorKind::NotFound, Doing::Reading) => "no such file or folder; check the path",
        (ErrorKind::ReadOnlyFilesystem, _) => "the disk is read-only; choose another place",
        (ErrorKind::StorageFull, _) => "no space left on the disk; make room, or choose another place",
        (ErrorKind::QuotaExceeded, _) => {
            "your share of the disk is used up; make room, or choose another place"
        }
        (ErrorKind::NotADirectory, _) => "a part of its path is a file, not a folder; check the path",
        (ErrorKind::IsADirectory, Doing::Writing) => "is a folder; give the name of a file",
        (ErrorKind::InvalidFilename, _) => "the name is too long or not allowed here; use another one",
        _ => return plain(error),
    };
    text.to_owned()
}

/// Whether another program keeps the file to itself, as Windows lets programs do.
fn is_held(error: &io::Error) -> bool {
    const ERROR_SHARING_VIOLATION: i32 = 32;
    const ERROR_LOCK_VIOLATION: i32 = 33;
    cfg!(windows) && matches!(error.raw_os_error(), Some(ERROR_SHARING_VIOLATION | ERROR_LOCK_VIOLATION))
}

/// The same error with a sentence for its text. One that has a sentence already stays as it is.
pub fn told(error: io::Error, doing: Doing) -> io::Error {
    let is_ours = error.get_ref().is_some_and(|inner| inner.is::<Told>());
    if is_ours { error } else { io::Error::new(error.kind(), Told(advice(&error, doing))) }
}

/// Whether there was no room: at another time or elsewhere there may be.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// Whether nothing more can be written where this happened, whatever it is: the next file would fail, too.
pub fn is_hopeless(error: &io::Error) -> bool {
    is_full(error) || error.kind() == ErrorKind::ReadOnlyFilesystem
}

/// A sentence that says what to do.
#[derive(Debug)]
pub(crate) struct Told(pub(crate) String);

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Told {}

/// The system's words without its number, and without the name of the unfinished file that tempfile adds.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at path \"").next().unwrap_or(&text);
    text.split(" (os error").next().unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_s_number_and_the_unfinished_name_are_not_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let inside = folder.path().join("missing");
        let error = tempfile::Builder::new().tempfile_in(&inside).expect_err("no folder");
        assert!(error.to_string().contains("at path"), "{error}: tempfile says it otherwise now");
        let text = advice(&error, Doing::Writing);
        assert!(!text.contains("os error") && !text.contains("missing"), "{text}");
    }

    #[test]
    fn a_sentence_is_told_once() {
        let denied = told(ErrorKind::PermissionDenied.into(), Doing::Writing);
        let again = told(denied, Doing::Writing);
        assert_eq!(again.kind(), ErrorKind::PermissionDenied);
        assert_eq!(again.to_string().matches("Permission denied").count(), 1);
        assert!(again.to_string().contains("choose another place"));
        assert!(is_hopeless(&told(ErrorKind::StorageFull.into(), Doing::Writing)));
    }
}
