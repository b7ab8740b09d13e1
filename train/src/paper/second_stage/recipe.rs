//! What shapes a run of the second stage; with the set and the seed it makes every number again.

use serde::{Deserialize, Serialize};

/// Settings of the second stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Passes over the training clips.
    pub epochs: usize,
    /// Clips a step.
    pub batch: usize,
    /// Adam's learning rate, the same throughout.
    pub rate: f32,
    /// Decoupled weight decay.
    pub decay: f32,
    /// Posteriors from here on count as positive (paper, section 5).
    pub threshold: f32,
}

impl Recipe {
    /// Section 4.2: Adam at 5e-4, batches of 128, 350 epochs; section 5: threshold 0.5. No weight decay: the paper names
    /// none.
    #[must_use]
    pub fn paper() -> Self {
        Self { epochs: 350, batch: 128, rate: 5e-4, decay: 0.0, threshold: 0.5 }
    }

    /// The same with fewer epochs.
    #[must_use]
    pub fn with_epochs(self, epochs: usize) -> Self {
        Self { epochs, ..self }
    }
}
