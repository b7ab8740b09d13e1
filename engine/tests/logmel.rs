//! The log-mel front-end against the reference, value by value (`golden/generate_logmel.py`).

use rollcall_engine::{
    LogMelHop, MEL_BANDS,
    audio::{Intake, Resampler},
    logmel::LogMel,
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
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

/// The bits are those of every machine: this runs on x86-64, on 64-bit Arm (`cargo xtask arm`) and on whatever else it is tried. The
/// samples are made by whole numbers alone, from full scale to silence.
#[test]
fn every_machine_gives_these_bits() {
    let mut state = 1_u32;
    let samples: Vec<f32> = (0..48_000_u32)
        .map(|t| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let saw = (t.wrapping_mul(37) % 16_000) as i32 - 8_000;
            let noise = (state >> 19) as i32 - 4_096;
            (saw + noise) as f32 / f32::from(1_u16 << 14) / (1_u64 << (t / 2_000)) as f32
        })
        .collect();
    let mut hash = Sha256::new();
    let mut hops = 0;
    LogMel::new().push(&samples, &mut |hop, _| {
        hop.iter().for_each(|value| hash.update(value.to_le_bytes()));
        hops += 1;
    });
    assert_eq!(hops, 298);
    let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, "8bd062c9aea5cb8aa00b03cc64c2260d45ca7182481bf992f0a4fbe34f53c0d6");
}
