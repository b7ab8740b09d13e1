//! What a teacher hears in a clip.

/// AudioSet classes.
pub const EVENTS: usize = 527;

/// Length of the teacher's embedding.
pub const FEATURES: usize = 384;

/// What the teacher makes of a piece of audio.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// One logit for each AudioSet class, `[527]`.
    pub logits: Vec<f32>,
    /// The layer before, `[384]`.
    pub embedding: Vec<f32>,
}

impl Heard {
    /// Probability of each AudioSet class, `[527]`.
    #[must_use]
    pub fn probabilities(&self) -> Vec<f32> {
        self.logits.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect()
    }
}
