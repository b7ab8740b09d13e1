//! The built program in a child process, and audio for it.
#![allow(dead_code, reason = "every test file compiles its own copy and uses a part of it")]

pub(crate) mod teaching;

use std::{
    f32::consts::TAU,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// A small random network of the engine's tests: quick, and as deterministic as a real one.
pub(crate) fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/golden/models/stream")
}

/// `rollcall ARGUMENTS` in `folder`.
pub(crate) fn rollcall(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).stdin(Stdio::null()).output().expect("the program runs")
}

/// `rollcall analyze --model FIXTURE ARGUMENTS` in `folder`.
pub(crate) fn analyze(folder: &Path, arguments: &[&str]) -> Output {
    let model = model();
    let fixed = ["analyze", "--model", model.to_str().expect("UTF-8")];
    rollcall(folder, &[&fixed, arguments].concat())
}

/// The same with something on standard input.
pub(crate) fn analyze_stream(folder: &Path, arguments: &[&str], stream: &[u8]) -> Output {
    let model = model();
    let fixed = ["analyze", "--model", model.to_str().expect("UTF-8")];
    let mut child = command(folder, &[&fixed, arguments].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let stream = stream.to_vec();
    let writer = std::thread::spawn(move || {
        // A program that has seen enough closes the pipe.
        let _ = stdin.write_all(&stream);
    });
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("a writer");
    output
}

/// The program, with nothing from this environment that could change its text.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command.args(arguments).current_dir(folder).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command.env("ROLLCALL_MODELS", folder.join("no models here"));
    command
}

/// Standard output as text.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// Standard error as text.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// The exit code, with everything that was said if it is another.
pub(crate) fn assert_code(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "stdout: {}\nstderr: {}", stdout(output), stderr(output));
}

/// A tone with overtones that changes every second, `seconds` long, from `seed`; 16 kHz mono, 16 bit.
pub(crate) fn write_tune(path: &Path, seconds: f32, seed: u32) {
    write_tune_at(path, seconds, seed, 16_000);
}

/// The same at another rate.
pub(crate) fn write_tune_at(path: &Path, seconds: f32, seed: u32, sample_rate: u32) {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).expect("a folder");
    }
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).expect("a WAV file");
    for frame in 0..(seconds * sample_rate as f32) as u32 {
        let time_s = frame as f32 / sample_rate as f32;
        let note = (seed.wrapping_mul(7) + time_s as u32 * 5) % 24;
        let frequency_hz = 110.0 * 2_f32.powf(note as f32 / 12.0);
        let sample: f32 =
            (1..6).map(|partial| (TAU * frequency_hz * partial as f32 * time_s).sin() / partial as f32).sum();
        writer.write_sample((sample * 6_000.0) as i16).expect("a sample");
    }
    writer.finalize().expect("a whole file");
}

/// Noise of a seed, `seconds` long; 16 kHz mono, 16 bit.
pub(crate) fn write_noise(path: &Path, seconds: f32, seed: u32) {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).expect("a folder");
    }
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).expect("a WAV file");
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    for _ in 0..(seconds * 16_000.0) as u32 {
        // Xorshift (Marsaglia 2003).
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        writer.write_sample((state >> 16) as u16 as i16 / 8).expect("a sample");
    }
    writer.finalize().expect("a whole file");
}

/// Names of everything in a folder and below, sorted.
pub(crate) fn files_in(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            names.extend(files_in(&path).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            names.push(name);
        }
    }
    names.sort();
    names
}
