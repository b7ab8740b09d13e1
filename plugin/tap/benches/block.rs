//! What a block costs the audio thread, against a `memcpy` of the same block (all its channels).
//!
//! `cargo bench --manifest-path plugin/Cargo.toml -p rollcall-tap --bench block` prints, for each block size and channel count, nanoseconds of the tap and of the
//! copy, with the ratio: once on a core by itself (the least of many short rounds, which nothing else interrupted), the copy
//! always to the same place; and once where another core reads what each of them wrote, round by round (the median), which
//! makes every line of memory come back from there: that copy has a place for each block of a round. Between rounds the
//! worker's end is read, as often as the worker looks. Goal: under three times. Then what a stereo block of 512 frames costs by what its
//! samples are. Goal: the same.

use ringbuf::{HeapCons, HeapProd, HeapRb, traits::Split};
use rollcall_queue::queue;
use rollcall_tap::{Event, Item, Pick, Reader, Writer, tap};
use std::{
    hint::{black_box, spin_loop},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Instant,
};

/// Samples that the plugin's queue holds at 48 kHz: 8 s.
const QUEUE: usize = 8 * 48_000;
/// Samples that come at 48 kHz while the worker sleeps, 12 ms: a round, or a block where that is longer.
const ROUND: usize = 576;
const ROUNDS: usize = 20_000;
const ROUNDS_APART: usize = 501;

fn main() {
    println!(
        "| frames | channels | heard | tap, ns | memcpy, ns | ratio | read by another core: tap | memcpy | ratio |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for frames in [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192] {
        for (channels, pick) in [(1, Pick::Mono), (2, Pick::Mono), (2, Pick::Left), (8, Pick::Mono)] {
            let [tap, copy] = Case::new(frames, channels, pick).alone();
            let [tap_apart, copy_apart] = Case::new(frames, channels, pick).apart();
            println!(
                "| {frames} | {channels} | {pick:?} | {tap:.1} | {copy:.1} | {:.2} | {tap_apart:.0} | {copy_apart:.0} | {:.2} |",
                tap / copy,
                tap_apart / copy_apart
            );
        }
    }
    println!("\n| 512 frames of 2 channels | tap, ns |\n| --- | --- |");
    let kinds = [
        ("0.25", 0.25),
        ("0", 0.0),
        ("subnormal", 1e-40),
        ("tiny", f32::MIN_POSITIVE),
        ("NaN", f32::NAN),
        ("infinite", f32::INFINITY),
    ];
    for (name, sample) in kinds {
        for pick in [Pick::Mono, Pick::Side] {
            let [tap, _] = Case::of(sample, 512, 2, pick).alone();
            println!("| {name}, {pick:?} | {tap:.1} |");
        }
    }
}

/// A block, what is heard of it, and where it goes.
struct Case {
    block: Vec<Vec<f32>>,
    /// Of a round.
    blocks: usize,
    pick: Pick,
    writer: Writer<(), HeapProd<Event<()>>>,
    reader: Reader<(), HeapCons<Event<()>>>,
    /// A place for each block of a round.
    copies: Vec<Vec<Vec<f32>>>,
}

impl Case {
    fn new(frames: usize, channels: usize, pick: Pick) -> Self {
        Self::of(0.25, frames, channels, pick)
    }

    fn of(sample: f32, frames: usize, channels: usize, pick: Pick) -> Self {
        let block = vec![vec![sample; frames]; channels];
        let (writer, reader) = tap(queue(QUEUE), HeapRb::new(8).split());
        let blocks = (ROUND / frames).max(1);
        Self { copies: vec![block.clone(); blocks], block, blocks, pick, writer, reader }
    }

    /// Nanoseconds a block of tap and copy, each in the core's own caches.
    fn alone(mut self) -> [f64; 2] {
        let mut least = [f64::MAX; 3];
        for _ in 0..ROUNDS {
            let tap = tap_ns(&self.block, &mut self.writer, self.pick, self.blocks);
            let place = &mut self.copies[0];
            let copy = time_ns(self.blocks, || copy(&self.block, place));
            let clock = time_ns(self.blocks, || _ = black_box(&self.block));
            read(&mut self.reader, &self.copies);
            for (least, now) in least.iter_mut().zip([tap, copy, clock]) {
                *least = least.min(now);
            }
        }
        [least[0], least[1]].map(|whole| (whole - least[2]) / self.blocks as f64)
    }

    /// Nanoseconds a block of tap and copy where another core reads what they wrote.
    fn apart(mut self) -> [f64; 2] {
        const OURS: usize = 0;
        const THEIRS: usize = 1;
        const OVER: usize = 2;
        let blocks = self.blocks;
        let (turn, shared) = (AtomicUsize::new(OURS), Mutex::new((self.reader, self.copies)));
        let (mut taps, mut copies) = (Vec::new(), Vec::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                loop {
                    match turn.load(SeqCst) {
                        THEIRS => {
                            let mut ends = shared.lock().expect("nobody panics");
                            let (reader, copies) = &mut *ends;
                            read(reader, copies);
                            drop(ends);
                            turn.store(OURS, SeqCst);
                        }
                        OVER => return,
                        _ => spin_loop(),
                    }
                }
            });
            for _ in 0..ROUNDS_APART {
                let mut ends = shared.lock().expect("nobody panics");
                let mut places = ends.1.iter_mut();
                copies.push(time_ns(blocks, || copy(&self.block, places.next().expect("one a block"))));
                drop(ends);
                taps.push(tap_ns(&self.block, &mut self.writer, self.pick, blocks));
                turn.store(THEIRS, SeqCst);
                while turn.load(SeqCst) == THEIRS {
                    spin_loop();
                }
            }
            turn.store(OVER, SeqCst);
        });
        [taps, copies].map(|mut all| {
            all.sort_by(f64::total_cmp);
            all[all.len() / 2] / blocks as f64
        })
    }
}

fn tap_ns(
    block: &[Vec<f32>],
    writer: &mut Writer<(), HeapProd<Event<()>>>,
    pick: Pick,
    blocks: usize,
) -> f64 {
    let frames = block[0].len();
    time_ns(blocks, || writer.write(black_box(block), frames, pick))
}

fn copy(block: &[Vec<f32>], place: &mut Vec<Vec<f32>>) {
    for (to, from) in place.iter_mut().zip(black_box(block)) {
        to.copy_from_slice(from);
    }
    black_box(place);
}

/// Everything that has arrived is read, and the copies too.
fn read(reader: &mut Reader<(), HeapCons<Event<()>>>, copies: &[Vec<Vec<f32>>]) {
    let mut heard = [0.0; 1024];
    while let Some(Item::Audio(_)) = reader.next(&mut heard) {
        black_box(&heard);
    }
    for channel in copies.iter().flatten() {
        black_box(channel.iter().sum::<f32>());
    }
}

/// Nanoseconds of so many runs, and of looking at the clock.
fn time_ns(times: usize, mut run: impl FnMut()) -> f64 {
    let began = Instant::now();
    (0..times).for_each(|_| run());
    began.elapsed().as_nanos() as f64
}
