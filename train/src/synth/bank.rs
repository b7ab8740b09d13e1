//! Phrases from recorded notes: the notes of one player or instrument, put together as music.

use super::gm::{INSTRUMENTS, Instrument, Manner, Piece};
use super::notes;
use super::phrase::{self, Note};
use crate::audio::decode::decode;
use crate::audio::level::normalised;
use crate::audio::resample::transpose;
use crate::base::class::{self, NONE};
use crate::base::seed::Chance;
use crate::base::stem::{Kind, Part, Split};
use anyhow::{Context, Result, bail};
use fastrand::Rng;
use rollcall_engine::SAMPLE_RATE_HZ;
use serde::Deserialize;
use serde_json::json;
use std::{collections::BTreeMap, path::Path};

/// Notes are moved by at most this many semitones, so that their colour stays natural.
const FURTHEST_SEMITONES: f32 = 3.0;
/// A recording of at least this length is a phrase in itself where its source is one of whole phrases.
const WHOLE_S: f32 = 2.5;

/// A row of a labelled folder's `index.csv`.
#[derive(Debug, Clone, Deserialize)]
struct Entry {
    path: String,
    class: String,
    source: String,
    split: Split,
    original_name: String,
    licence: String,
    origin: String,
}

/// One recorded note (or stroke, or sung phrase).
#[derive(Debug, Clone)]
struct Recording {
    samples: Vec<f32>,
    pitch: Option<f32>,
    piece: Option<Piece>,
}

/// All recordings of one class from one source.
#[derive(Debug, Clone)]
pub struct Bank {
    /// One of the 20 classes, or `_none`.
    pub class: String,
    /// Independence group.
    pub source: String,
    /// Part of the data.
    pub split: Split,
    licence: String,
    origin: String,
    recordings: Vec<Recording>,
}

/// Reads a labelled folder: `index.csv` with columns path, class, source, split, original_name, licence, origin. `part` says which part a source
/// and the path of a recording of it, with its stated split, are in; `None`: it is left alone.
///
/// # Errors
/// A missing index or file, an unknown class, or audio that cannot be decoded.
pub fn read_folder(folder: &Path, part: &dyn Fn(&str, &str, Split) -> Option<Split>) -> Result<Vec<Bank>> {
    let path = folder.join("index.csv");
    let mut reader = csv::Reader::from_path(&path)
        .with_context(|| format!("{}: a folder of recordings needs an index.csv", path.display()))?;
    let mut banks: BTreeMap<(String, String), Bank> = BTreeMap::new();
    for (n, entry) in reader.deserialize().enumerate() {
        let entry: Entry = entry.with_context(|| format!("{}: row {}", path.display(), n + 1))?;
        if !class::is_label(&entry.class) {
            bail!("{}: row {}: unknown class {:?}", path.display(), n + 1, entry.class);
        }
        // The release samples of an organ are the room's answer, not the instrument.
        let Some(split) = part(&entry.source, &entry.path, entry.split) else { continue };
        if entry.original_name.starts_with("release ") {
            continue;
        }
        let samples = decode(&folder.join(&entry.path), SAMPLE_RATE_HZ)?;
        let licence = entry.licence.clone();
        let bank = banks.entry((entry.class.clone(), entry.source.clone())).or_insert_with(|| Bank {
            class: entry.class,
            source: entry.source,
            split,
            licence: entry.licence,
            origin: entry.origin,
            recordings: Vec::new(),
        });
        if bank.split != split {
            bail!("{}: source {} is in two splits", path.display(), bank.source);
        }
        // A bank is as free as the strictest of its recordings.
        if !bank.licence.contains(&licence) {
            bank.licence = format!("{} / {licence}", bank.licence);
        }
        bank.push(&entry.original_name, samples);
    }
    Ok(banks.into_values().collect())
}

