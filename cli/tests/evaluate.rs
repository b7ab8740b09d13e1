//! `rollcall evaluate` on what `rollcall analyze` writes: the same scores from every format, and none for what is not known.

mod program;

use program::{analyze, assert_code, rollcall, stderr, write_tune};
use serde_json::Value;
use std::{fs, path::Path};

/// `rollcall evaluate ARGUMENTS`, its scores.
fn scores(folder: &Path, arguments: &[&str]) -> Value {
    let fixed = ["evaluate", "--quiet", "--rounds", "0", "--force", "-o", "scores.json"];
    assert_code(&rollcall(folder, &[&fixed, arguments].concat()), 0);
    serde_json::from_str(&fs::read_to_string(folder.join("scores.json")).unwrap()).unwrap()
}

fn value(scores: &Value, row: &str, name: &str) -> Option<f64> {
    let row = if row == "macro" { &scores["macro"] } else { &scores["classes"][row] };
    assert!(row["scores"].is_object(), "no row {row} in {scores}");
    row["scores"][name]["value"].as_f64()
}

/// A tune, and a silence in which nobody is heard; annotations of both, voice in the silence alone.
fn recordings(folder: &Path) {
    write_tune(&folder.join("songs/tune.wav"), 8.0, 3);
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut silence = hound::WavWriter::create(folder.join("songs/silence.wav"), spec).unwrap();
    (0..64_000).for_each(|_| silence.write_sample(0_i16).unwrap());
    silence.finalize().unwrap();
    fs::create_dir(folder.join("true")).unwrap();
    fs::write(folder.join("true/tune.lab"), "0 4 piano\n2 6 cello\n").unwrap();
    fs::write(folder.join("true/silence.lab"), "1 2 voice\n").unwrap();
}

#[test]
fn what_was_never_found_counts_as_0_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    recordings(folder);
    // Voice is above its threshold nowhere, the others are everywhere that there is sound.
    let chosen = ["--threshold", "0.001", "--threshold", "voice=1"];
    let formats = ["--format", "json,csv,csv-ranges,parquet", "--out-dir", "said"];
    assert_code(&analyze(folder, &[&["songs"], &chosen[..], &formats[..]].concat()), 0);
    let ranges = fs::read_to_string(folder.join("said/silence.wav.ranges.csv")).unwrap();
    assert_eq!(ranges.lines().count(), 2, "nobody is heard in silence: {ranges}");
    let mut all = Vec::new();
    for ending in ["json", "parquet", "csv", "ranges.csv"] {
        let said = folder.join(format!("only {ending}"));
        fs::create_dir(&said).unwrap();
        for song in ["tune", "silence"] {
            let name = format!("{song}.wav.{ending}");
            fs::copy(folder.join("said").join(&name), said.join(&name)).unwrap();
        }
        let mut arguments = vec![said.to_str().unwrap(), "true"];
        // Rows of steps bear no thresholds.
        arguments.extend((ending == "csv").then_some(&chosen[..]).into_iter().flatten());
        let scores = scores(folder, &arguments);
        assert_eq!(scores["files"], 2, "{ending}");
        assert_eq!(value(&scores, "voice", "segment_f1"), Some(0.0), "{ending}");
        assert_eq!(value(&scores, "voice", "event_recall"), Some(0.0), "{ending}");
        let timed = [
            "segment_precision",
            "segment_recall",
            "segment_f1",
            "event_precision",
            "event_recall",
            "event_f1",
        ];
        all.push(timed.map(|name| value(&scores, "macro", name)));
    }
    assert!(all.iter().all(|scores| scores == &all[0]), "{all:?}");
}

#[test]
fn tables_of_others_are_not_told_to_leave_out_what_scores_0() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    recordings(folder);
    fs::write(folder.join("said.csv"), "file,class,start_s,end_s\ntune.wav,piano,0,4\ntune.wav,cello,1,2\n")
        .unwrap();
    let silent = rollcall(folder, &["evaluate", "said.csv", "true"]);
    assert_code(&silent, 2);
    assert!(
        stderr(&silent).contains("is a score of 0") && !stderr(&silent).contains("add --partial"),
        "{}",
        stderr(&silent)
    );
    fs::write(
        folder.join("said.csv"),
        "file,class,start_s,end_s\ntune.wav,piano,0,4\nsilence.wav,piano,1,2\n",
    )
    .unwrap();
    let strange = rollcall(folder, &["evaluate", "said.csv", "true"]);
    assert_code(&strange, 2);
    assert!(
        !stderr(&strange).contains("--map 'cello='") && !stderr(&strange).contains("--map 'voice='"),
        "{}",
        stderr(&strange)
    );
}

