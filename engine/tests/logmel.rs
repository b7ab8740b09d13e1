//! The log-mel front-end against the reference, value by value (`golden/generate_logmel.py`).

use rollcall_engine::{
    LogMelHop, MEL_BANDS,
    audio::{Intake, Resampler},
    logmel::LogMel,
};
use serde::Deserialize;
use std::{fs, path::PathBuf};

/// One signal of `golden/logmel.json`.
#[derive(Deserialize)]
struct Signal {
    name: String,
    rate_hz: u32,
    samples: usize,
    hops: usize,
}

/// A signal with its samples and the reference's hops.
struct Golden {
    signal: Signal,
    samples: Vec<f32>,
    hops: Vec<LogMelHop>,
}

fn golden() -> Vec<Golden> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let floats = |name: &str| -> Vec<f32> {
        let bytes = fs::read(folder.join(name)).expect(name);
        assert_eq!(bytes.len() % 4, 0, "{name} holds 32-bit floats");
        bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
    };
    let index = fs::read_to_string(folder.join("logmel.json")).expect("logmel.json");
    let signals: Vec<Signal> = serde_json::from_str(&index).expect("logmel.json is a list of signals");
    let (samples, hops) = (floats("logmel.samples.f32"), floats("logmel.hops.f32"));
    let (mut samples, mut hops) = (samples.as_slice(), hops.as_chunks::<MEL_BANDS>().0);
    let all = signals
        .into_iter()
        .map(|signal| {
            let samples = samples.split_off(..signal.samples).expect("as many samples as the index says");
            let hops = hops.split_off(..signal.hops).expect("as many hops as the index says");
            Golden { signal, samples: samples.to_vec(), hops: hops.to_vec() }
        })
        .collect();
    assert!(samples.is_empty() && hops.is_empty(), "the index names all of the data");
    all
}

/// Our hops of mono samples at any rate, through the whole front-end.
fn ours(rate_hz: u32, samples: &[f32]) -> Vec<LogMelHop> {
    let (mut intake, mut log_mel) = (Intake::new(1), LogMel::new());
    let mut resampler = Resampler::new(rate_hz).expect("a rate in range");
    let mut hops = Vec::new();
    intake.push(samples, &mut |mono| {
        resampler.push(mono, &mut |at_16_khz| log_mel.push(at_16_khz, &mut |hop, _| hops.push(*hop)));
    });
    resampler.flush(&mut |at_16_khz| log_mel.push(at_16_khz, &mut |hop, _| hops.push(*hop)));
    assert_eq!(intake.replaced(), 0, "golden signals are audio");
    hops
}

/// Sorted differences of all values, or of those of the bands named.
fn differences(ours: &[LogMelHop], reference: &[LogMelHop], bands: std::ops::Range<usize>) -> Vec<f32> {
    assert_eq!(ours.len(), reference.len(), "number of hops");
    let pairs = ours.iter().zip(reference).flat_map(|(a, b)| a[bands.clone()].iter().zip(&b[bands.clone()]));
    let mut differences: Vec<f32> = pairs.map(|(a, b)| (a - b).abs()).collect();
    differences.sort_by(f32::total_cmp);
    differences
}

/// The issue asks for 1e-4 at every value; both sides compute in `f64`, so far less is left.
///
/// Both round the same real number, known to 1e-8 or better, to `f32`. Values lie within +-16, where
/// neighbouring `f32` are 9.5e-7 apart, so that two roundings can fall one such step apart: 1e-6. (The 1e-8:
/// the transform errs by about 1e-15 of its greatest bin; that is 2e4 for noise at +40 dBFS, and the
/// logarithm of `x + 0.01` multiplies by 100.)
#[test]
fn equal_to_the_reference_at_every_value() {
    let mut compared = 0;
    for Golden { signal, samples, hops } in golden() {
        if signal.rate_hz != 16_000 {
            continue;
        }
        let differences = differences(&ours(16_000, &samples), &hops, 0..MEL_BANDS);
        let worst = differences.last().copied().unwrap_or(f32::NAN);
        assert!(worst <= 1e-6, "{}: off by {worst}", signal.name);
        compared += differences.len();
    }
    assert!(compared > 15 * 38 * MEL_BANDS, "only {compared} values were compared");
}

