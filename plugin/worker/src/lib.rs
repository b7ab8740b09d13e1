//! Reader end of the tap -> engine -> board.
//!
//! Thread: the worker, one for each instance.
//!
//! One thread per instance of the plugin, named `rollcall-worker`, owns the engine and everything slow: loading models,
//! writing files. It sleeps between looks at the tap, so that the audio thread never has to wake it, and is joined when
//! its [`Worker`] is dropped. All workers of a process share the cores by turns (`turns.rs`) and the weights
//! (`rollcall_models::shared`).
#![forbid(unsafe_code)]

mod choice;
mod control;
mod core;
mod disk;
mod error;
mod example;
mod export;
mod file;
mod handle;
mod kept;
mod load;
mod mark;
mod meters;
mod perhaps;
mod picture;
mod recording;
mod session;
mod song;
mod stream;
mod sync;
mod thinning;
mod turns;
#[cfg(test)]
mod turns_tests;

pub use crate::error::OpenError;
pub use choice::{ModelChoice, ModelSlot};
pub use control::Link;
pub use handle::Worker;
pub use mark::{Mark, Transport};
pub use recording::{ReadError, Recording};
pub use stream::{TAP_S, TapWriter};
