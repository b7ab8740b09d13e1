//! Lists and names as they are in the field.
#![cfg(unix)]

mod program;

use program::{analyze, analyze_stream, assert_code, files_in, stderr, stdout, write_tune};
use serde_json::Value;
use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt, path::Path};

/// What was analysed, by JSON.
fn files(output: &std::process::Output) -> Vec<String> {
    let file = |line: &str| serde_json::from_str::<Value>(line).unwrap()["file"].as_str().unwrap().to_owned();
    stdout(output).lines().map(file).collect()
}

#[test]
fn playlists_of_every_system_and_age() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for name in ["café.wav", "b c.wav", "cd/d.wav", "100%.wav"] {
        write_tune(&folder.join("music").join(name), 1.0, 1);
    }
    let absolute = folder.join("music/b c.wav").to_str().unwrap().replace(' ', "%20");
    let wide: Vec<u8> = [0xfeff]
        .into_iter()
        .chain("café.wav\r\nb c.wav\r\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, list, expected) in [
        ("latin.m3u", &b"#EXTM3U\ncaf\xe9.wav\nb c.wav\n"[..], &["music/café.wav", "music/b c.wav"][..]),
        ("old mac.m3u", b"#EXTM3U\rcaf\xe9.wav\rb c.wav\r", &["music/café.wav", "music/b c.wav"]),
        ("dos.m3u8", "\u{feff}café.wav\r\ncd\\d.wav\r\n".as_bytes(), &["music/café.wav", "music/cd/d.wav"]),
        ("wide.m3u", &wide, &["music/café.wav", "music/b c.wav"]),
        ("percent.m3u", b"100%.wav\n", &["music/100%.wav"]),
    ] {
        fs::write(folder.join("music").join(name), list).unwrap();
        let output = analyze(folder, &[&format!("music/{name}"), "--format", "json"]);
        assert_code(&output, 0);
        assert_eq!(files(&output), expected, "{name}");
    }
    fs::write(folder.join("urls.m3u"), format!("file://{absolute}\nfile://localhost{absolute}\n")).unwrap();
    let urls = analyze(folder, &["urls.m3u", "--format", "json"]);
    assert_code(&urls, 0);
    assert_eq!(files(&urls), [folder.join("music/b c.wav").to_str().unwrap()], "each file once");
}

#[test]
fn a_bad_line_is_named_with_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_tune(&folder.join("a.wav"), 1.0, 1);
    fs::write(folder.join("list.m3u"), "#EXTM3U\n\na.wav\nmissing.wav\nhttp://radio.example/live\n").unwrap();
    let output = analyze(folder, &["list.m3u", "--format", "json"]);
    assert_code(&output, 1);
    assert_eq!(files(&output), ["a.wav"]);
    let said = stderr(&output);
    assert!(
        said.contains(
            "missing.wav: cannot open: no such file or folder; check the path (line 4 of list.m3u)"
        ),
        "{said}"
    );
    assert!(
        said.contains(
            "is an address on the network; load it down first, and name the file (line 5 of list.m3u)"
        ),
        "{said}"
    );
    let listed =
        analyze_stream(folder, &["--files-from", "-", "--format", "json"], b"a.wav\ngone\0.wav\nx.wav\n");
    assert_code(&listed, 1);
    let said = stderr(&listed);
    assert!(
        said.contains("(line 2 of standard input)") && said.contains("(line 3 of standard input)"),
        "{said}"
    );
}

#[test]
fn names_that_end_with_zero_may_hold_anything_else() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for name in ["a\nb.wav", "c\r", "d.wav"] {
        write_tune(&folder.join(name), 1.0, 1);
    }
    let list = b"a\nb.wav\0c\r\0d.wav\0missing\0";
    let output = analyze_stream(folder, &["--files-from", "-", "-0", "--format", "json"], list);
    assert_code(&output, 1);
    assert_eq!(files(&output), ["a\nb.wav", "c\r", "d.wav"]);
    assert!(stderr(&output).contains("(name 4 of standard input)"), "{}", stderr(&output));
    assert_code(&analyze(folder, &["d.wav", "-0"]), 2);
}

#[test]
fn names_that_are_no_text_keep_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let name = |bytes: &[u8]| folder.join("songs").join(OsStr::from_bytes(bytes));
    write_tune(&name(b"caf\xe9.wav"), 1.0, 1);
    write_tune(&name(b"caf\xe8.wav"), 1.0, 2);
    let run =
        || analyze(folder, &["songs", "--out-dir", "out", "--journal", "journal", "--report", "report.json"]);
    assert_code(&run(), 0);
    let read = |bytes: &[u8]| -> Value {
        serde_json::from_slice(&fs::read(folder.join("out").join(OsStr::from_bytes(bytes))).unwrap()).unwrap()
    };
    let result = read(b"caf\xe9.wav.json");
    assert_eq!(
        (&result["file"], &result["file_bytes"]),
        (&"songs/caf\\xE9.wav".into(), &"songs/caf%E9.wav".into())
    );
    assert_eq!(read(b"caf\xe8.wav.json")["file_bytes"], "songs/caf%E8.wav");
    // Two of them are two in the journal.
    let journal = fs::read_to_string(folder.join("journal")).unwrap();
    assert_eq!(journal.matches("\"event\":\"done\"").count(), 2);
    assert_code(&run(), 0);
    assert_eq!(fs::read_to_string(folder.join("journal")).unwrap(), journal, "both are done");
    let listed = analyze_stream(folder, &["--files-from", "-", "--format", "json"], b"songs/caf\xe9.wav\n");
    assert_code(&listed, 0);
    assert_eq!(files(&listed), ["songs/caf\\xE9.wav"]);
}

#[test]
fn the_longest_name_gets_its_results() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let name = format!("{}.wav", "n".repeat(251));
    write_tune(&folder.join("songs").join(&name), 1.0, 1);
    let output = analyze(folder, &["songs", "--out-dir", "out", "--format", "json,csv-ranges"]);
    assert_code(&output, 0);
    let names = files_in(&folder.join("out"));
    assert_eq!(names.len(), 2);
    assert!(names.iter().all(|name| name.len() == 255 && name.contains('~')), "{names:?}");
    let json: Value = serde_json::from_slice(&fs::read(folder.join("out").join(&names[0])).unwrap()).unwrap();
    assert_eq!(json["file"], Path::new("songs").join(&name).to_str().unwrap());
}
