//! Where results may go: regular files are replaced where links lead, devices and pipes are written to, and what cannot be written
//! is found before the work.
#![cfg(unix)]

mod program;

use program::{analyze, assert_code, command, files_in, model, rollcall, stderr, stdout, write_tune};
use rollcall_engine::timeline::Timeline;
use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::{FileTypeExt, symlink},
    path::Path,
    process::{Command, Stdio},
    thread,
};

fn scratch() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_tune(&folder.path().join("song.wav"), 1.0, 1);
    folder
}

fn timeline(text: &str) -> Timeline {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text:.200}"))
}

#[test]
fn devices_stay_devices_with_and_without_force() {
    let folder = scratch();
    let null = folder.path().join("null");
    symlink("/dev/null", &null).unwrap();
    for more in [&[][..], &["--force"]] {
        let all = ["song.wav", "-o", "null", "-f", "json", "--report", "null", "--save-settings", "null"];
        assert_code(&analyze(folder.path(), &[&all, more].concat()), 0);
        assert!(fs::symlink_metadata(&null).unwrap().is_symlink());
        assert!(fs::metadata(&null).unwrap().file_type().is_char_device());
    }
    // A device tells no format: what is for reading.
    assert_code(&analyze(folder.path(), &["song.wav", "-o", "null"]), 0);
    let full = folder.path().join("full.json");
    symlink("/dev/full", &full).unwrap();
    let output = analyze(folder.path(), &["song.wav", "-o", "full.json"]);
    assert_code(&output, 3);
    assert!(stderr(&output).contains("no space left on the disk; make room"), "{}", stderr(&output));
    assert!(stdout(&analyze(folder.path(), &["--help"])).contains("  3  results could not be written"));
}

#[test]
fn a_pipe_is_written_to() {
    let folder = scratch();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for more in [&[][..], &["--force"]] {
        let reader = {
            let pipe = pipe.clone();
            thread::spawn(move || fs::read_to_string(pipe).unwrap())
        };
        let output = analyze(folder.path(), &[&["song.wav", "-o", "pipe", "-f", "json"], more].concat());
        assert_code(&output, 0);
        assert_eq!(timeline(&reader.join().unwrap()).file, "song.wav");
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    }
}

#[test]
fn this_process_s_own_streams_are_written_to() {
    let folder = scratch();
    let arguments =
        ["analyze", "--model", model().to_str().unwrap(), "song.wav", "-f", "json", "-o"].map(str::to_owned);
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain([name]).collect();
        let piped = rollcall(folder.path(), &arguments);
        assert_code(&piped, 0);
        assert_eq!(timeline(&stdout(&piped)).file, "song.wav", "{name}");
        // A file behind it keeps what it has.
        let path = folder.path().join("log");
        let mut log = File::create(&path).unwrap();
        log.write_all(b"before\n").unwrap();
        let status = command(folder.path(), &arguments).stdin(Stdio::null()).stdout(log).status().unwrap();
        assert!(status.success());
        let text = fs::read_to_string(&path).unwrap();
        timeline(text.strip_prefix("before\n").expect("what was there"));
    }
    let error = analyze(folder.path(), &["song.wav", "-f", "json", "-o", "/dev/stderr"]);
    timeline(&stderr(&error));
}

#[test]
fn a_link_s_target_is_what_is_written() {
    let folder = scratch();
    fs::create_dir(folder.path().join("real")).unwrap();
    fs::write(folder.path().join("real/song.json"), "old").unwrap();
    symlink("real/song.json", folder.path().join("song.json")).unwrap();
    let refused = analyze(folder.path(), &["song.wav", "-o", "song.json"]);
    assert_code(&refused, 2);
    assert!(stderr(&refused).contains("exists already"), "{}", stderr(&refused));
    assert_code(&analyze(folder.path(), &["song.wav", "-o", "song.json", "--force"]), 0);
    assert!(fs::symlink_metadata(folder.path().join("song.json")).unwrap().is_symlink());
    timeline(&fs::read_to_string(folder.path().join("real/song.json")).unwrap());
    assert_eq!(files_in(&folder.path().join("real")), ["song.json"]);
    // Results of a folder, too; and a link to what is not there yet.
    fs::create_dir(folder.path().join("out")).unwrap();
    symlink("../real/later.json", folder.path().join("out/song.wav.json")).unwrap();
    assert_code(&analyze(folder.path(), &["song.wav", "--out-dir", "out"]), 0);
    timeline(&fs::read_to_string(folder.path().join("real/later.json")).unwrap());
    symlink("gone/x", folder.path().join("lost.json")).unwrap();
    let lost = analyze(folder.path(), &["song.wav", "-o", "lost.json"]);
    assert_code(&lost, 2);
    assert!(stderr(&lost).contains("is a link to gone/x, where no folder is"), "{}", stderr(&lost));
    let dangling = folder.path().join("dangling.wav");
    symlink("nowhere.wav", &dangling).unwrap();
    let missing = analyze(folder.path(), &["dangling.wav"]);
    assert_code(&missing, 1);
    assert!(
        stderr(&missing).contains("is a link to nowhere.wav, which is not there"),
        "{}",
        stderr(&missing)
    );
    assert_code(&analyze(folder.path(), &["."]), 1);
    assert!(stderr(&analyze(folder.path(), &["."])).contains("dangling.wav: is a link to nowhere.wav"));
}

