//! The stems of one part of a pool, sorted by what examples are made of.

use crate::base::seed::Chance;
use crate::base::stem::{Kind, SoftLabel, Split};
use crate::pool::{Pool, PoolError, Stem};
use fastrand::Rng;
use rollcall_engine::OPENMIC_CLASSES;
use std::collections::BTreeMap;

/// Source -> its stems.
pub(super) type Sources = BTreeMap<String, Vec<usize>>;

/// The stems of one part.
pub(super) struct Material<'a> {
    pool: &'a Pool,
    /// For each class.
    pub(super) voices: Vec<Sources>,
    pub(super) noises: Sources,
    pub(super) others: Sources,
    pub(super) speech: Sources,
    /// The stems of each piece.
    pub(super) bands: Vec<Vec<usize>>,
    /// Labelled segments of real recordings.
    pub(super) music: Vec<(usize, SoftLabel)>,
}

impl<'a> Material<'a> {
    pub(super) fn of(pool: &'a Pool, split: Split) -> Result<Self, PoolError> {
        let mut material = Self {
            pool,
            voices: vec![Sources::new(); OPENMIC_CLASSES.len()],
            noises: Sources::new(),
            others: Sources::new(),
            speech: Sources::new(),
            bands: Vec::new(),
            music: Vec::new(),
        };
        let mut bands: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut recordings: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, stem) in pool.stems.iter().enumerate().filter(|(_, stem)| stem.row.split == split) {
            let sources = match (stem.row.kind, stem.class) {
                (Kind::Phrase, Some(class)) => &mut material.voices[class],
                (Kind::Phrase | Kind::Negative, None) => &mut material.others,
                (Kind::Noise, _) => &mut material.noises,
                (Kind::Speech, _) => &mut material.speech,
                (Kind::Band, _) => {
                    bands.entry(stem.row.unit()).or_default().push(at);
                    continue;
                }
                (Kind::Music, _) => {
                    recordings.insert(&stem.row.id, at);
                    continue;
                }
                (Kind::Negative, Some(_)) | (Kind::Ir | Kind::Empty, _) => continue,
            };
            sources.entry(stem.row.source.clone()).or_default().push(at);
        }
        material.bands = bands.into_values().collect();
        let labels = pool.soft_labels()?.into_iter();
        material.music =
            labels.filter_map(|label| Some((*recordings.get(label.id.as_str())?, label))).collect();
        Ok(material)
    }

    pub(super) fn stem(&self, at: usize) -> &'a Stem {
        &self.pool.stems[at]
    }

    pub(super) fn present(&self) -> Vec<usize> {
        (0..self.voices.len()).filter(|&class| !self.voices[class].is_empty()).collect()
    }

    /// Part of a stem somewhere in silence of `length` samples, or a stretch of it.
    pub(super) fn excerpt(&self, at: usize, length: usize, rng: &mut Rng) -> Result<Vec<f32>, PoolError> {
        let stem = self.stem(at);
        let start = rng.usize(0..=(stem.row.samples as usize).saturating_sub(length));
        let samples = self.pool.excerpt(stem, start, length)?;
        let mut placed = vec![0.0; length];
        let first = rng.usize(0..=length - samples.len());
        placed[first..first + samples.len()].copy_from_slice(&samples);
        Ok(placed)
    }

    /// The same stretch of all stems of a piece, from `start` samples on.
    pub(super) fn stretch(&self, at: usize, start: usize, length: usize) -> Result<Vec<f32>, PoolError> {
        let mut samples = self.pool.excerpt(self.stem(at), start, length)?;
        samples.resize(length, 0.0);
        Ok(samples)
    }

    /// Seconds `start_s` to `start_s + length_s` of a stem, as they are.
    pub(super) fn segment(&self, at: usize, label: &SoftLabel) -> Result<Vec<f32>, PoolError> {
        let samples = |seconds: f32| (seconds * rollcall_engine::SAMPLE_RATE_HZ as f32) as usize;
        self.pool.excerpt(self.stem(at), samples(label.start_s), samples(label.length_s))
    }
}

/// A stem of source number `turn`, counted round, so that every source gets its turn.
pub(super) fn in_turn(sources: &Sources, turn: usize, rng: &mut Rng) -> usize {
    let stems = sources.values().nth(turn % sources.len()).expect("the index is below the length");
    *rng.pick(stems)
}
