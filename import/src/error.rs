//! What can be wrong with a file of another program.

use std::{
    io,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// So many names are told, then how many more there are.
const NAMED: usize = 6;

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
    /// Something is in the file that nothing here would use: it is of another network than the one that is read.
    #[error("{} also holds {found}, of which nothing would be used: {remedy}", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The names, or the first of them.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A head without the whitening that it was trained behind.
    #[error(
        "{} was trained on whitened embeddings, as OpenMIC-2018 has them: give --pca vggish_pca_params.npz; if it was trained on \
         VGGish's own, unwhitened embeddings, say --raw-head",
        path.display()
    )]
    Unwhitened {
        /// The head.
        path: PathBuf,
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
    /// What of `names` is not `known`, as an error.
    pub(crate) fn unknown(
        path: &Path,
        names: impl Iterator<Item = String>,
        known: impl Fn(&str) -> bool,
        remedy: &'static str,
    ) -> Result<(), Self> {
        let mut names: Vec<String> = names.filter(|name| !known(name)).collect();
        if names.is_empty() {
            return Ok(());
        }
        names.sort();
        let more = match names.len() {
            0..=NAMED => String::new(),
            many => format!(" and {} more", many - NAMED),
        };
        names.truncate(NAMED);
        Err(Self::Unknown { path: path.into(), found: format!("{}{more}", names.join(", ")), remedy })
    }

    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
