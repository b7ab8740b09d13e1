//! What the network sees and where it attends.

/// Mel bands of one hop.
pub const MEL_BANDS: usize = 64;
/// Hops kept in a [`LogMel`]: 3 s of 10 ms.
pub const PICTURE_HOPS: usize = 300;

/// The newest hops of the log-mel spectrogram, quantised for drawing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogMel {
    /// Oldest hop first, at most [`PICTURE_HOPS`]; the lowest band first. 0 is `ln(0.01)` (silence), 255 is `5`.
    pub hops: Vec<[u8; MEL_BANDS]>,
    /// Hops since the session began, up to and with the last of `hops`: a scroll position that never jumps back
    /// within a session.
    pub end: u64,
}

impl LogMel {
    /// Value of 0.
    pub const LOW: f32 = -4.605_170_2;
    /// Value of 255: a full-scale sine gives about this much in its band.
    pub const HIGH: f32 = 5.0;

    /// One log-mel value as 8 bits; values out of range are clipped.
    #[must_use]
    pub fn quantise(value: f32) -> u8 {
        // `as` clips, and takes NaN to 0.
        ((value - Self::LOW) / (Self::HIGH - Self::LOW) * 255.0 + 0.5) as u8
    }
}

/// Where in the memory the current posterior comes from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attention {
    /// Centre of each step in the memory, oldest first, in seconds since the session began.
    pub times_s: Vec<f64>,
    /// `[steps][classes]`, row by row: weights in 0..=1 that sum to 1 over the steps of a class.
    pub weights: Vec<f32>,
}

impl Attention {
    /// Weights of a step, one a class; empty if there is no such step.
    #[must_use]
    pub fn step(&self, index: usize) -> &[f32] {
        let classes = self.weights.len().checked_div(self.times_s.len()).unwrap_or(0);
        self.weights.get(index * classes..(index + 1) * classes).unwrap_or(&[])
    }
}

/// Both, as of the newest step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// What the network sees.
    pub log_mel: LogMel,
    /// Where it attends.
    pub attention: Attention,
}
