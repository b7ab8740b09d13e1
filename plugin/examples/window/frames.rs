//! What the frames of the real window cost while real music plays in it: processor time of the thread that draws it.

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

/// How graphics are drawn, and what to set for it. Mesa's software stands in for a graphics card; it works in the window's thread
/// too, and that copies each picture to the server. Its driver that does nothing leaves what any card would: our layout and
/// tessellation, what egui hands to OpenGL, and OpenGL itself.
const DRIVERS: [(&str, &[(&str, &str)]); 2] = [
    ("software", &[("LIBGL_ALWAYS_SOFTWARE", "1")]),
    ("none", &[("GALLIUM_NOOP", "1"), ("LIBGL_ALWAYS_SOFTWARE", "1")]),
];

/// Prints a table: the window as it draws by itself, and as it draws every frame of the screen, for the pointer moves in it.
pub(crate) fn measure(music: &str, driver: Option<&str>, recording: &Recording) {
    if driver.is_none() {
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let busy = load.split(' ').next().unwrap_or_default();
        let cores = thread::available_parallelism().map_or(1, Into::into);
        println!("{SECONDS} s each, shares of a core; {busy} processes wanted {cores} cores.\n");
        println!("| driver | music plays, and | frames/s | pictures/s | window | at 60/s | card | at 60/s |");
        println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    }
    // The process on the screen comes here again, with its driver.
    for (name, variables) in DRIVERS.iter().filter(|(name, _)| driver.is_none_or(|driver| driver == *name)) {
        let again = ["--frames", music, name];
        assert!(on_a_screen(&again, variables, None, |screen| rows(screen, name, recording)), "see above");
    }
}

fn rows(screen: &Screen, driver: &str, recording: &Recording) {
    let mut stage = Stage::new(screen, recording.rate_hz);
    stage.open(None);
    // A full history, and the first frames: fonts are read, shaders compiled.
    stage.play(recording, 150.0, Pace::AsFastAsItGoes);
    stage.idle(Duration::from_secs(3));
    stage.play(recording, 3.0, Pace::Live);
    let window = stage.child();
    let row = |what: &str, cost: &Cost| println!("| {driver} | {what} | {} |", cells(cost));
    row("nobody touches it", &cost_of(window, || stage.play(recording, SECONDS, Pace::Live)));
    let moved = cost_of(window, || {
        with_pointer(screen, GOAL_HZ, LINE, || stage.play(recording, SECONDS, Pace::Live));
    });
    row("the pointer moves", &moved);
    assert!(moved.frames > 0, "the window drew nothing");
}

fn cells(cost: &Cost) -> String {
    let rate = |count: u32| format!("{:.1}", f64::from(count) / cost.seconds);
    let percent = |share: f64| format!("{:.2} %", share * 100.0);
    let shares = [cost.window_s, cost.raster_s].map(|took_s| {
        let each_s = took_s / f64::from(cost.frames.max(1));
        format!("{} | {}", percent(took_s / cost.seconds), percent(each_s * GOAL_HZ))
    });
    [rate(cost.frames), rate(cost.pictures), shares.join(" | ")].join(" | ")
}
