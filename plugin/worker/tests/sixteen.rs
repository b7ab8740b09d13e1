//! Sixteen instances in one process that get more audio than the machine can analyse: nobody starves, everything that is left
//! out is counted, and all share one model.

use rollcall_board::{Board, ModelState, board};
use rollcall_tap::Pick;
use rollcall_worker::{ModelSlot, Worker};
use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

const INSTANCES: usize = 16;
const RATE_HZ: u32 = 48_000;
const BLOCK: usize = 512;
/// Audio for each instance, in seconds.
const SECONDS: usize = 60;
/// So many times faster than it sounds: six cores' work.
const HASTE: f64 = 40.0;

fn wait(what: &str, mut until: impl FnMut() -> bool) {
    let began = Instant::now();
    while !until() {
        assert!(began.elapsed() < Duration::from_secs(120), "waited too long for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn nobody_starves_and_what_is_left_out_is_counted() {
    let mut instances: Vec<(Worker, Board)> = Vec::new();
    for _ in 0..INSTANCES {
        let (writer, board, inbox) = board();
        let models = Arc::new(ModelSlot::default());
        let worker = Worker::spawn(writer, inbox, models, Box::new(|| {})).expect("a thread");
        worker.link().want_model();
        instances.push((worker, board));
    }
    for (_, board) in &instances {
        wait("a model", || matches!(board.status().model, ModelState::Ready(_)));
    }
    let mut writers: Vec<_> =
        instances.iter().map(|(worker, _)| worker.open(f64::from(RATE_HZ), BLOCK).expect("a rate")).collect();
    let (mut phase, began) = (0.0_f32, Instant::now());
    for block in 0..SECONDS * RATE_HZ as usize / BLOCK {
        let samples: Vec<f32> = (0..BLOCK)
            .map(|_| {
                phase = (phase + 0.03 + 0.000_01 * (block % 700) as f32) % std::f32::consts::TAU;
                0.3 * phase.sin()
            })
            .collect();
        writers.iter_mut().for_each(|writer| writer.write(&[&samples[..]], BLOCK, Pick::Mono));
        let due = ((block + 1) * BLOCK) as f64 / f64::from(RATE_HZ) / HASTE;
        thread::sleep(Duration::from_secs_f64(due).saturating_sub(began.elapsed()));
    }
    let coarser = instances.iter().filter(|(_, board)| {
        let status = board.status();
        status.interval_s > status.asked_interval_s
    });
    let coarser = coarser.count();
    drop(writers);

    let written = (SECONDS * RATE_HZ as usize / BLOCK * BLOCK) as u64;
    let (mut heard, mut skipping) = (Vec::new(), 0);
    for (_, board) in &instances {
        wait("the end", || board.status().stream.is_none());
        let counters = board.status().counters;
        assert_eq!(counters.frames + counters.gap_frames + counters.skipped_frames, written, "{counters:?}");
        assert!(!board.history().is_empty());
        skipping += usize::from(counters.skipped_frames > 0);
        heard.push(counters.frames as f64);
    }
    // A machine with many cores may keep up; whoever does not has fewer steps before anything is left out.
    assert!(skipping == 0 || coarser > 0, "{skipping} instances left audio out, {coarser} had fewer steps");
    // What is shared is the machine's time, and so the audio; how many steps it comes to depends on what was left out when.
    let mean = heard.iter().sum::<f64>() / INSTANCES as f64;
    for (instance, frames) in heard.iter().enumerate() {
        assert!(
            (0.5..=2.0).contains(&(frames / mean)),
            "instance {instance} was heard for {frames} frames, the mean is {mean}"
        );
    }
}
