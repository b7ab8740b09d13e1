//! The program from outside: settings, wrong calls, models, completions.

mod program;

use program::{analyze, assert_code, files_in, rollcall, stderr, stdout, write_tune};
use rollcall_engine::timeline::Timeline;
use std::{fs, path::Path};

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn timeline(text: &str) -> Timeline {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text:.200}"))
}

#[test]
fn settings_are_saved_loaded_and_told() {
    let folder = scratch();
    write_tune(&folder.path().join("song.wav"), 3.0, 11);
    let chosen = [
        "--memory",
        "5",
        "--update",
        "0.32",
        "--attack",
        "0.1",
        "--release",
        "0.5",
        "--threshold",
        "0.25",
        "--threshold",
        "voice=0.75",
    ];
    let ranges = ["--min-duration", "0.2", "--merge-gap", "0.1"];
    let save = rollcall(
        folder.path(),
        &[&["analyze", "--save-settings", "mine.toml"][..], &chosen, &ranges].concat(),
    );
    assert_code(&save, 0);
    let direct = analyze(folder.path(), &[&["song.wav", "--format", "json"][..], &chosen, &ranges].concat());
    let loaded = analyze(folder.path(), &["song.wav", "--format", "json", "--settings", "mine.toml"]);
    assert_code(&loaded, 0);
    assert_eq!(stdout(&loaded), stdout(&direct));
    let settings = timeline(&stdout(&loaded)).settings;
    assert_eq!((settings.engine.memory_s, settings.engine.update_hops), (5.0, 32));
    assert_eq!((settings.engine.attack_s, settings.engine.release_s), (0.1, 0.5));
    assert_eq!((settings.ranges.min_duration_s, settings.ranges.merge_gap_s), (0.2, 0.1));
    assert_eq!((settings.ranges.thresholds[0], settings.ranges.thresholds[19]), (0.25, 0.75));
    let over =
        analyze(folder.path(), &["song.wav", "--format", "json", "--settings", "mine.toml", "--memory", "2"]);
    assert_eq!(timeline(&stdout(&over)).settings.engine.memory_s, 2.0, "the command line goes first");
    assert_code(&rollcall(folder.path(), &["analyze", "--save-settings", "mine.toml"]), 2);
    fs::write(folder.path().join("bad.toml"), "memroy_s = 3\n").expect("a file");
    let bad = analyze(folder.path(), &["song.wav", "--settings", "bad.toml"]);
    assert_code(&bad, 2);
    assert!(stderr(&bad).contains("bad.toml") && stderr(&bad).contains("memroy_s"), "{}", stderr(&bad));
}

