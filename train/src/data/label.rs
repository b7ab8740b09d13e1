//! Soft labels of the pool's real music: a teacher listens to each 10 s of the files that the stems were cut from.

use super::calibration::Calibration;
use super::collections;
use super::decode::decode;
use super::maker::LONGEST_MUSIC_S;
use super::pool::{Kind, Pool, PoolWriter, SoftLabel};
use crate::fit::trainer::parallel;
use crate::teacher::{self, Teacher};
use anyhow::{Context, Result};
use std::{
    array,
    collections::HashSet,
    path::{Path, PathBuf},
};

/// Length of a segment, in seconds: what AudioSet's networks are trained on.
const SEGMENT_S: usize = 10;
/// Of a class that a teacher cannot tell, only absence is learned, and only below this calibrated probability: without it
/// nothing would hold the class down in real music, and it would be heard in all of it.
const ABSENT: f32 = 0.2;
/// Labels go to disk after this many files, so that a kill costs little.
const BATCH: usize = 8;

/// Labels every piece of music in `pool` that has no labels yet; returns how many segments are new.
///
/// # Errors
/// A stem whose file is not among `packages`, a teacher that fails, or the disk.
pub fn label(pool: &Path, packages: &Path, teacher: &Teacher) -> Result<usize> {
    let opened = Pool::open(pool)?;
    let known: HashSet<String> = opened.soft_labels()?.into_iter().map(|l| l.id).collect();
    let music = opened.stems.iter().filter(|s| s.row.kind == Kind::Music && !known.contains(&s.row.id));
    let work = music
        .map(|stem| Ok((stem.row.id.clone(), file_of(&stem.row.source, &stem.row.extra, packages)?)))
        .collect::<Result<Vec<_>>>()?;
    if work.is_empty() {
        return Ok(0);
    }
    let calibration = Calibration::of(pool, teacher)?;
    let mut writer = PoolWriter::open(pool)?;
    let mut segments = 0;
    for (number, batch) in work.chunks(BATCH).enumerate() {
        for labels in parallel(batch.len(), |i, _| hear(&batch[i].0, &batch[i].1, teacher, &calibration)) {
            let labels = labels?;
            segments += labels.len();
            writer.add_soft_labels(&labels)?;
        }
        eprintln!("{} of {} files labelled", (number * BATCH + batch.len()), work.len());
    }
    Ok(segments)
}

fn file_of(group: &str, extra: &str, packages: &Path) -> Result<PathBuf> {
    let collection = collections::all().find(|c| c.group == group);
    let collection = collection.with_context(|| format!("there is no collection {group}"))?;
    let facts: serde_json::Value = serde_json::from_str(extra)?;
    let name = facts["file"].as_str().with_context(|| format!("a stem of {group} names no file"))?;
    Ok(collection.package.folder(packages).join(collection.folder).join(name))
}

fn hear(id: &str, file: &Path, teacher: &Teacher, calibration: &Calibration) -> Result<Vec<SoftLabel>> {
    let samples = decode(file, teacher::SAMPLE_RATE_HZ)?;
    let segment = SEGMENT_S * teacher::SAMPLE_RATE_HZ as usize;
    let segments = samples.chunks_exact(segment).take(LONGEST_MUSIC_S / SEGMENT_S).enumerate();
    segments
        .map(|(number, samples)| {
            let judged = teacher.judge(&teacher.hear(samples)?);
            let (probability, told) = (calibration.read(&judged), teacher.told());
            Ok(SoftLabel {
                id: id.to_owned(),
                start_s: (number * SEGMENT_S) as f32,
                length_s: SEGMENT_S as f32,
                probability,
                known: array::from_fn(|class| told[class] || probability[class] < ABSENT),
            })
        })
        .collect()
}
