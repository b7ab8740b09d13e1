//! Stems from the recordings that packages hold ([`crate::sources::collections`]).

use super::Maker;
use crate::audio::activity::activity;
use crate::audio::decode::decode;
use crate::audio::level::normalised;
use crate::base::class::{MUSIC, NONE};
use crate::base::seed::{self, Chance};
use crate::base::stem::{Kind, Part};
use crate::sources::collections::{self, Collection, Content};
use crate::sources::known::Known;
use crate::synth::bank::Bank;
use crate::synth::gm::INSTRUMENTS;
use crate::synth::patches;
use anyhow::{Context, Result, ensure};
use rollcall_engine::{HOP_SAMPLES, SAMPLE_RATE_HZ};
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// Of a longer piece of music only this much is kept, in seconds.
pub const LONGEST_MUSIC_S: usize = 180;
/// Jingles shorter than this are no music for the teacher, in seconds.
pub(super) const SHORTEST_MUSIC_S: usize = 20;
/// Segments of recordings with known players: OpenMIC's length, in seconds.
const SEGMENT_S: usize = 10;
/// What is left over at a recording's end counts from this length on, in seconds.
const SHORTEST_SEGMENT_S: usize = 3;
/// Segments that one recording may give.
const MOST_SEGMENTS: usize = 4;
/// Utterances or noises that are joined to one stem.
const JOINED: usize = 5;
/// Longer files among noises are music, and among speech are silence or stories; in seconds.
const LONGEST_NOISE_S: usize = 10;
/// What is joined is parted by up to this many seconds of silence.
const PAUSE_S: f32 = 0.6;

impl Maker<'_> {
    /// Notes, kits, speech, noises and music of this plan's part.
    ///
    /// # Errors
    /// A package that is not there, a folder without recordings, or a failing disk.
    pub fn packages(&mut self) -> Result<()> {
        let wanted: Vec<&Collection> = collections::all()
            .filter(|c| self.plan.part.holds(c.split) && self.plan.allows(c.licence))
            .collect();
        let mut banks = Vec::new();
        for collection in wanted {
            let folder = collection.package.folder(&self.plan.packages).join(collection.folder);
            let files = || recordings(&folder);
            match collection.content {
                Content::Notes(class) => banks.extend(notes(collection, &files()?, &|_| Some(class))?),
                Content::Kit => {
                    let class = |name: &str| crate::synth::notes::piece(name).map(|piece| piece.class());
                    banks.extend(notes(collection, &files()?, &class)?);
                }
                Content::Patches => banks.extend(patches(collection, &folder)?),
                Content::Speech | Content::Outside => self.joined(collection, &files()?)?,
                Content::Noises(names) => {
                    let stem = |file: &Path| file.file_stem().map(|s| s.to_string_lossy().into_owned());
                    let mut files = files()?;
                    files.retain(|file| stem(file).is_some_and(|stem| names.hold(&stem)));
                    self.joined(collection, &files)?;
                }
                Content::Music => self.music(collection, &folder, &files()?)?,
                Content::Known(recordings) => self.known(collection, &folder, recordings)?,
            }
        }
        self.banks("pk", &banks)?;
        self.tell("packages");
        Ok(())
    }

    /// Short recordings, a few to a stem with pauses between them; each is used once.
    fn joined(&mut self, collection: &Collection, files: &[PathBuf]) -> Result<()> {
        let mut order: Vec<&PathBuf> = files.iter().collect();
        seed::rng(self.plan.seed, collection.group).shuffle(&mut order);
        for (number, files) in order.chunks(JOINED).enumerate() {
            let unit = format!("pk/{}/{number:05}", collection.group);
            if self.pool.has(&unit) {
                continue;
            }
            let mut rng = seed::rng(self.plan.seed, &unit);
            let mut samples: Vec<f32> = Vec::new();
            for file in files {
                let one = decode(file, SAMPLE_RATE_HZ).unwrap_or_else(|error| {
                    // A collection of effects does without one that is empty; what is wrong with it is said.
                    eprintln!("left out: {error:#}");
                    Vec::new()
                });
                if one.len() <= LONGEST_NOISE_S * SAMPLE_RATE_HZ as usize {
                    samples.extend_from_slice(&normalised(one).unwrap_or_default());
                    let pause = rng.between(0.0, PAUSE_S) * SAMPLE_RATE_HZ as f32;
                    samples.resize(samples.len() + pause as usize, 0.0);
                }
            }
            let (kind, class) = match collection.content {
                Content::Speech => (Kind::Speech, "voice"),
                Content::Outside => (Kind::Negative, NONE),
                _ => (Kind::Noise, NONE),
            };
            let facts = json!({"real": true});
            let parts = normalised(samples).map(|s| part(collection, kind, class, s, &facts));
            self.add(&unit, parts.as_slice())?;
        }
        Ok(self.pool.commit()?)
    }

    /// Whole pieces, a unit each.
    fn music(&mut self, collection: &Collection, folder: &Path, files: &[PathBuf]) -> Result<()> {
        for file in files {
            let name = file.strip_prefix(folder).unwrap_or(file).display().to_string();
            let unit = format!("pk/{}/{name}", collection.group);
            if self.pool.has(&unit) {
                continue;
            }
            let mut samples = decode(file, SAMPLE_RATE_HZ)?;
            samples.truncate(LONGEST_MUSIC_S * SAMPLE_RATE_HZ as usize);
            let long_enough = samples.len() >= SHORTEST_MUSIC_S * SAMPLE_RATE_HZ as usize;
            let samples = if long_enough { normalised(samples) } else { None };
            let facts = json!({"real": true, "file": name});
            let parts = samples.map(|s| part(collection, Kind::Music, MUSIC, s, &facts));
            self.add(&unit, parts.as_slice())?;
        }
        Ok(self.pool.commit()?)
    }

    /// Recordings with known players: a unit each, and a label for each of some segments in which somebody plays.
    fn known(&mut self, collection: &Collection, folder: &Path, recordings: &[Known]) -> Result<()> {
        for known in recordings {
            let unit = format!("pk/{}/{}", collection.group, known.file);
            if self.pool.has(&unit) {
                continue;
            }
            let mut samples = decode(&folder.join(known.file), SAMPLE_RATE_HZ)?;
            samples.truncate(LONGEST_MUSIC_S * SAMPLE_RATE_HZ as usize);
            let samples = normalised(samples).with_context(|| format!("{}: silence", known.file))?;
            let played = played_segments(&samples);
            // Spread over the piece, so that a long one does not outweigh the others.
            let stride = played.len().div_ceil(MOST_SEGMENTS).max(1);
            let labels: Vec<_> = played
                .into_iter()
                .step_by(stride)
                .map(|(start_s, length_s)| known.label(&format!("{unit}#0"), start_s, length_s))
                .collect();
            ensure!(!labels.is_empty(), "{}: nobody plays in it", known.file);
            // Labels first: a kill in between leaves labels of no stem, which nobody reads.
            self.pool.add_soft_labels(&labels)?;
            let facts = json!({"real": true, "file": known.file});
            self.add(&unit, &[part(collection, Kind::Music, MUSIC, samples, &facts)])?;
        }
        Ok(self.pool.commit()?)
    }
}

