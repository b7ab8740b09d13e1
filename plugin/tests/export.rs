//! What an export of a session says where the session was not even: another sample rate on the way, a machine that could not keep up.

mod common;

use common::Host;
use nice_plug::prelude::*;
use rollcall_board::{Command, ExportStatus, Formats, ModelState, Subject};
use rollcall_worker::Recording;
use serde_json::Value;
use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

fn music() -> Recording {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/war-of-freedom.ogg");
    Recording::read(&path).expect("the demo")
}

fn host() -> Host {
    let host = Host::new(0);
    host.plugin.board().send(Command::WindowOpened);
    host.wait("the model", |board| matches!(board.status().model, ModelState::Ready(_)));
    host
}

/// The session as JSON, once all of its frames were heard or left out.
fn exported(host: &Host, frames: usize) -> Value {
    host.wait("the end", |board| {
        let status = board.status();
        let counters = status.counters;
        let all = counters.frames + counters.gap_frames + counters.skipped_frames;
        status.stream.is_none() && all == frames as u64
    });
    let folder = tempfile::tempdir().expect("a folder");
    let formats = Formats { json: true, csv: false, labels: false };
    let (folder, name) = (folder.path().to_owned(), "take".to_owned());
    let path = folder.join("take.json");
    host.plugin.board().send(Command::Export { subject: Subject::Session, folder, name, formats });
    host.wait("the export", |board| {
        !matches!(board.status().export, ExportStatus::None | ExportStatus::Running)
    });
    let text = std::fs::read_to_string(path);
    let text = text.unwrap_or_else(|_| panic!("{:?}", host.plugin.board().status().export));
    serde_json::from_str(&text).expect("JSON")
}

/// Blocks of 10 ms, each sample made by `sample(channel, frame)`; `is_live`: no faster than they sound.
fn play(host: &mut Host, rate_hz: u32, frames: usize, is_live: bool, sample: impl Fn(usize, usize) -> f32) {
    let (block, began) = (rate_hz as usize / 100, Instant::now());
    for at in (0..frames).step_by(block) {
        host.process(block.min(frames - at), |channel, frame| sample(channel, at + frame));
        if is_live {
            let due = Duration::from_secs_f64((at + block) as f64 / f64::from(rate_hz));
            thread::sleep(due.saturating_sub(began.elapsed()));
        }
    }
}

/// Two seconds at each rate: less than what the worker ever leaves out or looks at more coarsely, however slow the machine is.
#[test]
fn a_clip_is_all_of_a_session_also_over_a_change_of_rate() {
    let music = music();
    let (rate_hz, other_hz) = (music.rate_hz, if music.rate_hz == 48_000 { 44_100 } else { 48_000 });
    let session = |silence_after: bool| {
        let mut host = host();
        host.activate(rate_hz as f32, 4_800, ProcessMode::Realtime, PluginApi::Clap);
        let heard = |channel: usize, frame: usize| {
            music.channels[channel.min(music.channels.len() - 1)][4 * rate_hz as usize + frame]
        };
        play(&mut host, rate_hz, 2 * rate_hz as usize, false, heard);
        host.plugin.deactivate();
        let mut frames = 2 * rate_hz as usize;
        if silence_after {
            host.activate(other_hz as f32, 4_800, ProcessMode::Realtime, PluginApi::Clap);
            play(&mut host, other_hz, 2 * other_hz as usize, false, |_, _| 0.0);
            host.plugin.deactivate();
            frames += 2 * other_hz as usize;
        }
        exported(&host, frames)
    };
    let (before, whole) = (session(false), session(true));
    let clip = before["clip"].as_object().expect("a clip");
    assert!(clip.values().any(|value| value.as_f64() > Some(0.2)), "somebody plays: {clip:?}");
    // Silence is no part of the pooling: what was heard at the other rate is all that there is.
    assert_eq!(whole["clip"], before["clip"]);
    let duration_s = |json: &Value| json["duration_s"].as_f64().expect("a duration");
    assert!((duration_s(&before) - 2.0).abs() < 1e-9 && (duration_s(&whole) - 4.0).abs() < 1e-9);
    let steps = |json: &Value| json["times_s"].as_array().expect("times").len();
    assert!(steps(&whole) > steps(&before) + 6, "{} and {}", steps(&whole), steps(&before));
}

