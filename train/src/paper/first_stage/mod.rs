//! The paper's first stage (section 4.1, Table 1): what VGGish is trained on before it sees an instrument's name.
//!
//! An objective is a small network on VGGish's embedding, a loss, and a measure that means something to a person. All are
//! trained by one loop ([`Run::pretrain`]): Adam, early stopping on the validation loss, Glorot's uniform start, seeded, resumable.
//!
//! | objective | on the embedding | loss | measure on held-out patches (chance) |
//! | --- | --- | --- | --- |
//! | [`Textual`] | batch norm, dense, tanh, dense | cosine, margin 0.5 | share of word pairs in the right order (0.5) |
//! | [`Denoise`] | four transposed convolutions | squared error to the clean patch | share of variance recovered (0) |
//! | [`Align`] | affine; tags through COALA's encoder | contrastive | patches matched to their tags (1 in the batch) |
//! | [`Events`] | dense | cross-entropy to a teacher's 527 | share of event pairs in the right order (0.5) |

mod align;
mod corpus;
mod denoise;
mod encoder;
mod events;
mod measure;
mod recipe;
mod textual;
mod train;
mod words;

pub use align::Align;
pub use corpus::{
    Corpus, CorpusPlan, Example, SEGMENT_PATCHES, Segment, is_held_out, segment_samples, segments,
};
pub use denoise::{Denoise, Noise};
pub use encoder::{Encoder, EncoderShape, InputScale, PATCH, Trace};
pub use events::Events;
pub use recipe::{AlignSizes, Optimiser, Stage1, Training};
pub use textual::Textual;
pub use train::{Epoch, Pretrained, Progress, Run};
pub use words::{WordError, WordVectors};

use fastrand::Rng;

/// What a step of training needs to know of some examples, with all chance drawn.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// What VGGish sees, `[n, 96, 64]`.
    pub inputs: Vec<f32>,
    /// What it should lead to, `[n, ...]`; each objective says what.
    pub targets: Vec<f32>,
    /// What else was drawn, e.g. dropout masks; each objective says what.
    pub chances: Vec<Vec<f32>>,
}

/// Loss and gradient of a step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Mean over the batch.
    pub loss: f32,
    /// Gradient of the embedding, `[n, 128]`.
    pub embedding: Vec<f32>,
}

/// How well held-out examples do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Mean loss, as in training but without dropout and with running statistics.
    pub loss: f64,
    /// The objective's own measure; see [`Objective::chance`].
    pub measure: f64,
}

/// A task on top of VGGish's embedding.
pub trait Objective: Sync {
    /// What the measure is, in a few words.
    fn measure(&self) -> &'static str;

    /// The measure of one who guesses, on validation batches of this size.
    fn chance(&self, batch: usize) -> f64;

    /// The batch of these examples: for training with `training`, where noise and dropout are drawn; else for validation,
    /// with the same noise for the same `rng` and no dropout.
    fn batch(&self, examples: &[&Example], training: bool, rng: &mut Rng) -> Batch;

    /// Loss of the embeddings `[n, 128]`; adds its own parameters' gradient. Running statistics in `values` move on.
    fn step(&self, values: &mut [f32], embedding: &[f32], batch: &Batch, gradient: &mut [f32]) -> Step;

    /// Loss and measure of embeddings whose batch was drawn for validation.
    fn score(&self, values: &[f32], embedding: &[f32], batch: &Batch) -> Score;
}

/// `[n, 96, 64]` of these examples.
fn patches(examples: &[&Example]) -> Vec<f32> {
    examples.iter().flat_map(|e| e.patch.iter().copied()).collect()
}
