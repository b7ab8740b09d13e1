//! The examples of a scene: audio, and what is known of who plays when. A part of a pool has one set of them: there is no seed to choose, a smaller set is the
//! beginning of a larger one, and what the trainer does to its clips changes none. Classes come in turn, and so do
//! the sources of each, so that recorded players are heard beside SoundFonts.

use super::material::{Material, Sources, in_turn};
use super::{Scene, truth};
use crate::audio::activity::activity;
use crate::audio::level::{amplitude, peak};
use crate::base::seed::{self, Chance};
use crate::base::stem::Split;
use crate::pool::Pool;
use anyhow::Result;
use fastrand::Rng;
use rollcall_engine::{HOP_SAMPLES, SAMPLE_RATE_HZ};
use rollcall_metrics::Event;
use std::collections::BTreeSet;

/// The one seed: another makes another set, with which no older figure compares.
const SEED: u64 = 1;
/// A label that is less certain than this (0: a half, 1: sure) is no truth: a teacher's.
const SURE: f32 = 0.55;
/// How often a voice of a mix comes in late or leaves early.
const COMES_AND_GOES: f32 = 0.3;
/// How often a player of a piece rests.
const RESTS: f32 = 0.25;
/// Edge of a voice that comes in late or leaves early, in samples.
const FADE_SAMPLES: usize = 480;

/// One example.
#[derive(Clone, Debug, Default)]
pub struct Example {
    /// Mono, 16 kHz.
    pub samples: Vec<f32>,
    /// Whether each class is heard; `None`: not known (it plays, but is masked or too short to tell, or nobody says).
    pub truth: Vec<Option<bool>>,
    /// When each class sounds.
    pub events: Vec<Event>,
    /// What was played or who played: libraries, singers, single recordings of real music. Intervals resample these.
    pub sources: Vec<String>,
}

/// The first `count` examples of a scene, `length` samples each (segments of real music are as long as their labels say); fewer where there
/// is less real music, none where the part has nothing for the scene.
///
/// # Errors
/// The pool cannot be read.
pub fn draw(pool: &Pool, split: Split, scene: Scene, count: usize, length: usize) -> Result<Vec<Example>> {
    let material = Material::of(pool, split)?;
    let make = |index: usize| {
        let mut rng = seed::rng(SEED, &format!("judge/{}/{index}", scene.name()));
        one(&material, scene, index, length, &mut rng)
    };
    if scene == Scene::Music {
        return music(&material, count);
    }
    (0..count).map(make).take_while(|made| !matches!(made, Ok(None))).filter_map(Result::transpose).collect()
}

fn one(
    material: &Material<'_>,
    scene: Scene,
    index: usize,
    length: usize,
    rng: &mut Rng,
) -> Result<Option<Example>> {
    match scene {
        Scene::Solos => mix(material, index, 1, length, rng),
        Scene::Mixes => {
            let voices = 2 + rng.usize(0..3).min(rng.usize(0..3));
            mix(material, index, voices, length, rng)
        }
        Scene::Bands => band(material, index, length, rng),
        Scene::Noise => alone(material, &material.noises, index, length, rng),
        Scene::Others => alone(material, &material.others, index, length, rng),
        Scene::Speech => alone(material, &material.speech, index, length, rng),
        Scene::Music => Ok(None),
    }
}

/// Some classes at once; the first comes in turn, the others by chance.
fn mix(
    material: &Material<'_>,
    index: usize,
    voices: usize,
    length: usize,
    rng: &mut Rng,
) -> Result<Option<Example>> {
    let mut present = material.present();
    if present.len() < voices {
        return Ok(None);
    }
    let round = index / present.len();
    let first = present.remove(index % present.len());
    rng.shuffle(&mut present);
    let (mut layers, mut sources) = (Vec::new(), BTreeSet::new());
    for (number, class) in std::iter::once(first).chain(present).take(voices).enumerate() {
        let of = &material.voices[class];
        let at = in_turn(of, if number == 0 { round } else { rng.usize(..of.len()) }, rng);
        let mut layer = material.excerpt(at, length, rng)?;
        if voices > 1 && rng.with(COMES_AND_GOES) {
            come_and_go(&mut layer, rng);
        }
        bring_to(&mut layer, 0.05 * amplitude(rng.between(-9.0, 4.0)));
        layers.push((Some(class), layer));
        sources.insert(material.stem(at).row.source.clone());
    }
    Ok(Some(example(layers, length, sources, rng)))
}

