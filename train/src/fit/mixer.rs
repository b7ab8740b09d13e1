//! Draws clips: solos, mixes and bands with exact truth over time, real music with a teacher's labels, and what is no instrument.

mod band;
mod music;
mod piece;
mod truth;

use super::clip::{Clip, Length, log_mel};
use super::codec::{through_opus, through_vorbis};
use super::effects;
use crate::data::activity::activity;
use crate::data::maker::RECORDED_MUSIC;
use crate::data::pool::{Kind, Pool, PoolError, SoftLabel, Split, Stem};
use crate::data::recorded::peak;
use crate::data::seed::{self, Chance};
use crate::data::sources::FONTS;
use crate::nn::loss::Target;
use crate::nn::vggish::BANDS;
use fastrand::Rng;
use std::collections::BTreeMap;

/// What a clip is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// One instrument.
    Solo,
    /// Two to five instruments.
    Mix,
    /// One to six instruments of a piece that they play together.
    Band,
    /// Real music, labelled by the teacher.
    Music,
    /// Negatives, noise or silence, alone.
    Nothing,
}

/// Share of each scene among the clips; what has no material goes to mixes.
const SCENES: [(Scene, f32); 5] = [
    (Scene::Solo, 0.20),
    (Scene::Mix, 0.20),
    (Scene::Band, 0.18),
    (Scene::Music, 0.25),
    (Scene::Nothing, 0.17),
];

/// A voice is played up to this much higher or lower: its formants move along, as if the instrument were another one.
const VARISPEED_SEMITONES: f32 = 3.0;

