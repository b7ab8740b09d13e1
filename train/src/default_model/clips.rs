//! The clips that the default model learns from: made as they come, each heard by the teacher as it is.

use crate::base::seed::{self, Chance};
use crate::mix::{Composition, Mixer};
use crate::nn::loss::Target;
use crate::teacher::calibration::Calibration;
use crate::teacher::{Heard, Teacher};
use anyhow::Result;
use fastrand::Rng;
use rollcall_engine::OPENMIC_CLASSES;

/// Share of excerpts of real music among the clips.
const MUSIC: f32 = 0.45;
/// Share of bands.
const BANDS: f32 = 0.12;
/// Share of what is no instrument.
const NOTHING: f32 = 0.04;
/// Of the rest, how many play: the first share is of one, the next of two, ...
const PLAYERS: [f32; 4] = [0.55, 0.25, 0.13, 0.07];

/// A clip, what the teacher hears in it, and what is known of it.
#[derive(Clone, Debug)]
pub struct Example {
    /// `[hops, 64]`, as the network sees it: now and then some bands are silenced.
    pub log_mel: Vec<f32>,
    /// What the teacher heard.
    pub heard: Heard,
    /// Probability of each class by what it heard, were the clip real music.
    pub likely: [f32; OPENMIC_CLASSES.len()],
    /// Who plays, where it is known.
    pub truth: Target,
}

/// Makes clips.
pub struct Clips<'a> {
    mixer: &'a Mixer,
    teacher: &'a Teacher,
    calibration: &'a Calibration,
}

impl<'a> Clips<'a> {
    /// From this material, heard by this teacher, whose word is worth so much.
    #[must_use]
    pub fn new(mixer: &'a Mixer, teacher: &'a Teacher, calibration: &'a Calibration) -> Self {
        Self { mixer, teacher, calibration }
    }

    /// The clip of this seed and number: always the same.
    ///
    /// # Errors
    /// The pool cannot be read, or the teacher fails.
    pub fn draw(&self, seed: u64, number: u64) -> Result<Example> {
        let (composed, log_mel) = made(self.mixer, seed, number)?;
        let heard = self.teacher.listen(&composed.samples)?;
        let likely = self.calibration.in_music(&self.teacher.judge(&heard));
        Ok(Example { log_mel, heard, likely, truth: composed.target })
    }
}

/// The clip of this seed and number, and its log-mel `[hops, 64]` as the network sees it.
///
/// # Errors
/// The pool cannot be read.
pub fn made(mixer: &Mixer, seed: u64, number: u64) -> Result<(Composition, Vec<f32>)> {
    let mut rng = seed::rng(seed, &format!("clip/{number}"));
    let composed = compose(mixer, &mut rng)?;
    let log_mel = mixer.picture(&composed.samples, &mut rng);
    Ok((composed, log_mel))
}

fn compose(mixer: &Mixer, rng: &mut Rng) -> Result<Composition> {
    let mut chance = rng.f32();
    let mut takes = |share: f32| {
        chance -= share;
        chance < 0.0
    };
    Ok(if takes(MUSIC) && mixer.has_pieces() {
        mixer.piece(rng)?
    } else if takes(BANDS) && mixer.has_bands() {
        mixer.band(rng)?
    } else if takes(NOTHING) && mixer.has_negatives() {
        mixer.compose(0, rng)?
    } else {
        mixer.compose(players(rng), rng)?
    })
}

fn players(rng: &mut Rng) -> usize {
    let mut chance = rng.between(0.0, 1.0);
    let drawn = PLAYERS.iter().position(|share| {
        chance -= share;
        chance < 0.0
    });
    1 + drawn.unwrap_or(0)
}
