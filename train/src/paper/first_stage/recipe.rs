//! What shapes a run of the first stage; with the corpus and the seed it makes every number again.

use super::denoise::KERNELS;
use super::encoder::EncoderShape;
use serde::{Deserialize, Serialize};

/// How weights follow the gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimiser {
    /// Kingma and Ba 2015.
    Adam,
    /// Plain gradient descent, as COALA has it.
    Sgd,
}

/// The loop's settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// How weights follow the gradient.
    pub optimiser: Optimiser,
    /// Its learning rate, the same throughout.
    pub rate: f32,
    /// Patches a step.
    pub batch: usize,
    /// Passes over the training patches, at most.
    pub epochs: usize,
    /// Stop when the validation loss has not improved for so many epochs in a row.
    pub patience: usize,
}

/// Units of COALA's tag encoder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlignSizes {
    /// Of the first dense layers.
    pub hidden: Vec<usize>,
    /// Of the last, of the projection, and of the audio's affine layer.
    pub output: usize,
}

/// Settings of the first stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage1 {
    /// The network that is trained.
    pub encoder: EncoderShape,
    /// Kernels of the first three layers of the denoiser's decoder.
    pub denoise_kernels: [usize; 3],
    /// The tag encoder.
    pub align_sizes: AlignSizes,
    /// The loop.
    pub training: Training,
    /// The loop for tag alignment, where it differs: the paper takes COALA's.
    pub align_training: Option<Training>,
}

impl Stage1 {
    /// Section 4.1: Adam at 1e-4, batches of 64, at most 50 epochs, stopped after 5 without improvement; for alignment COALA's
    /// published settings: gradient descent at 5e-3 on ten times the contrastive loss, batches of 128, 200 epochs. Early
    /// stopping is kept there ("for all pre-training learning objectives").
    #[must_use]
    pub fn paper() -> Self {
        Self {
            encoder: EncoderShape::paper(),
            denoise_kernels: KERNELS,
            align_sizes: AlignSizes { hidden: vec![512, 512], output: 1152 },
            training: Training { optimiser: Optimiser::Adam, rate: 1e-4, batch: 64, epochs: 50, patience: 5 },
            align_training: Some(Training {
                optimiser: Optimiser::Sgd,
                rate: 10.0 * 5e-3,
                batch: 128,
                epochs: 200,
                patience: 5,
            }),
        }
    }
}