#[test]
fn an_excerpt_is_scored_within_itself() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    recordings(folder);
    // Everything is heard all the time; the part begins where the piano has ended and the cello has not.
    for format in ["json", "csv-ranges", "parquet"] {
        let said = format!("part.{}", if format == "csv-ranges" { "ranges.csv" } else { format });
        let part = ["songs/tune.wav", "--start", "4", "--duration", "2", "--threshold", "0", "-o", &said];
        assert_code(&analyze(folder, &part), 0);
        let scores = scores(folder, &[&said, "true/tune.lab"]);
        assert_eq!(scores["files_in_part"], 1, "{format}");
        assert_eq!(value(&scores, "cello", "segment_f1"), Some(1.0), "{format}");
        assert_eq!(value(&scores, "cello", "event_f1"), Some(1.0), "{format}");
        assert_eq!(value(&scores, "piano", "segment_recall"), None, "{format}: the piano has ended");
        assert_eq!(scores["classes"]["piano"]["positives"], 0, "{format}");
    }
}

#[test]
fn classes_that_were_not_annotated_count_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    recordings(folder);
    assert_code(&analyze(folder, &["songs/tune.wav", "--threshold", "0", "-o", "said.json"]), 0);
    let precision = |options: &[&str]| {
        let scores = scores(folder, &[&["said.json", "true/tune.lab"], options].concat());
        (value(&scores, "macro", "segment_precision").unwrap(), scores["classes"]["organ"].clone())
    };
    let (all, organ) = precision(&[]);
    assert!(all < 0.1 && organ["known"] == 1, "{all}");
    for options in [["--unlisted", "unknown"], ["--annotated", "piano,cello"]] {
        let (precision, organ) = precision(&options);
        assert_eq!((precision, &organ["known"]), (0.5, &Value::from(0)), "4 of 8 s each");
        assert!(organ["scores"]["segment_precision"]["value"].is_null(), "{organ}");
    }
}

/// The greatest activity of a step is not the posterior of the whole file: what is not known is left out, not scored by another
/// number than the same analysis as JSON.
#[test]
fn clips_are_scored_by_the_posterior_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    recordings(folder);
    fs::write(folder.join("labels.csv"), "file,piano,voice\ntune.wav,1,0\nsilence.wav,0,1\n").unwrap();
    assert_code(&analyze(folder, &["songs", "--format", "json,csv,parquet", "--out-dir", "said"]), 0);
    let of = |ending: &str| {
        let said = folder.join(format!("only {ending}"));
        fs::create_dir(&said).unwrap();
        for song in ["tune", "silence"] {
            let name = format!("{song}.wav.{ending}");
            fs::copy(folder.join("said").join(&name), said.join(&name)).unwrap();
        }
        let scores = scores(folder, &[said.to_str().unwrap(), "labels.csv"]);
        ["calibration_error", "f1_both", "average_precision"].map(|name| value(&scores, "voice", name))
    };
    let [json, parquet, csv] = ["json", "parquet", "csv"].map(of);
    assert!(json.iter().all(Option::is_some) && json == parquet, "{json:?} {parquet:?}");
    assert_eq!(csv, [None; 3]);
    let said = rollcall(folder, &["evaluate", "only csv", "labels.csv", "--quiet"]);
    assert!(stderr(&said).contains("clips are scored"), "{}", stderr(&said));
}

#[test]
fn one_of_each_is_paired_and_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    recordings(folder);
    assert_code(&analyze(folder, &["songs/tune.wav", "-o", "tune.json"]), 0);
    let odd = rollcall(folder, &["evaluate", "tune.json", "true/silence.lab", "--quiet"]);
    assert_code(&odd, 0);
    let said = stderr(&odd);
    assert!(said.contains("'songs/tune.wav' and 'true/silence.lab' have different names"), "{said}");
    let same = rollcall(folder, &["evaluate", "tune.json", "true/tune.lab", "--quiet"]);
    assert_eq!(stderr(&same), "");
}
