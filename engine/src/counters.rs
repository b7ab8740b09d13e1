//! What happened to the input.

/// What happened to the input since `new` or `reset`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames pushed.
    pub frames: u64,
    /// Frames reported missing through `gap`.
    pub gap_frames: u64,
    /// Mono samples replaced by silence: NaN, infinite, subnormal, or beyond +60 dBFS.
    pub replaced_samples: u64,
}
