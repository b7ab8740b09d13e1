//! The real `process`, called as a host calls it: bit-exact, without a single allocation, complete offline.
//!
//! Debug builds have nice-plug's own allocation check instead, which brings an allocator of its own.
#![cfg(not(debug_assertions))]

mod common;

use common::{Host, Playing};
use nice_plug::prelude::*;
use std::time::{Duration, Instant};

/// Everything a sample can be, besides music.
fn odd_sample(index: usize) -> f32 {
    match index % 11 {
        0 => f32::NAN,
        1 => f32::INFINITY,
        2 => f32::NEG_INFINITY,
        3 => f32::from_bits(1),
        4 => -f32::MIN_POSITIVE / 2.0,
        5 => -0.0,
        6 => f32::MAX,
        7 => f32::from_bits(0x7fa0_0001),
        _ => ((index * 37) % 200) as f32 / 100.0 - 1.0,
    }
}

#[test]
fn the_counter_counts() {
    let (_, allocations) = common::count(|| drop(std::hint::black_box(vec![1_u8; 100])));
    assert_eq!(allocations, 2, "one allocation, one release");
}

#[test]
fn no_allocation_and_not_a_bit_changed_in_any_block_layout_mode_or_state() {
    for layout in 0..Host::layouts() {
        for rate_hz in [[8_000.0, 44_100.0, 384_000.0][layout % 3]] {
            let mut host = Host::new(layout);
            host.activate(rate_hz, 16_384, ProcessMode::Realtime, PluginApi::Clap);
            let mut index = 0;
            let sizes = (0..15).map(|power| 1 << power).chain([3, 17, 441, 1_023, 16_383, 1, 1, 1]);
            for (turn, frames) in sizes.enumerate() {
                host.turn_parameters(turn);
                host.say([ProcessMode::Realtime, ProcessMode::Offline, ProcessMode::Buffered][turn % 3]);
                host.transport = match turn % 4 {
                    0 => Playing::Stopped,
                    1 => Playing::At(index as f64 / f64::from(rate_hz)),
                    2 => Playing::At(7.0),
                    _ => Playing::Unknown,
                };
                let block = host.process(frames, |channel, frame| odd_sample(index + frame * 3 + channel));
                assert_eq!(block.allocations, 0, "{frames} frames at {rate_hz} Hz, layout {layout}");
                assert_eq!(block.changed_samples, 0, "{frames} frames at {rate_hz} Hz, layout {layout}");
                assert!(!matches!(block.status, ProcessStatus::Error(_) | ProcessStatus::KeepAlive));
                index += frames;
            }
            host.plugin.reset();
            host.plugin.deactivate();
            let block = host.process(64, |_, frame| odd_sample(frame));
            assert_eq!((block.allocations, block.changed_samples), (0, 0), "even if not active");
        }
    }
}

#[test]
fn every_block_size_and_every_rate_at_any_time() {
    // Mono without a sidechain, so that more than a hundred million frames are soon made.
    let layout = 4;
    let mut host = Host::new(layout);
    let noise: Vec<f32> = (0..32_768).map(odd_sample).collect();
    let rates = [
        8_000.0, 11_025.0, 16_000.0, 22_050.0, 32_000.0, 44_100.0, 48_000.0, 88_200.0, 96_000.0, 176_400.0,
        192_000.0, 352_800.0, 384_000.0,
    ];
    let each = 16_384 / rates.len() + 1;
    for number in 0..16_384_usize {
        if number.is_multiple_of(each) {
            host.plugin.deactivate();
            host.activate(rates[number / each], 16_384, ProcessMode::Realtime, PluginApi::Clap);
        }
        // 7,919 is prime: every size once, in leaps.
        let frames = number * 7_919 % 16_384 + 1;
        // Most are bypassed: they come far faster than anyone could listen to them.
        host.set("bypass", if number % 100 == 0 { 0.0 } else { 1.0 });
        host.set("freeze", (number % 3 == 0).into());
        host.transport = if number % 2 == 0 { Playing::At(number as f64) } else { Playing::Stopped };
        let block = host.process(frames, |_, frame| noise[frame + number % 1_000]);
        assert_eq!((block.allocations, block.changed_samples), (0, 0), "{frames} frames");
        assert!(!matches!(block.status, ProcessStatus::Error(_) | ProcessStatus::KeepAlive));
    }
}

