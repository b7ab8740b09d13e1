//! The first stage's corpora: from a pool, NSynth, or sounds of Freesound (paper, Table 1), with a teacher's labels kept on disk.

use super::config::{Config, Representation, Sources};
use crate::audio::decode::decode;
use crate::base::seed;
use crate::base::whole;
use crate::paper::first_stage::{Corpus, Segment, segment_samples, segments};
use crate::pool::Pool;
use crate::sources::datasets::{freesound, nsynth};
use crate::teacher::{EVENTS, Teacher};
use anyhow::{Context, Result, ensure};
use indicatif::ProgressBar;
use rollcall_engine::{HOP_SAMPLES, PATCH_HOPS, SAMPLE_RATE_HZ};
use std::{fs, path::Path};

/// One recording in so many is held out for validation.
const HELD_OUT: usize = 25;

/// Representations of one kind learn from one corpus.
pub(super) fn kind(of: Representation) -> &'static str {
    match of {
        Representation::Textual | Representation::DenoiseAdd | Representation::DenoiseMul => "notes",
        Representation::Detect => "sounds with events",
        _ => "sounds",
    }
}

/// The corpus that a representation learns from.
///
/// # Errors
/// A source that is missing or cannot be read.
pub(super) fn corpus(
    of: Representation,
    config: &Config,
    sources: &Sources,
    folder: &Path,
    bar: &ProgressBar,
) -> Result<Corpus> {
    let notes = kind(of) == "notes";
    let (train, valid) = match (&sources.nsynth, &sources.freesound, &sources.pool) {
        (Some(nsynth), ..) if notes => from_nsynth(nsynth, config)?,
        (_, Some(freesound), _) if !notes => from_freesound(freesound, config)?,
        (_, _, Some(pool)) => {
            let pool = Pool::open(pool)?;
            (segments(&pool, &config.corpus, false)?, segments(&pool, &config.corpus, true)?)
        }
        _ => {
            anyhow::bail!("{} needs {}, or --pool", of.slug(), if notes { "--nsynth" } else { "--freesound" })
        }
    };
    ensure!(!train.is_empty() && !valid.is_empty(), "no audio to learn {} from", of.slug());
    let events = if of == Representation::Detect {
        let teacher = sources.teacher.as_deref().context("detect needs --teacher")?;
        events(teacher, &[&train[..], &valid[..]], folder, bar)?
    } else {
        Vec::new()
    };
    Ok(Corpus::new(&train, &valid, &events))
}

/// Picks as many as the plan asks for, in a seeded order, and divides them.
fn divide<T>(mut all: Vec<T>, config: &Config) -> (Vec<T>, Vec<T>) {
    seed::rng(config.corpus.seed, "corpus").shuffle(&mut all);
    let valid_count = (all.len() / HELD_OUT).clamp(1, config.corpus.valid_segments);
    let mut train = all.split_off(valid_count.min(all.len()));
    train.truncate(config.corpus.train_segments);
    (train, all)
}

/// The first 0.96 s of each note, with the paper's words and the family as a tag.
fn from_nsynth(folder: &Path, config: &Config) -> Result<(Vec<Segment>, Vec<Segment>)> {
    let segment = |note: nsynth::Note| -> Result<Segment> {
        let mut samples = decode(&note.path, SAMPLE_RATE_HZ)?;
        samples.resize((PATCH_HOPS - 1) * HOP_SAMPLES + rollcall_engine::logmel::WINDOW_SAMPLES, 0.0);
        let words = note.words().into_iter().map(str::to_owned).collect();
        Ok(Segment { samples, words, tags: [note.family, note.source].into() })
    };
    both(divide(nsynth::open(folder)?, config), segment)
}

/// The first seconds of each sound, with its tags as tags and words.
fn from_freesound(folder: &Path, config: &Config) -> Result<(Vec<Segment>, Vec<Segment>)> {
    let segment = |sound: freesound::Sound| -> Result<Segment> {
        let mut samples = decode(&sound.path, SAMPLE_RATE_HZ)?;
        samples.resize(segment_samples(), 0.0);
        let tags: std::collections::BTreeSet<String> = sound.tags.into_iter().collect();
        Ok(Segment { samples, words: tags.clone(), tags })
    };
    both(divide(freesound::open(folder)?, config), segment)
}

fn both<T>(
    (train, valid): (Vec<T>, Vec<T>),
    segment: impl Fn(T) -> Result<Segment>,
) -> Result<(Vec<Segment>, Vec<Segment>)> {
    let all = |part: Vec<T>| part.into_iter().map(&segment).collect::<Result<Vec<_>>>();
    Ok((all(train)?, all(valid)?))
}

/// What a teacher hears in each segment, `[segments][527]`; kept in `folder/events.f32`.
fn events(teacher: &Path, parts: &[&[Segment]], folder: &Path, bar: &ProgressBar) -> Result<Vec<Vec<f32>>> {
    let segments: Vec<&Segment> = parts.iter().copied().flatten().collect();
    let path = folder.join("events.f32");
    if let Ok(bytes) = fs::read(&path)
        && bytes.len() == 4 * EVENTS * segments.len()
    {
        let values: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        return Ok(values.chunks_exact(EVENTS).map(<[f32]>::to_vec).collect());
    }
    let teacher = Teacher::open(teacher)?;
    bar.set_length(segments.len() as u64);
    let heard = crate::base::threads::parallel(segments.len(), |i| -> Result<Vec<f32>> {
        bar.inc(1);
        Ok(teacher.listen(&segments[i].samples)?.probabilities())
    });
    let heard: Vec<Vec<f32>> = heard.into_iter().collect::<Result<_>>()?;
    let bytes: Vec<u8> = heard.iter().flatten().flat_map(|p| p.to_le_bytes()).collect();
    whole::write(&path, bytes)?;
    Ok(heard)
}
