//! The stem pool on disk: what `data make` writes ([`maker`]) and the mixes are made of.
//!
//! Every stem has one class (or none); when it sounds follows from itself. The stems of a band are one piece. No source, recording or score
//! stands in two parts of the data: [`check`], [`shared`].
//!
//! A pool is a folder:
//! - `shard-000.pcm`, `shard-001.pcm`, ...: raw little-endian `i16`, mono, 16 kHz, stem after stem;
//! - `index.csv`: one row per stem, the columns of [`Row`]; append-only, in the order of making;
//! - `music.csv`: soft labels of real music, one row per 10 s segment ([`SoftLabel`]).
//!
//! A *unit* is a piece of work that is whole or not there: its rows are `unit#0 .. unit#(parts-1)`. A unit that
//! turned out empty has one row of 0 samples, so that it is not tried again. A row is written only after the audio
//! that it names is on disk, so every complete row can be read, also while a writer goes on.

pub mod check;
mod index;
pub mod maker;
pub mod shared;
pub mod terms;
mod writer;

pub use index::{PoolError, Row};
pub use writer::PoolWriter;

use crate::base::{class, stem::SoftLabel};
use std::{
    fs::File,
    path::{Path, PathBuf},
};

/// Name of the index within a pool.
pub const INDEX: &str = "index.csv";
/// Name of the table of soft labels within a pool.
pub const MUSIC: &str = "music.csv";

/// One recording of one voice, as the trainer mixes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stem {
    /// Its row in the index.
    pub row: Row,
    /// Index in the 20 classes; `None` for [`crate::base::class::NONE`] and [`crate::base::class::MUSIC`].
    pub class: Option<usize>,
}

impl Stem {
    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f32 {
        self.row.samples as f32 / rollcall_engine::SAMPLE_RATE_HZ as f32
    }
}

/// A pool opened for reading.
#[derive(Debug)]
pub struct Pool {
    /// Every stem of every finished unit, in the order of the index.
    pub stems: Vec<Stem>,
    folder: PathBuf,
    shards: Vec<File>,
}

impl Pool {
    /// Opens the pool in `folder`.
    ///
    /// # Errors
    /// A missing or unreadable file, a row that does not parse, or a row that names audio that is not there.
    pub fn open(folder: &Path) -> Result<Self, PoolError> {
        let (rows, _) = index::read_index(&folder.join(INDEX))?;
        let count = rows.iter().map(|r| r.shard + 1).max().unwrap_or(0);
        let mut shards = Vec::with_capacity(count as usize);
        let mut lengths = Vec::with_capacity(count as usize);
        for shard in 0..count {
            let path = index::shard_path(folder, shard);
            let file = File::open(&path).map_err(|source| PoolError::Io { path: path.clone(), source })?;
            lengths.push(file.metadata().map_err(|source| PoolError::Io { path, source })?.len() / 2);
            shards.push(file);
        }
        let mut stems = Vec::with_capacity(rows.len());
        for row in rows {
            let have = lengths[row.shard as usize];
            if row.offset_samples + row.samples > have {
                let end = row.offset_samples + row.samples;
                return Err(PoolError::Short { id: row.id, shard: row.shard, end, have });
            }
            if row.samples > 0 {
                stems.push(Stem { class: class::index(&row.class), row });
            }
        }
        Ok(Self { stems, folder: folder.to_owned(), shards })
    }

    /// The whole stem, mono 16 kHz in -1..1.
    ///
    /// # Errors
    /// The shard cannot be read.
    pub fn samples(&self, stem: &Stem) -> Result<Vec<f32>, PoolError> {
        self.excerpt(stem, 0, stem.row.samples as usize)
    }

    /// `len` samples of a stem from `start` on, cut at the stem's end.
    ///
    /// # Errors
    /// The shard cannot be read.
    pub fn excerpt(&self, stem: &Stem, start: usize, len: usize) -> Result<Vec<f32>, PoolError> {
        let total = stem.row.samples as usize;
        let start = start.min(total);
        let mut bytes = vec![0u8; 2 * len.min(total - start)];
        let at = 2 * (stem.row.offset_samples + start as u64);
        read_exact_at(&self.shards[stem.row.shard as usize], &mut bytes, at).map_err(|source| {
            PoolError::Io { path: index::shard_path(&self.folder, stem.row.shard), source }
        })?;
        Ok(bytes.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0).collect())
    }

    /// Labels of real music; empty when the pool has none.
    ///
    /// # Errors
    /// A table that does not parse.
    pub fn soft_labels(&self) -> Result<Vec<SoftLabel>, PoolError> {
        index::read_soft_labels(&self.folder.join(MUSIC))
    }
}

/// Reads at an offset without moving a shared cursor, so that readers on several threads share one file.
#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], at: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

/// Reads at an offset; every read says where, so the cursor that Windows moves is never relied on.
#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, at)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[read..];
        at += read as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
