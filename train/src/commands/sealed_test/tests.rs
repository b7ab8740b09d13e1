//! The sealed test on recordings made here, with the engine's fixture as the release.

use super::*;
use crate::base::stem::{Kind, Part, Split};
use crate::default_model::sealed::PLAYERS;
use crate::default_model::sealed::record::date;
use crate::pool::PoolWriter;
use hound::{SampleFormat, WavSpec, WavWriter};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/golden/models/stream")
}

fn tone(hz: f32, seconds: f32) -> Vec<f32> {
    (0..(seconds * 16_000.0) as usize)
        .map(|n| 0.3 * (n as f32 * hz / 16_000.0 * std::f32::consts::TAU).sin())
        .collect()
}

/// Four clips of two classes, and a pool of noise, another instrument and speech.
fn material(folder: &Path) {
    let spec =
        WavSpec { channels: 1, sample_rate: 16_000, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut index = "path,class,source\n".to_owned();
    for (number, class) in ["violin", "piano", "violin", "piano"].into_iter().enumerate() {
        let name = format!("{number}.wav");
        let mut wav = WavWriter::create(folder.join(&name), spec).unwrap();
        for sample in tone(200.0 + 100.0 * number as f32, 2.97) {
            wav.write_sample((sample * 32_000.0) as i16).unwrap();
        }
        wav.finalize().unwrap();
        index += &format!("{name},{class},{PLAYERS}\n");
    }
    index += "elsewhere.wav,flute,a-library\n";
    fs::write(folder.join("index.csv"), index).unwrap();
    let mut writer = PoolWriter::open(&folder.join("pool")).unwrap();
    for (kind, class) in [(Kind::Noise, "_none"), (Kind::Negative, "_none"), (Kind::Speech, "voice")] {
        let part = Part {
            samples: tone(700.0, 4.0),
            kind,
            class: class.into(),
            source: format!("{kind:?}"),
            split: Split::Sealed,
            licence: "CC0".into(),
            origin: "x".into(),
            extra: json!({}),
        };
        writer.add(&format!("{kind:?}"), &[part]).unwrap();
    }
    writer.commit().unwrap();
}

fn release(folder: &Path, version: &str) -> SealedArgs {
    let model = folder.join(version);
    fs::create_dir_all(&model).unwrap();
    for entry in fs::read_dir(fixture()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, model.join(path.file_name().unwrap())).unwrap();
    }
    let manifest = fs::read_to_string(model.join("manifest.toml")).unwrap();
    fs::write(
        model.join("manifest.toml"),
        manifest.replace("version = \"0.0.0\"", &format!("version = \"{version}\"")),
    )
    .unwrap();
    SealedArgs {
        model,
        recordings: folder.to_owned(),
        pool: folder.join("pool"),
        teacher: None,
        ledger: folder.join("SEALED.csv"),
    }
}

#[test]
fn it_opens_once_a_release_and_writes_itself_down() {
    let folder = tempfile::tempdir().unwrap();
    material(folder.path());
    let first = release(folder.path(), "1.0.0");
    run(&first).unwrap();
    let card = fs::read_to_string(first.model.join("MODEL_CARD.md")).unwrap();
    assert!(card.contains("## The sealed test, opened for fixture-stream 1.0.0 on 20"), "{card}");
    for part in [
        "### solos (4 clips, 4 sources)",
        "### two or three at once (150 clips",
        "first guess is right",
        "### speech",
    ] {
        assert!(card.contains(part), "{part}: {card}");
    }
    rollcall_models::read_dir(&first.model).expect("the package loads as before");
    let ledger = Ledger::open(&first.ledger).unwrap();
    assert_eq!((ledger.entries.len(), ledger.entries[0].release.as_str()), (1, "fixture-stream 1.0.0"));
    assert!(ledger.entries[0].figures.contains("solos: first guess is right = "), "{ledger:?}");

    let refused = run(&first).unwrap_err().to_string();
    assert!(refused.contains("was opened for this release on 20"), "{refused}");
    let renamed = release(folder.path(), "1.0.1");
    let refused = run(&renamed).unwrap_err().to_string();
    assert!(refused.contains("fixture-stream 1.0.0, with the same weights"), "{refused}");
    assert!(!fs::read_to_string(renamed.model.join("MODEL_CARD.md")).unwrap().contains("sealed"));
}

#[test]
fn what_is_missing_is_said_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    material(folder.path());
    let args = SealedArgs { pool: folder.path().join("none"), ..release(folder.path(), "1.0.0") };
    assert!(format!("{:#}", run(&args).unwrap_err()).contains("--part sealed"));
    assert!(!args.ledger.exists());
}

#[test]
fn days_are_counted_by_the_calendar() {
    let days = [
        (0, "1970-01-01"),
        (58, "1970-02-28"),
        (59, "1970-03-01"),
        (11_016, "2000-02-29"),
        (20_787, "2026-11-30"),
    ];
    days.into_iter().for_each(|(n, day)| assert_eq!(date(n), day));
}