#[test]
fn a_folder_that_cannot_be_written_is_found_before_any_work() {
    let folder = scratch();
    // If it were analysed, this would fail first.
    fs::write(folder.path().join("broken.wav"), "RIFF").unwrap();
    for place in ["song.wav/out", "song.wav"] {
        let output = analyze(folder.path(), &["broken.wav", "song.wav", "--out-dir", place]);
        assert_code(&output, 2);
        let said = stderr(&output);
        assert!(said.contains(&format!("--out-dir {place}: ")) && !said.contains("broken"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let nobody_may = Path::new("/proc/rollcall");
    if nobody_may.parent().unwrap().exists() {
        let output = analyze(folder.path(), &["song.wav", "--out-dir", "/proc/rollcall"]);
        assert_code(&output, 2);
        assert!(!stderr(&output).contains("os error"), "{}", stderr(&output));
    }
    assert_eq!(files_in(folder.path()), ["broken.wav", "song.wav"], "nothing is left of trying");
}

#[test]
fn a_journalled_batch_writes_its_report_again() {
    let folder = scratch();
    let run = |more: &[&str]| {
        let fixed = ["song.wav", "--out-dir", "out", "--journal", "journal", "--report", "report.json"];
        analyze(folder.path(), &[&fixed, more].concat())
    };
    assert_code(&run(&[]), 0);
    assert_code(&run(&[]), 0);
    fs::write(folder.path().join("report.json"), "{\"mine\": 1}").unwrap();
    let output = run(&[]);
    assert_code(&output, 2);
    assert_eq!(fs::read_to_string(folder.path().join("report.json")).unwrap(), "{\"mine\": 1}");
    symlink("/dev/full", folder.path().join("full")).unwrap();
    let output = analyze(folder.path(), &["song.wav", "--out-dir", "out2", "--report", "full"]);
    assert_code(&output, 3);
    assert!(stderr(&output).contains("--report, though all results are written"), "{}", stderr(&output));
}

#[test]
fn results_that_are_there_stay_unless_another_model_answered() {
    let folder = scratch();
    write_tune(&folder.path().join("other.wav"), 1.0, 2);
    let patch = model().with_file_name("patch");
    let run = |model: &Path, more: &[&str]| {
        let fixed = [
            "analyze",
            "--model",
            model.to_str().unwrap(),
            "song.wav",
            "other.wav",
            "--beside",
            "--skip-existing",
        ];
        let output = rollcall(folder.path(), &[&fixed, more].concat());
        assert_code(&output, 0);
        output
    };
    let stamp = |name: &str| fs::metadata(folder.path().join(name)).unwrap().modified().unwrap();
    let hash = |name: &str| timeline(&fs::read_to_string(folder.path().join(name)).unwrap()).model.sha256;
    run(&model(), &["--format", "json,lab,parquet,jams"]);
    let (first, whose) = (stamp("song.wav.json"), hash("song.wav.json"));
    let report = ["--format", "json,lab,parquet,jams", "--report", "report.json"];
    run(&model(), &report);
    assert_eq!(stamp("song.wav.json"), first);
    let said: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(said["done"], 2);
    assert!((said["hours"].as_f64().unwrap() - 2.0 / 3600.0).abs() < 1e-9, "{said}");
    // What is missing is made, what is there stays.
    fs::remove_file(folder.path().join("song.wav.lab")).unwrap();
    run(&model(), &["--format", "json,lab"]);
    assert!(folder.path().join("song.wav.lab").exists() && stamp("song.wav.json") == first);
    let labels = stamp("song.wav.lab");
    run(&model(), &["--format", "lab"]);
    assert_eq!(stamp("song.wav.lab"), labels, "alone it says nothing of its model");
    // Another model: all of its answers are made anew, each format that tells knows it.
    for format in ["json", "parquet", "jams"] {
        let before = (stamp(&format!("song.wav.{format}")), stamp("song.wav.lab"));
        run(&patch, &["--format", &format!("{format},lab")]);
        let after = (stamp(&format!("song.wav.{format}")), stamp("song.wav.lab"));
        assert!(before.0 != after.0 && before.1 != after.1, "{format}");
    }
    assert_ne!(hash("song.wav.json"), whose);
    let parts = ["song.wav", "--beside", "--skip-existing", "--format", "json", "--channels", "left"];
    assert_code(&analyze(folder.path(), &parts), 0);
    assert!(
        fs::read_to_string(folder.path().join("song.wav.json")).unwrap().contains("\"channel\":\"left\"")
    );
    // What is no result of ours is not written over.
    fs::write(folder.path().join("song.wav.json"), "{}").unwrap();
    let foreign = analyze(folder.path(), &["song.wav", "--beside", "--skip-existing"]);
    assert_code(&foreign, 1);
    assert!(stderr(&foreign).contains("is no result of this program; use --force"), "{}", stderr(&foreign));
    assert_code(&analyze(folder.path(), &["song.wav", "--skip-existing"]), 2);
}