#[test]
fn live_said_offline_unsaid_offline_and_a_mode_that_changes_hear_the_same() {
    let rate_hz = 44_100.0_f32;
    let seconds = 6.0;
    let tone = |channel: usize, frame: usize| {
        let time_s = frame as f32 / 44_100.0;
        let note_hz = 196.0 * (1.0 + (time_s as u32 % 5) as f32 / 4.0);
        0.3 * (time_s * note_hz * std::f32::consts::TAU).sin() * (-3.0 * time_s.fract()).exp()
            + 0.001 * channel as f32 * ((frame * 7_919) % 1_000) as f32 / 1_000.0
    };
    let mut heard = Vec::new();
    for (mode, api, is_live, changes) in [
        (ProcessMode::Realtime, PluginApi::Vst3, true, false),
        (ProcessMode::Offline, PluginApi::Clap, false, false),
        (ProcessMode::Realtime, PluginApi::Vst3, false, false),
        (ProcessMode::Offline, PluginApi::Vst3, true, true),
    ] {
        let mut host = Host::new(0);
        host.plugin.board().send(rollcall_board::Command::WindowOpened);
        host.wait("the model", |board| matches!(board.status().model, rollcall_board::ModelState::Ready(_)));
        host.activate(rate_hz, 2_048, mode, api);
        let (mut at, mut turn) = (0, 0);
        while (at as f32) < seconds * rate_hz {
            let frames = [512, 64, 2_048, 1][turn % 4];
            // Within one activation: half a second as fast as it goes, half a second live, and so on.
            let is_render = changes && (at as f32 / rate_hz).fract() < 0.5;
            if changes {
                host.say(if is_render { ProcessMode::Offline } else { ProcessMode::Realtime });
            }
            let began = Instant::now();
            let block = host.process(frames, |channel, frame| tone(channel, at + frame));
            assert_eq!((block.allocations, block.changed_samples), (0, 0), "{mode:?} {api:?}");
            at += frames;
            turn += 1;
            if is_live && !is_render {
                let length = Duration::from_secs_f32(frames as f32 / rate_hz);
                std::thread::sleep(length.saturating_sub(began.elapsed()));
            }
        }
        host.plugin.deactivate();
        host.wait("all of it", |board| {
            let status = board.status();
            status.counters.frames >= at as u64 && status.stream.is_none()
        });
        let counters = host.plugin.board().status().counters;
        assert_eq!((counters.gap_frames, counters.skipped_frames), (0, 0), "{mode:?} {api:?}");
        let history = host.plugin.board().history();
        let bits = |row: rollcall_board::Row<'_>| {
            let values = (0..row.classes()).map(|class| row.activity(class).to_bits());
            (row.time_s().to_bits(), values.collect::<Vec<_>>())
        };
        heard.push(history.rows(history.range()).map(bits).collect::<Vec<_>>());
    }
    assert!(heard[0].len() > 30);
    assert!(heard[0] == heard[1], "live and offline differ");
    assert!(heard[0] == heard[2], "live and an offline render that nobody announced differ");
    assert!(heard[0] == heard[3], "live and a mode that changes between two blocks differ");
}

