//! Soft labels of the pool's real music that judges: a teacher listens to each 10 s of it, as it lies in the pool. Music that trains needs
//! none: its teacher hears each clip as it is made ([`crate::default_model`]).

use super::Teacher;
use super::calibration::Calibration;
use crate::base::stem::{Kind, SoftLabel, Split};
use crate::base::threads::parallel;
use crate::pool::maker::LONGEST_MUSIC_S;
use crate::pool::{Pool, PoolWriter, Stem};
use anyhow::Result;
use rollcall_engine::SAMPLE_RATE_HZ;
use std::{array, collections::HashSet, path::Path};

/// Length of a segment, in seconds: what AudioSet's networks are trained on.
const SEGMENT_S: usize = 10;
/// Of a class that a teacher cannot tell, only absence is told, and only below this calibrated probability.
const ABSENT: f32 = 0.2;
/// Labels go to disk after this many pieces, so that a kill costs little.
const BATCH: usize = 8;

/// Labels every piece of music in `pool` outside of training that has no labels yet; returns how many segments are new.
///
/// # Errors
/// A pool that cannot be read, a teacher that fails, or the disk.
pub fn label(pool: &Path, teacher: &Teacher) -> Result<usize> {
    let opened = Pool::open(pool)?;
    let known: HashSet<String> = opened.soft_labels()?.into_iter().map(|l| l.id).collect();
    let judges = |s: &&Stem| s.row.kind == Kind::Music && s.row.split != Split::Train;
    let work: Vec<&Stem> =
        opened.stems.iter().filter(judges).filter(|s| !known.contains(&s.row.id)).collect();
    if work.is_empty() {
        return Ok(0);
    }
    let calibration = Calibration::of(pool, teacher)?;
    let mut writer = PoolWriter::open(pool)?;
    let mut segments = 0;
    for (number, batch) in work.chunks(BATCH).enumerate() {
        for labels in parallel(batch.len(), |i| hear(&opened, batch[i], teacher, &calibration)) {
            let labels = labels?;
            segments += labels.len();
            writer.add_soft_labels(&labels)?;
        }
        eprintln!("{} of {} pieces labelled", (number * BATCH + batch.len()), work.len());
    }
    Ok(segments)
}

fn hear(pool: &Pool, stem: &Stem, teacher: &Teacher, calibration: &Calibration) -> Result<Vec<SoftLabel>> {
    let segment = SEGMENT_S * SAMPLE_RATE_HZ as usize;
    let whole = stem.row.samples as usize / segment;
    (0..whole.min(LONGEST_MUSIC_S / SEGMENT_S))
        .map(|number| {
            let samples = pool.excerpt(stem, number * segment, segment)?;
            let judged = teacher.judge(&teacher.listen(&samples)?);
            let (probability, told) = (calibration.read(&judged), teacher.told());
            Ok(SoftLabel {
                id: stem.row.id.clone(),
                start_s: (number * SEGMENT_S) as f32,
                length_s: SEGMENT_S as f32,
                probability,
                known: array::from_fn(|class| told[class] || probability[class] < ABSENT),
            })
        })
        .collect()
}
