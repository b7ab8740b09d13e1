//! Audio in -> instrument activities out.
//!
//! Thread: any; no file, clock or thread of its own.
//!
//! The whole way of the data is in this crate: sanitising and downmix, streaming resampling to 16 kHz, log-mel hops,
//! VGGish through kernels of our own or tract, post-processing, the attention head over the last seconds, smoothing, and the timeline that
//! every output format is written from. It knows no thread, no clock, no file system and no plugin API.
//!
//! Live and offline differ only in who calls [`Engine::push`]: any way of cutting the same audio into blocks gives
//! bit-equal [`Step`]s.
//!
//! # Push audio, get activities
//!
//! ```
//! use rollcall_engine::{Engine, InputFormat, Model, Package, Settings};
//! use std::sync::Arc;
//!
//! // A package is a manifest and the files that it names. `rollcall_models` reads it from a folder or from the binary.
//! # let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/models/stream");
//! let manifest = std::fs::read_to_string(format!("{folder}/manifest.toml"))?;
//! let package = Package::assemble(&manifest, &mut |name, _stated_bytes| {
//!     std::fs::read(format!("{folder}/{name}")).map(Into::into).map_err(|error| error.to_string())
//! })?;
//! let model = Arc::new(Model::load(package)?);
//!
//! let format = InputFormat { sample_rate_hz: 48_000, channels: 2 };
//! let mut engine = Engine::new(model, format, Settings::default())?;
//! // Two seconds of stereo, interleaved, as a host or a decoder has them.
//! let tone = |frame: u32| (frame as f32 * 0.0576).sin() * 0.5;
//! let audio: Vec<f32> = (0..96_000).flat_map(|frame| [tone(frame), tone(frame / 2)]).collect();
//!
//! let mut heard = Vec::new();
//! for block in audio.chunks(2 * 512) {
//!     engine.push(block, &mut |step| heard.push((step.time_s, step.activity.clone())))?;
//! }
//! engine.flush(&mut |step| heard.push((step.time_s, step.activity.clone())))?;
//!
//! assert_eq!(heard.len(), 13, "a step every 0.16 s, centred on 0 s to 1.92 s");
//! let classes = engine.model().classes();
//! for (time_s, activity) in &heard {
//!     let (loudest, class) = activity.iter().zip(classes).max_by(|a, b| a.0.total_cmp(b.0)).expect("20 classes");
//!     println!("{time_s:.2} s: {class} {loudest:.2}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`timeline`] shows how to keep and write what was heard.
#![forbid(unsafe_code)]

/// The README's example is compiled with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod ahead;
mod analysis;
mod counters;
mod engine;
mod error;
mod events;
mod gate;
mod head;
mod history;
mod model;
mod network;
mod seeded;
mod settings;
mod sigmoid;
mod smoothing;
mod step;

pub mod audio;
pub mod logmel;
pub mod package;
pub mod timeline;

pub use ahead::{Alone, Crew, Done, Task};
pub use counters::Counters;
pub use engine::{Engine, InputFormat};
pub use error::EngineError;
pub use events::Another;
pub use logmel::LogMelHop;
pub use model::{Attended, Model};
pub use package::{Package, PackageError};
pub use settings::{Gate, Settings, SettingsError};
pub use smoothing::AttackRelease;
pub use step::Step;

/// Rate of the audio that the front-end works on (paper, section 2.1).
pub const SAMPLE_RATE_HZ: u32 = 16_000;
/// Samples of 16 kHz audio between two hops of the STFT: 10 ms (paper, section 2.1).
pub const HOP_SAMPLES: usize = 160;
/// Mel bands of one hop (paper, section 2.1).
pub const MEL_BANDS: usize = 64;
/// Hops in one patch: 0.96 s (VGGish).
pub const PATCH_HOPS: usize = 96;
/// Hops in one column of the convolutions' output: the stride of four 2 x 2 pools, 160 ms.
pub const COLUMN_HOPS: usize = 16;
/// Length of an embedding (paper, section 2.2).
pub const EMBEDDING: usize = 128;
/// The 20 classes of OpenMIC-2018, in the order of its published labels.
pub use rollcall_classes::OPENMIC as OPENMIC_CLASSES;