#[test]
fn wrong_calls_are_2_and_say_what_is_right() {
    let folder = scratch();
    write_tune(&folder.path().join("song.wav"), 1.0, 12);
    for (arguments, part) in [
        (&["song.wav", "--threshold", "2"][..], "0 to 1"),
        (&["song.wav", "--threshold", "oboe=0.5"], "its classes are: accordion banjo"),
        (&["song.wav", "--threshold", "much"], "voice=0.6"),
        (&["song.wav", "--memory", "0.5"], "1 to 30 seconds"),
        (&["song.wav", "--update", "0.1"], "0.16, 0.32"),
        (&["song.wav", "--start", "1:99"], "h:mm:ss"),
        (&["song.wav", "--duration", "0"], "more than 0"),
        (&["song.wav", "--format", "json,csv"], "--out-dir"),
        (&["song.wav", "--format", "xml"], "possible values"),
        (&["song.wav", "-o", "song.what"], "add --format"),
        (&["song.wav", "--jobs", "0"], "1..=512"),
        (&["song.wav", "song.wav/..", "--format", "audacity"], "--out-dir"),
        (&[], "nothing to analyse"),
        (&["-", "--beside"], "beside standard input"),
        (&["song.wav", "--model", "no such model"], "no model package 'no such model'"),
    ] {
        let output = if arguments.contains(&"--model") {
            rollcall(folder.path(), &[&["analyze"], arguments].concat())
        } else {
            analyze(folder.path(), arguments)
        };
        assert_code(&output, 2);
        assert!(stderr(&output).contains(part), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
    let help = rollcall(folder.path(), &["analyze", "--help"]);
    assert_code(&help, 0);
    assert!(stdout(&help).contains("Exit codes:") && stdout(&help).contains("--keep-partial"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error_to_shout_about() {
    let folder = scratch();
    for index in 0..8_u32 {
        write_tune(&folder.path().join(format!("{index}.wav")), 10.0, index);
    }
    let mut child = program::command(
        folder.path(),
        &["analyze", "--model", program::model().to_str().expect("UTF-8"), ".", "-f", "csv"],
    )
    .stdout(std::process::Stdio::piped())
    .stderr(std::process::Stdio::piped())
    .spawn()
    .expect("the program runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(stderr(&output), "");
}

#[test]
fn models_are_listed_shown_and_checked() {
    let folder = scratch();
    let good = program::model();
    let bad = folder.path().join("packages/bad");
    fs::create_dir_all(&bad).expect("a folder");
    for entry in fs::read_dir(&good).expect("the package") {
        let path = entry.expect("a file").path();
        fs::copy(&path, bad.join(path.file_name().expect("a name"))).expect("a copy");
    }
    let verify = |path: &Path| rollcall(folder.path(), &["model", "verify", path.to_str().expect("UTF-8")]);
    let fine = verify(&good);
    assert_code(&fine, 0);
    assert!(stdout(&fine).starts_with("OK: fixture-stream 0.0.0"), "{}", stdout(&fine));
    let inspect = rollcall(folder.path(), &["model", "inspect", good.to_str().expect("UTF-8")]);
    assert_code(&inspect, 0);
    for part in ["fixture-stream", "licence", "mallet_percussion", "0.50", "columns.onnx", "sha256"] {
        assert!(stdout(&inspect).contains(part), "{part}: {}", stdout(&inspect));
    }
    let info = rollcall(folder.path(), &["model", "info", good.to_str().expect("UTF-8")]);
    assert_code(&info, 0);
    let manifest = fs::read_to_string(good.join("manifest.toml")).expect("a file");
    let terms = manifest.lines().find_map(|line| line.strip_prefix("licence = \"")).expect("a licence");
    for part in [terms.trim_end_matches('"'), "MIT or Apache-2.0"] {
        assert!(stdout(&info).contains(part), "{part}: {}", stdout(&info));
    }
    let mut weights = fs::read(bad.join("head.onnx")).expect("a file");
    let middle = weights.len() / 2;
    weights[middle] ^= 1;
    fs::write(bad.join("head.onnx"), weights).expect("a file");
    let broken = verify(&bad);
    assert_code(&broken, 1);
    assert!(
        stderr(&broken).contains("head.onnx") && stderr(&broken).contains("expected"),
        "{}",
        stderr(&broken)
    );
    let fixtures = good.parent().expect("a folder").to_str().expect("UTF-8");
    let list = rollcall(folder.path(), &["model", "list", fixtures, "packages"]);
    assert_code(&list, 1);
    assert!(
        stdout(&list).contains("fixture-patch") && stdout(&list).contains("fixture-stream"),
        "{}",
        stdout(&list)
    );
    assert!(stderr(&list).contains("bad"), "{}", stderr(&list));
}

#[test]
fn completions_and_manual_pages() {
    let folder = scratch();
    for shell in ["bash", "zsh", "fish"] {
        let output = rollcall(folder.path(), &["completions", shell]);
        assert_code(&output, 0);
        assert!(stdout(&output).contains("keep-partial"), "{shell}");
    }
    assert_code(&rollcall(folder.path(), &["man", "pages"]), 0);
    assert!(files_in(&folder.path().join("pages")).contains(&String::from("rollcall-analyze.1")));
}
