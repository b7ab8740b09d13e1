//! What the engine tells its caller.

use crate::Another;

/// One step: what was heard in the 0.96 s window round `time_s`. Lent to the caller's closure and reused by the engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Counts steps since `new` or `reset`, from 0.
    pub index: u64,
    /// Centre of the window in seconds of input since `new` or `reset`, gaps counted in; every delay is compensated.
    pub time_s: f64,
    /// What a meter shows: `posterior`, less where another instrument is likelier than not, after the gate and attack/release; one value
    /// in 0..=1 a class.
    pub activity: Vec<f32>,
    /// Attention-pooled posterior over the last `memory_s` seconds, before gate and smoothing, 0..=1 a class.
    pub posterior: Vec<f32>,
    /// Activity of this window alone, 0..=1 a class (the head's gated branch, paper, section 2.3).
    pub instant: Vec<f32>,
    /// Attention weight of this window within the memory, 0..=1 a class; sums to 1 over the memory.
    pub attention: Vec<f32>,
    /// Whether an instrument outside of the classes plays, over the same seconds as `posterior`. Nothing where the package cannot tell, the
    /// gate is closed or nothing was heard.
    pub another: Option<Another>,
    /// What the network made of this window, post-processed: what the head was given, [`crate::EMBEDDING`] numbers; 0 where the gate
    /// was closed and the network not asked.
    pub embedding: Vec<f32>,
    /// What heads of added classes may be given of this window besides, [`crate::Model::detail_len`] numbers in 0..=1; 0 where the gate was
    /// closed.
    pub detail: Vec<f32>,
    /// RMS of the window about its mean (a constant offset is silence) in dB relative to a full-scale square wave;
    /// `f32::NEG_INFINITY` for digital black.
    pub level_dbfs: f32,
    /// Whether the level gate was open; if not, `activity` falls to 0 and the window is left out of the pooling.
    pub gate_open: bool,
}