/// Hosts have been seen to be told of the mode of the activation before: what a block says counts.
#[test]
fn a_render_is_a_session_of_its_own_whatever_was_said_at_activation() {
    let mut host = Host::new(0);
    host.plugin.board().send(rollcall_board::Command::WindowOpened);
    host.wait("the model", |board| matches!(board.status().model, rollcall_board::ModelState::Ready(_)));
    let length = 20 * 4_800;
    for (activated, said, counted, what) in [
        (ProcessMode::Realtime, ProcessMode::Realtime, length, "a first session"),
        (ProcessMode::Offline, ProcessMode::Realtime, 2 * length, "the session goes on"),
        (ProcessMode::Realtime, ProcessMode::Offline, length, "a session of its own"),
    ] {
        host.activate(48_000.0, 4_800, activated, PluginApi::Vst3);
        host.say(said);
        let before = host.plugin.board().status().session;
        for _ in 0..20 {
            host.process(4_800, |_, frame| (frame as f32 * 0.05).sin() * 0.2);
            if said == ProcessMode::Realtime {
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        host.plugin.deactivate();
        host.wait(what, |board| {
            let status = board.status();
            status.stream.is_none()
                && status.counters.frames == counted
                && (counted > length || status.session > before)
        });
    }
}

/// The status of each block is what lets a host stop calling: while something is to come it says for how long at most.
#[test]
fn it_asks_to_be_called_until_all_is_over_and_no_longer() {
    let mut host = Host::new(0);
    host.plugin.board().send(rollcall_board::Command::WindowOpened);
    host.wait("the model", |board| matches!(board.status().model, rollcall_board::ModelState::Ready(_)));
    host.set("midi_cc", 1.0);
    host.set("midi_notes", 1.0);
    host.activate(48_000.0, 4_800, ProcessMode::Realtime, PluginApi::Clap);
    assert!(ClapPlugin::tail_samples(&host.plugin).is_some_and(|frames| frames > 3 * 48_000));
    assert_eq!(host.process(4_800, |_, _| 0.0).status, ProcessStatus::Normal, "nothing was heard yet");
    let tone = |frame: usize| (frame as f32 * 0.05).sin() * 0.3;
    for block in 0..30 {
        let status = host.process(4_800, |_, frame| tone(block * 4_800 + frame)).status;
        assert!(matches!(status, ProcessStatus::Tail(_)), "{status:?}");
        host.wait("the worker", |board| board.status().backlog_s < 0.3);
    }
    let mut silent = 0;
    while matches!(host.process(4_800, |_, _| 0.0).status, ProcessStatus::Tail(_)) {
        std::thread::sleep(Duration::from_millis(20));
        silent += 1;
        assert!(silent < 2_000, "it never ends");
    }
    assert!(silent >= 20, "the last window ends a second after the sound: {silent} blocks of 0.1 s");
    assert!(host.plugin.board().outputs().is_quiet());
    assert!(
        host.plugin.board().history().last().is_some_and(|row| row.time_s() > 3.5),
        "all of it was analysed"
    );
}

#[test]
fn a_long_unannounced_render_loses_nothing() {
    let mut host = Host::new(0);
    host.activate(48_000.0, 16_384, ProcessMode::Realtime, PluginApi::Vst3);
    let blocks = 48_000 * 40 / 16_384;
    for _ in 0..blocks {
        host.process(16_384, |_, frame| (frame as f32 * 0.05).sin());
    }
    host.plugin.deactivate();
    host.wait("all of it", |board| board.status().counters.frames == blocks * 16_384);
    let counters = host.plugin.board().status().counters;
    assert_eq!((counters.gap_frames, counters.skipped_frames), (0, 0));
}

#[test]
fn activities_come_and_midi_only_when_asked() {
    let mut host = Host::new(0);
    let began = Instant::now();
    host.activate(48_000.0, 512, ProcessMode::Realtime, PluginApi::Clap);
    let mut frames = 0;
    while host.plugin.board().latest().steps == 0 {
        host.process(512, |_, frame| (frame as f32 * 0.05).sin() * 0.2);
        frames += 512;
        std::thread::sleep(
            Duration::from_secs_f64(f64::from(frames) / 48_000.0).saturating_sub(began.elapsed()),
        );
        assert!(began.elapsed() < Duration::from_secs(120), "no activities");
    }
    println!("first activities after {:.2} s of audio at its own pace", began.elapsed().as_secs_f64());
    assert_eq!(host.events(), 0);
    host.set("midi_cc", 1.0);
    host.process(512, |_, _| 0.0);
    host.process(512, |_, _| 0.0);
    assert_eq!(host.events(), 20);
    host.process(512, |_, _| 0.0);
    host.process(512, |_, _| 0.0);
    assert!(host.events() <= 40);
}

#[test]
fn sixteen_instances_share_the_weights() {
    let resident_kib = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("VmRSS: 0 kB").to_owned();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0)
    };
    let start = || {
        let mut host = Host::new(0);
        host.activate(48_000.0, 512, ProcessMode::Realtime, PluginApi::Clap);
        host.plugin.board().send(rollcall_board::Command::WindowOpened);
        for _ in 0..100 {
            host.process(512, |_, frame| (frame as f32 * 0.05).sin() * 0.2);
        }
        host.wait("a step", |board| board.latest().steps > 0);
        host
    };
    let first = start();
    let one_kib = resident_kib();
    let others: Vec<Host> = (1..16).map(|_| start()).collect();
    let each_kib = (resident_kib().saturating_sub(one_kib)) / 15;
    println!("one instance: {one_kib} KiB resident; each further one: {each_kib} KiB");
    // What each has of its own: its queue, its history and the state of its network. The weights, in 8 or 16 bits, and the rest are shared.
    assert!(each_kib < 20_000, "each further instance took {each_kib} KiB");
    drop((first, others));
}

#[test]
fn an_instance_is_made_in_no_time_a_thousand_times() {
    let threads = || std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    let (began, before) = (Instant::now(), threads());
    for life in 0..1_000 {
        let mut host = Host::new(life % Host::layouts());
        host.activate(48_000.0, 256, ProcessMode::Realtime, PluginApi::Vst3);
        if life % 20 == 0 {
            host.process(256, |_, _| 0.1);
        }
        // Stopped and begun again at another rate, and sometimes dropped as it runs, while its model loads.
        if life % 3 == 0 {
            host.plugin.deactivate();
            host.activate(96_000.0, 64, ProcessMode::Realtime, PluginApi::Clap);
        }
        if life % 2 == 0 {
            host.plugin.deactivate();
        }
    }
    assert!(threads() <= before, "{} threads, {before} before", threads());
    let each = began.elapsed() / 1_000;
    println!("made, activated, deactivated and dropped in {each:?}");
    assert!(each < Duration::from_millis(100));
}