impl Bank {
    /// An empty bank, for sources that are not a labelled folder.
    #[must_use]
    pub fn new(class: &str, source: &str, split: Split, licence: &str, origin: &str) -> Self {
        let owned = str::to_owned;
        Self {
            class: owned(class),
            source: owned(source),
            split,
            licence: owned(licence),
            origin: owned(origin),
            recordings: Vec::new(),
        }
    }

    /// Adds a recording, cut free of the silence round it; a silent one is left out.
    pub fn push(&mut self, original_name: &str, samples: Vec<f32>) {
        let Some(samples) = trimmed(&samples) else { return };
        let pitch = notes::pitch(original_name);
        self.recordings.push(Recording { samples, pitch, piece: notes::piece(original_name) });
    }

    /// Adds a note of known MIDI pitch.
    pub fn push_note(&mut self, pitch: f32, samples: &[f32]) {
        let recording = |samples| Recording { samples, pitch: Some(pitch), piece: None };
        self.recordings.extend(trimmed(samples).map(recording));
    }

    /// Licence of the recordings.
    #[must_use]
    pub fn licence(&self) -> &str {
        &self.licence
    }

    /// Length of all its recordings, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f32 {
        self.recordings.iter().map(|r| r.samples.len()).sum::<usize>() as f32 / SAMPLE_RATE_HZ as f32
    }

    /// What its stems are.
    #[must_use]
    pub fn kind(&self) -> Kind {
        if self.class == NONE { Kind::Noise } else { Kind::Phrase }
    }

    /// Number of recordings that are phrases in themselves: sung phrases, long sounds whose pitch nobody names, noises.
    #[must_use]
    pub fn wholes(&self) -> usize {
        if self.is_whole() { self.recordings.len() } else { 0 }
    }

    fn is_whole(&self) -> bool {
        let mut lengths: Vec<usize> = self.recordings.iter().map(|r| r.samples.len()).collect();
        lengths.sort_unstable();
        let median_s = lengths.get(lengths.len() / 2).map_or(0.0, |&l| l as f32 / SAMPLE_RATE_HZ as f32);
        let unpitched =
            2 * self.recordings.iter().filter(|r| r.pitch.is_some()).count() <= self.recordings.len();
        let sounds = ["voice", "synthesizer", NONE].contains(&self.class.as_str());
        let strokes = ["drums", "cymbals"].contains(&self.class.as_str());
        (sounds || unpitched && !strokes) && median_s > WHOLE_S
    }

    fn part(&self, samples: Vec<f32>, words: &[&str], facts: &serde_json::Value) -> Part {
        Part {
            samples,
            kind: self.kind(),
            class: self.class.clone(),
            source: self.source.clone(),
            split: self.split,
            licence: self.licence.clone(),
            origin: self.origin.clone(),
            extra: json!({"words": words, "real": true, "facts": facts}),
        }
    }

    /// Makes one stem of about `seconds`; `None` when it turned out silent.
    ///
    /// `number` counts the stems of a bank: with whole recordings it chooses which one, so that all get their turn.
    ///
    /// # Errors
    /// None in practice: resampling within three semitones does not fail.
    pub fn stem(&self, number: usize, seconds: f32, rng: &mut Rng) -> Result<Option<Part>> {
        if self.recordings.is_empty() {
            return Ok(None);
        }
        let (samples, words) = if self.is_whole() {
            self.whole(number, rng)?
        } else if matches!(self.class.as_str(), "drums" | "cymbals") {
            self.kit_groove(seconds, rng)
        } else if self.recordings.iter().filter(|r| r.pitch.is_some()).count() * 2 > self.recordings.len() {
            self.tune(seconds, rng)?
        } else {
            self.string_of_notes(seconds, rng)?
        };
        Ok(normalised(samples).map(|samples| self.part(samples, &words, &json!({}))))
    }

    /// A recording as it is, or up to two semitones off on later rounds.
    fn whole(&self, number: usize, rng: &mut Rng) -> Result<(Vec<f32>, Vec<&'static str>)> {
        let recording = &self.recordings[number % self.recordings.len()];
        let moved = if number < self.recordings.len() { 0.0 } else { rng.between(-2.0, 2.0) };
        Ok((transpose(&recording.samples, moved)?, vec!["as recorded"]))
    }

    fn kit_groove(&self, seconds: f32, rng: &mut Rng) -> (Vec<f32>, Vec<&'static str>) {
        let groove = phrase::groove(seconds, rng);
        let mut mix = vec![0.0; (seconds * SAMPLE_RATE_HZ as f32) as usize];
        // One take per piece and groove, with a second one for its variety.
        let mut chosen: BTreeMap<Piece, [usize; 2]> = BTreeMap::new();
        let of_piece = |piece: Piece| -> Vec<usize> {
            let is = |r: &Recording| r.piece == Some(piece);
            (0..self.recordings.len()).filter(|&n| is(&self.recordings[n])).collect()
        };
        for hit in groove.hits.iter().filter(|h| h.piece.class() == self.class) {
            let takes = *chosen.entry(hit.piece).or_insert_with(|| {
                let mut takes = of_piece(hit.piece);
                if takes.is_empty() {
                    takes = (0..self.recordings.len()).collect();
                }
                [*rng.pick(&takes), *rng.pick(&takes)]
            });
            let recording = &self.recordings[takes[usize::from(rng.with(0.4))]];
            let choke_s = match hit.piece {
                Piece::HatClosed | Piece::HatPedal => 0.4,
                Piece::HatOpen => rng.between(0.25, 0.6),
                _ => 8.0,
            };
            add(&mut mix, &recording.samples, hit.time_s, choke_s, 0.08, gain(hit.velocity));
        }
        (mix, groove.words)
    }

    /// Notes of known pitch, played as a phrase in the manner of their class.
    fn tune(&self, seconds: f32, rng: &mut Rng) -> Result<(Vec<f32>, Vec<&'static str>)> {
        let pitches: Vec<f32> = self.recordings.iter().filter_map(|r| r.pitch).collect();
        let lowest = pitches.iter().copied().fold(f32::MAX, f32::min);
        let highest = pitches.iter().copied().fold(f32::MIN, f32::max);
        let low = (lowest - 2.0).max(0.0) as u8;
        let high = ((highest + 2.0) as u8).max(low + 14);
        let phrase = phrase::write(&Instrument { low, high, ..self.instrument() }, seconds, rng);
        let rings = self.rings();
        let mut mix = vec![0.0; (seconds * SAMPLE_RATE_HZ as f32) as usize];
        let mut moved: BTreeMap<(usize, u8), Vec<f32>> = BTreeMap::new();
        for note in &phrase.notes {
            let Some(from) = self.nearest(note.key, rng) else { continue };
            let shift = f32::from(note.key) - self.recordings[from].pitch.unwrap_or_default();
            let samples = match moved.entry((from, note.key)) {
                std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::btree_map::Entry::Vacant(new) => {
                    new.insert(transpose(&self.recordings[from].samples, shift)?)
                }
            };
            self.sound(&mut mix, samples, note, rings, rng);
        }
        Ok((mix, phrase.words))
    }

    /// A recording within reach of a key: any of the three nearest, so that round robins and touches get used.
    fn nearest(&self, key: u8, rng: &mut Rng) -> Option<usize> {
        let distance = |n: usize| Some((self.recordings[n].pitch? - f32::from(key)).abs());
        let mut near: Vec<(usize, f32)> = (0..self.recordings.len())
            .filter_map(|n| distance(n).map(|d| (n, d)))
            .filter(|(_, d)| *d <= FURTHEST_SEMITONES)
            .collect();
        near.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        near.truncate(3);
        if near.is_empty() { None } else { Some(rng.pick(&near).0) }
    }

    /// Notes of unknown pitch in a rhythm, each up to two semitones off; now and then long ones as they are.
    fn string_of_notes(&self, seconds: f32, rng: &mut Rng) -> Result<(Vec<f32>, Vec<&'static str>)> {
        let phrase = phrase::write(&self.instrument(), seconds, rng);
        let mut mix = vec![0.0; (seconds * SAMPLE_RATE_HZ as f32) as usize];
        let as_they_are = rng.with(0.4);
        let tuning = rng.between(-2.0, 2.0);
        let mut at_s = phrase.notes.first().map_or(0.0, |n| n.start_s);
        let rings = self.rings();
        for note in &phrase.notes {
            if note.start_s + 0.01 < at_s {
                continue;
            }
            let recording = rng.pick(&self.recordings);
            let samples = transpose(&recording.samples, tuning)?;
            if as_they_are {
                let length_s = samples.len() as f32 / SAMPLE_RATE_HZ as f32;
                add(&mut mix, &samples, note.start_s, length_s, 0.05, gain(note.velocity));
                at_s = note.start_s + length_s * rng.between(0.6, 1.1);
            } else {
                self.sound(&mut mix, &samples, note, rings, rng);
                at_s = note.start_s;
            }
        }
        Ok((mix, phrase.words))
    }

    fn sound(&self, mix: &mut [f32], samples: &[f32], note: &Note, rings: bool, rng: &mut Rng) {
        let (held_s, release_s) = if rings {
            (note.length_s * rng.between(1.0, 2.5), rng.between(0.08, 0.3))
        } else {
            (note.length_s, rng.between(0.04, 0.15))
        };
        add(mix, samples, note.start_s, held_s.max(0.1), release_s, gain(note.velocity));
    }

    fn instrument(&self) -> Instrument {
        // Classes that no SoundFont here has are played like their kin.
        let kin = match self.class.as_str() {
            "ukulele" | "mandolin" => "banjo",
            "voice" => "clarinet",
            class => class,
        };
        let known = INSTRUMENTS.iter().find(|i| i.class == kin).copied();
        known.unwrap_or(Instrument { class: NONE, programs: &[], manner: Manner::Plucked, low: 48, high: 72 })
    }

    fn rings(&self) -> bool {
        matches!(self.instrument().manner, Manner::Plucked | Manner::Strings | Manner::Mallets | Manner::Keys)
    }
}

