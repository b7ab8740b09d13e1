//! The plugin, live and offline, and `rollcall analyze` say the same of the same audio, to the last bit.
#![cfg(not(debug_assertions))]

mod common;

use common::Host;
use nice_plug::prelude::*;
use rollcall_board::{Command, ModelState, Row};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command as Program,
    thread,
    time::{Duration, Instant},
};

const RATE_HZ: u32 = 48_000;
const SECONDS: usize = 8;

/// Time and activities of each step, as bits.
type Steps = Vec<(u64, Vec<u32>)>;

/// Notes that end and noise: something that moves the network.
fn sample(channel: usize, frame: usize) -> f32 {
    let time_s = frame as f32 / RATE_HZ as f32;
    let note_hz = 146.8 * (1.0 + (time_s as u32 * 7 % 5) as f32 / 4.0) * (1.0 + channel as f32 * 0.002);
    let tone: f32 =
        (1..6).map(|k| (time_s * note_hz * k as f32 * std::f32::consts::TAU).sin() / k as f32).sum();
    0.2 * tone * (-2.0 * time_s.fract()).exp() + 0.0005 * ((frame * 7_919 + channel) % 997) as f32 / 997.0
}

fn plugin(mode: ProcessMode, is_live: bool) -> Steps {
    let mut host = Host::new(0);
    host.plugin.board().send(Command::WindowOpened);
    host.wait("the model", |board| matches!(board.status().model, ModelState::Ready(_)));
    host.activate(RATE_HZ as f32, 4_096, mode, PluginApi::Clap);
    let (frames, mut at, began) = (SECONDS * RATE_HZ as usize, 0, Instant::now());
    while at < frames {
        let size = [480, 1, 4_096, 77][at % 4].min(frames - at);
        host.process(size, |channel, frame| sample(channel, at + frame));
        at += size;
        if is_live {
            let due = Duration::from_secs_f64(at as f64 / f64::from(RATE_HZ));
            thread::sleep(due.saturating_sub(began.elapsed()));
        }
    }
    host.plugin.deactivate();
    host.wait("the end", |board| {
        board.status().counters.frames == frames as u64 && board.status().stream.is_none()
    });
    let history = host.plugin.board().history();
    let bits = |row: Row<'_>| {
        (row.time_s().to_bits(), (0..row.classes()).map(|class| row.activity(class).to_bits()).collect())
    };
    history.rows(history.range()).map(bits).collect()
}

/// The built program, where cargo puts it.
fn program() -> PathBuf {
    let own = env::current_exe().expect("this program's own path");
    let program = own.ancestors().nth(2).expect("target/release").join("rollcall");
    assert!(program.is_file(), "{} is missing: cargo build --release -p rollcall", program.display());
    program
}

fn command_line(folder: &Path) -> Steps {
    let path = folder.join("same.wav");
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: RATE_HZ,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut wav = hound::WavWriter::create(&path, spec).expect("a file");
    for frame in 0..SECONDS * RATE_HZ as usize {
        (0..2).for_each(|channel| wav.write_sample(sample(channel, frame)).expect("room"));
    }
    wav.finalize().expect("room");
    let output = Program::new(program())
        .arg("analyze")
        .arg(&path)
        .args(["--format", "json"])
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let timeline: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let list = |value: &serde_json::Value| value.as_array().expect("a list").clone();
    let number = |value: &serde_json::Value| value.as_f64().expect("a number");
    let times = list(&timeline["times_s"]);
    let activity = list(&timeline["activity"]);
    assert_eq!(times.len(), activity.len());
    let row = |row| list(row).iter().map(|value| (number(value) as f32).to_bits()).collect();
    times.iter().zip(&activity).map(|(time, values)| (number(time).to_bits(), row(values))).collect()
}

#[test]
fn live_offline_and_the_command_line_agree_to_the_last_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = command_line(folder.path());
    assert!(program.len() >= SECONDS * 6, "{} steps", program.len());
    let is_heard = program.iter().flat_map(|(_, values)| values).any(|&bits| f32::from_bits(bits) > 0.1);
    assert!(is_heard, "nothing moves the network");
    for (mode, is_live) in [(ProcessMode::Offline, false), (ProcessMode::Realtime, true)] {
        let plugin = plugin(mode, is_live);
        assert_eq!(plugin.len(), program.len(), "steps, live: {is_live}");
        for (step, (mine, theirs)) in plugin.iter().zip(&program).enumerate() {
            assert_eq!(mine, theirs, "step {step}, live: {is_live}");
        }
    }
}
