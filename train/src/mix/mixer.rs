//! The material of one part of the pool, and what all ways of mixing have in common: playing a stem, adding layers up, mastering.

use super::effects;
use super::length::Length;
use super::truth;
use crate::audio::activity::activity;
use crate::audio::codec::{through_opus, through_vorbis};
use crate::audio::level::{amplitude, peak, rms};
use crate::audio::log_mel::log_mel;
use crate::base::seed::Chance;
use crate::base::stem::{Kind, Split};
use crate::nn::loss::Target;
use crate::nn::stack::BANDS;
use crate::pool::maker::RECORDED_MUSIC;
use crate::pool::{Pool, PoolError, Stem};
use crate::sources::packages::FONTS;
use fastrand::Rng;
use std::collections::BTreeMap;

/// A voice is played up to this much higher or lower: its formants move along, as if the instrument were another one.
pub(super) const VARISPEED_SEMITONES: f32 = 3.0;

/// How often a guitar plays through an amplifier at a high gain: alone, too, so that it is not taken for a band.
const AMPLIFIED: f32 = 0.6;

/// How often a voice is a section: two of the same instrument, from whatever sources.
const SECTIONS: f32 = 0.12;

/// Audio with everything known of who plays in it.
#[derive(Clone, Debug)]
pub struct Composition {
    /// Mono, 16 kHz.
    pub samples: Vec<f32>,
    /// What is known a clip and a window.
    pub target: Target,
    /// Each voice's class, and whether it sounds, one flag a hop of 10 ms.
    pub voices: Vec<(usize, Vec<bool>)>,
}

/// Material of one split, sorted so that classes and sources are drawn evenly.
pub struct Mixer {
    pub(super) pool: Pool,
    /// For each class: source -> stems.
    pub(super) voices: Vec<BTreeMap<String, Vec<usize>>>,
    pub(super) negatives: BTreeMap<String, Vec<usize>>,
    /// The stems of each piece that a band plays.
    pub(super) bands: Vec<Vec<usize>>,
    /// In how many of the pieces each class plays.
    pub(super) bands_of: Vec<usize>,
    pub(super) rooms: Vec<Vec<f32>>,
    /// Whole pieces of real music: source -> stems.
    pub(super) pieces: BTreeMap<String, Vec<usize>>,
    pub(super) length: Length,
    pub(super) augment: f32,
}

impl Mixer {
    /// Takes the stems of one split. `augment`: whether tone, room, pitch and noise are varied.
    ///
    /// # Errors
    /// The pool cannot be read.
    pub fn new(
        pool: Pool,
        split: Split,
        classes: usize,
        length: Length,
        augment: bool,
    ) -> Result<Self, PoolError> {
        Self::of(pool, split, &|_| true, classes, length, augment)
    }

    /// The same with stems of only some kinds.
    ///
    /// # Errors
    /// The pool cannot be read.
    pub fn of(
        pool: Pool,
        split: Split,
        kinds: &dyn Fn(Kind) -> bool,
        classes: usize,
        length: Length,
        augment: bool,
    ) -> Result<Self, PoolError> {
        let mut voices = vec![BTreeMap::<String, Vec<usize>>::new(); classes];
        let (mut negatives, mut rooms) = (BTreeMap::<String, Vec<usize>>::new(), Vec::new());
        let (mut bands, mut pieces) =
            (BTreeMap::<String, Vec<usize>>::new(), BTreeMap::<String, Vec<usize>>::new());
        for (i, stem) in
            pool.stems.iter().enumerate().filter(|(_, s)| s.row.split == split && kinds(s.row.kind))
        {
            match (stem.row.kind, stem.class) {
                (Kind::Ir, _) => rooms.push(pool.samples(stem)?),
                (Kind::Music, _) => pieces.entry(stem.row.source.clone()).or_default().push(i),
                (Kind::Band, _) => bands.entry(stem.row.unit().to_owned()).or_default().push(i),
                (Kind::Phrase | Kind::Speech, Some(class)) => {
                    voices[class].entry(stem.row.source.clone()).or_default().push(i);
                }
                (Kind::Negative | Kind::Noise | Kind::Phrase, _) => {
                    negatives.entry(stem.row.source.clone()).or_default().push(i);
                }
                _ => {}
            }
        }
        let bands: Vec<Vec<usize>> = bands.into_values().collect();
        let bands_of = bands_of(&bands, &pool, classes);
        let augment = f32::from(u8::from(augment));
        Ok(Self { pool, voices, negatives, bands, bands_of, rooms, pieces, length, augment })
    }