/// Start and length, in seconds, of the segments in which something sounds for at least half of the time.
fn played_segments(samples: &[f32]) -> Vec<(f32, f32)> {
    let rate = SAMPLE_RATE_HZ as usize;
    let sounding = activity(samples);
    let hops = SEGMENT_S * rate / HOP_SAMPLES;
    let segments = sounding.chunks(hops).enumerate();
    let played = segments.filter(|(number, hops)| {
        let long_enough = *number == 0 || hops.len() * HOP_SAMPLES >= SHORTEST_SEGMENT_S * rate;
        long_enough && hops.iter().filter(|&&sounds| sounds).count() * 2 >= hops.len()
    });
    let start_s = |number: usize| (number * SEGMENT_S) as f32;
    let length_s = |hops: &[bool]| (hops.len() * HOP_SAMPLES) as f32 / rate as f32;
    played.map(|(number, hops)| (start_s(number), length_s(hops))).collect()
}

fn part(
    collection: &Collection,
    kind: Kind,
    class: &str,
    samples: Vec<f32>,
    facts: &serde_json::Value,
) -> Part {
    Part {
        samples,
        kind,
        class: class.to_owned(),
        source: collection.group.to_owned(),
        split: collection.split,
        licence: collection.licence.to_owned(),
        origin: collection.package.name.to_owned(),
        extra: facts.clone(),
    }
}

/// A bank for each class that the names of the files tell of.
fn notes(
    collection: &Collection,
    files: &[PathBuf],
    class_of: &dyn Fn(&str) -> Option<&'static str>,
) -> Result<Vec<Bank>> {
    let mut banks: BTreeMap<&str, Bank> = BTreeMap::new();
    for file in files {
        let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(class) = class_of(&name) else { continue };
        let samples = decode(file, SAMPLE_RATE_HZ)?;
        let Collection { group, split, licence, package, .. } = *collection;
        banks
            .entry(class)
            .or_insert_with(|| Bank::new(class, group, split, licence, package.name))
            .push(&name, samples);
    }
    ensure!(!banks.is_empty(), "{}: no file's name tells what it is", collection.group);
    Ok(banks.into_values().collect())
}

/// A bank for each class that the set's programs play.
fn patches(collection: &Collection, folder: &Path) -> Result<Vec<Bank>> {
    let Collection { group, split, licence, package, .. } = *collection;
    let mut by_program: BTreeMap<u8, PathBuf> = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        by_program.extend(entry.file_name().to_str().and_then(patches::program).map(|n| (n, entry.path())));
    }
    let mut banks: BTreeMap<&str, Bank> = BTreeMap::new();
    for instrument in INSTRUMENTS {
        for file in instrument.programs.iter().filter_map(|program| by_program.get(program)) {
            let bank = banks
                .entry(instrument.class)
                .or_insert_with(|| Bank::new(instrument.class, group, split, licence, package.name));
            for note in patches::read(file, instrument)? {
                bank.push_note(note.pitch, &note.samples);
            }
        }
    }
    ensure!(!banks.is_empty(), "{}: no patch is named by its program", folder.display());
    Ok(banks.into_values().collect())
}

/// Audio files below a folder, sorted by path.
pub fn recordings(folder: &Path) -> Result<Vec<PathBuf>> {
    let known = |path: &Path| {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        ["ogg", "oga", "wav", "flac", "mp3", "aiff", "opus", "g722"].contains(&extension.as_str())
    };
    let mut files = Vec::new();
    for entry in WalkDir::new(folder) {
        let entry =
            entry.with_context(|| format!("{}: fetch first: rollcall-train data fetch", folder.display()))?;
        if entry.file_type().is_file() && known(entry.path()) {
            files.push(entry.into_path());
        }
    }
    files.sort();
    ensure!(
        !files.is_empty(),
        "{}: no recordings in it; fetch again: rollcall-train data fetch",
        folder.display()
    );
    Ok(files)
}
