//! Predictions against references: reading both, pairing their files, scoring, telling.

mod chart;
mod columns;
mod labels;
mod pairs;
mod points;
mod predictions;
mod references;
mod report;
mod scores;

pub use chart::chart;
pub use pairs::{Pair, pair};
pub use points::{Levels, POINTS};
pub use predictions::{Prediction, Thresholds, read_predictions};
pub use references::{Reference, Unlisted, read_references};
pub use report::{Evaluation, write_csv, write_json, write_table};
pub use scores::{METRICS, Metric, Row, Rules, Scores, evaluate};

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
}
