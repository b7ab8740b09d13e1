//! `rollcall`, the program's rooms as a library, so that tests and other programs can call them.
//!
//! Thread: offline, in programs.
//!
//! A file goes one way: [`inputs`] finds it, [`decode`] turns it into frames, [`analyze`] pushes them through the
//! engine, [`output`] writes what was found and [`picture`] draws it, [`tags`] and [`clips`] bring it back into audio files, [`evaluate`] compares that with what is so. [`settings`] and [`model`] say how and who listens, [`teach`] makes a model of a user's own,
//! [`journal`] and [`report`] keep books on a batch, and [`existing`] looks at what an earlier one left.
//!
//! ```
//! use std::ops::ControlFlow;
//! use rollcall::{analyze::Listener, decode::Audio, output, settings::Choices};
//!
//! let model = rollcall_models::shared(rollcall_models::embedded()?)?;
//! let choices = Choices { memory_s: Some(5.0), ..Choices::default() };
//! let listener = Listener {
//!     engine: choices.engine()?,
//!     ranges: choices.ranges(&model)?,
//!     model,
//!     start_s: 2.0,
//!     duration_s: Some(3.0),
//!     keep_partial: false,
//!     threads: 1,
//!     is_ranked: false,
//!     keeps_embeddings: false,
//!     is_pictured: false,
//! };
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/war-of-freedom.ogg");
//! let audio = Audio::open(path.as_ref())?;
//! let mut analysis = listener.analyze(audio, "war-of-freedom.ogg".into(), &mut |_done_s, _of_s| ControlFlow::Continue(()))?;
//! assert_eq!(analysis.timeline.duration_s, 3.0);
//!
//! let mut json = Vec::new();
//! let folder = std::path::Path::new("");
//! let setting = output::Setting { is_first: true, width: 80, look: Default::default(), folder };
//! output::write(output::FormatName::Json, &mut analysis, setting, &mut json)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod analyze;
pub mod args;
pub mod clips;
pub mod commands;
pub mod evaluate;
pub mod existing;
pub mod inputs;
pub mod journal;
pub mod model;
pub mod output;
pub mod picture;
pub mod report;
pub mod settings;
pub mod tags;
pub mod teach;

pub use rollcall_media::{self as decode, time};
