//! What is listened to is what `Input` and `Channels` say, held to the same audio on the plain main input.
#![cfg(not(debug_assertions))]

mod common;

use common::Host;
use nice_plug::prelude::*;
use rollcall_board::{Command, ModelState, Row};

const RATE_HZ: usize = 48_000;
const FRAMES: usize = 4 * RATE_HZ;

/// A tune for each number: harmonic notes, other ones each second.
fn tune(number: usize, frame: usize) -> f32 {
    let time_s = frame as f32 / RATE_HZ as f32;
    let note_hz = 110.0 * (number + 2) as f32 * (1.0 + (time_s as usize * (5 + number) % 7) as f32 / 6.0);
    let partials = 1..4 + 2 * number;
    let tone: f32 =
        partials.map(|k| (time_s * note_hz * k as f32 * std::f32::consts::TAU).sin() / k as f32).sum();
    0.2 * tone * (-(number as f32 + 1.0) * time_s.fract()).exp()
}

/// What stereo with a stereo sidechain hears offline: activities of each step, as bits. `tunes` are those of left, right,
/// and of the sidechain's left and right.
fn heard(tunes: [usize; 4], input: f32, channels: f32) -> Vec<Vec<u32>> {
    let mut host = Host::new(0);
    host.plugin.board().send(Command::WindowOpened);
    host.wait("the model", |board| matches!(board.status().model, ModelState::Ready(_)));
    host.set("input", input);
    host.set("channels", channels);
    host.activate(RATE_HZ as f32, 2_000, ProcessMode::Offline, PluginApi::Clap);
    for at in (0..FRAMES).step_by(2_000) {
        let block = host.process(2_000, |channel, frame| tune(tunes[channel], at + frame));
        assert_eq!((block.changed_samples, block.allocations), (0, 0));
    }
    host.plugin.deactivate();
    host.wait("the end", |board| {
        board.status().counters.frames == FRAMES as u64 && board.status().stream.is_none()
    });
    let history = host.plugin.board().history();
    let bits = |row: Row<'_>| (0..row.classes()).map(|class| row.activity(class).to_bits()).collect();
    history.rows(history.range()).map(bits).collect()
}

const MAIN: f32 = 0.0;
const SIDECHAIN: f32 = 1.0;
/// Places of `Channels` among five.
const MONO: f32 = 0.0;
const LEFT: f32 = 0.25;
const RIGHT: f32 = 0.5;

#[test]
fn the_sidechain_is_heard_and_nothing_of_the_main_input() {
    let main = heard([0, 1, 2, 3], MAIN, MONO);
    let side = heard([0, 1, 2, 3], SIDECHAIN, MONO);
    assert!(main.len() > 20 && main.iter().flatten().any(|bits| *bits != 0));
    assert!(main != side, "the sidechain's tunes are other ones");
    assert!(side == heard([2, 3, 0, 1], MAIN, MONO), "as if they came on the main input");
    assert!(heard([4, 4, 2, 3], SIDECHAIN, LEFT) == heard([2, 2, 0, 1], MAIN, MONO), "its left alone");
}

#[test]
fn one_side_is_heard_alone() {
    // The mean of twice the same is the same, to the last bit.
    let (left, right) = (heard([0, 0, 3, 3], MAIN, MONO), heard([1, 1, 3, 3], MAIN, MONO));
    assert!(left != right);
    assert!(heard([0, 1, 2, 3], MAIN, LEFT) == left);
    assert!(heard([0, 1, 2, 3], MAIN, RIGHT) == right);
}
