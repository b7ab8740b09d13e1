//! What a frame of the window costs: layout and tessellation, without the graphics driver, over and over with warm caches. In a
//! real window it is several times that: `plugin/examples/window/frames.rs`.
//!
//! Goal: 60 frames a second, with a step every 160 ms, under 5 % of one core.
//! `cargo bench --manifest-path plugin/Cargo.toml -p rollcall-editor --bench frame` prints a row for each view and size: the median frame and its share of a sixtieth of a second.

#[path = "../tests/support/session.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod session;

#[path = "../tests/support/headless.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod headless;

use headless::Headless;
use session::Session;
use std::{hint::black_box, time::Instant};

const FRAMES_HZ: f64 = 60.0;
const FRAMES: usize = 600;
/// A step comes about every tenth frame.
const FRAMES_A_STEP: usize = 10;

fn main() {
    println!("| window | scale | frame, us | of a core at 60 Hz |\n| --- | --- | --- | --- |");
    for (size, scale) in [([520.0, 420.0], 1.0), ([1_040.0, 740.0], 1.0), ([1_040.0, 740.0], 2.0)] {
        let mut session = Session::new();
        session.play(150.0);
        let mut window = Headless::open(&session);
        let mut frame = |session: &Session| {
            black_box(window.frame_of(session, 1.0 / FRAMES_HZ, size, scale));
        };
        // The first frames read the fonts and draw each letter once.
        (0..20).for_each(|_| frame(&session));
        let mut times_us: Vec<f64> = (0..FRAMES)
            .map(|number| {
                if number % FRAMES_A_STEP == 0 {
                    session.play(0.16);
                }
                let began = Instant::now();
                frame(&session);
                began.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        times_us.sort_unstable_by(f64::total_cmp);
        let median_us = times_us[FRAMES / 2];
        let share = median_us * 1e-6 * FRAMES_HZ;
        println!("| {:.0} x {:.0} | {scale} | {median_us:.0} | {:.2} % |", size[0], size[1], share * 100.0);
    }
}
