//! What the first stage learns from: patches of stems, with words and tags for what is known of them.

use super::encoder::PATCH;
use crate::audio::level::{amplitude, rms};
use crate::audio::log_mel::log_mel;
use crate::base::seed::{self, Chance};
use crate::base::stem::{Kind, Split};
use crate::mix::effects;
use crate::nn::stack::BANDS;
use crate::pool::{Pool, PoolError, Stem};
use fastrand::Rng;
use rollcall_engine::{HOP_SAMPLES, PATCH_HOPS};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A patch and what is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Example {
    /// Log-mel, `[96, 64]`.
    pub patch: Vec<f32>,
    /// Numbers of the words that describe how it sounds.
    pub words: Vec<usize>,
    /// Numbers of its tags.
    pub tags: Vec<usize>,
    /// A teacher's probability of each AudioSet class, `[527]`; empty without a teacher.
    pub events: Vec<f32>,
}

/// Examples in two parts that share no recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Corpus {
    /// Trained on.
    pub train: Vec<Example>,
    /// Says when to stop.
    pub valid: Vec<Example>,
    /// The words, by number.
    pub words: Vec<String>,
    /// The tags, by number.
    pub tags: Vec<String>,
}

/// How a corpus is drawn from a stem pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpusPlan {
    /// Segments of [`SEGMENT_PATCHES`] patches for training.
    pub train_segments: usize,
    /// Segments for validation, from stems that training does not use.
    pub valid_segments: usize,
    /// Seed of all chance.
    pub seed: u64,
}

/// Patches of one segment, one after the other: 4.8 s, enough for a teacher and for a room to be heard.
pub const SEGMENT_PATCHES: usize = 5;
/// Quieter patches (RMS) are left out: there is nothing to describe.
const SILENT_DBFS: f32 = -55.0;
/// A word or tag on fewer of the training examples than this share is left out.
const RARE: f32 = 0.01;
/// Of a hundred units (by the hash of their names), so many are held out of training.
const HELD_OUT_PERCENT: u64 = 12;

/// Whether a stem of the training split is held out of training, to validate on: by the hash of its unit's name, so that the
/// parts of one unit stay together and nothing depends on what else is in the pool.
#[must_use]
pub fn is_held_out(stem: &Stem) -> bool {
    seed::rng(0, stem.row.unit()).u64(..100) < HELD_OUT_PERCENT
}

/// A segment of audio with what is known of it, before words and tags have numbers.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Mono, 16 kHz, at least a patch: [`segment_samples`] from a pool.
    pub samples: Vec<f32>,
    /// Words that describe how it sounds.
    pub words: BTreeSet<String>,
    /// Tags.
    pub tags: BTreeSet<String>,
}

/// Samples under the patches of a segment at 16 kHz.
#[must_use]
pub fn segment_samples() -> usize {
    (SEGMENT_PATCHES * PATCH_HOPS - 1) * HOP_SAMPLES + rollcall_engine::logmel::WINDOW_SAMPLES
}

/// Draws the segments of one part: labels in turn, then a source of the label, then a stem, so that what there is much of
/// does not drown the rest.
///
/// # Errors
/// The pool cannot be read.
pub fn segments(pool: &Pool, plan: &CorpusPlan, held_out: bool) -> Result<Vec<Segment>, PoolError> {
    let mut stems: BTreeMap<&str, BTreeMap<&str, Vec<&Stem>>> = BTreeMap::new();
    let mut rooms = Vec::new();
    for stem in pool.stems.iter().filter(|s| s.row.split == Split::Train) {
        match stem.row.kind {
            Kind::Ir => rooms.push(pool.samples(stem)?),
            // Accompaniment, with words and tags of none: for mixes only.
            Kind::Band => {}
            _ if is_held_out(stem) == held_out => {
                stems.entry(&stem.row.class).or_default().entry(&stem.row.source).or_default().push(stem);
            }
            _ => {}
        }
    }
    let labels: Vec<_> = stems.values().collect();
    let (name, count) =
        if held_out { ("valid", plan.valid_segments) } else { ("train", plan.train_segments) };
    let count = if labels.is_empty() { 0 } else { count };
    let draw = |i: usize| {
        let mut rng = seed::rng(plan.seed, &format!("segment/{name}/{i}"));
        let sources: Vec<_> = labels[i % labels.len()].values().collect();
        let of_source = *rng.pick(&sources);
        let stem = *rng.pick(of_source);
        segment(pool, stem, &rooms, &mut rng)
    };
    (0..count).map(draw).collect()
}

fn segment(pool: &Pool, stem: &Stem, rooms: &[Vec<f32>], rng: &mut Rng) -> Result<Segment, PoolError> {
    let (length, total) = (segment_samples(), stem.row.samples as usize);
    let start = rng.usize(0..=total.saturating_sub(length));
    let mut samples = pool.excerpt(stem, start, length)?;
    samples.resize(length, 0.0);
    let facts: serde_json::Value = serde_json::from_str(&stem.row.extra).unwrap_or_default();
    let listed = facts["words"].as_array().into_iter().flatten().filter_map(|w| w.as_str());
    let mut words: BTreeSet<String> = listed.filter(|w| *w != "as recorded").map(str::to_owned).collect();
    if facts["take"]["reverb"].as_i64().unwrap_or(0) > 0 {
        words.insert("reverb".into());
    }
    if facts["take"]["chorus"].as_i64().unwrap_or(0) > 0 {
        words.insert("modulation".into());
    }
    for word in treat(&mut samples, rooms, rng) {
        words.insert(word.into());
    }
    let kind = format!("{:?}", stem.row.kind).to_lowercase();
    let mut tags: BTreeSet<String> = [stem.row.class.clone(), stem.row.source.clone(), kind].into();
    tags.remove(crate::base::class::NONE);
    tags.extend(words.iter().cloned());
    Ok(Segment { samples, words, tags })
}

