//! The package: the base's files as they are, the taught head, card and picture.

use crate::card::{Report, card};
use crate::judge::Judged;
use crate::lesson::{Lesson, Mode};
use crate::reliability;
use crate::settings::Settings;
use anyhow::Result;
use rollcall_engine::Package;
use rollcall_engine::package::{AddedHead, EVENTS, HEAD, MODEL_CARD, Manifest, Training};
use rollcall_import::{AttentionHead, Body, GROUPS, ImportError, Label, in_new_folder, onnx::Storage, seal};
use std::{fs, path::Path};

/// Writes it into `folder`, which must not exist or be empty, and loads it as a user would.
///
/// # Errors
/// A folder that is in use, the disk, or anything the engine finds wrong with it; nothing is left behind.
pub(crate) fn write(
    base: &Package,
    lesson: &Lesson,
    settings: &Settings,
    judged: &Judged,
    report: &Report,
    folder: &Path,
) -> Result<()> {
    let manifest = base.manifest();
    let heads = judged.readout.heads();
    let body = match settings.mode {
        Mode::Add => add(base, lesson, &heads),
        Mode::Only => only(base, lesson, &heads),
    };
    let picture = if judged.scored.is_empty() {
        None
    } else {
        Some(reliability::svg(&format!("{}, held out", settings.name), &judged.scored)?)
    };
    let label = label(manifest, settings, judged, report);
    in_new_folder(folder, |work| {
        seal(body, label, work)?;
        if let Some(picture) = picture {
            let path = work.join(reliability::FILE);
            fs::write(&path, picture).map_err(|source| ImportError::Io { path, source })?;
        }
        Ok(())
    })?;
    Ok(())
}

/// The base's files but its card and those that are named.
fn kept(base: &Package, without: &[&str]) -> Vec<(String, Vec<u8>)> {
    let files = base.manifest().files.iter().map(|file| file.name.as_str());
    let kept = files.filter(|name| *name != MODEL_CARD && !without.contains(name));
    kept.filter_map(|name| Some((name.to_owned(), base.file(name)?.to_vec()))).collect()
}

/// Heads as files of their own, after so many others of the package.
fn added(
    heads: &[(AttentionHead, usize)],
    before: usize,
    files: &mut Vec<(String, Vec<u8>)>,
) -> Vec<AddedHead> {
    let one = |(number, (head, classes)): (usize, &(AttentionHead, usize))| {
        let file = format!("added-{}.onnx", before + number + 1);
        files.push((file.clone(), head.to_onnx(Storage::Half)));
        AddedHead { file, classes: *classes, head_normalisation: head.kind() }
    };
    heads.iter().enumerate().map(one).collect()
}

fn add(base: &Package, lesson: &Lesson, heads: &[(AttentionHead, usize)]) -> Body {
    let manifest = base.manifest();
    let mut files = kept(base, &[]);
    let own = added(heads, manifest.added.len(), &mut files);
    Body {
        classes: manifest.classes.iter().chain(&lesson.classes).cloned().collect(),
        added: manifest.added.iter().cloned().chain(own).collect(),
        looks: manifest.looks.clone().into_iter().chain(lesson.looks.clone()).collect(),
        events: manifest.events.clone(),
        head_normalisation: manifest.head_normalisation,
        ..like(manifest, files)
    }
}

fn only(base: &Package, lesson: &Lesson, heads: &[(AttentionHead, usize)]) -> Body {
    let manifest = base.manifest();
    let others: Vec<&str> =
        manifest.added.iter().map(|head| head.file.as_str()).chain([HEAD, EVENTS]).collect();
    // What it brings names the base's classes, which are no more.
    let mut files = kept(base, &[&others[..], &[crate::shipped::FILE]].concat());
    let (first, others) = heads.split_first().expect("a lesson has classes");
    files.push((HEAD.to_owned(), first.0.to_onnx(Storage::Half)));
    let added = added(others, 0, &mut files);
    Body {
        classes: lesson.classes.clone(),
        looks: lesson.looks.clone(),
        head_normalisation: first.0.kind(),
        added,
        ..like(manifest, files)
    }
}

/// What stays of a package whatever its classes are.
fn like(manifest: &Manifest, files: Vec<(String, Vec<u8>)>) -> Body {
    Body {
        kind: manifest.kind,
        classes: Vec::new(),
        looks: Default::default(),
        update_hops: manifest.update_hops,
        memory_s: manifest.memory_s,
        head_normalisation: rollcall_engine::package::HeadNormalisation::Group { groups: GROUPS },
        post_processing: manifest.post_processing.clone(),
        events: None,
        added: Vec::new(),
        files,
    }
}

fn label(manifest: &Manifest, settings: &Settings, judged: &Judged, report: &Report) -> Label {
    let kept = if settings.mode == Mode::Add { &manifest.thresholds[..] } else { &[] };
    let mut scores = if settings.mode == Mode::Add { manifest.scores.clone() } else { Default::default() };
    for class in &report.classes {
        let both = [("alone", class.average_precision.alone), ("in_music", class.average_precision.in_music)];
        for (scene, score) in both {
            if let Some(score) = score {
                let value = (score.value * 10_000.0).round() / 10_000.0;
                scores.insert(format!("held_out.{scene}.ap.{}", class.class), value);
            }
        }
    }
    let names: Vec<&str> = report.classes.iter().map(|class| class.class.as_str()).collect();
    Label {
        name: settings.name.clone(),
        version: "1".into(),
        description: match settings.mode {
            Mode::Add => {
                format!("{} {} and, taught by a user: {}", manifest.name, manifest.version, names.join(", "))
            }
            Mode::Only => {
                format!("Taught by a user on {} {}: {}", manifest.name, manifest.version, names.join(", "))
            }
        },
        licence: format!("Base package: {}. Taught head: those of the recordings", manifest.licence),
        origin: format!("Taught on {} {} ({})", manifest.name, manifest.version, manifest.origin),
        training: Training {
            command: settings.command.clone(),
            seed: settings.seed,
            provisional: !judged.is_tuned,
            // What lies below the head is the base's.
            runs: manifest.training.runs.clone(),
        },
        thresholds: kept.iter().chain(&judged.thresholds).copied().collect(),
        scores,
        card: card(&settings.name, manifest, settings.mode, &settings.command, report),
    }
}