/// A stretch of a piece with those of its players who don't rest.
fn band(material: &Material<'_>, index: usize, length: usize, rng: &mut Rng) -> Result<Option<Example>> {
    let Some(piece) = material.bands.get(index % material.bands.len().max(1)) else { return Ok(None) };
    let longest = piece.iter().map(|&at| material.stem(at).row.samples as usize).max().unwrap_or(0);
    let start = rng.usize(0..=longest.saturating_sub(length));
    let mut players = piece.clone();
    rng.shuffle(&mut players);
    let playing = players.iter().enumerate().filter(|(number, _)| *number == 0 || !rng.with(RESTS));
    let playing: Vec<usize> = playing.map(|(_, &at)| at).collect();
    let (mut layers, mut sources) = (Vec::new(), BTreeSet::new());
    for at in playing {
        layers.push((material.stem(at).class, material.stretch(at, start, length)?));
        sources.insert(material.stem(at).row.source.clone());
    }
    Ok(Some(example(layers, length, sources, rng)))
}

/// One stem of sources that take turns.
fn alone(
    material: &Material<'_>,
    sources: &Sources,
    index: usize,
    length: usize,
    rng: &mut Rng,
) -> Result<Option<Example>> {
    if sources.is_empty() {
        return Ok(None);
    }
    let at = in_turn(sources, index, rng);
    let stem = material.stem(at);
    let layers = vec![(stem.class, material.excerpt(at, length, rng)?)];
    Ok(Some(example(layers, length, BTreeSet::from([stem.row.source.clone()]), rng)))
}

/// The sum of the layers at some loudness, with the truth of it.
fn example(
    layers: Vec<(Option<usize>, Vec<f32>)>,
    length: usize,
    sources: BTreeSet<String>,
    rng: &mut Rng,
) -> Example {
    let mut samples = vec![0.0f32; length];
    layers.iter().for_each(|(_, layer)| samples.iter_mut().zip(layer).for_each(|(m, s)| *m += s));
    let voices: Vec<(usize, Vec<f32>)> =
        layers.into_iter().filter_map(|(class, layer)| Some((class?, layer))).collect();
    let (truth, events) = truth::of(&voices, &samples);
    let highest = peak(&samples);
    if highest > 0.0 {
        let gain = amplitude(rng.between(-24.0, -0.1)) / highest;
        samples.iter_mut().for_each(|sample| *sample *= gain);
    }
    Example { samples, truth, events, sources: sources.into_iter().collect() }
}

/// Labelled segments of real recordings in an order of chance; nothing is known of when who plays.
fn music(material: &Material<'_>, count: usize) -> Result<Vec<Example>> {
    let mut order: Vec<usize> = (0..material.music.len()).collect();
    seed::rng(SEED, "judge/real music").shuffle(&mut order);
    let segment = |at: usize| {
        let (stem, label) = &material.music[at];
        let is_sure = |p: f32| (2.0 * p - 1.0).abs() >= SURE;
        let truth = label.known.iter().zip(label.probability);
        Ok(Example {
            samples: material.segment(*stem, label)?,
            truth: truth.map(|(known, p)| (*known && is_sure(p)).then_some(p > 0.5)).collect(),
            events: Vec::new(),
            // A collection of real music is of many players, a recording is not.
            sources: vec![material.stem(*stem).row.unit().to_owned()],
        })
    };
    order.into_iter().take(count).map(segment).collect()
}

/// Scales to this RMS over the hops that sound.
fn bring_to(samples: &mut [f32], level: f32) {
    let active = activity(samples);
    let hops = samples.chunks(HOP_SAMPLES).zip(&active).filter(|(_, sounds)| **sounds);
    let (sum, count) = hops
        .fold((0.0, 0), |(sum, n), (hop, _)| (sum + hop.iter().map(|s| s * s).sum::<f32>(), n + hop.len()));
    let now = (sum / count.max(1) as f32).sqrt();
    if now > 0.0 {
        samples.iter_mut().for_each(|s| *s *= level / now);
    }
}

