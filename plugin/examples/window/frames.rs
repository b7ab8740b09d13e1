//! What a frame of the real window costs, while real music plays in it.

use crate::support::{
    cost::{Cost, cost_of, with_pointer},
    screen::{Screen, on_a_screen},
    stage::{Pace, Stage},
};
use rollcall_worker::Recording;
use std::{fs, thread, time::Duration};

const GOAL_HZ: f64 = 60.0;
const SECONDS: f64 = 20.0;
/// Left, right and height of where the pointer moves: over the meters and the history of a window of the usual size.
const LINE: [i16; 3] = [40, 1_000, 500];

/// Prints a row for the window as it draws by itself, and one for each frame that the screen shows: the pointer is moved in
/// it faster than that.
pub(crate) fn measure(again: &[&str], recording: &Recording) -> bool {
    on_a_screen(again, None, |screen| table(screen, recording))
}

fn table(screen: &Screen, recording: &Recording) {
    let mut stage = Stage::new(screen, recording.rate_hz);
    stage.open(None);
    // A full history, and the first frames: fonts are read, shaders compiled.
    stage.play(recording, 150.0, Pace::AsFastAsItGoes);
    stage.idle(Duration::from_secs(3));
    stage.play(recording, 3.0, Pace::Live);
    let size = stage.geometry(stage.child());
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let (busy, cores) = (load.split(' ').next().unwrap_or_default(), thread::available_parallelism());
    println!(
        "{} x {} pixels, {SECONDS} s each; {busy} processes wanted {} cores\n",
        size.width,
        size.height,
        cores.map_or(1, Into::into)
    );
    println!(
        "| music plays, and | frames a second | window's thread | at 60 frames | software graphics card | at 60 frames |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    let window = stage.child();
    row("nobody touches it", cost_of(window, || stage.play(recording, SECONDS, Pace::Live)));
    let moved = cost_of(window, || {
        with_pointer(screen, 2.0 * GOAL_HZ, LINE, || stage.play(recording, SECONDS, Pace::Live));
    });
    row("the pointer moves", moved);
    stage.hide();
    stage.idle(Duration::from_millis(300));
    row("it is hidden", cost_of(window, || stage.play(recording, SECONDS / 4.0, Pace::Live)));
    assert!(moved.frames > 0, "the window drew nothing");
}

fn row(what: &str, cost: Cost) {
    let percent = |share: f64| format!("{:.2} %", share * 100.0);
    let of = |counted_s: f64| {
        let at_goal =
            if cost.frames > 0 { percent(cost.share_at(GOAL_HZ, counted_s)) } else { String::new() };
        format!("{} | {at_goal}", percent(counted_s / cost.seconds))
    };
    println!("| {what} | {:.1} | {} | {} |", cost.frames_hz(), of(cost.window_s), of(cost.raster_s));
}
