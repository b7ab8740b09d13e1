//! any thread: audio files and streams -> interleaved frames, sample-accurate: [`Audio`].
//!
//! Containers and codecs are symphonia's (and libopus, feature `opus`). What is added here is what symphonia 0.6 leaves
//! to its caller: RF64 and unfinished WAV headers, the edit lists and `iTunSMPB` of MP4 (encoder delay and padding), where
//! Vorbis in Ogg ends, and telling a truncated or damaged file from one that ends well.

#![forbid(unsafe_code)]

mod adts;
mod aiff;
mod audio;
mod blocks;
mod bytes;
mod caf;
mod demuxer;
mod error;
mod extent;
mod flac;
mod foreign;
mod kind;
mod mp4;
mod mpeg;
mod open;
mod registry;
#[cfg(feature = "opus")]
mod surround;
mod tail;
pub mod time;
mod wave;

pub use audio::{Audio, Format};
pub use error::{DecodeError, Place};
pub use registry::{EXTENSIONS, has_audio_extension};