/// A noise is played up to this much higher or lower: whatever comes of it is no instrument either.
const NOISE_VARISPEED_SEMITONES: f32 = 12.0;
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
    pool: Pool,
    /// For each class: source -> stems.
    voices: Vec<BTreeMap<String, Vec<usize>>>,
    negatives: BTreeMap<String, Vec<usize>>,
    /// The stems of each piece that a band plays.
    bands: Vec<Vec<usize>>,
    /// In how many of the pieces each class plays.
    bands_of: Vec<usize>,
    rooms: Vec<Vec<f32>>,
    music: Vec<(usize, SoftLabel)>,
    /// For each class that is known to play in enough of the music: which of it.
    heard: Vec<Vec<usize>>,
    /// Whole pieces of real music: source -> stems.
    pieces: BTreeMap<String, Vec<usize>>,
    length: Length,
    augment: f32,
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
        let labels = pool.soft_labels()?;
        let mut music = Vec::new();
        let (mut bands, mut pieces) =
            (BTreeMap::<String, Vec<usize>>::new(), BTreeMap::<String, Vec<usize>>::new());
        let mut by_id: BTreeMap<&str, Vec<&SoftLabel>> = BTreeMap::new();
        labels.iter().for_each(|l| by_id.entry(&l.id).or_default().push(l));
        for (i, stem) in
            pool.stems.iter().enumerate().filter(|(_, s)| s.row.split == split && kinds(s.row.kind))
        {
            match (stem.row.kind, stem.class) {
                (Kind::Ir, _) => rooms.push(pool.samples(stem)?),
                (Kind::Music, _) => {
                    pieces.entry(stem.row.source.clone()).or_default().push(i);
                    let labels = by_id.get(stem.row.id.as_str()).into_iter().flatten();
                    music.extend(labels.map(|l| (i, (*l).clone())));
                }
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
        let heard = music::heard(&music, classes);
        let bands: Vec<Vec<usize>> = bands.into_values().collect();
        let bands_of = band::bands_of(&bands, &pool, classes);
        let augment = f32::from(u8::from(augment));
        Ok(Self { pool, voices, negatives, bands, bands_of, rooms, music, heard, pieces, length, augment })
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
    fn present(&self) -> Vec<usize> {
        (0..self.voices.len()).filter(|&c| !self.voices[c].is_empty()).collect()
    }

    /// Whether there is real music.
    pub fn has_music(&self) -> bool {
        !self.music.is_empty()
    }

    /// Whether there are bands.
    pub fn has_bands(&self) -> bool {
        !self.bands.is_empty()
    }

    /// Whether there is anything that is no instrument.
    pub fn has_negatives(&self) -> bool {
        !self.negatives.is_empty()
    }

    /// The clip of this seed and index: always the same.
    ///
    /// # Errors
    /// The pool cannot be read.
    pub fn draw(&self, seed: u64, index: u64) -> Result<Clip, PoolError> {
        let mut rng = seed::rng(seed, &format!("clip/{index}"));
        let mut chance = rng.f32();
        let scene = SCENES.iter().find(|(_, share)| {
            chance -= share;
            chance < 0.0
        });
        self.scene(scene.map_or(Scene::Mix, |s| s.0), &mut rng)
    }

    /// A clip of this scene.
    ///
    /// # Errors
    /// The pool cannot be read.
    pub fn scene(&self, scene: Scene, rng: &mut Rng) -> Result<Clip, PoolError> {
        match scene {
            Scene::Music if !self.music.is_empty() => self.music(rng),
            Scene::Band if !self.bands.is_empty() => self.clip(&self.band(rng)?, rng),
            Scene::Nothing => self.mix(0, rng),
            Scene::Solo => self.mix(1, rng),
            Scene::Mix | Scene::Band | Scene::Music => {
                self.mix(2 + rng.usize(0..4).min(rng.usize(0..4)), rng)
            }
        }
    }

    fn mix(&self, voices: usize, rng: &mut Rng) -> Result<Clip, PoolError> {
        let composed = self.compose(voices, rng)?;
        self.clip(&composed, rng)
    }

    fn clip(&self, composed: &Composition, rng: &mut Rng) -> Result<Clip, PoolError> {
        Ok(Clip { log_mel: self.picture(&composed.samples, rng), target: composed.target.clone() })
    }

    /// Audio with this many instruments, each of another class; none: what is no instrument.
    ///
    /// # Errors
    /// The pool cannot be read.
    pub fn compose(&self, voices: usize, rng: &mut Rng) -> Result<Composition, PoolError> {
        let mut layers = Vec::new();
        let mut drawn = self.present();
        rng.shuffle(&mut drawn);
        for &class in drawn.iter().take(voices) {
            layers.push((Some(class), self.voice(class, rng)?));
        }
        let negatives = match voices {
            0 => usize::from(rng.with(0.8)) + usize::from(self.varies(0.3, rng)),
            _ => usize::from(rng.with(0.12)),
        };
        if !self.negatives.is_empty() {
            for _ in 0..negatives {
                layers.push((None, self.negative(rng)?));
            }
        }
        for (_, layer) in &mut layers {
            bring_to(layer, 0.05 * effects::amplitude(rng.between(-9.0, 4.0)));
        }
        Ok(self.blend(layers, voices == 0, rng))
    }

    /// Somebody who plays an instrument of this class, or two of them.
    fn voice(&self, class: usize, rng: &mut Rng) -> Result<Vec<f32>, PoolError> {
        let one = |rng: &mut Rng| {
            let source = draw_from(&self.voices[class], rng);
            let stem = &self.pool.stems[*rng.pick(source)];
            self.layer(stem, self.varispeed_ratio(VARISPEED_SEMITONES, rng), rng)
        };
        let mut voice = one(rng)?;
        if self.varies(SECTIONS, rng) {
            let mut second = one(rng)?;
            let level = truth::active_rms(&voice, &activity(&voice));
            bring_to(&mut second, level * effects::amplitude(rng.between(-6.0, 3.0)));
            voice.iter_mut().zip(second).for_each(|(v, s)| *v += s);
        }
        Ok(voice)
    }

    /// What is no instrument of the 20. A noise stays one however it is played, another instrument may not.
    fn negative(&self, rng: &mut Rng) -> Result<Vec<f32>, PoolError> {
        let source = draw_from(&self.negatives, rng);
        let stem = &self.pool.stems[*rng.pick(source)];
        let plays = stem.row.kind == Kind::Phrase;
        let semitones = if plays { VARISPEED_SEMITONES } else { NOISE_VARISPEED_SEMITONES };
        let mut layer = self.layer(stem, self.varispeed_ratio(semitones, rng), rng)?;
        if !plays && self.varies(0.2, rng) {
            layer.reverse();
        }
        Ok(layer)
    }

    /// The sum of the layers, each of a class or of none, with the truth of it.
    fn blend(&self, layers: Vec<(Option<usize>, Vec<f32>)>, nothing: bool, rng: &mut Rng) -> Composition {
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
    fn layer(&self, stem: &Stem, ratio: f32, rng: &mut Rng) -> Result<Vec<f32>, PoolError> {
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
    fn varies(&self, often: f32, rng: &mut Rng) -> bool {
        self.augment > 0.0 && rng.with(often * self.augment)
    }

    /// How much faster something is played than it was recorded, up to this much either way; 1 where nothing is varied.
    fn varispeed_ratio(&self, semitones: f32, rng: &mut Rng) -> f32 {
        if self.varies(0.6, rng) { 2f32.powf(rng.between(-semitones, semitones) / 12.0) } else { 1.0 }
    }

    /// Another instrument of the class, on another microphone: tone, amplifier, saturation, compression.
    fn colour(&self, class: &str, samples: &mut [f32], rng: &mut Rng) {
        if self.varies(0.8, rng) {
            effects::equalise(samples, rng);
        }
        if class == "guitar" && self.varies(0.35, rng) {
            effects::amplify(samples, rng);
        } else if self.varies(0.12, rng) {
            effects::drive(samples, rng.between(1.5, 6.0));
        }
        if self.varies(0.15, rng) {
            effects::squeeze(samples, rng);
        }
    }

    /// Noise floor, loudness and limiting of the finished mix.
    fn master(&self, samples: &mut [f32], nothing: bool, rng: &mut Rng) {
        if self.varies(if nothing { 0.6 } else { 0.3 }, rng) {
            let level = effects::rms(samples).max(1e-4) * effects::amplitude(rng.between(-55.0, -18.0));
            let floor = effects::noise(samples.len(), rng.f32(), rng);
            samples.iter_mut().zip(floor).for_each(|(s, n)| *s += n * level);
        }
        if self.varies(0.2, rng) {
            effects::squeeze(samples, rng);
        }
        let peak = peak(samples);
        if peak > 0.0 {
            let gain = effects::amplitude(rng.between(-24.0, -0.1)) / peak;
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

/// Scales to this RMS over the hops that sound.
fn bring_to(samples: &mut [f32], level: f32) {
    let now = truth::active_rms(samples, &activity(samples));
    if now > 0.0 {
        samples.iter_mut().for_each(|s| *s *= level / now);
    }
}

/// More stems than this make a source no likelier.
const MOST_STEMS: usize = 60;

/// A source's stems: the likelier the more there are, as their square root, and by what the source itself is worth.
fn draw_from<'a>(sources: &'a BTreeMap<String, Vec<usize>>, rng: &mut Rng) -> &'a [usize] {
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

#[cfg(test)]
mod tests;
