//! The classes in music: a user's recordings mixed with each other and with the backing that comes along, and heard by the base network.
//!
//! Embeddings cannot be mixed, so audio is, before it is embedded. Pieces stand one after another on a tape, of which the steps are taken that
//! lie within one piece.

use crate::backing;
use crate::bags::{Bag, STRIDE, Scene};
use crate::cache::Cache;
use crate::hear::{Heard, Steps};
use crate::lesson::Lesson;
use anyhow::{Context, Result};
use fastrand::Rng;
use rayon::prelude::*;
use rollcall_engine::{
    Alone, Engine, HOP_SAMPLES, InputFormat, Model, SAMPLE_RATE_HZ, Settings,
    audio::{Intake, Resampler},
};
use rollcall_import::hash::hex;
use rollcall_media::Audio;
use sha2::{Digest, Sha256};
use std::{path::Path, sync::Arc};

/// Samples of a piece: 24 columns of 160 ms.
pub const SAMPLES: usize = 24 * 16 * HOP_SAMPLES;
/// A step is a piece's if its centre is so far from both ends: half a window and what the convolutions see beyond it.
const MARGIN_S: f32 = 0.72;
/// Pieces of a tape.
const TAPE: usize = 8;
/// Share of the heard seconds that is mixed besides: what it costs.
const SHARE: f64 = 0.25;
/// Mixes are at least and at most so many.
const COUNT: (usize, usize) = (16, 800);
/// How much louder the class may be than what it is mixed with, in dB.
const LOUDER_DB: (f32, f32) = (-6.0, 10.0);
/// Level of a mix, in dB of full scale.
const LEVEL_DBFS: (f32, f32) = (-32.0, -14.0);

/// With whom a class is mixed.
#[derive(Clone, Debug, PartialEq)]
enum Partner {
    /// A piece of the backing.
    Backing(usize),
    /// A bag of another recording.
    Bag(usize),
}

/// One mix, before it is heard.
#[derive(Clone, Debug, PartialEq)]
struct Plan {
    bag: usize,
    partner: Partner,
    louder_db: f32,
    level_dbfs: f32,
}

/// What mixes are made from.
pub struct Material<'a> {
    /// Who hears them.
    pub model: &'a Arc<Model>,
    /// Recordings by [`Bag::source`], and the hash of each.
    pub lesson: &'a Lesson,
    /// SHA-256 of each recording's content.
    pub hashes: &'a [String],
    /// Bags of the recordings.
    pub bags: &'a [Bag],
    /// Folds there are.
    pub folds: usize,
    /// Seconds of all recordings.
    pub heard_s: f64,
}

/// Makes the mixes and hears them; `progress` is told the seconds done and how many there will be. What cannot be read any more is left out.
///
/// # Errors
/// The cache cannot be written, or the network fails.
pub fn mixes(
    material: &Material<'_>,
    seed: u64,
    cache: &Cache,
    progress: &(dyn Fn(f64, f64) + Sync),
) -> Result<Vec<Bag>> {
    let backing = backing::pieces(SAMPLES)?;
    let plans = plan(material, backing.len(), seed);
    let total_s = (plans.len() * SAMPLES) as f64 / f64::from(SAMPLE_RATE_HZ);
    let tapes: Vec<&[Plan]> = plans.chunks(TAPE).collect();
    let heard: Vec<Heard> = tapes
        .par_iter()
        .map(|tape| {
            let heard = hear_tape(material, tape, &backing, cache)?;
            progress(heard.duration_s, total_s);
            Ok(heard)
        })
        .collect::<Result<_>>()?;
    let mut bags = Vec::new();
    for (tape, heard) in tapes.iter().zip(&heard) {
        for (place, plan) in tape.iter().enumerate() {
            let number = bags.len();
            bags.extend(bag_of(material, plan, place, &heard.steps, number));
        }
    }
    Ok(bags)
}

