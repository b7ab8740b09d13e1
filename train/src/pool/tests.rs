//! The pool survives a round trip, and a kill at any byte.

use super::*;
use crate::base::stem::{Kind, Part, Split};
use serde_json::json;
use std::fs;

fn part(class: &str, value: f32, len: usize) -> Part {
    Part {
        samples: vec![value; len],
        kind: Kind::Phrase,
        class: class.to_owned(),
        source: "S".to_owned(),
        split: Split::Train,
        licence: "MIT".to_owned(),
        origin: "a \"package\", with commas".to_owned(),
        extra: json!({"words": ["bright", "decay"]}),
    }
}

/// Three units: one of one stem, one of two, one of none.
fn fill(writer: &mut PoolWriter) {
    for (unit, parts) in [
        ("a/0", vec![part("violin", 0.5, 300)]),
        ("a/1", vec![part("drums", -0.25, 100), part("cymbals", 0.125, 100)]),
        ("a/2", vec![]),
    ] {
        if !writer.has(unit) {
            writer.add(unit, &parts).unwrap();
            writer.commit().unwrap();
        }
    }
}

#[test]
fn round_trip() {
    let folder = tempfile::tempdir().unwrap();
    fill(&mut PoolWriter::open(folder.path()).unwrap());
    let pool = Pool::open(folder.path()).unwrap();
    assert_eq!(pool.stems.len(), 3);
    assert_eq!(pool.stems[0].class, crate::base::class::index("violin"));
    assert_eq!(pool.samples(&pool.stems[1]).unwrap(), vec![-0.25; 100]);
    assert_eq!(pool.excerpt(&pool.stems[2], 90, 50).unwrap(), vec![0.125; 10]);
    assert_eq!(pool.stems[0].row.peak_dbfs, -6.0);
    assert_eq!(pool.stems[0].row.origin, "a \"package\", with commas");
}

#[test]
fn a_kill_at_any_byte_loses_at_most_unfinished_units() {
    let folder = tempfile::tempdir().unwrap();
    fill(&mut PoolWriter::open(folder.path()).unwrap());
    let (index, shard) = (folder.path().join(INDEX), folder.path().join("shard-000.pcm"));
    let (whole_index, whole_audio) = (fs::read(&index).unwrap(), fs::read(&shard).unwrap());
    for cut in 0..=whole_index.len() {
        fs::write(&index, &whole_index[..cut]).unwrap();
        // The next batch's audio was on its way when the writer died.
        let mut audio = whole_audio.clone();
        audio.extend([1, 2, 3]);
        fs::write(&shard, &audio).unwrap();
        fill(&mut PoolWriter::open(folder.path()).unwrap());
        assert_eq!(fs::read(&index).unwrap(), whole_index, "cut at byte {cut}");
        assert_eq!(fs::read(&shard).unwrap(), whole_audio, "cut at byte {cut}");
    }
}

#[test]
fn a_reader_sees_only_finished_units() {
    let folder = tempfile::tempdir().unwrap();
    fill(&mut PoolWriter::open(folder.path()).unwrap());
    let index = folder.path().join(INDEX);
    let text = fs::read_to_string(&index).unwrap();
    let up_to_first_drum = text.find("a/1#1").unwrap();
    fs::write(&index, &text[..up_to_first_drum]).unwrap();
    assert_eq!(Pool::open(folder.path()).unwrap().stems.len(), 1);
}

#[test]
fn a_shard_that_is_too_short_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fill(&mut PoolWriter::open(folder.path()).unwrap());
    fs::write(folder.path().join("shard-000.pcm"), [0; 64]).unwrap();
    assert!(matches!(Pool::open(folder.path()), Err(PoolError::Short { .. })));
}

#[test]
fn one_writer_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let first = PoolWriter::open(folder.path()).unwrap();
    let error = PoolWriter::open(folder.path()).map(drop).unwrap_err().to_string();
    assert!(error.contains("another process is at work in this folder"), "{error}");
    drop(first);
    PoolWriter::open(folder.path()).unwrap();
}

#[test]
fn soft_labels_round_trip_after_a_cut() {
    let folder = tempfile::tempdir().unwrap();
    let label = |start_s: f32, p: f32| SoftLabel {
        id: "m#0".to_owned(),
        start_s,
        length_s: 10.0,
        probability: [p; 20],
        known: std::array::from_fn(|c| c != 3),
    };
    let mut writer = PoolWriter::open(folder.path()).unwrap();
    writer.add_soft_labels(&[label(0.0, 0.25), label(10.0, 0.5)]).unwrap();
    let path = folder.path().join(MUSIC);
    let text = fs::read(&path).unwrap();
    fs::write(&path, &text[..text.len() - 5]).unwrap();
    writer.add_soft_labels(&[label(10.0, 0.75)]).unwrap();
    let pool = Pool::open(folder.path()).unwrap();
    assert_eq!(pool.soft_labels().unwrap(), vec![label(0.0, 0.25), label(10.0, 0.75)]);
}
