//! Scores of predictions against references; chance is seeded.
//!
//! Thread: any; no file, clock or thread of its own.
//!
//! Three ways to look at the same recordings:
//! - **clips**: one score and one truth a class and clip, unknown truths left out ([`Scored`], [`known`]):
//!   [`average_precision`], [`roc_auc`], [`f1`], and their thresholds ([`best_threshold`]) and [`calibration_error`];
//! - **segments**: who plays in each second ([`segment_counts`]);
//! - **events**: which annotated ranges were found, onset and offset within a tolerance ([`event_counts`]), or by how much
//!   they overlap, over all thresholds at once ([`psds`]).
//!
//! Segments and events follow `sed_eval` (Mesaros, Heittola and Virtanen, "Metrics for polyphonic sound event detection",
//! Applied Sciences 6(6), 2016), number for number. [`bootstrap`] says how far a score may be trusted.
//!
//! Every score is `None` where it is not defined (no positives, no negatives, nothing known), never 0 or NaN: a [`mean`]
//! over classes leaves those out.
#![forbid(unsafe_code)]

mod bootstrap;
mod calibration;
mod clip;
mod counts;
mod events;
mod matching;
mod psds;
mod segments;

pub use bootstrap::{Bootstrap, Interval, bootstrap};
pub use calibration::{Bin, calibration_error, reliability};
pub use clip::{
    Scored, average_precision, best_threshold, both_classes, clip_counts, f1, known, mean, roc_auc,
};
pub use counts::{Counts, Empty};
pub use events::{Event, EventRule, event_counts};
pub use psds::{PsdsFile, PsdsRule, psds};
pub use segments::segment_counts;
