//! What the front-end costs for one second of audio: resampling, log-mel, and the whole way from frames to
//! hops.
//!
//! `cargo bench -p rollcall-engine --bench front_end`. Each bench names the physical limit that it is to be
//! held against; the figures are for one core at 2.8 GHz (Ice Lake) with two 256-bit multiply-adds a cycle in
//! `f32` (rubato's AVX code): 90 GFLOP/s in `f32`, 45 in `f64`, and about 12 GB/s from memory.

use divan::{Bencher, counter::ItemsCount};
use rollcall_engine::{
    audio::{Intake, Resampler},
    logmel::LogMel,
};
use std::hint::black_box;

fn main() {
    divan::main();
}

/// One second of interleaved noise from a fixed linear congruential generator.
fn second(rate_hz: u32, channels: u32) -> Vec<f32> {
    let mut state = 1_u32;
    (0..rate_hz * channels)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect()
}

/// Downmix and sanitiser, 48 kHz. Limit: reading the samples, 4 bytes each: 16 us a second of stereo at 12
/// GB/s (and far less from cache, where a host's block is). Measured: 17 us.
#[divan::bench(args = [1, 2, 6])]
fn intake(bencher: Bencher<'_, '_>, channels: u32) {
    let input = second(48_000, channels);
    let mut intake = Intake::new(channels as usize);
    bencher.counter(ItemsCount::new(48_000_u32)).bench_local(|| {
        intake.push(black_box(&input), &mut |mono| {
            black_box(mono);
        });
    });
}

/// Resampling to 16 kHz in blocks of 480 samples.
///
/// Limit: 16,000 outputs of `taps` multiply-adds: 480 taps at 48 kHz are 15.4 MFLOP, 170 us at 90 GFLOP/s, and
/// with AVX-512 half of that. As a product of matrices (multiples of 100 Hz up to 96 kHz) it takes 573 of them an
/// output; 44.1 kHz takes 536, one output row after the other, from five matrices of 343 kB together that live in the
/// second-level cache. rubato loads two operands for each, of which two a cycle can be had, and adds up the lanes of
/// each output: 44,101 Hz interpolates between four phases and costs four times as much; 384 kHz has eight times the taps.
/// Measured: 0.18 ms at 48 kHz with AVX-512 (0.65 through rubato on the same core), 0.68 at 44.1, 1.56 at 44.101,
/// 3.0 at 384.
#[divan::bench(args = [8_000, 16_000, 44_100, 44_101, 48_000, 96_000, 384_000])]
fn resampler(bencher: Bencher<'_, '_>, rate_hz: u32) {
    let input = second(rate_hz, 1);
    let mut resampler = Resampler::new(rate_hz).expect("a rate in range");
    bencher.counter(ItemsCount::new(rate_hz)).bench_local(|| {
        for block in input.chunks(480) {
            resampler.push(black_box(block), &mut |samples| {
                black_box(samples);
            });
        }
    });
}

/// Log-mel hops of one second at 16 kHz: 100 of them.
///
/// Limit: a real transform of 512 points is about 2.5 * 512 * 9 / 2 = 5,800 FLOP, the magnitudes 257 * 4, the
/// bands 480 * 2: 0.8 MFLOP a second, 17 us at 45 GFLOP/s in `f64`. The 6,400 logarithms (about 20 cycles
/// each) are 46 us, the 25,700 square roots (4.5 cycles each, two at a time) 20 us: 85 us in all.
/// Measured: 149 us; with realfft's AVX code and the C library's logarithm, whose last digits are not those of other machines, it is
/// 107 on the same core.
#[divan::bench]
fn log_mel(bencher: Bencher<'_, '_>) {
    let input = second(16_000, 1);
    let mut log_mel = LogMel::new();
    bencher.counter(ItemsCount::new(16_000_u32)).bench_local(|| {
        log_mel.push(black_box(&input), &mut |hop, power| {
            black_box((hop, power));
        });
    });
}

/// From stereo frames at 48 kHz to hops, in blocks of 512 frames. Limit: the sum of the
/// above, 0.3 ms. Measured: 0.37 ms, 0.04 % of a core.
#[divan::bench]
fn stereo_48_khz_to_hops(bencher: Bencher<'_, '_>) {
    let input = second(48_000, 2);
    let (mut intake, mut log_mel) = (Intake::new(2), LogMel::new());
    let mut resampler = Resampler::new(48_000).expect("a rate in range");
    bencher.counter(ItemsCount::new(48_000_u32)).bench_local(|| {
        for block in input.chunks(2 * 512) {
            intake.push(black_box(block), &mut |mono| {
                resampler.push(mono, &mut |samples| {
                    log_mel.push(samples, &mut |hop, power| {
                        black_box((hop, power));
                    });
                });
            });
        }
    });
}
