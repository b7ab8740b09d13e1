//! What can be wrong with a file of another program.

use std::{io, path::PathBuf};
use thiserror::Error;

/// What can be wrong with a file of another program, and what to do about it.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The disk.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not the format that it should be, or cut short.
    #[error("{} is no readable {expected}: {reason}. Fetch it again if it was downloaded", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
        /// What the reader said.
        reason: String,
    },
    /// Something that must be in the file is not.
    #[error("{} holds no {what:?}, but {found}: {remedy}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// Its name in the file.
        what: String,
        /// What is there instead.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
    /// An array of another shape.
    #[error("{}: {name} has the shape {found:?}, expected {expected}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// Its name in the file.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// What it should be.
        expected: String,
    },
    /// An array of another kind of values, or a value out of range.
    #[error("{}: {name} holds {found}, expected {expected}", path.display())]
    Values {
        /// The file.
        path: PathBuf,
        /// Its name in the file.
        name: String,
        /// What it holds.
        found: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// The engine refuses the package that was written.
    #[error("the package in {} is refused: {source}", path.display())]
    Package {
        /// Its folder.
        path: PathBuf,
        /// Why.
        source: rollcall_engine::PackageError,
    },
}

impl ImportError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
