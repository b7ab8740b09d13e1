//! Predictions against references: reading both, pairing their files, scoring, telling as JSON and CSV.
//!
//! Thread: offline, in programs.
//!
//! What `rollcall evaluate` and the Python package's `evaluate` share. Errors are [`anyhow`]'s: each is a sentence for whoever called,
//! and nothing here can be mended by a caller that looks at its kind.
//!
//! Two rules hold everywhere:
//! - **What is not known counts nowhere**: a class that a reference does not speak of is left out of that file's scores, of
//!   clips, segments, events and PSDS alike ([`Reference`]).
//! - **What was not analysed is not judged**: annotations are cut to the stretch that the prediction is about
//!   ([`Prediction::span_s`]), and PSDS counts that stretch's hours.
#![forbid(unsafe_code)]

mod columns;
mod labels;
mod pairs;
mod points;
mod prediction;
mod predictions;
mod ranges;
mod reference;
mod references;
mod report;
mod scores;
mod thresholds;

pub use crate::prediction::Prediction;
pub use crate::reference::{Reference, Unlisted};
pub use pairs::{Pair, pair};
pub use points::{Levels, POINTS};
pub use predictions::{of_timeline, read_predictions};
pub use references::read_references;
pub use report::{AVERAGES, Evaluation, write_csv, write_json};
pub use scores::{METRICS, Metric, Row, Rules, Scores, evaluate};
pub use thresholds::Thresholds;

/// Someone plays for a while, in seconds from the file's start.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Class name.
    pub class: String,
    /// First second, 0 or more.
    pub start_s: f64,
    /// Last second.
    pub end_s: f64,
}

impl Span {
    /// A span that makes sense.
    ///
    /// # Errors
    /// What is wrong with the times.
    pub fn new(class: impl Into<String>, start_s: f64, end_s: f64) -> anyhow::Result<Self> {
        let class = class.into();
        anyhow::ensure!(
            start_s.is_finite() && end_s.is_finite() && start_s >= 0.0 && end_s >= start_s,
            "'{class}' goes from {start_s} s to {end_s} s, but must begin at 0 or later and end after that"
        );
        Ok(Self { class, start_s, end_s })
    }

    /// What of it lies within a stretch of seconds, if anything.
    pub(crate) fn within(&self, (from_s, to_s): (f64, f64)) -> Option<Self> {
        let is_instant = self.start_s == self.end_s && (from_s..=to_s).contains(&self.start_s);
        let is_in = is_instant || (self.start_s < to_s && self.end_s > from_s);
        let cut = || Self {
            class: self.class.clone(),
            start_s: self.start_s.max(from_s),
            end_s: self.end_s.min(to_s),
        };
        is_in.then(cut)
    }
}