/// With resampling before it the front-end follows the reference's (resampy `kaiser_best`) as far as the
/// filters agree.
///
/// Below 6.8 kHz, bands 0 to 59, both filters are flat within 0.005 dB (0.0006 as a natural logarithm) and
/// differ by ripple and rounding: 0.002. Above, the slopes part: where ours is at -1.5 dB at 7200 Hz the
/// reference is at -2.2 dB, and at 7500 Hz, the upper edge of the last band, -15.9 against -14.4 dB. A band
/// weighs these within its triangle, so the difference stays below 0.7 dB, 0.08 as a natural logarithm. The
/// first and last hops may hold the filters' different ringing at the cut-off ends of the signal and are left
/// out.
#[test]
fn close_to_the_reference_with_its_resampler() {
    let mut signals = 0;
    for Golden { signal, samples, hops } in golden() {
        if signal.rate_hz == 16_000 {
            continue;
        }
        let ours = ours(signal.rate_hz, &samples);
        // The reference rounds the number of samples up or down by one, which may make one hop of difference.
        let inner = 2..ours.len().min(hops.len()) - 2;
        let (ours, reference) = (&ours[inner.clone()], &hops[inner]);
        let lower = differences(ours, reference, 0..60).last().copied().unwrap_or(f32::NAN);
        assert!(lower <= 0.002, "{}: bands 0 to 59 are off by {lower}", signal.name);
        let upper = differences(ours, reference, 60..MEL_BANDS).last().copied().unwrap_or(f32::NAN);
        assert!(upper <= 0.08, "{}: bands 60 to 63 are off by {upper}", signal.name);
        signals += 1;
    }
    assert_eq!(signals, 3);
}

/// Where equality between machines begins: transforms and logarithms differ in the last digits of 64 bits, which is seldom seen in 32
/// bits, and next to never in 8. A plain transform, in another order of summation than any fast one, gives the same bytes.
#[test]
fn another_transform_gives_the_same_bytes() {
    const HOPS: usize = 300;
    let tau = std::f64::consts::TAU;
    let turns: Vec<(f64, f64)> = (0..512).map(|i| (tau * f64::from(i) / 512.0).sin_cos()).collect();
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24) - 0.5
    };
    let tone = |t: usize| (0.05 * t as f64).sin() * (1.0 + (0.0003 * t as f64).cos());
    let samples: Vec<f32> = (0..160 * HOPS + 240).map(|t| (0.3 * tone(t) + 0.1 * noise()) as f32).collect();
    let mut found = Vec::new();
    LogMel::new().push(&samples, &mut |hop, _| found.push(*hop));
    assert_eq!(found.len(), HOPS);
    let mel = |hz: f64| 1127.0 * (hz / 700.0).ln_1p();
    let (low, high) = (mel(125.0), mel(7500.0));
    let (mut floats, mut bytes) = (0, 0);
    for (hop, found) in found.iter().enumerate() {
        let window = |i: usize| 0.5 - 0.5 * (tau / 400.0 * i as f64).cos();
        let windowed: Vec<f64> = (0..400).map(|i| f64::from(samples[160 * hop + i]) * window(i)).collect();
        let magnitude = |bin: usize| {
            let (mut re, mut im) = (0.0, 0.0);
            for (i, x) in windowed.iter().enumerate().rev() {
                let (sin, cos) = turns[i * bin % 512];
                re += x * cos;
                im -= x * sin;
            }
            f64::hypot(re, im)
        };
        let magnitudes: Vec<f64> = (0..=256).map(magnitude).collect();
        for (band, &found) in found.iter().enumerate() {
            let edge = |i: usize| low + (high - low) * (band + i) as f64 / 65.0;
            let weight = |bin: usize| {
                let at = mel(bin as f64 * 31.25);
                let (up, down) = ((at - edge(0)) / (edge(1) - edge(0)), (edge(2) - at) / (edge(2) - edge(1)));
                up.min(down).max(0.0)
            };
            let value = (1..=256).rev().map(|bin| weight(bin) * magnitudes[bin]).sum::<f64>();
            let expected = (value + 0.01).ln() as f32;
            floats += usize::from(expected.to_bits() != found.to_bits());
            let byte = |x: f32| ((x / 0.04).round_ties_even() + 115.0) as u8;
            bytes += usize::from(byte(expected) != byte(found));
        }
    }
    println!("{floats} of {} floats differ, {bytes} bytes", HOPS * MEL_BANDS);
    assert_eq!(bytes, 0);
}
