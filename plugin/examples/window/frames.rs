//! What the frames of the real window cost while real music plays in it: processor time of the thread that draws it.

use crate::support::{
    cost::{Cost, cost_of, with_pointer},
    screen::{Screen, on_a_screen},
    stage::{Speed, Stage},
};
use rollcall_worker::Recording;
use std::{fs, thread, time::Duration};

const GOAL_HZ: f64 = 60.0;
/// Rounds of each row, and their length. Processor time grows with what else the caches are used for: the least of the
/// rounds tells most of the window, their median most of the machine.
const ROUNDS: usize = 7;
const SECONDS: f64 = 5.0;
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
        println!(
            "{ROUNDS} rounds of {SECONDS} s; shares of a core at {GOAL_HZ} frames a second, median (least)."
        );
        println!("{busy} processes wanted {cores} cores.\n");
        println!("| driver | music plays, and | frames/s | pictures/s | window's thread | graphics card |");
        println!("| --- | --- | --- | --- | --- | --- |");
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
    stage.play(recording, 150.0, Speed::AsFastAsItGoes);
    stage.idle(Duration::from_secs(3));
    stage.play(recording, 3.0, Speed::Live);
    let window = stage.child();
    let mut round = |pointer_hz: f64| {
        cost_of(window, || {
            with_pointer(screen, pointer_hz, LINE, || stage.play(recording, SECONDS, Speed::Live))
        })
    };
    for (what, pointer_hz) in [("nobody touches it", 0.0), ("the pointer moves", GOAL_HZ)] {
        let costs: Vec<Cost> = (0..ROUNDS).map(|_| round(pointer_hz)).collect();
        assert!(costs.iter().all(|cost| cost.frames > 0), "the window drew nothing");
        println!("| {driver} | {what} | {} |", cells(&costs));
    }
}

fn cells(costs: &[Cost]) -> String {
    let sorted = |of: &dyn Fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    };
    let rate = |of: &dyn Fn(&Cost) -> u32| {
        format!("{:.1}", sorted(&|cost| f64::from(of(cost)) / cost.seconds)[costs.len() / 2])
    };
    let share = |of: &dyn Fn(&Cost) -> f64| {
        let shares = sorted(&|cost| of(cost) / f64::from(cost.frames) * GOAL_HZ * 100.0);
        format!("{:.2} % ({:.2} %)", shares[shares.len() / 2], shares[0])
    };
    let rates = [rate(&|cost| cost.frames), rate(&|cost| cost.pictures)];
    [rates, [share(&|cost| cost.window_s), share(&|cost| cost.raster_s)]].as_flattened().join(" | ")
}
