//! `rollcall analyze` from outside: results, outputs, exit codes.

mod program;

use program::{analyze, analyze_stream, assert_code, files_in, stderr, stdout, write_tune, write_tune_at};
use rollcall_engine::{OPENMIC_CLASSES, timeline::Timeline};
use std::fs;

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn timeline(text: &str) -> Timeline {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text:.200}"))
}

#[test]
fn json_is_the_timeline() {
    let folder = scratch();
    write_tune_at(&folder.path().join("song.wav"), 3.0, 1, 44_100);
    let output = analyze(folder.path(), &["song.wav", "--format", "json"]);
    assert_code(&output, 0);
    assert_eq!(stderr(&output), "", "nothing but data where standard error is no terminal");
    let text = stdout(&output);
    let timeline = timeline(&text);
    assert_eq!(
        serde_json::to_string(&timeline).expect("JSON") + "\n",
        text,
        "exactly the engine's structure"
    );
    assert_eq!(timeline.schema, "rollcall.timeline/1");
    assert_eq!((timeline.file.as_str(), timeline.sample_rate_hz, timeline.channels), ("song.wav", 44_100, 1));
    assert_eq!(timeline.classes, OPENMIC_CLASSES);
    assert!((timeline.duration_s - 3.0).abs() < 1e-9);
    assert!(timeline.times_s.len() >= 12 && timeline.times_s.len() == timeline.activity.len());
    assert!(timeline.times_s.windows(2).all(|pair| (pair[1] - pair[0] - 0.16).abs() < 1e-9));
    assert!(timeline.activity.iter().flatten().all(|value| (0.0..=1.0).contains(value)));
    assert_eq!(timeline.clip.len(), 20);
    assert_eq!(timeline.settings.ranges.thresholds.len(), 20);
    assert!(
        timeline.ranges.iter().all(|range| range.start_s < range.end_s && range.end_s <= timeline.duration_s)
    );
}

#[test]
fn every_format_tells_the_same() {
    let folder = scratch();
    write_tune(&folder.path().join("a b ü 楽器.wav"), 3.0, 2);
    let arguments = [
        "a b ü 楽器.wav",
        "--threshold",
        "0",
        "--out-dir",
        "out",
        "--format",
        "json,csv,csv-ranges,audacity,summary",
    ];
    let output = analyze(folder.path(), &arguments);
    assert_code(&output, 0);
    assert_eq!(stdout(&output), "");
    let names = ["csv", "json", "labels.txt", "ranges.csv", "summary.txt"]
        .map(|suffix| format!("a b ü 楽器.wav.{suffix}"));
    assert_eq!(files_in(&folder.path().join("out")), names);
    let read = |suffix: &str| {
        fs::read_to_string(folder.path().join("out").join(format!("a b ü 楽器.wav.{suffix}")))
            .expect("a file")
    };
    let timeline = timeline(&read("json"));
    assert_eq!(timeline.ranges.len(), 20, "everything is above a threshold of 0, all the time");
    let steps: Vec<String> = read("csv").lines().map(str::to_owned).collect();
    assert_eq!(steps[0], format!("file,time_s,{}", OPENMIC_CLASSES.join(",")));
    assert_eq!(steps.len(), timeline.times_s.len() + 1);
    for (line, (time_s, activity)) in steps[1..].iter().zip(timeline.times_s.iter().zip(&timeline.activity)) {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields[0], "a b ü 楽器.wav");
        assert_eq!(fields[1].parse::<f64>().expect("a number"), *time_s);
        let values: Vec<f32> = fields[2..].iter().map(|field| field.parse().expect("a number")).collect();
        assert_eq!(&values, activity, "every bit survives");
    }
    let ranges = read("ranges.csv");
    assert_eq!(ranges.lines().count(), 22, "a header, the file, and 20 ranges");
    assert!(ranges.starts_with("file,class,start_s,end_s,mean,peak,classes\n"));
    assert!(ranges.lines().nth(1).unwrap().contains(",,0,3,,,accordion;banjo;"), "{ranges}");
    let labels = read("labels.txt");
    for (label, range) in labels.lines().zip(&timeline.ranges) {
        assert_eq!(label, format!("{:.6}\t{:.6}\t{}", range.start_s, range.end_s, range.class));
    }
    let summary = read("summary.txt");
    assert!(
        summary.contains("0:00.0-0:03.0") && summary.contains("accordion") && !summary.contains('\x1b'),
        "{summary}"
    );
}