/// Silences the first or the last third, or a part of it.
fn come_and_go(samples: &mut [f32], rng: &mut Rng) {
    let edge =
        rng.usize(SAMPLE_RATE_HZ as usize / 4..(samples.len() / 3).max(SAMPLE_RATE_HZ as usize / 4 + 1));
    let edge = edge.min(samples.len());
    let late = rng.bool();
    let gain = |n: usize| (n.saturating_sub(edge) as f32 / FADE_SAMPLES as f32).min(1.0);
    let length = samples.len();
    for (n, sample) in samples.iter_mut().enumerate() {
        *sample *= gain(if late { n } else { length - 1 - n });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::class;
    use crate::base::stem::{Kind, Part, SoftLabel};
    use crate::pool::PoolWriter;
    use rollcall_engine::OPENMIC_CLASSES;
    use serde_json::json;

    const LENGTH: usize = 2 * SAMPLE_RATE_HZ as usize;

    fn part(kind: Kind, class: &str, source: &str, hz: f32) -> Part {
        let sample = |n: usize| 0.5 * (n as f32 * hz / SAMPLE_RATE_HZ as f32 * std::f32::consts::TAU).sin();
        Part {
            samples: (0..3 * SAMPLE_RATE_HZ as usize).map(sample).collect(),
            kind,
            class: class.into(),
            source: source.into(),
            split: Split::Valid,
            licence: "CC0".into(),
            origin: "x".into(),
            extra: json!({}),
        }
    }

    fn pool(folder: &std::path::Path) -> Pool {
        let mut writer = PoolWriter::open(folder).unwrap();
        let stems = [
            part(Kind::Phrase, "violin", "font", 440.0),
            part(Kind::Phrase, "violin", "player", 450.0),
            part(Kind::Phrase, "piano", "font", 330.0),
            part(Kind::Noise, "_none", "street", 2_000.0),
            part(Kind::Negative, "_none", "font", 700.0),
            part(Kind::Speech, "voice", "speaker", 200.0),
            part(Kind::Music, "_music", "album", 500.0),
        ];
        for (number, stem) in stems.into_iter().enumerate() {
            writer.add(&format!("{number}"), &[stem]).unwrap();
        }
        let band = [part(Kind::Band, "bass", "font", 80.0), part(Kind::Band, "drums", "font", 900.0)];
        writer.add("band", &band).unwrap();
        let label = SoftLabel {
            id: "6#0".into(),
            start_s: 0.0,
            length_s: 2.0,
            probability: std::array::from_fn(|c| [0.9, 0.6, 0.1][c.min(2)]),
            known: std::array::from_fn(|c| c != 3),
        };
        writer.add_soft_labels(&[label]).unwrap();
        Pool::open(folder).unwrap()
    }

    #[test]
    fn every_source_of_every_class_gets_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let pool = pool(folder.path());
        let solos = draw(&pool, Split::Valid, Scene::Solos, 4, LENGTH).unwrap();
        let (piano, violin) = (class::index("piano").unwrap(), class::index("violin").unwrap());
        let who: Vec<_> = solos
            .iter()
            .map(|e| (e.truth.iter().position(|t| *t == Some(true)).unwrap(), e.sources[0].as_str()))
            .collect();
        assert_eq!(who, [(piano, "font"), (violin, "font"), (piano, "font"), (violin, "player")]);
        assert!(solos.iter().all(|e| e.samples.len() == LENGTH && !e.events.is_empty()));
    }

    #[test]
    fn a_smaller_set_is_the_beginning_of_a_larger_one() {
        let folder = tempfile::tempdir().unwrap();
        let pool = pool(folder.path());
        for scene in Scene::ALL {
            let few = draw(&pool, Split::Valid, scene, 2, LENGTH).unwrap();
            let many = draw(&pool, Split::Valid, scene, 5, LENGTH).unwrap();
            assert!(!few.is_empty(), "{}", scene.name());
            for (a, b) in few.iter().zip(&many) {
                assert_eq!(a.samples, b.samples, "{}", scene.name());
            }
        }
        assert!(draw(&pool, Split::Train, Scene::Solos, 2, LENGTH).unwrap().is_empty());
    }

    #[test]
    fn truths_are_of_the_scene() {
        let folder = tempfile::tempdir().unwrap();
        let pool = pool(folder.path());
        let of = |scene| draw(&pool, Split::Valid, scene, 1, LENGTH).unwrap().remove(0);
        let nobody = vec![Some(false); OPENMIC_CLASSES.len()];
        assert_eq!((of(Scene::Noise).truth, of(Scene::Others).truth), (nobody.clone(), nobody));
        let count = |example: Example| example.truth.iter().filter(|t| **t == Some(true)).count();
        assert_eq!(count(of(Scene::Speech)), 1);
        assert_eq!(count(of(Scene::Mixes)), 2);
        let music = of(Scene::Music);
        assert_eq!(music.truth[..4], [Some(true), None, Some(false), None]);
        assert_eq!(music.sources, ["6"]);
    }
}
