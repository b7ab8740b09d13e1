//! Offline: a headless host for built `.clap` and `.vst3` files, and the end-to-end suites that run on it.
//!
//! A [`Plan`] says what a host does, step by step; a [`Launcher`] runs it in a child process; a [`Record`] is what came of it,
//! and [`Assertion`]s are held against that. `rollcall-host` is the program over it.

pub mod assertion;
pub mod audio_file;
pub mod check;
pub mod counting;
mod feed;
mod format;
pub mod fuzz;
mod keeping;
mod launch;
pub mod matrix;
pub mod meters;
mod pace;
mod plan;
mod platform;
mod progress;
pub mod record;
pub mod report;
mod run;
mod schedule;
mod signal;
mod sleep;
pub mod timeline;
mod transport;
mod trouble;

pub use assertion::Assertion;
pub use launch::{Launcher, Outcome, Ran};
pub use plan::{Mode, Pace, Plan, Process, Setting, Setup, Step, Value};
pub use record::Record;
pub use report::Case;
pub use run::child;
pub use schedule::{Blocks, Sizes};
pub use signal::{Signal, Source};
pub use transport::{Move, Playhead, SongTime, Transport};
pub use trouble::Trouble;