#[test]
fn the_summary_is_plain_unless_colours_are_asked_for() {
    let folder = scratch();
    write_tune(&folder.path().join("song.wav"), 2.0, 3);
    let plain = analyze(folder.path(), &["song.wav"]);
    assert_code(&plain, 0);
    assert!(stdout(&plain).starts_with("song.wav  0:02.0, 16 kHz, mono\n"), "{}", stdout(&plain));
    assert!(!stdout(&plain).contains('\x1b'));
    let coloured = analyze(folder.path(), &["song.wav", "--color", "always"]);
    assert!(stdout(&coloured).contains('\x1b'));
    let nobody = analyze(folder.path(), &["song.wav", "--threshold", "1"]);
    assert!(stdout(&nobody).contains("no instrument above its threshold; closest: "), "{}", stdout(&nobody));
}

#[test]
fn a_part_is_what_the_cut_file_would_give() {
    let folder = scratch();
    let path = folder.path().join("long.wav");
    write_tune(&path, 6.0, 4);
    let mut reader = hound::WavReader::open(&path).expect("a WAV file");
    let samples: Vec<i16> = reader.samples().map(|sample| sample.expect("a sample")).collect();
    let mut writer =
        hound::WavWriter::create(folder.path().join("cut.wav"), reader.spec()).expect("a WAV file");
    for sample in &samples[16_000 * 3 / 2 + 7..16_000 * 4 + 7] {
        writer.write_sample(*sample).expect("a sample");
    }
    writer.finalize().expect("a whole file");
    let json = |arguments: &[&str]| {
        let output = analyze(folder.path(), &[arguments, &["--format", "json"]].concat());
        assert_code(&output, 0);
        timeline(&stdout(&output))
    };
    let part = json(&["long.wav", "--start", "1.5004375", "--duration", "0:02.5"]);
    let cut = json(&["cut.wav"]);
    assert_eq!(part.activity, cut.activity);
    assert_eq!((part.duration_s, part.clip), (cut.duration_s, cut.clip));
    assert!((part.settings.start_s - 1.500_437_5).abs() < 1e-12);
    assert!(part.times_s.iter().zip(&cut.times_s).all(|(a, b)| (a - b - 1.500_437_5).abs() < 1e-6));
    let past = analyze(folder.path(), &["cut.wav", "--start", "1:00"]);
    assert_code(&past, 1);
    assert!(stderr(&past).contains("ends at 0:02.500"), "{}", stderr(&past));
}

#[test]
fn a_stream_is_the_file() {
    let folder = scratch();
    let path = folder.path().join("song.wav");
    write_tune(&path, 3.0, 5);
    let file = analyze(folder.path(), &["song.wav", "--format", "json"]);
    let stream = analyze_stream(folder.path(), &["-", "--format", "json"], &fs::read(&path).expect("a file"));
    assert_code(&stream, 0);
    assert_eq!(stdout(&stream), stdout(&file).replace("\"file\":\"song.wav\"", "\"file\":\"-\""));
}

#[test]
fn jobs_change_nothing() {
    let folder = scratch();
    for index in 0..12_u32 {
        write_tune(
            &folder.path().join(format!("songs/{:02}.wav", index)),
            1.0 + (index * 7 % 5) as f32,
            index,
        );
    }
    fs::write(folder.path().join("songs/05b.wav"), b"RIFF").expect("a file");
    let run = |jobs: &str, format: &str| {
        let output = analyze(folder.path(), &["songs", "--jobs", jobs, "--format", format]);
        assert_code(&output, 1);
        (output.stdout, output.stderr)
    };
    for format in ["summary", "json", "csv"] {
        let one = run("1", format);
        assert!(!one.0.is_empty());
        assert_eq!(one, run("8", format), "{format}");
    }
    for jobs in ["1", "8"] {
        assert_code(
            &analyze(folder.path(), &["songs", "--jobs", jobs, "--out-dir", &format!("out{jobs}"), "-q"]),
            1,
        );
    }
    let names = files_in(&folder.path().join("out1"));
    assert_eq!(names.len(), 12);
    assert_eq!(names, files_in(&folder.path().join("out8")));
    for name in names {
        let read = |out: &str| fs::read(folder.path().join(out).join(&name)).expect("a file");
        assert!(read("out1") == read("out8"), "{name}");
    }
}

