//! Our own form: recordings in folders with an `index.csv` (path, class, source, split, seconds, original_name, licence,
//! origin), one class a recording.

use super::DataSetError;
use super::table::{Checklist, problem, rows};
use crate::base::class;
use crate::base::stem::Split;
use serde::Deserialize;
use std::{collections::HashMap, path::Path};

const SET: &str = "labelled folder";
const REMEDY: &str = "The table index.csv lists every recording with the columns path, class, source, split, seconds, original_name, licence, \
                      origin; paths are relative to it.";

/// One recording, as the table has it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Recording {
    /// Relative to the folder, `/` between parts.
    pub path: String,
    /// One of the 20 classes, or `_none`.
    pub class: String,
    /// What shares recordings, players or kits has the same.
    pub source: String,
    /// Part of the data; a source is in one part only.
    pub split: Split,
    /// Length, seconds.
    pub seconds: f32,
    /// Name before it came here; pitches are read off it.
    pub original_name: String,
    /// Licence.
    pub licence: String,
    /// Where it comes from.
    pub origin: String,
}

/// Reads the table; every recording is there.
///
/// # Errors
/// What is missing, or a row that cannot be: an unknown class, a path that leads out of the folder, a source in two parts.
pub fn open(folder: &Path) -> Result<Vec<Recording>, DataSetError> {
    let mut wanted = Checklist::new(SET, folder, REMEDY);
    let table = wanted.file("index.csv", "the table of recordings");
    wanted.done()?;
    let recordings: Vec<Recording> = rows(&table)?;
    let mut splits: HashMap<&str, Split> = HashMap::new();
    for (n, recording) in recordings.iter().enumerate() {
        let off = |found: String| Err(problem(&table, Some(n + 1), found));
        if !class::is_label(&recording.class) {
            return off(format!("class {:?} is none of the 20, nor _none", recording.class));
        }
        let plain = Path::new(&recording.path).components();
        if recording.path.is_empty()
            || !plain.into_iter().all(|c| matches!(c, std::path::Component::Normal(_)))
        {
            return off(format!("path {:?} must lead to a file below the folder", recording.path));
        }
        if *splits.entry(&recording.source).or_insert(recording.split) != recording.split {
            return off(format!(
                "source {:?} is in two splits: what it shares would be tested on",
                recording.source
            ));
        }
        wanted.file(&recording.path, "a recording");
    }
    wanted.done()?;
    if recordings.is_empty() {
        return Err(problem(&table, None, "no recording in it"));
    }
    Ok(recordings)
}
