//! A whole audio file in memory, for those who play one.

use rollcall_media::{Audio, DecodeError};
use std::path::{Path, PathBuf};

/// A file's audio, planar.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Frames a second.
    pub rate_hz: u32,
    /// One list of samples a channel, all of one length, full scale at 1.
    pub channels: Vec<Vec<f32>>,
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl Recording {
    /// Decodes a file to its end: whatever `rollcall analyze` reads.
    ///
    /// # Errors
    /// The file can't be opened, is no audio, or is damaged.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let failed = |error: DecodeError| ReadError { path: path.to_owned(), why: error.to_string() };
        let mut audio = Audio::open(path).map_err(failed)?;
        let (rate_hz, count) = (audio.format().sample_rate_hz, audio.format().channels);
        let mut channels = vec![Vec::new(); count];
        while let Some(block) = audio.next_block().map_err(failed)? {
            for frame in block.chunks_exact(count) {
                channels.iter_mut().zip(frame).for_each(|(channel, &sample)| channel.push(sample));
            }
        }
        Ok(Self { rate_hz, channels })
    }

    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }
}
