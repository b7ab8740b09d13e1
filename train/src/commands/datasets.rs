//! `rollcall-train datasets`: look at a data set on disk and say whether it is whole.

use crate::sources::datasets::audioset::AudioSet;
use crate::sources::datasets::openmic::OpenMic;
use crate::sources::datasets::{freesound, labelled, nsynth};
use anyhow::Result;
use clap::{Args, ValueEnum};
use rollcall_engine::OPENMIC_CLASSES;
use std::{collections::BTreeMap, path::PathBuf};

/// Check a data set on disk: everything it should have is there, and what is in it.
#[derive(Clone, Debug, Args)]
pub struct DataSetsArgs {
    /// Which set it is.
    #[arg(value_enum)]
    set: Set,
    /// Its folder.
    folder: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Set {
    /// OpenMIC-2018: the folder with openmic-2018.npz, labels, partitions and audio.
    Openmic,
    /// One part of NSynth: examples.json and audio/.
    Nsynth,
    /// FSD50K, or sounds of Freesound each with its JSON.
    Freesound,
    /// Weak labels in AudioSet's form: segments, classes, audio/.
    Audioset,
    /// Our own form: recordings and an index.csv.
    Labelled,
}

/// Carries the command out.
///
/// # Errors
/// What the set lacks, or what in it cannot be.
pub fn run(args: DataSetsArgs) -> Result<()> {
    let folder = &args.folder;
    match args.set {
        Set::Openmic => openmic(&OpenMic::open(folder)?)?,
        Set::Nsynth => {
            let notes = nsynth::open(folder)?;
            println!("NSynth: {} notes", notes.len());
            count("family", notes.iter().map(|note| note.family.as_str()));
            count("words", notes.iter().flat_map(nsynth::Note::words));
        }
        Set::Freesound => {
            let sounds = freesound::open(folder)?;
            println!("Freesound: {} sounds", sounds.len());
            count("part", sounds.iter().map(|s| if s.part.is_empty() { "none" } else { &s.part }));
            count("tag", sounds.iter().flat_map(|sound| &sound.tags).map(String::as_str));
        }
        Set::Audioset => {
            let set = AudioSet::open(folder)?;
            println!("AudioSet: {} segments with audio, {} without", set.segments.len(), set.without_audio);
            count("part", set.segments.iter().map(|segment| segment.part.as_str()));
            let classes = set.openmic_classes();
            let heard = |segment: &crate::sources::datasets::audioset::Segment, c: usize| {
                segment.labels.iter().any(|label| classes[c].contains(label))
            };
            let mut names = Vec::new();
            for segment in &set.segments {
                names.extend((0..20).filter(|c| heard(segment, *c)).map(|c| OPENMIC_CLASSES[c]));
            }
            count("of OpenMIC's classes", names.into_iter());
        }
        Set::Labelled => {
            let recordings = labelled::open(folder)?;
            let minutes = recordings.iter().map(|r| r.seconds).sum::<f32>() / 60.0;
            println!("Labelled folder: {} recordings, {minutes:.1} minutes", recordings.len());
            count("class", recordings.iter().map(|r| r.class.as_str()));
        }
    }
    Ok(())
}

fn openmic(set: &OpenMic) -> Result<()> {
    println!("OpenMIC-2018: {} keys to train on, {} to test on", set.train.len(), set.test.len());
    for (c, class) in OPENMIC_CLASSES.iter().enumerate() {
        let labels = set.labels.values().filter(|l| l.known[c] > 0.0);
        let (positives, all) = labels.fold((0, 0), |(p, n), l| (p + usize::from(l.truth[c] >= 0.5), n + 1));
        println!("  {class:<18} {positives:>6} positive of {all:>6} known");
    }
    let features = set.features()?;
    println!("features of {} clips", features.len());
    println!("audio of {} clips", set.audio()?.len());
    Ok(())
}

/// How often each name occurs, the most frequent first.
fn count<'a>(what: &str, names: impl Iterator<Item = &'a str>) {
    const SHOWN: usize = 20;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    for (name, n) in counts.iter().take(SHOWN) {
        println!("  {what} {name}: {n}");
    }
    if counts.len() > SHOWN {
        println!("  and {} more", counts.len() - SHOWN);
    }
}