/// Who is mixed with whom: classes take turns, and a recording is mixed only with what is held out with it.
fn plan(material: &Material<'_>, backing: usize, seed: u64) -> Vec<Plan> {
    let classes = material.lesson.classes.len();
    let plays = |bag: &Bag, class: usize| bag.truth[class] == Some(true);
    let all: Vec<usize> = (0..material.bags.len()).collect();
    let with: Vec<Vec<usize>> = (0..classes)
        .map(|class| all.iter().copied().filter(|bag| plays(&material.bags[*bag], class)).collect())
        .filter(|bags: &Vec<usize>| !bags.is_empty())
        .collect();
    if with.is_empty() {
        return Vec::new();
    }
    let piece_s = SAMPLES as f64 / f64::from(SAMPLE_RATE_HZ);
    let count = ((material.heard_s * SHARE / piece_s) as usize).clamp(COUNT.0, COUNT.1);
    let mut rng = Rng::with_seed(seed ^ 0x006d_6978);
    let between = |rng: &mut Rng, (low, high): (f32, f32)| low + (high - low) * rng.f32();
    let mut plans = Vec::with_capacity(count);
    for number in 0..count {
        let own = &with[number % with.len()];
        let bag = own[rng.usize(..own.len())];
        let of = &material.bags[bag];
        // One in three is mixed with another recording of the user's that does not show the same.
        let others = |other: &usize| {
            let other = &material.bags[*other];
            other.fold == of.fold && other.source != of.source && other.truth != of.truth
        };
        let others: Vec<usize> =
            if rng.f32() < 1.0 / 3.0 { all.iter().copied().filter(others).collect() } else { Vec::new() };
        let is_held_out_with =
            |piece: &usize| of.fold.is_none_or(|fold| piece % material.folds.max(1) == fold);
        let pieces: Vec<usize> = (0..backing).filter(is_held_out_with).collect();
        let partner = match (others.is_empty(), pieces.is_empty()) {
            (false, _) => Partner::Bag(others[rng.usize(..others.len())]),
            (true, false) => Partner::Backing(pieces[rng.usize(..pieces.len())]),
            (true, true) => continue,
        };
        let (louder_db, level_dbfs) = (between(&mut rng, LOUDER_DB), between(&mut rng, LEVEL_DBFS));
        plans.push(Plan { bag, partner, louder_db, level_dbfs });
    }
    plans
}

/// What is known of a mix: of a class that plays in either, that it plays; of one that is known to be in neither, that it is not.
fn truth_of(material: &Material<'_>, plan: &Plan) -> Vec<Option<bool>> {
    let of = &material.bags[plan.bag].truth;
    let Partner::Bag(other) = plan.partner else { return of.clone() };
    let both = |(a, b): (&Option<bool>, &Option<bool>)| match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    };
    of.iter().zip(&material.bags[other].truth).map(both).collect()
}

fn bag_of(material: &Material<'_>, plan: &Plan, place: usize, steps: &Steps, number: usize) -> Option<Bag> {
    let piece_s = SAMPLES as f32 / SAMPLE_RATE_HZ as f32;
    let (start_s, end_s) = (place as f32 * piece_s + MARGIN_S, (place + 1) as f32 * piece_s - MARGIN_S);
    let within =
        steps.times_s.partition_point(|t| *t < start_s)..steps.times_s.partition_point(|t| *t <= end_s);
    let bag = &material.bags[plan.bag];
    (!within.is_empty()).then(|| Bag {
        width: steps.width,
        span_s: (start_s, end_s),
        embeddings: within.step_by(STRIDE).flat_map(|step| steps.embedding(step)).copied().collect(),
        truth: truth_of(material, plan),
        scene: Scene::Mixed,
        source: number,
        fold: bag.fold,
        // What is drawn with its recording is drawn together with it.
        unit: bag.unit,
    })
}

