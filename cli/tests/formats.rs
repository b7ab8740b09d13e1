//! The formats for other programs, read back by the libraries that Rust has for them (`readback.py` uses theirs).

mod program;

use midly::{MetaMessage, MidiMessage, Smf, TrackEventKind};
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};
use program::{analyze, assert_code, stdout, write_tune};
use rollcall_engine::timeline::Timeline;
use std::{fs, path::PathBuf};

/// A tune, its timeline, and a file in another format.
fn converted(format: &str, suffix: &str) -> (tempfile::TempDir, Timeline, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_tune(&folder.path().join("a <b> & \"ü\".wav"), 5.0, 3);
    let chosen = ["a <b> & \"ü\".wav", "--threshold", "0.3", "--format"];
    let json = analyze(folder.path(), &[&chosen[..], &["json"]].concat());
    assert_code(&json, 0);
    let timeline: Timeline = serde_json::from_str(&stdout(&json)).expect("a timeline");
    assert!(!timeline.ranges.is_empty());
    assert_code(&analyze(folder.path(), &[&chosen[..], &[format, "--out-dir", "out"]].concat()), 0);
    let path = folder.path().join("out").join(format!("a <b> & \"ü\".wav.{suffix}"));
    (folder, timeline, path)
}

#[test]
fn lab_and_reaper_hold_the_ranges() {
    let (_folder, timeline, path) = converted("lab", "lab");
    let text = fs::read_to_string(path).expect("a file");
    for (line, range) in text.lines().zip(&timeline.ranges) {
        assert_eq!(line, format!("{:.6} {:.6} {}", range.start_s, range.end_s, range.class));
    }
    assert_eq!(text.lines().count(), timeline.ranges.len());
    let (_folder, timeline, path) = converted("reaper", "regions.csv");
    let text = fs::read_to_string(path).expect("a file");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("#,Name,Start,End,Length"));
    let first = &timeline.ranges[0];
    assert!(lines.next().expect("a region").starts_with(&format!("R1,{},0:0", first.class)));
}

#[test]
fn svl_is_sound_xml_with_a_point_for_each_range() {
    let (_folder, timeline, path) = converted("svl", "svl");
    let text = fs::read_to_string(path).expect("a file");
    assert!(text.contains("instruments: a &lt;b> &amp; &quot;ü&quot;.wav"), "{text}");
    assert_eq!(text.matches("<point ").count(), timeline.ranges.len());
}

#[test]
fn jams_holds_tags_and_segments() {
    let (_folder, timeline, path) = converted("jams", "jams");
    let text = fs::read_to_string(path).expect("a file");
    for tail in text.split("\"confidence\":").skip(1) {
        let digits = tail.split([',', '}']).next().expect("a number");
        let shortest = serde_json::to_string(&digits.parse::<f32>().expect("a number")).expect("JSON");
        assert_eq!(digits, shortest, "a confidence has 32 bits and no more digits than they need");
    }
    let jams: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(jams["file_metadata"]["duration"], timeline.duration_s);
    let segments = &jams["annotations"][1];
    assert_eq!(segments["namespace"], "segment_open");
    assert_eq!(segments["data"].as_array().expect("a list").len(), timeline.ranges.len());
    assert_eq!(segments["data"][0]["value"], timeline.ranges[0].class);
}

#[test]
fn midi_holds_markers_and_curves() {
    let (_folder, timeline, path) = converted("midi", "mid");
    let bytes = fs::read(path).expect("a file");
    let midi = Smf::parse(&bytes).expect("MIDI");
    assert_eq!(midi.tracks.len(), 21);
    let markers = midi.tracks[0]
        .iter()
        .filter(|event| matches!(event.kind, TrackEventKind::Meta(MetaMessage::Marker(_))));
    assert_eq!(markers.count(), 2 * timeline.ranges.len());
    for (class, track) in midi.tracks[1..].iter().enumerate() {
        let mut ticks = 0;
        let mut curve = Vec::new();
        for event in track {
            ticks += event.delta.as_int();
            if let TrackEventKind::Midi { message: MidiMessage::Controller { value, .. }, .. } = event.kind {
                curve.push((ticks, value.as_int()));
            }
        }
        for (time_s, row) in timeline.times_s.iter().zip(&timeline.activity) {
            let tick = (time_s * 960.0).round() as u32;
            let shown = curve.iter().rev().find(|(at, _)| *at <= tick).expect("a value").1;
            assert_eq!(shown, (row[class] * 127.0).round() as u8, "class {class} at {time_s}");
        }
    }
}

#[test]
fn parquet_holds_every_step_and_the_whole_file() {
    let (_folder, timeline, path) = converted("parquet", "parquet");
    let reader = SerializedFileReader::new(fs::File::open(path).expect("a file")).expect("Parquet");
    let metadata = reader.metadata().file_metadata();
    assert_eq!(metadata.num_rows() as usize, 20 * (timeline.times_s.len() + 1));
    let head = metadata.key_value_metadata().expect("metadata");
    assert!(head.iter().any(|pair| {
        pair.key == "rollcall" && pair.value.as_ref().is_some_and(|json| json.contains("rollcall.timeline/1"))
    }));
    for (index, row) in reader.get_row_iter(None).expect("rows").enumerate() {
        let row = row.expect("a row");
        let fields: Vec<&Field> = row.get_column_iter().map(|(_, field)| field).collect();
        let (step, class) = (index / 20, index % 20);
        assert_eq!(fields[2], &Field::Str(timeline.classes[class].clone()));
        let (time, activity) = match step {
            0 => (Field::Null, timeline.clip[&timeline.classes[class]]),
            step => (Field::Double(timeline.times_s[step - 1]), timeline.activity[step - 1][class]),
        };
        assert_eq!((fields[1], fields[3]), (&time, &Field::Float(activity)));
    }
}
