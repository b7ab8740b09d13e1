//! `manifest.toml`: what a package says of itself.

use crate::sigmoid::sigmoid;
use rollcall_classes::Look;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the format.
pub const SCHEMA: &str = "rollcall.model/1";

/// Everything but the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: String,
    /// Short name, `a-z 0-9 -`.
    pub name: String,
    /// Version of the weights.
    pub version: String,
    /// One line for a person.
    pub description: String,
    /// Licence of the weights.
    pub licence: String,
    /// Who made it from what.
    pub origin: String,
    /// How the convolutions are meant to see time.
    pub kind: Kind,
    /// Class names, in the order of the outputs.
    pub classes: Vec<String>,
    /// Threshold of each class, 0..=1, tuned on validation.
    pub thresholds: Vec<f32>,
    /// Hops between the windows that the head was trained on.
    pub update_hops: usize,
    /// Seconds that the head was trained to pool over.
    pub memory_s: f32,
    /// How the head normalises.
    pub head_normalisation: HeadNormalisation,
    /// Constants of the front-end; only VGGish's own are supported.
    pub front_end: FrontEnd,
    /// Between embedding and head.
    pub post_processing: PostProcessing,
    /// How classes are shown that are none of OpenMIC's, by class; the others as their names say.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub looks: BTreeMap<String, Look>,
    /// What else the embedding tells, if the package holds `events.onnx`: `[N, 128] -> [N, events]`, mean embedding to logits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<EventTable>,
    /// Heads of classes that were added to those of `head.onnx`, each on the same embedding and in a file of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<AddedHead>,
    /// How it was trained.
    pub training: Training,
    /// Measured scores by name, e.g. `valid.mixes.map`.
    pub scores: Scores,
    /// Every file but the manifest.
    pub files: Vec<FileEntry>,
}

impl Manifest {
    /// How many of the classes, the first of them, come of `head.onnx`.
    pub fn own_classes(&self) -> usize {
        self.classes.len().saturating_sub(self.added.iter().map(|head| head.classes).sum())
    }
}

/// A head of classes that were added: those that come after the classes of the heads before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddedHead {
    /// Its file, with inputs and outputs as `head.onnx` has them.
    pub file: String,
    /// How many classes it has.
    pub classes: usize,
    /// How it normalises.
    pub head_normalisation: HeadNormalisation,
}

/// How the convolutions are meant to see time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `embedding.onnx` `[N, 1, 96, 64] -> [N, 128]`: a zero border round each patch (AudioSet VGGish).
    Patch,
    /// `columns.onnx` `[1, 1, T, 64] -> [1, 512, T/16, 4]` over an endless spectrogram, and `dense.onnx`
    /// `[N, 512, 6, 4] -> [N, 128]`.
    Stream,
}

/// How the head normalises after its convolutions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum HeadNormalisation {
    /// Group normalisation after the three convolutions (paper, section 2.3), over the channels of each step.
    Group {
        /// Number of groups; divides 128.
        groups: usize,
    },
    /// Batch normalisation at the input and after each convolution (the published AttentionMIC code), as running
    /// statistics.
    Batch,
}

/// Constants of the front-end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrontEnd {
    /// Hz.
    pub sample_rate_hz: u32,
    /// Hann window, seconds.
    pub window_s: f32,
    /// Hop, seconds.
    pub hop_s: f32,
    /// Length of the FFT.
    pub fft: usize,
    /// Mel bands.
    pub mel_bands: usize,
    /// Lower edge of the lowest band, Hz.
    pub mel_low_hz: f32,
    /// Upper edge of the highest band, Hz.
    pub mel_high_hz: f32,
    /// Added before the logarithm.
    pub log_offset: f32,
    /// Hops in a patch.
    pub patch_hops: usize,
}

impl FrontEnd {
    /// VGGish's own constants (paper, section 2.1; torchvggish `vggish_params.py`).
    pub const VGGISH: Self = Self {
        sample_rate_hz: 16_000,
        window_s: 0.025,
        hop_s: 0.010,
        fft: 512,
        mel_bands: 64,
        mel_low_hz: 125.0,
        mel_high_hz: 7_500.0,
        log_offset: 0.01,
        patch_hops: 96,
    };
}

/// Between embedding and head (paper, sections 2.2 and 4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum PostProcessing {
    /// The embedding as it is.
    None,
    /// Scale to 0..=1: `(x - low) / (high - low)`, clipped.
    Unit {
        /// Goes to 0.
        low: f32,
        /// Goes to 1.
        high: f32,
    },
    /// PCA whitening, clip to [-2, 2], 8 bit, divided by 255. `pca.f32` holds little-endian `mean[128]`, then
    /// `components[128][128]`, one row a component.
    Pca8,
}

/// AudioSet's events (or others), and which of them are instruments outside of the classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventTable {
    /// Names, in the order of the outputs of `events.onnx`.
    pub names: Vec<String>,
    /// For each class of the package, the events that it is known by.
    pub classes: Vec<Vec<usize>>,
    /// How likely somebody plays who is none of the classes.
    pub another: AnotherBy,
    /// Instruments outside of the classes.
    pub others: Vec<OtherInstrument>,
}

/// Logistic function of the greatest logit of the other instruments and of the classes: the probability that somebody plays and is
/// none of the classes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnotherBy {
    /// Added.
    pub offset: f32,
    /// Times the greatest logit of the other instruments' events.
    pub other: f32,
    /// Times the greatest logit of the classes' events.
    pub class: f32,
}

impl AnotherBy {
    /// Probability that somebody plays and is none of the classes, 0..=1, by the greatest logit of the other instruments' events and
    /// that of the classes'.
    pub fn probability(self, other: f32, class: f32) -> f32 {
        sigmoid(self.offset + self.other * other + self.class * class)
    }
}

/// An instrument outside of the classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherInstrument {
    /// Its name for a person, in lower case.
    pub name: String,
    /// The events that it is known by.
    pub events: Vec<usize>,
}

/// How a model was trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Command that makes it again.
    pub command: String,
    /// Seed.
    pub seed: u64,
    /// Whether it is meant to be replaced by a better one.
    pub provisional: bool,
    /// The runs that its weights come from, of several the mean of their weights; none where they were not trained by `rollcall-train
    /// learn`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<TrainingRun>,
}

/// One run of training, and all that it is bound to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingRun {
    /// Command with the whole recipe.
    pub command: String,
    /// What it began from: name, version and hash of a package, or `weights` and the hash of another run's.
    pub start: String,
    /// Hash of the index of the pool that it heard.
    pub pool: String,
    /// Hash of the teacher's network.
    pub teacher: String,
}

/// Measured scores by name.
pub type Scores = BTreeMap<String, f64>;

/// One file of the package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Name inside the package: no path.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, 64 hex digits.
    pub sha256: String,
}
