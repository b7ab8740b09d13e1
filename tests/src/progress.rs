//! Where the child is, in a file that outlives it: after a crash or a hang it says which step and block it was.

use crate::platform;
use std::{fs::File, path::Path, sync::Mutex};

/// Characters of the line.
const WIDTH: usize = 120;

/// The child's end.
#[derive(Debug)]
pub(crate) struct Progress {
    file: Option<File>,
    step: Mutex<String>,
}

impl Progress {
    pub(crate) fn new(path: &Path) -> Self {
        Self { file: File::create(path).ok(), step: Mutex::default() }
    }

    /// A step begins.
    pub(crate) fn step(&self, name: String) {
        self.write(&name);
        *self.step.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = name;
    }

    /// A block begins.
    pub(crate) fn block(&self, number: u64, frame: u64) {
        let step = self.step.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.write(&format!("{step}, block {number} at frame {frame}"));
    }

    fn write(&self, line: &str) {
        let padded = format!("{line:WIDTH$.WIDTH$}");
        if let Some(file) = &self.file {
            // It is only for the report of a crash: a full disk must not fail the run.
            let _ = platform::write_at(file, padded.as_bytes(), 0);
        }
    }
}

/// What the child said last.
pub(crate) fn last(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}
