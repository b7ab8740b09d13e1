//! `--channels`, and results that are empty for a technical reason: which one is said.

mod program;

use program::{analyze, analyze_stream, assert_code, files_in, stderr, stdout};
use serde_json::Value;
use std::{f32::consts::TAU, fs, path::Path};

const RATE_HZ: u32 = 16_000;

/// Frames of so many channels, from a tone: `sample(channel, tone)`.
fn write(path: &Path, channels: u16, seconds: f32, sample: impl Fn(u16, f32) -> f32) {
    let spec = hound::WavSpec {
        channels,
        sample_rate: RATE_HZ,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for frame in 0..(seconds * RATE_HZ as f32) as u32 {
        let time_s = frame as f32 / RATE_HZ as f32;
        let tone: f32 = (1..6).map(|n| (TAU * 220.0 * n as f32 * time_s).sin() / n as f32 * 0.2).sum();
        (0..channels).for_each(|channel| writer.write_sample(sample(channel, tone)).unwrap());
    }
    writer.finalize().unwrap();
}

fn json(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = analyze(folder, &[arguments, &["--format", "json", "--quiet"]].concat());
    assert_code(&output, 0);
    stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn notes(value: &Value) -> String {
    value["notes"].as_array().map_or_else(String::new, |notes| {
        notes.iter().map(|note| note.as_str().unwrap()).collect::<Vec<_>>().join("\n")
    })
}

#[test]
fn each_channel_is_heard_as_if_it_were_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let level = |channel: u16| [0.9, 0.2, 0.5][usize::from(channel)];
    write(&folder.join("three.wav"), 3, 3.0, |channel, tone| level(channel) * tone);
    for channel in 0..3 {
        write(&folder.join(format!("{}.wav", channel + 1)), 1, 3.0, |_, tone| level(channel) * tone);
    }
    write(&folder.join("mid.wav"), 1, 3.0, |_, tone| (0.9 * tone + 0.2 * tone) * 0.5);
    write(&folder.join("side.wav"), 1, 3.0, |_, tone| (0.9 * tone - 0.2 * tone) * 0.5);
    let one = |file: &str| json(folder, &[file]).remove(0);
    let each = json(folder, &["three.wav", "--channels", "each"]);
    assert_eq!(each.len(), 3);
    for (index, channel) in each.iter().enumerate() {
        let alone = one(&format!("{}.wav", index + 1));
        assert_eq!((&channel["activity"], &channel["clip"]), (&alone["activity"], &alone["clip"]));
        assert_eq!(channel["channel"], (index + 1).to_string());
        assert_eq!((&channel["file"], &channel["channels"]), (&"three.wav".into(), &3.into()));
    }
    for (name, file) in [("left", "1.wav"), ("right", "2.wav"), ("mid", "mid.wav"), ("side", "side.wav")] {
        let chosen = json(folder, &["three.wav", "--channels", name]).remove(0);
        assert_eq!(chosen["activity"], one(file)["activity"], "{name}");
        assert_eq!(chosen["channel"], name);
    }
    let mono = json(folder, &["three.wav", "--channels", "mono"]).remove(0);
    assert_eq!(mono, one("three.wav"));
    assert!(
        mono.get("channel").is_none() && mono.get("notes").is_none(),
        "nothing is added to what is usual"
    );

    let formats = "json,csv,csv-ranges,parquet,lab,jams";
    let arguments =
        ["three.wav", "--channels", "each", "--out-dir", "out", "--format", formats, "--threshold", "0"];
    assert_code(&analyze(folder, &arguments), 0);
    let names = files_in(&folder.join("out"));
    assert_eq!(names.len(), 18);
    assert!(names.contains(&"three.wav.ch3.jams".into()), "{names:?}");
    let again = analyze(folder, &arguments);
    assert_code(&again, 1);
    assert!(stderr(&again).contains("three.wav.ch1.json exists already"), "{}", stderr(&again));
    let csv = |format: &str| {
        let output =
            analyze(folder, &["three.wav", "--channels", "each", "--format", format, "--threshold", "0"]);
        assert_code(&output, 0);
        stdout(&output)
    };
    let steps = csv("csv");
    assert!(steps.starts_with("file,channel,time_s,accordion,"), "{steps:.80}");
    assert_eq!(
        (steps.matches("\nthree.wav,2,").count(), steps.matches("time_s").count()),
        (each[0]["times_s"].as_array().unwrap().len(), 1)
    );
    let ranges = csv("csv-ranges");
    assert!(ranges.starts_with("file,class,start_s,end_s,mean,peak,classes,channel\n"), "{ranges:.80}");
    assert_eq!(ranges.lines().filter(|line| line.ends_with(",3")).count(), 21, "the file, and 20 classes");
    let summary = csv("summary");
    assert!(summary.contains("three.wav  0:03.0, 16 kHz, 3 channels, channel 2\n"), "{summary}");
    // A journal knows how many results there are.
    let journalled = [&arguments[..], &["--journal", "journal", "--force"]].concat();
    assert_code(&analyze(folder, &journalled), 0);
    let before = fs::metadata(folder.join("out/three.wav.ch1.json")).unwrap().modified().unwrap();
    assert_code(&analyze(folder, &journalled), 0);
    let after = || fs::metadata(folder.join("out/three.wav.ch1.json")).unwrap().modified().unwrap();
    assert_eq!(after(), before);
    fs::remove_file(folder.join("out/three.wav.ch3.lab")).unwrap();
    assert_code(&analyze(folder, &journalled), 0);
    assert_ne!(after(), before);
    let single = analyze(folder, &["three.wav", "--channels", "each", "--format", "lab"]);
    assert_code(&single, 2);
    assert!(stderr(&single).contains("--out-dir"), "{}", stderr(&single));
}

#[test]
fn results_that_are_empty_for_a_technical_reason_say_which() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let polarity = |channel: u16| if channel == 0 { 1.0 } else { -1.0 };
    write(&folder.join("inverted.wav"), 2, 2.0, |channel, tone| polarity(channel) * tone);
    write(&folder.join("nearly.wav"), 2, 2.0, |channel, tone| if channel == 0 { tone } else { -0.8 * tone });
    write(&folder.join("silence.wav"), 2, 2.0, |_, _| 0.0);
    write(&folder.join("quiet.wav"), 1, 2.0, |_, tone| 0.01 * tone);
    write(&folder.join("nothing.wav"), 1, 0.0, |_, tone| tone);
    write(&folder.join("same.wav"), 2, 2.0, |_, tone| tone);
    write(&folder.join("half.wav"), 2, 2.0, |channel, tone| if channel == 0 { tone } else { 0.0 });
    for (file, channels, parts) in [
        ("inverted.wav", "mono", &["cancel each other", "is silent", "--channels left"][..]),
        ("nearly.wav", "mono", &["is 20 dB below the loudest", "--channels each"]),
        ("silence.wav", "mono", &["digital silence"]),
        ("quiet.wav", "mono", &["very quiet: -5", "volume=40dB"]),
        ("nothing.wav", "mono", &["0 frames"]),
        ("same.wav", "side", &["there is no side", "--channels mono"]),
        ("quiet.wav", "side", &["it has one channel"]),
        ("half.wav", "right", &["digital silence in --channels right"]),
        ("half.wav", "mono", &[]),
        ("inverted.wav", "left", &[]),
        ("inverted.wav", "side", &[]),
        ("same.wav", "mono", &[]),
    ] {
        let said = notes(&json(folder, &[file, "--channels", channels])[0]);
        assert_eq!(said.is_empty(), parts.is_empty(), "{file} {channels}: {said}");
        assert!(parts.iter().all(|part| said.contains(part)), "{file} {channels}: {said}");
        let summary = stdout(&analyze(folder, &[file, "--channels", channels]));
        assert_eq!(summary.contains(&format!("\n  note: {said}\n")), !parts.is_empty(), "{summary}");
    }
    let stream = analyze_stream(folder, &["-"], &fs::read(folder.join("silence.wav")).unwrap());
    assert!(stdout(&stream).contains("note: digital silence"), "{}", stdout(&stream));
    // Where the result goes elsewhere, whoever is watching is told; the report counts it.
    let watched = analyze(
        folder,
        &["inverted.wav", "same.wav", "-f", "csv", "-o", "all.csv", "--report", "report.json"],
    );
    assert_code(&watched, 0);
    assert!(stderr(&watched).contains("note: inverted.wav: the channels cancel"), "{}", stderr(&watched));
    let report: Value = serde_json::from_slice(&fs::read(folder.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["notes"].as_array().unwrap().len(), 1);
    assert_eq!(report["notes"][0]["file"], "inverted.wav");
}

#[test]
fn a_missing_tail_is_told_in_every_result() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(&folder.join("whole.wav"), 1, 2.0, |_, tone| tone);
    let whole = fs::read(folder.join("whole.wav")).unwrap();
    fs::write(folder.join("cut.wav"), &whole[..whole.len() - 4 * 1_600]).unwrap();
    let cut = json(folder, &["cut.wav"]).remove(0);
    assert!(notes(&cut).contains("100 ms before the end that it tells"), "{cut}");
    let summary = stdout(&analyze(folder, &["cut.wav"]));
    assert!(summary.contains("note: the file ends at 0:01.900"), "{summary}");
}

/// JAMS tells how long the file is, not the part that was heard.
#[test]
fn jams_tells_the_length_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(&folder.join("song.wav"), 1, 4.0, |_, tone| tone);
    for part in [&["--start", "1"][..], &["--start", "1", "--duration", "2"], &["--duration", "0.5"], &[]] {
        let output = analyze(folder, &[&["song.wav", "--format", "jams"], part].concat());
        assert_code(&output, 0);
        let jams: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!(jams["file_metadata"]["duration"], 4.0, "{part:?}");
    }
}