/// Loudness of a touch, as an amplitude.
fn gain(velocity: u8) -> f32 {
    (f32::from(velocity) / 110.0).powf(1.3)
}

/// Adds a note to a mix: whole up to `held_s`, then faded out within `release_s`.
fn add(mix: &mut [f32], samples: &[f32], start_s: f32, held_s: f32, release_s: f32, gain: f32) {
    let rate = SAMPLE_RATE_HZ as f32;
    let start = (start_s * rate) as usize;
    let (held, release) = ((held_s * rate) as usize, (release_s * rate).max(1.0));
    for (n, (&sample, out)) in samples.iter().zip(mix.iter_mut().skip(start)).enumerate() {
        let fade = if n < held { 1.0 } else { 1.0 - (n - held) as f32 / release };
        if fade <= 0.0 {
            break;
        }
        *out += gain * fade * sample;
    }
}

/// The recording between its first and last audible sample, scaled so that takes are of one loudness; `None` when
/// there is nothing to hear.
fn trimmed(samples: &[f32]) -> Option<Vec<f32>> {
    let peak = samples.iter().fold(0f32, |peak, s| peak.max(s.abs()));
    if peak < 1e-3 {
        return None;
    }
    let first = samples.iter().position(|s| s.abs() > 0.02 * peak)?.saturating_sub(80);
    let last = samples.iter().rposition(|s| s.abs() > 0.001 * peak)?;
    Some(samples[first..=last].iter().map(|s| 0.5 * s / peak).collect())
}