/// Does to a sound what NSynth's words name, and says so: each word's treatment is what it means.
fn treat(samples: &mut [f32], rooms: &[Vec<f32>], rng: &mut Rng) -> Vec<&'static str> {
    let mut words = Vec::new();
    match rng.u8(..6) {
        0 => {
            effects::Biquad::pass(rng.between(350.0, 900.0), false).run(samples);
            effects::Biquad::bell(rng.between(3000.0, 6000.0), 0.7, rng.between(6.0, 12.0)).run(samples);
            words.push("bright");
        }
        1 => {
            effects::Biquad::pass(rng.between(500.0, 1200.0), true).run(samples);
            words.push("dark");
        }
        _ => {}
    }
    if rng.with(0.15) {
        effects::drive(samples, rng.between(5.0, 15.0));
        words.push("distortion");
    }
    if rng.with(0.15) {
        // Falls by 60 dB within 1 to 3 s, again and again.
        let fall = rng.between(1.0, 3.0) * rollcall_engine::SAMPLE_RATE_HZ as f32;
        for (n, s) in samples.iter_mut().enumerate() {
            *s *= amplitude(-60.0 * (n as f32 % fall) / fall);
        }
        words.push("decay");
    }
    if rng.with(0.15) && !rooms.is_empty() {
        let room: &Vec<f32> = rng.pick(rooms);
        effects::reverberate(samples, room, rng.between(0.4, 0.8));
        words.push("reverb");
    }
    let peak = samples.iter().fold(1e-9f32, |p, s| p.max(s.abs()));
    let gain = amplitude(rng.between(-18.0, -1.0)) / peak;
    samples.iter_mut().for_each(|s| *s *= gain);
    words
}

impl Corpus {
    /// Cuts segments into patches and gives words and tags their numbers. `events` holds, for each segment of training and then
    /// of validation, a teacher's probabilities; empty without a teacher.
    ///
    /// # Panics
    /// `events` has another number of entries than there are segments.
    #[must_use]
    pub fn new(train: &[Segment], valid: &[Segment], events: &[Vec<f32>]) -> Self {
        assert!(events.is_empty() || events.len() == train.len() + valid.len(), "one entry a segment");
        let common = |of: fn(&Segment) -> &BTreeSet<String>| -> Vec<String> {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            train.iter().flat_map(of).for_each(|w| *counts.entry(w).or_default() += 1);
            let least = (RARE * train.len() as f32).ceil().max(2.0) as usize;
            // What is said of everything tells nothing apart.
            let kept = counts.into_iter().filter(|(_, n)| (least..train.len()).contains(n));
            kept.map(|(word, _)| word.to_owned()).collect()
        };
        let mut corpus = Self { words: common(|s| &s.words), tags: common(|s| &s.tags), ..Self::default() };
        let all = train.iter().chain(valid).enumerate();
        for (i, segment) in all {
            let events = events.get(i).map_or(&[][..], Vec::as_slice);
            let examples = corpus.examples(segment, events);
            if i < train.len() { corpus.train.extend(examples) } else { corpus.valid.extend(examples) }
        }
        corpus
    }

    fn examples(&self, segment: &Segment, events: &[f32]) -> Vec<Example> {
        let numbers = |all: &[String], of: &BTreeSet<String>| -> Vec<usize> {
            (0..all.len()).filter(|&i| of.contains(&all[i])).collect()
        };
        let (words, tags) = (numbers(&self.words, &segment.words), numbers(&self.tags, &segment.tags));
        let picture = log_mel(&segment.samples);
        let mut examples = Vec::new();
        for (i, patch) in picture.chunks_exact(PATCH).enumerate() {
            let heard = &segment.samples[i * PATCH_HOPS * HOP_SAMPLES..][..PATCH_HOPS * HOP_SAMPLES];
            if rms(heard) > amplitude(SILENT_DBFS) {
                let (patch, events) = (patch.to_vec(), events.to_vec());
                examples.push(Example { patch, words: words.clone(), tags: tags.clone(), events });
            }
        }
        examples
    }

    /// Mean of the training patches at each band, `[64]`.
    #[must_use]
    pub fn band_means(&self) -> Vec<f32> {
        let mut mean = vec![0.0f64; BANDS];
        for hop in self.train.iter().flat_map(|e| e.patch.chunks_exact(BANDS)) {
            mean.iter_mut().zip(hop).for_each(|(m, x)| *m += f64::from(*x));
        }
        let hops = (self.train.len() * PATCH_HOPS).max(1) as f64;
        mean.into_iter().map(|m| (m / hops) as f32).collect()
    }
}
