//! A batch that can be trusted: journal, report, and a run that is killed again and again.

mod program;

use program::{analyze, assert_code, command, files_in, model, rollcall, stderr, write_tune};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Contents of everything below a folder, by name.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = if folder.exists() { files_in(folder) } else { Vec::new() };
    names.into_iter().map(|name| (name.clone(), fs::read(folder.join(&name)).expect("a file"))).collect()
}

#[test]
fn a_journal_goes_on_and_does_nothing_twice() {
    let folder = scratch();
    for index in 0..4_u32 {
        write_tune(&folder.path().join(format!("songs/{index}.wav")), 1.0, index);
    }
    fs::write(folder.path().join("songs/broken.wav"), b"RIFF").expect("a file");
    let run = |more: &[&str]| {
        let fixed = ["songs", "--out-dir", "out", "--journal", "journal", "--format", "json,csv"];
        analyze(folder.path(), &[&fixed, more].concat())
    };
    let first = run(&[]);
    assert_code(&first, 1);
    assert!(stderr(&first).contains("4 of 5 files done, results in out"), "{}", stderr(&first));
    let results = contents(&folder.path().join("out"));
    assert_eq!(results.len(), 8);
    let modified = |name: &str| {
        fs::metadata(folder.path().join("out").join(name)).and_then(|data| data.modified()).expect("a file")
    };
    let before = modified("0.wav.json");
    fs::remove_file(folder.path().join("out/1.wav.csv")).expect("a file");
    write_tune(&folder.path().join("songs/2.wav"), 1.5, 2);
    fs::remove_file(folder.path().join("songs/broken.wav")).expect("a file");
    let second = run(&["--report", "report.json"]);
    assert_code(&second, 0);
    assert_eq!(modified("0.wav.json"), before, "what is done stays as it is");
    let again = contents(&folder.path().join("out"));
    assert_eq!(again.keys().collect::<Vec<_>>(), results.keys().collect::<Vec<_>>());
    assert_eq!(again["1.wav.csv"], results["1.wav.csv"], "what is gone is made again");
    assert_ne!(again["2.wav.csv"], results["2.wav.csv"], "what has changed is made again");
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("report.json")).expect("a report"))
            .expect("JSON");
    assert_eq!((&report["files"], &report["done"]), (&4.into(), &4.into()));
    assert!((report["hours"].as_f64().expect("a number") - 4.5 / 3600.0).abs() < 1e-6);
    let other = run(&["--memory", "5"]);
    assert_code(&other, 2);
    let said = stderr(&other);
    assert!(said.contains("belongs to a batch with another --memory (3.0, now 5.0)"), "{said}");
    // Results that are not this journal's own are not touched.
    fs::remove_file(folder.path().join("journal")).expect("a journal");
    assert_code(&run(&[]), 1);
    assert_eq!(contents(&folder.path().join("out")), again);
    assert_code(&analyze(folder.path(), &["songs", "--journal", "journal"]), 2);
}

/// With the program's own model, whose thresholds are numbers like 0.438: no text of a 64-bit number that holds one of them may
/// come back as another.
#[test]
fn the_same_command_goes_on_with_its_journal() {
    let folder = scratch();
    write_tune(&folder.path().join("song.wav"), 1.0, 1);
    let run = |more: &[&str]| {
        let fixed = ["analyze", "song.wav", "--out-dir", "out", "--journal", "journal"];
        rollcall(folder.path(), &[&fixed, more].concat())
    };
    for more in [&[][..], &["--threshold", "0.438", "--start", "0.1", "--merge-gap", "0.123456789012345678"]]
    {
        for _ in 0..2 {
            assert_code(&run(more), 0);
        }
        fs::remove_file(folder.path().join("journal")).expect("a journal");
        fs::remove_dir_all(folder.path().join("out")).expect("results");
    }
    assert_code(&run(&[]), 0);
    for (more, difference) in [
        (&["--threshold", "voice=0.25"][..], "--threshold voice ("),
        (&["--start", "0.5"], "--start (0.0, now 0.5)"),
        (&["--duration", "0.5"], "--duration (not given, now 0.5)"),
        (&["--format", "csv"], "--format (json, now csv)"),
        (&["--keep-partial"], "--keep-partial (false, now true)"),
        (&["--update", "0.32"], "--update (0.16, now 0.32)"),
    ] {
        let other = run(more);
        assert_code(&other, 2);
        let said = stderr(&other);
        assert!(said.contains(&format!("a batch with another {difference}")), "{more:?}: {said}");
    }
}

