//! The engine's steps -> an [`Analysis`] -> timelines, tables and labels that others read.
//!
//! Thread: offline, and the worker (a file that is dropped on the window, an export).
//!
//! A [`Listener`] hears a whole file; whoever has steps from elsewhere gathers them with [`Steps`]. Each format is a module
//! that writes one analysis.
#![forbid(unsafe_code)]

mod analysis;
mod channels;
mod crew;
mod folding;
pub mod jams;
pub mod json;
pub mod labels;
mod listener;
mod loudness;
pub mod midi;
mod name;
mod others;
mod overview;
mod rows;
pub mod table;

pub use analysis::{Analysis, Steps};
pub use channels::Channels;
pub use folding::{Fold, Folding};
pub use listener::{AnalyzeError, Heard, Hearing, Listener, Witness, replaced_note};
pub use loudness::Loudness;
pub use name::name;
pub use others::{Event, OtherSteps, Others, ranked_events};
pub use overview::Overview;
pub use rollcall_engine::timeline::{MERGE_GAP_S, MIN_DURATION_S};
pub use rows::{Row, RowReader, Rows};