    /// The same with everything varied so often as a share of how often it is otherwise, 0 to 1.
    #[must_use]
    pub fn varied(self, share: f32) -> Self {
        Self { augment: share, ..self }
    }

    /// Number of classes with any material, for messages.
    pub fn classes_present(&self) -> usize {
        self.present().len()
    }

    /// The classes with any material.
    pub(super) fn present(&self) -> Vec<usize> {
        (0..self.voices.len()).filter(|&c| !self.voices[c].is_empty()).collect()
    }

    /// Whether there are bands.
    pub fn has_bands(&self) -> bool {
        !self.bands.is_empty()
    }

    /// Whether there is anything that is no instrument.
    pub fn has_negatives(&self) -> bool {
        !self.negatives.is_empty()
    }

    /// Somebody who plays an instrument of this class, or two of them.
    pub(super) fn voice(&self, class: usize, rng: &mut Rng) -> Result<Vec<f32>, PoolError> {
        let one = |rng: &mut Rng| {
            let source = draw_from(&self.voices[class], rng);
            let stem = &self.pool.stems[*rng.pick(source)];
            self.layer(stem, self.varispeed_ratio(VARISPEED_SEMITONES, rng), rng)
        };
        let mut voice = one(rng)?;
        if self.varies(SECTIONS, rng) {
            let mut second = one(rng)?;
            let level = truth::active_rms(&voice, &activity(&voice));
            bring_to(&mut second, level * amplitude(rng.between(-6.0, 3.0)));
            voice.iter_mut().zip(second).for_each(|(v, s)| *v += s);
        }
        Ok(voice)
    }

    /// The sum of the layers, each of a class or of none, with the truth of it.
    pub(super) fn blend(
        &self,
        layers: Vec<(Option<usize>, Vec<f32>)>,
        nothing: bool,
        rng: &mut Rng,
    ) -> Composition {
        let (length, classes) = (self.length, self.voices.len());
        let mut mixed = vec![0.0f32; length.samples()];
        for (_, layer) in &layers {
            mixed.iter_mut().zip(layer).for_each(|(m, s)| *m += s);
        }
        let mut target = Target::nobody(classes, length.windows());
        let mut voices = Vec::new();
        for (class, layer) in layers {
            if let Some(class) = class {
                let active = activity(&layer);
                truth::mark(&mut target, class, &active, &layer, &mixed, length);
                voices.push((class, active));
            }
        }
        self.master(&mut mixed, nothing, rng);
        Composition { samples: mixed, target, voices }
    }

    /// An excerpt of a stem as it goes into a mix: placed, cut on and off, and, where augmenting, played elsewhere.
    pub(super) fn layer(&self, stem: &Stem, ratio: f32, rng: &mut Rng) -> Result<Vec<f32>, PoolError> {
        let wanted = self.length.samples();
        let read = (wanted as f32 * ratio) as usize + 2;
        let total = stem.row.samples as usize;
        let start = rng.usize(0..=total.saturating_sub(read));
        let mut samples = self.pool.excerpt(stem, start, read)?;
        if ratio != 1.0 {
            samples = effects::varispeed(&samples, ratio);
        }
        let mut placed = vec![0.0; wanted];
        let free = wanted.saturating_sub(samples.len());
        let at = rng.usize(0..=free);
        let length = samples.len().min(wanted - at);
        placed[at..at + length].copy_from_slice(&samples[..length]);
        if rng.with(0.3) {
            effects::enter_and_leave(&mut placed, rng);
        }
        if self.augment > 0.0 {
            self.colour(&stem.row.class, &mut placed, rng);
            if self.varies(0.4, rng) && !self.rooms.is_empty() {
                let room: &Vec<f32> = rng.pick(&self.rooms);
                effects::reverberate(&mut placed, room, rng.between(0.1, 0.7));
            }
        }
        Ok(placed)
    }

    /// Whether something is varied that is varied so often where all is.
    pub(super) fn varies(&self, often: f32, rng: &mut Rng) -> bool {
        self.augment > 0.0 && rng.with(often * self.augment)
    }

