//! What is left out of a lesson before it is taught: what is more than enough, and copies; and what sounds like one.

use crate::hear::Heard;
use crate::lesson::{Lesson, Recording};
use crate::settings::Settings;
use anyhow::Result;
use rayon::prelude::*;
use rollcall_import::hash::sha256_of;
use std::collections::BTreeMap;

/// The lesson with no more recordings of a class than are listened to, drawn by the seed.
pub(crate) fn drawn(lesson: &Lesson, settings: &Settings, notes: &mut Vec<String>) -> Lesson {
    let mut keep = vec![false; lesson.recordings.len()];
    let pools = (0..=lesson.classes.len()).map(|class| {
        let is_of = |recording: &Recording| match class < lesson.classes.len() {
            true => Lesson::shows(recording, class),
            false => !recording.parts.iter().any(|part| part.plays),
        };
        (0..lesson.recordings.len()).filter(|i| is_of(&lesson.recordings[*i])).collect::<Vec<usize>>()
    });
    for (class, mut own) in pools.enumerate() {
        if own.len() > settings.most {
            let name = lesson.classes.get(class).map_or("--negatives", String::as_str);
            notes.push(format!(
                "'{name}' has {} recordings: {} of them, drawn by chance, are used (--most takes more)",
                own.len(),
                settings.most
            ));
            fastrand::Rng::with_seed(settings.seed.wrapping_add(class as u64)).shuffle(&mut own);
            own.truncate(settings.most);
        }
        own.into_iter().for_each(|i| keep[i] = true);
    }
    let kept = lesson.recordings.iter().zip(keep).filter(|(_, keep)| *keep).map(|(r, _)| r.clone());
    Lesson { recordings: kept.collect(), ..lesson.clone() }
}

/// The lesson with each content once, and the hash of each: of copies the first stays, and what is known of the others is known of it.
pub(crate) fn without_copies(lesson: Lesson, notes: &mut Vec<String>) -> Result<(Lesson, Vec<String>)> {
    let hashes: Vec<Result<String, String>> = lesson
        .recordings
        .par_iter()
        .map(|recording| {
            sha256_of(&recording.path)
                .map_err(|error| rollcall_files::advice(&error, rollcall_files::Doing::Reading))
        })
        .collect();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let (mut kept, mut kept_hashes): (Vec<Recording>, Vec<String>) = (Vec::new(), Vec::new());
    for (recording, hash) in lesson.recordings.into_iter().zip(hashes) {
        let hash = match hash {
            Ok(hash) => hash,
            Err(error) => {
                notes.push(format!("{}: {error}; it is left out", recording.name));
                continue;
            }
        };
        match places.get(&hash) {
            Some(&first) => {
                let also = recording.parts.iter().filter(|part| !kept[first].parts.contains(part)).count();
                let meaning =
                    if also == 0 { "it counts once" } else { "it is one recording in which both hold" };
                notes.push(format!("{} is the same file as {}: {meaning}", recording.name, kept[first].name));
                for part in recording.parts {
                    if !kept[first].parts.contains(&part) {
                        kept[first].parts.push(part);
                    }
                }
            }
            None => {
                places.insert(hash.clone(), kept.len());
                kept.push(recording);
                kept_hashes.push(hash);
            }
        }
    }
    Ok((Lesson { recordings: kept, ..lesson }, kept_hashes))
}

/// Recordings that sound the same though their files differ.
pub(crate) fn name_twins(lesson: &Lesson, heard: &[Heard], notes: &mut Vec<String>) {
    let mut first: BTreeMap<Vec<u16>, &str> = BTreeMap::new();
    for (recording, heard) in lesson.recordings.iter().zip(heard) {
        // The beginning tells: no two recordings share it to the last bit.
        let bits = heard.steps.embeddings.iter().take(4 * 128).map(|x| x.to_bits()).collect();
        match first.get(&bits) {
            Some(other) => notes.push(format!(
                "{} begins exactly as {other}: if it is a copy, remove it; scores of what is taught and tested flatter",
                recording.name
            )),
            None => {
                first.insert(bits, &recording.name);
            }
        }
    }
}
