//! Audio files and streams -> interleaved frames, sample-accurate: [`Audio`].
//!
//! Thread: offline, and the worker.
//!
//! The codecs are symphonia's (and libopus, feature `opus`), as are the containers Ogg, MP4, Matroska and ADTS. Where the files
//! of the field need more than symphonia 0.6 gives, thin readers of our own take a container apart: WAV and its relatives, AIFF,
//! CAF, AU, FLAC, MPEG audio, uncompressed MOV. Besides: the edit lists and `iTunSMPB` of MP4 (encoder delay and padding), where
//! Vorbis in Ogg ends, and telling a truncated or damaged file from one that ends well.
//!
//! A file goes one way: [`Audio::open`] finds out what it is by its content (`kind`), opens its container (`open`, and a file for
//! each container), and decodes packet by packet (`audio`).
//!
//! ```
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/lossless16.flac");
//! let mut audio = rollcall_media::Audio::open(path.as_ref())?;
//! let channels = audio.format().channels;
//! let mut frames = 0;
//! while let Some(block) = audio.next_block()? {
//!     frames += block.len() / channels;
//! }
//! assert_eq!((audio.format().sample_rate_hz, frames), (44_100, 2_205));
//! assert!(audio.notes().is_empty());
//! # Ok::<(), rollcall_media::DecodeError>(())
//! ```

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
mod probe;
mod registry;
#[cfg(feature = "opus")]
mod surround;
mod tag;
mod tail;
pub mod time;
mod wave;

pub use audio::{Audio, Format};
pub use error::{DecodeError, Place};
pub use registry::{EXTENSIONS, has_audio_extension};
