//! Recordings with labels: who plays when, in Audacity's label tracks, CSV or JAMS.

use super::material::{Says, place};
use crate::inputs;
use anyhow::{Context, Result, bail, ensure};
use rollcall_evaluate::{Reference, Unlisted, read_references};
use rollcall_teach::{Lesson, Part, Recording};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The lesson of recordings and the labels that speak of them. Of what no label speaks nothing is learned.
pub(super) fn of_labels(recordings: &Path, labels: &Path, notes: &mut Vec<String>) -> Result<Lesson> {
    let references = read_references(labels, &Unlisted::Unknown).context("--labels")?;
    let mut by_stem: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for input in inputs::expand(&[recordings.to_owned()], &[]) {
        match input.problem {
            Some(problem) => notes.push(format!("{}: {problem}; it is left out", input.path.display())),
            None => by_stem.entry(stem(&input.path)).or_default().push(input.path),
        }
    }
    let mut lesson = Lesson { classes: classes(&references), ..Lesson::default() };
    let mut told: BTreeMap<PathBuf, Vec<Part>> = BTreeMap::new();
    for reference in &references {
        let path = audio_of(reference, &by_stem)?;
        told.entry(path).or_default().extend(parts(reference, &lesson, notes));
    }
    let silent = by_stem.values().flatten().filter(|path| !told.contains_key(*path)).count();
    if silent > 0 {
        notes.push(format!("{silent} recordings have no labels; they are left out"));
    }
    let recording = |(path, parts): (PathBuf, Vec<Part>)| Recording {
        name: path.strip_prefix(recordings).unwrap_or(&path).display().to_string(),
        group: path.display().to_string(),
        path,
        parts,
    };
    lesson.recordings = told.into_iter().filter(|(_, parts)| !parts.is_empty()).map(recording).collect();
    Ok(lesson)
}

/// Every class that is said to play.
fn classes(references: &[Reference]) -> Vec<String> {
    let names = references.iter().flat_map(|reference| {
        let ranges = reference.ranges.iter().flatten().map(|range| range.class.as_str());
        ranges.chain(reference.labels.iter().filter(|(_, plays)| **plays).map(|(class, _)| class.as_str()))
    });
    let plays = names.filter_map(|name| match Says::of(name.trim()) {
        Says::Plays(class) => Some(class),
        _ => None,
    });
    plays.collect::<BTreeSet<String>>().into_iter().collect()
}

fn parts(reference: &Reference, lesson: &Lesson, notes: &mut Vec<String>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut say = |name: &str, start_s: f64, end_s: f64, holds: bool| {
        let (class, plays) = match Says::of(name.trim()) {
            Says::Plays(class) => (Some(class), holds),
            Says::Not(class) => (Some(class), false),
            Says::Nothing => (None, false),
        };
        let place = class.as_ref().map(|class| place(lesson, class));
        match place {
            Some(None) => notes.push(format!(
                "{}: '{name}' is about none of the classes that play; it is left out",
                reference.file
            )),
            place => parts.push(Part { start_s, end_s, class: place.flatten(), plays }),
        }
    };
    for range in reference.ranges.iter().flatten() {
        say(&range.class, range.start_s, range.end_s, true);
    }
    for (class, plays) in &reference.labels {
        say(class, 0.0, f64::INFINITY, *plays);
    }
    parts
}

/// The recording that a reference is about: the one of its name, whatever the endings.
fn audio_of(reference: &Reference, by_stem: &BTreeMap<String, Vec<PathBuf>>) -> Result<PathBuf> {
    let path = Path::new(&reference.file);
    let wanted = stem(path);
    let found = match by_stem.get(&wanted).or_else(|| by_stem.get(&stem(Path::new(&wanted)))) {
        Some(found) => found,
        None => bail!("the labels speak of '{}', but there is no recording of that name", reference.file),
    };
    // Where several folders have one of that name, the path decides.
    let exact: Vec<&PathBuf> = found.iter().filter(|audio| audio.ends_with(path)).collect();
    let chosen = if exact.len() == 1 { exact } else { found.iter().collect() };
    ensure!(
        chosen.len() == 1,
        "the labels speak of '{}', and {} recordings are called so: name it with its folder, or rename one",
        reference.file,
        chosen.len()
    );
    Ok(chosen[0].clone())
}

/// A file's name without its ending.
fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
