//! What a block costs the audio thread, against a `memcpy` of the same block (all its channels).
//!
//! `cargo bench -p rollcall-tap --bench block` prints, for each block size and channel count, nanoseconds (the least of
//! many short rounds, which nothing else interrupted) of the tap, of copies that go on through as much memory as the ring
//! has, and of copies to one place, which stays in the first cache, with the tap's ratio to either. Goal: under three times.

use ringbuf::{HeapRb, traits::Split};
use rollcall_tap::{Event, Pick, tap};
use std::{hint::black_box, time::Instant};

/// Samples of a ring, as the plugin has it: some seconds.
const RING: usize = 1 << 19;
/// Samples that a round handles.
const ROUND: usize = 1 << 14;
const ROUNDS: usize = 60;

fn main() {
    println!("| frames | channels | heard | tap, ns | memcpy, ns | ratio | memcpy in cache, ns | ratio |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for frames in [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192] {
        for (channels, pick) in [(1, Pick::Mono), (2, Pick::Mono), (2, Pick::Left), (8, Pick::Mono)] {
            let block = vec![vec![0.25_f32; frames]; channels];
            let mut kept = block.clone();
            let blocks = (ROUND / frames).max(1);
            let (mut tap_ns, mut through_ns, mut kept_ns) = (f64::MAX, f64::MAX, f64::MAX);
            for _ in 0..ROUNDS {
                let (mut writer, mut reader) =
                    tap::<(), _, _, _, _>(HeapRb::new(RING).split(), HeapRb::<Event<()>>::new(8).split());
                // The pages of the ring are there in a host that has run for a moment.
                let mut heard = vec![0.0; RING];
                writer.write(&[vec![0.0; RING]], RING, Pick::Mono);
                reader.next(&mut heard);
                tap_ns = tap_ns.min(time_ns(blocks, || writer.write(black_box(&block), frames, pick)));
                let mut places = heard.chunks_exact_mut(frames);
                through_ns = through_ns.min(time_ns(blocks, || {
                    for from in black_box(&block) {
                        let to = places.next().expect("the ring is longer than all channels of a round");
                        to.copy_from_slice(from);
                    }
                }));
                kept_ns = kept_ns.min(time_ns(blocks, || {
                    for (to, from) in kept.iter_mut().zip(black_box(&block)) {
                        to.copy_from_slice(from);
                    }
                    black_box(&kept);
                }));
                black_box(&heard);
            }
            let (ratio, in_cache) = (tap_ns / through_ns, tap_ns / kept_ns);
            println!(
                "| {frames} | {channels} | {pick:?} | {tap_ns:.0} | {through_ns:.0} | {ratio:.2} | {kept_ns:.0} | {in_cache:.2} |"
            );
        }
    }
}

/// Nanoseconds of one of `times` runs.
fn time_ns(times: usize, mut run: impl FnMut()) -> f64 {
    let began = Instant::now();
    (0..times).for_each(|_| run());
    began.elapsed().as_nanos() as f64 / times as f64
}
