//! What shapes an experiment; with the data and this file every number comes out again.

use crate::paper::first_stage::{CorpusPlan, Stage1};
use crate::paper::second_stage::Recipe;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What stands between Log-Mel and the second stage. Names are those of the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Representation {
    /// Nothing: Log-Mel itself, as mean and deviation of each band over 0.96 s.
    LogMel,
    /// VGGish with random weights.
    VggishRandom,
    /// VGGish trained on AudioSet, from a file.
    VggishNorm,
    /// Trained to tell words that describe the sound.
    Textual,
    /// Trained to take additive noise away.
    DenoiseAdd,
    /// Trained to take multiplicative noise away.
    DenoiseMul,
    /// Trained to agree with tags.
    Align,
    /// Trained to hear what a teacher hears.
    Detect,
}

impl Representation {
    /// All, in the order of the figures.
    pub const ALL: [Self; 8] = [
        Self::LogMel,
        Self::VggishRandom,
        Self::VggishNorm,
        Self::Textual,
        Self::DenoiseAdd,
        Self::DenoiseMul,
        Self::Align,
        Self::Detect,
    ];

    /// Name of its folder, by which the figures know it.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::LogMel => "log-mel",
            Self::VggishRandom => "vggish-random",
            Self::VggishNorm => "vggish-norm",
            Self::Textual => "textual",
            Self::DenoiseAdd => "denoise-add",
            Self::DenoiseMul => "denoise-mul",
            Self::Align => "align",
            Self::Detect => "detect",
        }
    }
}

/// Clips of a stem pool for the second stage: half solos, half mixes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipPlan {
    /// Trained on: from the training split's stems that are not held out.
    pub train: usize,
    /// Chooses the epoch: from its held-out stems.
    pub valid: usize,
    /// Scored: from the validation split, whose sources training never saw.
    pub test: usize,
    /// Patches of 0.96 s a clip.
    pub patches: usize,
    /// Seed of all chance.
    pub seed: u64,
}

/// An experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Seeds; a run each for every representation.
    pub seeds: Vec<u64>,
    /// Clips, where they come from a pool.
    pub clips: ClipPlan,
    /// The first stage's patches, where they come from a pool; its numbers of segments bound those of other corpora.
    pub corpus: CorpusPlan,
    /// First stage.
    pub stage1: Stage1,
    /// Second stage.
    pub stage2: Recipe,
}

impl Config {
    /// The paper's settings; three seeds, since it does not say how many.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            seeds: vec![1, 2, 3],
            clips: ClipPlan { train: 12_000, valid: 2_000, test: 5_000, patches: 10, seed: 1 },
            corpus: CorpusPlan { train_segments: 300_000, valid_segments: 12_000, seed: 1 },
            stage1: Stage1::paper(),
            stage2: Recipe::paper(),
        }
    }
}

/// Where everything is.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Sources {
    /// Folder of OpenMIC-2018, as published.
    #[arg(long, value_name = "DIR", conflicts_with = "pool")]
    pub openmic: Option<PathBuf>,
    /// Stem pool made by `rollcall-train data make`.
    #[arg(long, value_name = "DIR", required_unless_present = "openmic")]
    pub pool: Option<PathBuf>,
    /// A part of NSynth (e.g. nsynth-train): textual description and denoising learn from it instead of the pool.
    #[arg(long, value_name = "DIR")]
    pub nsynth: Option<PathBuf>,
    /// A folder of Freesound sounds with tags: alignment learns from it instead of the pool.
    #[arg(long, value_name = "DIR")]
    pub freesound: Option<PathBuf>,
    /// Word vectors as text (GloVe or word2vec), for textual description.
    #[arg(long, value_name = "FILE")]
    pub words: Option<PathBuf>,
    /// Folder of an AudioSet teacher, for event detection.
    #[arg(long, value_name = "DIR")]
    pub teacher: Option<PathBuf>,
    /// AudioSet weights of VGGish (torchvggish's .pth).
    #[arg(long, value_name = "FILE")]
    pub vggish: Option<PathBuf>,
}

impl Sources {
    /// The representations that can be had from what is there.
    #[must_use]
    pub fn available(&self) -> Vec<Representation> {
        let (notes, sounds) =
            (self.pool.is_some() || self.nsynth.is_some(), self.pool.is_some() || self.freesound.is_some());
        let there = |r: &Representation| match r {
            Representation::LogMel | Representation::VggishRandom => true,
            Representation::VggishNorm => self.vggish.is_some(),
            Representation::Textual => notes && self.words.is_some(),
            Representation::DenoiseAdd | Representation::DenoiseMul => notes,
            Representation::Align => sounds,
            Representation::Detect => sounds && self.teacher.is_some(),
        };
        Representation::ALL.into_iter().filter(there).collect()
    }
}
