//! Memory stays where it is however long the audio: measured from outside, on Linux.
#![cfg(target_os = "linux")]

mod program;

use std::{
    fs,
    io::{BufWriter, Write},
    process::{Child, ChildStdin, Stdio},
    thread,
    time::Duration,
};

const RATE_HZ: u32 = 8_000;

/// Beeps of two seconds over soft noise, with a header that does not know how long.
fn stream(minutes: u32, stdin: ChildStdin) -> std::io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, stdin);
    out.write_all(b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0")?;
    out.write_all(&RATE_HZ.to_le_bytes())?;
    out.write_all(&(RATE_HZ * 2).to_le_bytes())?;
    out.write_all(b"\x02\0\x10\0data\xff\xff\xff\xff")?;
    let mut state = 1_u32;
    for frame in 0..minutes * 60 * RATE_HZ {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 24) as i16;
        let is_beep = (frame / (2 * RATE_HZ)).is_multiple_of(2);
        let square = if is_beep && frame / 9 % 2 == 0 { 8_000 } else { 0 };
        out.write_all(&(square + noise).to_le_bytes())?;
    }
    out.flush()
}

/// Peak resident memory of the program in MB, until it ends well.
fn peak_mb(mut child: Child) -> f64 {
    let mut peak_kb = 0_u64;
    let status = loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kb = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak_kb = peak_kb.max(kb.unwrap_or(0));
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        thread::sleep(Duration::from_millis(5));
    };
    assert!(status.success());
    peak_kb as f64 / 1024.0
}

/// Of `rollcall analyze - -o out.json`, and the JSON's length.
fn peak_of_stream(minutes: u32) -> (f64, u64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let model = program::model();
    let arguments = ["analyze", "-", "--model", model.to_str().expect("UTF-8"), "-o", "out.json"];
    let mut child =
        program::command(folder.path(), &arguments).stdin(Stdio::piped()).spawn().expect("the program runs");
    let stdin = child.stdin.take().expect("a pipe");
    let writer = thread::spawn(move || stream(minutes, stdin));
    let peak = peak_mb(child);
    writer.join().expect("a writer").expect("a pipe that is read to the end");
    let bytes = fs::metadata(folder.path().join("out.json")).expect("a result").len();
    (peak, bytes)
}

/// Of so many short files in one run.
fn peak_of_files(files: u32) -> f64 {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for index in 0..files {
        program::write_tune(&folder.path().join(format!("songs/{index}.wav")), 0.1, index);
    }
    let model = program::model();
    let model = model.to_str().expect("UTF-8");
    let arguments = [
        "analyze",
        "songs",
        "--model",
        model,
        "--out-dir",
        "out",
        "-q",
        "--jobs",
        "2",
        "--journal",
        "journal",
    ];
    let peak = peak_mb(program::command(folder.path(), &arguments).spawn().expect("the program runs"));
    assert_eq!(program::files_in(&folder.path().join("out")).len(), files as usize);
    peak
}

#[test]
fn memory_does_not_grow_with_the_audio() {
    // Two minutes fill the rows' memory; from then on nothing may grow but the ranges, 40 bytes each.
    let (short_mb, short_bytes) = peak_of_stream(2);
    let (long_mb, long_bytes) = peak_of_stream(40);
    println!("peak: {short_mb:.1} MB for 2 minutes, {long_mb:.1} MB for 40 minutes");
    assert!(long_bytes > 15 * short_bytes, "{long_bytes} and {short_bytes} bytes of JSON");
    assert!(long_mb < short_mb + 4.0, "{short_mb:.1} MB, then {long_mb:.1} MB");
    assert!(long_mb < 150.0, "{long_mb:.1} MB");
}

#[test]
fn memory_does_not_grow_with_the_number_of_files() {
    let (few_mb, many_mb) = (peak_of_files(50), peak_of_files(1_500));
    println!("peak: {few_mb:.1} MB for 50 files, {many_mb:.1} MB for 1500");
    // A path, a line of the report and an entry of the journal for each file: below a kilobyte.
    assert!(many_mb < few_mb + 3.0, "{few_mb:.1} MB, then {many_mb:.1} MB");
}