/// A tape of mixes, from the cache if it was heard before.
fn hear_tape(material: &Material<'_>, tape: &[Plan], backing: &[Vec<f32>], cache: &Cache) -> Result<Heard> {
    let key = key(material, tape);
    if let Some(heard) = cache.get(&key) {
        return Ok(heard);
    }
    let mut samples = Vec::with_capacity(tape.len() * SAMPLES);
    for plan in tape {
        samples.extend(mixed(material, plan, backing));
    }
    let mut steps = Steps::default();
    let format = InputFormat { sample_rate_hz: SAMPLE_RATE_HZ, channels: 1 };
    let mut engine = Engine::ahead(Arc::clone(material.model), format, Settings::default(), Box::new(Alone))?;
    engine.push(&samples, &mut |step| steps.take(step))?;
    engine.flush(&mut |step| steps.take(step))?;
    let heard = Heard { steps, duration_s: samples.len() as f64 / f64::from(SAMPLE_RATE_HZ), note: None };
    cache.put(&key, &heard).context("--cache")?;
    Ok(heard)
}

/// A name for what is on a tape.
fn key(material: &Material<'_>, tape: &[Plan]) -> String {
    let mut hash = Sha256::new();
    let of_bag = |hash: &mut Sha256, bag: usize| {
        let bag = &material.bags[bag];
        hash.update(format!("{} {:?};", material.hashes[bag.source], bag.span_s));
    };
    for plan in tape {
        of_bag(&mut hash, plan.bag);
        match plan.partner {
            Partner::Backing(piece) => hash.update(format!("backing {piece};")),
            Partner::Bag(other) => of_bag(&mut hash, other),
        }
        hash.update(format!("{:?} {:?};", plan.louder_db, plan.level_dbfs));
    }
    hex(&hash.finalize())
}

/// The audio of a mix; silence where a recording cannot be read any more, which no bag comes of.
fn mixed(material: &Material<'_>, plan: &Plan, backing: &[Vec<f32>]) -> Vec<f32> {
    let of_bag = |bag: usize| {
        let bag = &material.bags[bag];
        excerpt(&material.lesson.recordings[bag.source].path, bag.span_s).unwrap_or_default()
    };
    let (own, other) = (
        of_bag(plan.bag),
        match plan.partner {
            Partner::Backing(piece) => backing[piece].clone(),
            Partner::Bag(other) => of_bag(other),
        },
    );
    if own.is_empty() || other.is_empty() {
        return vec![0.0; SAMPLES];
    }
    let gain = |db: f32| 10.0_f32.powf(db / 20.0);
    let (own_gain, other_gain) = (gain(plan.louder_db) / rms(&own), 1.0 / rms(&other));
    // What is short is repeated, as a player would.
    let sum = own.iter().cycle().zip(other.iter().cycle()).take(SAMPLES);
    let mut sum: Vec<f32> = sum.map(|(own, other)| own * own_gain + other * other_gain).collect();
    let level = gain(plan.level_dbfs) / rms(&sum);
    sum.iter_mut().for_each(|x| *x *= level);
    sum
}

fn rms(samples: &[f32]) -> f32 {
    let power = samples.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / samples.len() as f64;
    (power.sqrt() as f32).max(1e-6)
}

