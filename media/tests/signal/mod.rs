//! The signal that `golden/generate.sh` encodes, made again; and small helpers that several test files share.
#![allow(dead_code, reason = "every test file compiles its own copy and uses a part of it")]

use rollcall_media::{Audio, DecodeError, Format};
use std::path::{Path, PathBuf};

/// Frames of the lossless golden files.
pub(crate) const SHORT: usize = 2_205;
/// Frames of the lossy golden files.
pub(crate) const LONG: usize = 30_007;
/// Samples a frame.
pub(crate) const CHANNELS: usize = 2;

/// Interleaved 24-bit samples of the first `frames` frames.
pub(crate) fn signal24(frames: usize) -> Vec<i32> {
    let (left, right) = (channel(0x9E37_79B9, frames), channel(0x7F4A_7C15, frames));
    left.into_iter().zip(right).flat_map(|(left, right)| [left, right]).collect()
}

fn channel(mut state: u32, frames: usize) -> Vec<i32> {
    let mut slow = 0_i32;
    (0..frames)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            slow += ((state & 0xFF_FFFF) as i32 - 0x80_0000 - slow) >> 3;
            slow
        })
        .collect()
}

/// The same at 16 bit, as the decoder must give it.
pub(crate) fn signal16_f32(frames: usize) -> Vec<f32> {
    signal24(frames).into_iter().map(|sample| (sample >> 8) as f32 / 32_768.0).collect()
}

/// The same at 24 bit, as the decoder must give it.
pub(crate) fn signal24_f32(frames: usize) -> Vec<f32> {
    signal24(frames).into_iter().map(|sample| sample as f32 / 8_388_608.0).collect()
}

/// A file made by `golden/generate.sh`.
pub(crate) fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Whether this build has the codec of a golden file.
pub(crate) fn is_built(name: &str) -> bool {
    cfg!(feature = "opus") || !name.starts_with("opus")
}

/// Everything in it, and how it ended.
pub(crate) fn decode(path: &Path) -> (Option<Format>, Vec<f32>, Option<DecodeError>) {
    match Audio::open(path) {
        Ok(audio) => drain(audio),
        Err(error) => (None, Vec::new(), Some(error)),
    }
}

/// Everything that is left in it, and how it ended.
pub(crate) fn drain(mut audio: Audio) -> (Option<Format>, Vec<f32>, Option<DecodeError>) {
    let mut samples = Vec::new();
    let end = loop {
        match audio.next_block() {
            Ok(Some(block)) => {
                assert!(!block.is_empty());
                samples.extend_from_slice(block);
            }
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    (Some(audio.format().clone()), samples, end)
}

/// Everything in it, how it ended, and what is to be said about it.
pub(crate) fn told(path: &Path) -> (Vec<f32>, Option<DecodeError>, Vec<String>) {
    let mut audio = match Audio::open(path) {
        Ok(audio) => audio,
        Err(error) => return (Vec::new(), Some(error), Vec::new()),
    };
    let mut samples = Vec::new();
    let end = loop {
        match audio.next_block() {
            Ok(Some(block)) => samples.extend_from_slice(block),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    (samples, end, audio.notes().to_vec())
}

/// A fresh folder, removed when dropped.
pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}
