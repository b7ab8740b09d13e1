//! The second stage's clips, with what is known of who plays: from OpenMIC, or mixed from a pool.

use super::config::ClipPlan;
use crate::audio::decode::decode;
use crate::audio::log_mel::log_mel;
use crate::base::seed;
use crate::base::stem::Split;
use crate::base::threads::parallel;
use crate::mix::Mixer;
use crate::mix::length::{Length, SKIP_COLUMNS};
use crate::nn::stack::{BANDS, COLUMN_HOPS};
use crate::paper::first_stage::{PATCH, is_held_out};
use crate::paper::second_stage::{Clip, EmbeddingSet, Part};
use crate::pool::Pool;
use crate::sources::datasets::openmic::OpenMic;
use anyhow::{Context, Result, ensure};
use rollcall_engine::{OPENMIC_CLASSES, PATCH_HOPS, SAMPLE_RATE_HZ};
use std::path::{Path, PathBuf};

/// Seed of OpenMIC's drawn validation part, the same for every run.
const OPENMIC_SEED: u64 = 1;
/// Clips that are in memory at once while they are embedded.
const CHUNK: usize = 64;

/// A clip before it has a representation.
#[derive(Clone, Debug)]
pub struct LabelledClip {
    clip: Clip,
    patches: Patches,
}

#[derive(Clone, Debug)]
enum Patches {
    Memory(Vec<f32>),
    File(PathBuf),
}

/// Clips in three parts that share no recording.
#[derive(Clone, Debug)]
pub struct LabelledClips {
    parts: [Vec<LabelledClip>; 3],
}

impl LabelledClips {
    /// OpenMIC's, from its audio. Labels are cut at 0.5 (Gururani, Sharma and Lerch 2019).
    ///
    /// # Errors
    /// A set that is not whole.
    pub fn openmic(folder: &Path) -> Result<Self> {
        let set = OpenMic::open(folder)?;
        let audio = set.audio()?;
        let (train, valid) = set.validation(None, OPENMIC_SEED)?;
        let clip = |key: &String| {
            let labels = &set.labels[key];
            let truth = labels.truth.map(|t| f32::from(u8::from(t >= 0.5))).to_vec();
            let clip = Clip { key: key.clone(), steps: Vec::new(), truth, known: labels.known.to_vec() };
            LabelledClip { clip, patches: Patches::File(audio[key].clone()) }
        };
        Ok(Self { parts: [&train, &valid, &set.test].map(|keys| keys.iter().map(clip).collect()) })
    }

    /// Mixed from a pool: see [`ClipPlan`].
    ///
    /// # Errors
    /// The pool cannot be read, or a part has no material.
    pub fn pool(folder: &Path, plan: &ClipPlan) -> Result<Self> {
        // A column at each end is skipped by the labels, so that the patches lie under them exactly.
        let columns = 2 * SKIP_COLUMNS + plan.patches * PATCH_HOPS / COLUMN_HOPS;
        let length = Length { columns };
        let part =
            |name: &str, count: usize, split: Split, held_out: Option<bool>| -> Result<Vec<LabelledClip>> {
                let mut pool = Pool::open(folder)?;
                pool.stems.retain(|stem| held_out.is_none_or(|held_out| is_held_out(stem) == held_out));
                let classes = OPENMIC_CLASSES.len();
                let mixer = Mixer::new(pool, split, classes, length, name == "train")?;
                ensure!(mixer.classes_present() > 0, "{}: no stems to {name} on", folder.display());
                let draw = |i: usize| -> Result<LabelledClip> {
                    let key = format!("{name}/{i}");
                    let mut rng = seed::rng(plan.seed, &format!("experiment/{key}"));
                    // Every other clip is of two to five, fewer rather than more.
                    let voices =
                        if i.is_multiple_of(2) { 1 } else { 2 + rng.usize(0..4).min(rng.usize(0..4)) };
                    let composed = mixer.compose(voices, &mut rng)?;
                    let log_mel = mixer.picture(&composed.samples, &mut rng);
                    let start = SKIP_COLUMNS * COLUMN_HOPS * BANDS;
                    let patches = log_mel[start..start + plan.patches * PATCH].to_vec();
                    let (truth, known) = (composed.target.clip, composed.target.clip_weight);
                    let clip = Clip { key, steps: Vec::new(), truth, known };
                    Ok(LabelledClip { clip, patches: Patches::Memory(patches) })
                };
                parallel(count, draw).into_iter().collect()
            };
        Ok(Self {
            parts: [
                part("train", plan.train, Split::Train, Some(false))?,
                part("valid", plan.valid, Split::Train, Some(true))?,
                part("test", plan.test, Split::Valid, None)?,
            ],
        })
    }

    /// Clips in all.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.iter().map(Vec::len).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The set in a representation: `represent` turns patches `[n, 96, 64]` into steps `[n, 128]`. `done` hears how many clips
    /// were embedded. Scaled to 0..1 by the training part (paper, section 4).
    ///
    /// # Errors
    /// A recording that cannot be decoded or is shorter than a patch, or a representation that is constant.
    pub fn represent(
        &self,
        represent: &dyn Fn(&[f32]) -> Vec<f32>,
        done: &dyn Fn(u64),
    ) -> Result<EmbeddingSet> {
        let classes = OPENMIC_CLASSES.map(String::from).to_vec();
        let mut set = EmbeddingSet { classes, train: Vec::new(), valid: Vec::new(), test: Vec::new() };
        for (part, clips) in Part::ALL.into_iter().zip(&self.parts) {
            for chunk in clips.chunks(CHUNK) {
                let patches = parallel(chunk.len(), |i| chunk[i].patches.read());
                let patches = patches.into_iter().collect::<Result<Vec<_>>>()?;
                let mut rows = represent(&patches.concat());
                let width = rows.len() * PATCH / patches.iter().map(Vec::len).sum::<usize>().max(1);
                for (labelled, patches) in chunk.iter().zip(&patches) {
                    let rest = rows.split_off(patches.len() / PATCH * width);
                    let steps = std::mem::replace(&mut rows, rest);
                    set.part_mut(part).push(Clip { steps, ..labelled.clip.clone() });
                }
                done(chunk.len() as u64);
            }
        }
        set.normalise().context("the representation cannot be scaled")?;
        Ok(set)
    }
}

impl Patches {
    fn read(&self) -> Result<Vec<f32>> {
        let path = match self {
            Self::Memory(patches) => return Ok(patches.clone()),
            Self::File(path) => path,
        };
        let mut patches = log_mel(&decode(path, SAMPLE_RATE_HZ)?);
        patches.truncate(patches.len() / PATCH * PATCH);
        ensure!(!patches.is_empty(), "{}: shorter than a patch of 0.96 s", path.display());
        Ok(patches)
    }
}