/// A piece of a recording in 16 kHz mono: what the windows of a bag see, from half a window before its first centre on.
fn excerpt(path: &Path, (first_s, last_s): (f32, f32)) -> Result<Vec<f32>> {
    let mut audio = Audio::open(path)?;
    let (rate_hz, channels) = (audio.format().sample_rate_hz, audio.format().channels);
    let start = (f64::from((first_s - 0.48).max(0.0)) * f64::from(rate_hz)) as u64;
    if start > 0 {
        audio.skip_to(start)?;
    }
    let (mut intake, mut resampler) = (Intake::new(channels), Resampler::new(rate_hz)?);
    let wanted = SAMPLES.min(((last_s - first_s + 0.96) * SAMPLE_RATE_HZ as f32) as usize);
    let mut samples = Vec::with_capacity(SAMPLES + HOP_SAMPLES);
    while samples.len() < wanted {
        // What was read of a broken file is as good.
        let Ok(Some(block)) = audio.next_block() else { break };
        intake.push(block, &mut |mono| resampler.push(mono, &mut |ready| samples.extend_from_slice(ready)));
    }
    if samples.len() < wanted {
        resampler.flush(&mut |ready| samples.extend_from_slice(ready));
    }
    samples.truncate(wanted);
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::{Part, Recording};
    use half::f16;
    use rollcall_engine::EMBEDDING;

    #[test]
    fn the_backing_is_there_and_sounds() {
        let pieces = backing::pieces(SAMPLES).unwrap();
        assert!(pieces.len() >= 20, "{} pieces", pieces.len());
        for (number, piece) in pieces.iter().enumerate() {
            assert!(rms(piece) > 3e-3, "piece {number} is silent");
        }
    }

    fn bag(source: usize, truth: [Option<bool>; 2], fold: Option<usize>) -> Bag {
        Bag {
            width: EMBEDDING,
            embeddings: vec![f16::ONE; EMBEDDING],
            truth: truth.to_vec(),
            scene: Scene::Alone,
            source,
            fold,
            unit: source,
            span_s: (0.0, 3.0),
        }
    }

    #[test]
    fn mixes_keep_to_their_fold_and_know_who_plays() {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/golden/models/stream");
        let model = rollcall_models::shared(rollcall_models::read_dir(&golden).unwrap()).unwrap();
        let (yes, no) = (Some(true), Some(false));
        let bags: Vec<Bag> = (0..20)
            .map(|i| match i % 4 {
                0 => bag(i, [yes, no], Some(i / 4 % 2)),
                1 => bag(i, [no, yes], Some(i / 4 % 2)),
                2 => bag(i, [None, no], Some(i / 4 % 2)),
                _ => bag(i, [no, no], None),
            })
            .collect();
        let recording = |i: usize| Recording {
            path: format!("{i}.wav").into(),
            name: i.to_string(),
            group: i.to_string(),
            parts: vec![Part::whole(None, false)],
        };
        let lesson = Lesson {
            classes: ["a", "b"].map(String::from).to_vec(),
            recordings: (0..20).map(recording).collect(),
            ..Lesson::default()
        };
        let hashes = vec![String::new(); 20];
        let material = Material {
            model: &model,
            lesson: &lesson,
            hashes: &hashes,
            bags: &bags,
            folds: 2,
            heard_s: 5_000.0,
        };
        let plans = plan(&material, 10, 1);
        assert_eq!(plans, plan(&material, 10, 1), "one seed, the same mixes");
        assert_eq!(plans.len(), 325, "0.25 of 5,000 s in pieces of 3.84 s");
        let (mut of_each, mut with_bags) = ([0, 0], 0);
        for plan in &plans {
            let own = &bags[plan.bag];
            (0..2).for_each(|class| of_each[class] += usize::from(own.truth[class] == yes));
            match plan.partner {
                Partner::Backing(piece) => assert!(own.fold.is_none_or(|fold| piece % 2 == fold)),
                Partner::Bag(other) => {
                    with_bags += 1;
                    assert_eq!(bags[other].fold, own.fold);
                    let truth = truth_of(&material, plan);
                    for (class, found) in truth.iter().enumerate() {
                        let both = [own.truth[class], bags[other].truth[class]];
                        let expected = if both.contains(&yes) {
                            yes
                        } else if both == [no, no] {
                            no
                        } else {
                            None
                        };
                        assert_eq!(*found, expected);
                    }
                }
            }
        }
        assert_eq!(of_each, [163, 162]);
        assert!((80..200).contains(&with_bags), "{with_bags}");
    }
}
