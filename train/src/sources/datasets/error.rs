//! What can be wrong with a data set on disk.

use rollcall_import::ImportError;
use std::{fmt, path::PathBuf};
use thiserror::Error;

/// What can be wrong with a data set, and what to do about it.
#[derive(Debug, Error)]
pub enum DataSetError {
    /// Files or folders of a set are not there.
    #[error("{} is no complete {set}:\n{missing}{remedy}", folder.display())]
    Incomplete {
        /// The folder that was given.
        folder: PathBuf,
        /// Name of the set.
        set: &'static str,
        /// Everything that is missing.
        missing: Missing,
        /// Where to get it.
        remedy: &'static str,
    },
    /// A row of a table, or a value in it, that cannot be.
    #[error("{}{}: {problem}", file.display(), row.map(|n| format!(", row {n}")).unwrap_or_default())]
    Content {
        /// The table.
        file: PathBuf,
        /// The row, from 1, the heading not counted.
        row: Option<usize>,
        /// What was found and what was expected.
        problem: String,
    },
    /// A table that cannot be read.
    #[error("{}: {source}", file.display())]
    Table {
        /// The table.
        file: PathBuf,
        /// Why.
        source: csv::Error,
    },
    /// The disk.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An archive of arrays that cannot be read.
    #[error(transparent)]
    Archive(#[from] ImportError),
}

/// A list of what is missing; shown one a line, the first few.
#[derive(Debug)]
pub struct Missing(pub Vec<String>);

/// Lines of a list that are shown.
const SHOWN: usize = 8;

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.0.iter().take(SHOWN) {
            writeln!(f, "  missing: {line}")?;
        }
        match self.0.len().checked_sub(SHOWN) {
            None | Some(0) => Ok(()),
            Some(more) => writeln!(f, "  and {more} more"),
        }
    }
}
