//! The tables of a pool: their columns, and reading them even when the last write was cut off.

use crate::base::class;
use crate::base::stem::{Kind, SoftLabel, Split};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
};

/// What went wrong with a pool.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A row does not parse or breaks a rule of the format.
    #[error("{}: row {row}: {problem}; make the pool anew in an empty folder", path.display())]
    Row {
        /// The table.
        path: PathBuf,
        /// Its row, counted from 1 after the header.
        row: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A row names audio beyond the end of its shard.
    #[error("stem {id} ends at sample {end} of shard {shard}, which has {have}; make the pool anew")]
    Short {
        /// The stem.
        id: String,
        /// Its shard.
        shard: u32,
        /// Where it ends, in samples.
        end: u64,
        /// Samples in the shard.
        have: u64,
    },
}

/// One row of `index.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// `unit#part`.
    pub id: String,
    /// How many parts the unit has.
    pub parts: u32,
    /// Number of the shard file.
    pub shard: u32,
    /// First sample within the shard.
    pub offset_samples: u64,
    /// Length in samples.
    pub samples: u64,
    /// What it is.
    pub kind: Kind,
    /// One of the 20 classes, or `_none`, or `_music`.
    pub class: String,
    /// Independence group: what shares recordings, players, kits or singers has the same.
    pub source: String,
    /// Part of the data.
    pub split: Split,
    /// Licence of the recordings.
    pub licence: String,
    /// Package or collection that they came from.
    pub origin: String,
    /// Highest absolute sample, dB re full scale.
    pub peak_dbfs: f32,
    /// Textual descriptors and facts about the making, as a JSON object.
    pub extra: String,
}

impl Row {
    /// The unit that the row belongs to.
    #[must_use]
    pub fn unit(&self) -> &str {
        self.id.rsplit_once('#').map_or(self.id.as_str(), |(unit, _)| unit)
    }
}

pub(super) fn shard_path(folder: &Path, shard: u32) -> PathBuf {
    folder.join(format!("shard-{shard:03}.pcm"))
}

/// Rows of all finished units, and the length in bytes of the index up to the last of them.
///
/// A row without its line end was cut off while writing and is not there; neither are rows of a unit whose later
/// parts are missing. Such rows can only stand at the end.
pub(super) fn read_index(path: &Path) -> Result<(Vec<Row>, u64), PoolError> {
    let text = std::fs::read(path).map_err(|source| PoolError::Io { path: path.to_owned(), source })?;
    let whole = text.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    let bad = |row: usize, problem: String| PoolError::Row { path: path.to_owned(), row, problem };
    let mut reader = csv::Reader::from_reader(&text[..whole]);
    let headers = reader.byte_headers().map_err(|e| bad(0, e.to_string()))?.clone();
    let mut rows: Vec<Row> = Vec::new();
    let mut finished = 0;
    let mut end = reader.position().byte();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|e| bad(rows.len() + 1, e.to_string()))? {
        let at = rows.len() + 1;
        let row: Row = record.deserialize(Some(&headers)).map_err(|e| bad(at, e.to_string()))?;
        if !class::is_label(&row.class) {
            return Err(bad(at, format!("unknown class {:?}", row.class)));
        }
        let part = row.id.rsplit_once('#').and_then(|(_, part)| part.parse::<u32>().ok());
        let expected = (rows.len() - finished) as u32;
        if part != Some(expected) || row.parts == 0 {
            return Err(bad(at, format!("id {:?} should be part {expected} of its unit", row.id)));
        }
        let last = expected + 1 == row.parts;
        rows.push(row);
        if last {
            finished = rows.len();
            end = reader.position().byte();
        }
    }
    rows.truncate(finished);
    Ok((rows, end))
}

/// Reads `music.csv`; a missing table is an empty one, a cut-off last row is not there.
pub(super) fn read_soft_labels(path: &Path) -> Result<Vec<SoftLabel>, PoolError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(PoolError::Io { path: path.to_owned(), source }),
    };
    let whole = text.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    let mut labels = Vec::new();
    // A segment that was labelled again keeps its latest row.
    let mut seen: HashMap<(String, u32), usize> = HashMap::new();
    for (n, record) in csv::Reader::from_reader(&text[..whole]).records().enumerate() {
        let bad = |problem: String| PoolError::Row { path: path.to_owned(), row: n + 1, problem };
        let record = record.map_err(|e| bad(e.to_string()))?;
        if record.len() != 43 {
            return Err(bad(format!("{} columns instead of 43", record.len())));
        }
        let number = |column: usize| -> Result<f32, PoolError> {
            let field = &record[column];
            field.parse().map_err(|_| bad(format!("column {}: {field:?} is no number", column + 1)))
        };
        let mut label = SoftLabel {
            id: record[0].to_owned(),
            start_s: number(1)?,
            length_s: number(2)?,
            probability: [0.0; 20],
            known: [false; 20],
        };
        for class in 0..20 {
            label.probability[class] = number(3 + class)?;
            label.known[class] = number(23 + class)? != 0.0;
        }
        match seen.get(&(label.id.clone(), label.start_s.to_bits())) {
            Some(&at) => labels[at] = label,
            None => {
                seen.insert((label.id.clone(), label.start_s.to_bits()), labels.len());
                labels.push(label);
            }
        }
    }
    Ok(labels)
}
