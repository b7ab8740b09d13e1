//! A stretch of what was heard last, to be saved as an example of a class.

use std::sync::Arc;

/// A stretch of a session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Which session: [`crate::Status::session`].
    pub session: u64,
    /// Its ends, in seconds since that session began.
    pub begin_s: f64,
    /// See `begin_s`.
    pub end_s: f64,
}

/// A stretch that was selected: its audio is held until another is, or until it is let go.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// What was selected, as far as its audio was still kept.
    pub stretch: Stretch,
    /// Seconds of it that were not heard (lost, left out, bypassed): silence stands there.
    pub missing_s: f64,
    /// Classes of the model that heard it.
    pub classes: Arc<[String]>,
    /// Greatest activity of each in it, 0..=1.
    pub peaks: Vec<f32>,
}

/// Whether a stretch is selected.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Selected {
    /// None is.
    #[default]
    Nothing,
    /// This one.
    Ready(Selection),
    /// Why what was asked for can't be.
    Failed(String),
}
