//! Reading tables and looking for files, the same for every set.

use super::DataSetError;
use super::error::Missing;
use serde::de::DeserializeOwned;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Gathers what a set lacks, so that one message names everything.
pub(super) struct Checklist<'a> {
    set: &'static str,
    folder: &'a Path,
    remedy: &'static str,
    missing: Vec<String>,
}

impl<'a> Checklist<'a> {
    pub(super) fn new(set: &'static str, folder: &'a Path, remedy: &'static str) -> Self {
        Self { set, folder, remedy, missing: Vec::new() }
    }

    /// The path of a file of the set, whether it is there or not.
    pub(super) fn file(&mut self, name: &str, what: &str) -> PathBuf {
        let path = self.folder.join(name);
        if !path.is_file() {
            self.missing.push(format!("{name} ({what})"));
        }
        path
    }

    /// The same for a folder.
    pub(super) fn folder(&mut self, name: &str, what: &str) -> PathBuf {
        let path = self.folder.join(name);
        if !path.is_dir() {
            self.missing.push(format!("{name}/ ({what})"));
        }
        path
    }

    pub(super) fn missing(&mut self, what: String) {
        self.missing.push(what);
    }

    /// # Errors
    /// Something was missing.
    pub(super) fn done(&mut self) -> Result<(), DataSetError> {
        if self.missing.is_empty() {
            return Ok(());
        }
        Err(DataSetError::Incomplete {
            folder: self.folder.into(),
            set: self.set,
            missing: Missing(std::mem::take(&mut self.missing)),
            remedy: self.remedy,
        })
    }
}

/// All rows of a table with a heading.
pub(super) fn rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, DataSetError> {
    let table = |source| DataSetError::Table { file: path.into(), source };
    csv::Reader::from_path(path).map_err(table)?.deserialize().map(|row| row.map_err(table)).collect()
}

/// A whole text.
pub(super) fn text(path: &Path) -> Result<String, DataSetError> {
    fs::read_to_string(path).map_err(|source| DataSetError::Io { path: path.into(), source })
}

/// A whole JSON document.
pub(super) fn json<T: DeserializeOwned>(path: &Path) -> Result<T, DataSetError> {
    serde_json::from_str(&text(path)?)
        .map_err(|e| problem(path, None, format!("{e}: the file was cut short, or is another one")))
}

/// A content error.
pub(super) fn problem(file: &Path, row: Option<usize>, problem: impl Into<String>) -> DataSetError {
    DataSetError::Content { file: file.into(), row, problem: problem.into() }
}