    /// How much faster something is played than it was recorded, up to this much either way; 1 where nothing is varied.
    pub(super) fn varispeed_ratio(&self, semitones: f32, rng: &mut Rng) -> f32 {
        if self.varies(0.6, rng) { 2f32.powf(rng.between(-semitones, semitones) / 12.0) } else { 1.0 }
    }

    /// Another instrument of the class, on another microphone: tone, amplifier, saturation, compression.
    pub(super) fn colour(&self, class: &str, samples: &mut [f32], rng: &mut Rng) {
        if self.varies(0.8, rng) {
            effects::equalise(samples, rng);
        }
        if class == "guitar" && self.varies(AMPLIFIED, rng) {
            effects::amplify(samples, rng);
        } else if self.varies(0.12, rng) {
            effects::drive(samples, rng.between(1.5, 6.0));
        }
        if self.varies(0.15, rng) {
            effects::squeeze(samples, rng);
        }
    }

    /// Noise floor, loudness and limiting of the finished mix.
    pub(super) fn master(&self, samples: &mut [f32], nothing: bool, rng: &mut Rng) {
        if self.varies(if nothing { 0.6 } else { 0.3 }, rng) {
            let level = rms(samples).max(1e-4) * amplitude(rng.between(-55.0, -18.0));
            let floor = effects::noise(samples.len(), rng.f32(), rng);
            samples.iter_mut().zip(floor).for_each(|(s, n)| *s += n * level);
        }
        if self.varies(0.2, rng) {
            effects::squeeze(samples, rng);
        }
        let peak = peak(samples);
        if peak > 0.0 {
            let gain = amplitude(rng.between(-24.0, -0.1)) / peak;
            samples.iter_mut().for_each(|s| *s *= gain);
        }
        if self.varies(0.15, rng) {
            effects::drive(samples, rng.between(1.0, 3.0));
        }
        if self.varies(0.16, rng) {
            let coded = if rng.bool() {
                through_vorbis(samples, rng.between(-0.15, 0.5)).expect("every quality of this range is one")
            } else {
                through_opus(samples, rng.u32(12_000..64_000)).expect("every rate of this range is one")
            };
            samples.copy_from_slice(&coded);
        }
    }

    /// Log-mel, with bands sometimes blanked (SpecAugment, Park et al. 2019).
    pub fn picture(&self, samples: &[f32], rng: &mut Rng) -> Vec<f32> {
        let mut picture = log_mel(samples);
        if self.varies(0.3, rng) {
            let (first, bands) = (rng.usize(0..BANDS - 8), rng.usize(1..=8));
            for hop in picture.chunks_exact_mut(BANDS) {
                hop[first..first + bands].fill(0.01f32.ln());
            }
        }
        picture
    }
}

/// For each class in how many of the bands it plays.
fn bands_of(bands: &[Vec<usize>], pool: &Pool, classes: usize) -> Vec<usize> {
    let plays = |band: &&Vec<usize>, class| band.iter().any(|&i| pool.stems[i].class == Some(class));
    (0..classes).map(|class| bands.iter().filter(|band| plays(band, class)).count()).collect()
}

/// Scales to this RMS over the hops that sound.
pub(super) fn bring_to(samples: &mut [f32], level: f32) {
    let now = truth::active_rms(samples, &activity(samples));
    if now > 0.0 {
        samples.iter_mut().for_each(|s| *s *= level / now);
    }
}

/// More stems than this make a source no likelier.
const MOST_STEMS: usize = 60;

/// A source's stems: the likelier the more there are, as their square root, and by what the source itself is worth.
pub(super) fn draw_from<'a>(sources: &'a BTreeMap<String, Vec<usize>>, rng: &mut Rng) -> &'a [usize] {
    let weight =
        |(source, stems): (&String, &Vec<usize>)| worth(source) * (stems.len().min(MOST_STEMS) as f32).sqrt();
    let mut left = rng.f32() * sources.iter().map(weight).sum::<f32>();
    let drawn = sources.iter().find(|source| {
        left -= weight(*source);
        left < 0.0
    });
    drawn.or(sources.iter().next_back()).expect("there is a source").1
}

/// A small SoundFont is worth less than a good one, and recordings of players more than the music of games.
fn worth(source: &str) -> f32 {
    let font = FONTS.iter().find(|font| font.group == source);
    font.map_or(if source.starts_with(RECORDED_MUSIC) { 3.0 } else { 1.0 }, |font| font.weight)
}