#[test]
fn an_export_after_an_overload_has_every_step_at_its_time_and_no_range_over_what_was_left_out() {
    let music = music();
    let rate_hz = music.rate_hz;
    let of = |seconds: f64| (seconds * f64::from(rate_hz)) as usize;
    let heard = |channel: usize, frame: usize| {
        let channel = &music.channels[channel.min(music.channels.len() - 1)];
        channel[frame % channel.len()]
    };
    let mut host = host();
    // Thresholds so low that somebody always plays.
    host.set("sensitivity", 1.0);
    host.activate(rate_hz as f32, of(8.0) as u32, ProcessMode::Realtime, PluginApi::Clap);
    play(&mut host, rate_hz, of(1.9), true, heard);
    host.wait("the beginning", |board| board.status().counters.frames == of(1.9) as u64);
    // Almost a whole queue in one block, and the stream goes on: nobody catches up with that.
    host.process(of(7.5), |channel, frame| heard(channel, of(1.9) + frame));
    host.wait("the overload", |board| board.status().counters.skipped_frames > 0);
    play(&mut host, rate_hz, of(3.0), true, |channel, frame| heard(channel, of(9.4) + frame));
    host.plugin.deactivate();
    let json = exported(&host, of(1.9) + of(7.5) + of(3.0));

    let history = host.plugin.board().history();
    let rows: Vec<(f64, f64, bool)> = history
        .rows(history.range())
        .map(|row| (row.time_s(), f64::from(row.hops()) / 100.0, row.after_gap()))
        .collect();
    let number = |value: &Value| value.as_f64().expect("a number");
    let times: Vec<f64> = json["times_s"].as_array().expect("times").iter().map(number).collect();
    assert_eq!(times, rows.iter().map(|row| row.0).collect::<Vec<_>>());
    let (fine, coarse) = rows.iter().fold((f64::MAX, 0.0_f64), |(a, b), row| (a.min(row.1), b.max(row.1)));
    assert!(coarse > 1.5 * fine, "steps became coarser: {fine} s, {coarse} s");
    assert!(json.to_string().contains(&format!("{fine} s, ")), "and it says so: {json}");

    let gap = rows.iter().position(|row| row.2).expect("a step after the gap");
    let (before_s, after_s) = (rows[gap - 1].0, rows[gap].0);
    assert!(after_s - before_s > 5.0, "{before_s} s, {after_s} s");
    // A step reaches half way to its neighbours, each at its own distance.
    let starts: Vec<f64> = rows.iter().map(|row| row.0 - row.1 / 2.0).chain([0.0]).collect();
    let end_s = number(&json["duration_s"]);
    let ends = rows.windows(2).map(|pair| pair[0].0 + pair[1].1 / 2.0);
    let ends: Vec<f64> = ends.chain([rows[rows.len() - 1].0 + rows[rows.len() - 1].1, end_s]).collect();
    let is_one_of = |all: &[f64], time_s: f64| all.iter().any(|other| (other - time_s).abs() < 1e-6);
    let ranges = json["ranges"].as_array().expect("ranges");
    assert!(ranges.len() > 1, "{json}");
    for range in ranges {
        let (start_s, end_s) = (number(&range["start_s"]), number(&range["end_s"]));
        assert!(is_one_of(&starts, start_s) && is_one_of(&ends, end_s), "{range} of {rows:?}");
        let middle_s = (before_s + after_s) / 2.0;
        assert!(!(start_s..end_s).contains(&middle_s), "{range} goes over what was left out: {rows:?}");
    }
    for (side, is_there) in [
        ("before", ranges.iter().any(|range| number(&range["start_s"]) < before_s)),
        ("after", ranges.iter().any(|range| number(&range["end_s"]) > after_s)),
    ] {
        assert!(is_there, "nobody plays {side} the gap: {json}");
    }
}