/// A file alone is shared among the jobs, in tasks of ten seconds.
#[test]
fn jobs_that_share_a_file_change_nothing() {
    let folder = scratch();
    write_tune(&folder.path().join("long.wav"), 75.0, 3);
    let run = |jobs: &str| {
        let output = analyze(folder.path(), &["long.wav", "--jobs", jobs, "--format", "json"]);
        assert_code(&output, 0);
        output.stdout
    };
    let one = run("1");
    assert!(one.len() > 10_000);
    for jobs in ["2", "3", "16"] {
        assert!(one == run(jobs), "{jobs} jobs");
    }
}

#[test]
fn nothing_is_overwritten_without_force() {
    let folder = scratch();
    write_tune(&folder.path().join("a.wav"), 1.0, 6);
    write_tune(&folder.path().join("b.wav"), 1.0, 7);
    fs::create_dir(folder.path().join("out")).expect("a folder");
    fs::write(folder.path().join("out/a.wav.json"), "mine").expect("a file");
    let output = analyze(folder.path(), &["a.wav", "b.wav", "--out-dir", "out"]);
    assert_code(&output, 1);
    assert!(stderr(&output).contains("a.wav.json exists already; use --force"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(folder.path().join("out/a.wav.json")).expect("a file"), "mine");
    timeline(&fs::read_to_string(folder.path().join("out/b.wav.json")).expect("the other is done"));
    assert_code(&analyze(folder.path(), &["a.wav", "b.wav", "--out-dir", "out", "--force"]), 0);
    timeline(&fs::read_to_string(folder.path().join("out/a.wav.json")).expect("a file"));
    assert_eq!(files_in(&folder.path().join("out")), ["a.wav.json", "b.wav.json"]);

    fs::write(folder.path().join("all.csv"), "mine").expect("a file");
    assert_code(&analyze(folder.path(), &["a.wav", "b.wav", "-o", "all.csv"]), 2);
    assert_code(&analyze(folder.path(), &["a.wav", "b.wav", "-o", "all.csv", "--force"]), 0);
    let text = fs::read_to_string(folder.path().join("all.csv")).expect("a file");
    assert_eq!(text.matches("time_s").count(), 1, "one header for all");
    assert!(text.contains("\na.wav,") && text.contains("\nb.wav,"));
    assert_code(&analyze(folder.path(), &["a.wav", "--format", "csv", "-o", "a.wav", "--force"]), 2);
}

#[test]
fn broken_files_fail_alone_and_say_why() {
    let folder = scratch();
    let at = |name: &str| folder.path().join(name);
    write_tune(&at("good.wav"), 2.0, 8);
    let whole = fs::read(at("good.wav")).expect("a file");
    fs::write(at("cut.wav"), &whole[..whole.len() / 2]).expect("a file");
    fs::write(at("empty.wav"), b"").expect("a file");
    fs::write(at("text.wav"), b"no audio at all, just a line of text").expect("a file");
    let names = ["cut.wav", "empty.wav", "missing.wav", "text.wav", "good.wav"];
    let output = analyze(folder.path(), &[&names[..], &["--format", "json"]].concat());
    assert_code(&output, 1);
    assert_eq!(timeline(&stdout(&output)).file, "good.wav");
    let errors = stderr(&output);
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(lines.len(), 5, "one line each, and a count: {errors}");
    for (line, (name, part)) in lines.iter().zip([
        ("cut.wav", "at 0:00.999 (near byte 32022): the file ends here, but its header promises 0:02.000"),
        ("empty.wav", "is empty (0 bytes)"),
        ("missing.wav", "cannot open"),
        ("text.wav", "is text, which is not read here"),
    ]) {
        assert!(line.starts_with(&format!("error: {name}: ")) && line.contains(part), "{line}");
    }
    assert_eq!(lines[4], "1 of 5 files done");

    let kept = analyze(folder.path(), &["cut.wav", "--format", "json", "--keep-partial"]);
    assert_code(&kept, 1);
    let text = stdout(&kept);
    let part = timeline(&text);
    assert!((part.duration_s - 0.999_31).abs() < 1e-3, "{}", part.duration_s);
    assert!(text.contains("\"incomplete\":\"at 0:00.999"), "{text}");
    let shown = analyze(folder.path(), &["cut.wav", "--keep-partial"]);
    assert!(stdout(&shown).contains("incomplete: at 0:00.999"), "{}", stdout(&shown));
}

#[cfg(unix)]
#[test]
fn files_that_may_not_be_read_fail_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = scratch();
    write_tune(&folder.path().join("secret.wav"), 1.0, 9);
    write_tune(&folder.path().join("open.wav"), 1.0, 9);
    let secret = folder.path().join("secret.wav");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).expect("permissions");
    let output = analyze(folder.path(), &["secret.wav", "open.wav", "--format", "csv"]);
    // The superuser reads everything.
    let is_readable = fs::File::open(&secret).is_ok();
    assert_code(&output, if is_readable { 0 } else { 1 });
    assert!(is_readable || stderr(&output).contains("error: secret.wav: cannot open: Permission denied"));
    assert!(stdout(&output).contains("\nopen.wav,"));
}