#[test]
fn a_report_names_what_failed() {
    let folder = scratch();
    write_tune(&folder.path().join("a.wav"), 1.0, 1);
    fs::write(folder.path().join("b.wav"), b"").expect("a file");
    let output = analyze(folder.path(), &["a.wav", "b.wav", "--threshold", "0", "--report", "report.json"]);
    assert_code(&output, 1);
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("report.json")).expect("a report"))
            .expect("JSON");
    assert_eq!(report["failed"][0]["file"], "b.wav");
    assert!(report["failed"][0]["reason"].as_str().expect("text").contains("empty"));
    assert_eq!(report["classes"]["voice"]["files"], 1);
    assert_eq!(report["classes"]["voice"]["longest"]["file"], "a.wav");
    assert_code(&analyze(folder.path(), &["a.wav", "--report", "report.json"]), 2);
}

#[test]
fn a_batch_ends_with_who_plays_for_how_long_and_names_each_failure_once() {
    let folder = scratch();
    for index in 0..10_u32 {
        write_tune(&folder.path().join(format!("songs/{index}.wav")), 1.0, index);
    }
    let run = |more: &[&str]| {
        let fixed = ["songs", "--out-dir", "out", "--force", "--format", "json", "--threshold", "0"];
        let output = analyze(folder.path(), &[&fixed, more].concat());
        let text = stderr(&output);
        (output, text)
    };
    let lines_with = |text: &str, what: &str| text.lines().filter(|line| line.contains(what)).count();
    let (output, text) = run(&["--bench", "--jobs", "1"]);
    assert_code(&output, 0);
    assert!(text.contains("10 of 10 files done, results in out\n0:10 of audio\n"), "{text}");
    assert!(text.contains("100 %  in 10 files, longest 0:00-0:01 of songs/"), "{text}");
    assert!(text.contains("s/s on 1 core, "), "{text}");
    // One file more than fits a screen, and two that fail: each is told once, after the rest is done.
    for name in ["x", "y"] {
        fs::write(folder.path().join(format!("songs/{name}.wav")), b"RIFF").expect("a file");
    }
    let (output, text) = run(&["--quiet"]);
    assert_code(&output, 1);
    for name in ["songs/x.wav", "songs/y.wav"] {
        assert_eq!(lines_with(&text, name), 1, "{text}");
    }
    assert_eq!(
        lines_with(&text, "of audio"),
        0,
        "who is asked to be quiet says no more than what failed: {text}"
    );
}

#[test]
fn killed_a_hundred_times_nothing_is_lost_or_doubled() {
    const KILLS: u32 = 100;
    let folder = scratch();
    for index in 0..24_u32 {
        write_tune(&folder.path().join(format!("songs/{index:02}.wav")), 2.0, index);
    }
    let whole = analyze(folder.path(), &["songs", "--out-dir", "expected", "--format", "json,csv-ranges"]);
    assert_code(&whole, 0);
    let expected = contents(&folder.path().join("expected"));
    let began = Instant::now();
    assert_code(&analyze(folder.path(), &["songs", "--out-dir", "timed", "--format", "json,csv-ranges"]), 0);
    let usual = began.elapsed();

    let mut state = 0x1234_5678_u32;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        f64::from(state) / f64::from(u32::MAX)
    };
    let (mut kills, mut round) = (0, 0);
    while kills < KILLS {
        round += 1;
        let (out, journal) = (format!("out{round}"), format!("journal{round}"));
        let path = model();
        let arguments = [
            "analyze",
            "--model",
            path.to_str().expect("UTF-8"),
            "songs",
            "--out-dir",
            &out,
            "--journal",
            &journal,
            "--format",
            "json,csv-ranges",
            "--jobs",
            "2",
        ];
        loop {
            let mut child =
                command(folder.path(), &arguments).stderr(Stdio::piped()).spawn().expect("the program runs");
            if kills < KILLS {
                thread::sleep(usual.mul_f64(random()).max(Duration::from_millis(1)));
                if child.try_wait().expect("a child").is_none() {
                    child.kill().expect("a living child");
                    kills += 1;
                }
            }
            let output = child.wait_with_output().expect("a child");
            if let Some(code) = output.status.code() {
                assert_eq!(code, 0, "{}", stderr(&output));
                break;
            }
            // What has its name is whole, at any moment.
            for (name, bytes) in contents(&folder.path().join(&out)) {
                assert!(name.starts_with('.') || bytes == expected[&name], "{name} after {kills} kills");
            }
        }
        // Nothing half written, nothing missing, nothing left over.
        assert_eq!(contents(&folder.path().join(&out)), expected, "round {round} after {kills} kills");
        let journal = fs::read_to_string(folder.path().join(&journal)).expect("a journal");
        assert_eq!(journal.matches("\"event\":\"done\"").count(), 24, "each file is done once");
    }
}