#[test]
fn folders_playlists_and_lists() {
    let folder = scratch();
    for name in ["album/b.wav", "album/cd2/a.WAV", "album/.hidden/x.wav", "solo.wav"] {
        write_tune(&folder.path().join(name), 1.0, 10);
    }
    fs::write(folder.path().join("album/notes.txt"), "not audio").expect("a file");
    fs::write(folder.path().join("album/list.m3u8"), "#EXTM3U\r\n#EXTINF:1,B\r\nb.wav\r\n../solo.wav\r\n")
        .expect("a file");
    let files = |output: &std::process::Output| -> Vec<String> {
        stdout(output).lines().map(|line| timeline(line).file).collect()
    };
    let walked = analyze(folder.path(), &["album", "solo.wav", "album/b.wav", "--format", "json"]);
    assert_code(&walked, 0);
    assert_eq!(files(&walked), ["album/b.wav", "album/cd2/a.WAV", "solo.wav"], "sorted, each once");
    let played = analyze(folder.path(), &["album/list.m3u8", "--format", "json"]);
    assert_eq!(files(&played), ["album/b.wav", "album/../solo.wav"]);
    let listed =
        analyze_stream(folder.path(), &["--files-from", "-", "--format", "json"], b"solo.wav\nalbum/b.wav\n");
    assert_eq!(files(&listed), ["solo.wav", "album/b.wav"]);
    fs::write(folder.path().join("circle.m3u"), "circle.m3u\nsolo.wav\n").expect("a file");
    let circle = analyze(folder.path(), &["circle.m3u", "--format", "json"]);
    assert_code(&circle, 1);
    assert_eq!(files(&circle), ["solo.wav"]);
    let matched = analyze(folder.path(), &["alb*/**/*.[wW]*", "nothing*.wav", "--format", "json", "--bench"]);
    assert_code(&matched, 1);
    assert_eq!(files(&matched), ["album/b.wav", "album/cd2/a.WAV"]);
    assert!(stderr(&matched).contains("bench: 2.0 s of audio in"), "{}", stderr(&matched));
    assert_code(&analyze(folder.path(), &["album", "--out-dir", "out", "-q"]), 0);
    assert_eq!(files_in(&folder.path().join("out")), ["b.wav.json", "cd2/a.WAV.json"]);
    assert_code(&analyze(folder.path(), &["album", "--beside", "-q"]), 0);
    assert!(folder.path().join("album/cd2/a.WAV.json").exists());
    fs::write(folder.path().join("list"), "album/b.wav\n./solo.wav\nalbum/list.m3u8\n").expect("a file");
    assert_code(&analyze(folder.path(), &["--files-from", "list", "--out-dir", "shaped", "-q"]), 0);
    assert_eq!(
        files_in(&folder.path().join("shaped")),
        ["album/b.wav.json", "album/solo.wav.json", "solo.wav.json"]
    );
    fs::create_dir(folder.path().join("nothing")).expect("a folder");
    let empty = analyze(folder.path(), &["nothing", "solo.wav"]);
    assert_code(&empty, 1);
    assert!(
        stderr(&empty).contains("nothing: holds no file whose name ends like audio"),
        "{}",
        stderr(&empty)
    );
}
