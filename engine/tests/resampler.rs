//! The resampler's response, aliases, alignment and lengths, measured at its output.
//!
//! What the reference's resampler (resampy 0.4.3, `kaiser_best`) reaches on the same tones is in
//! `golden/resampler.json` and is printed beside ours with `--nocapture`:
//!
//! | | ours | reference |
//! | --- | --- | --- |
//! | gain at 7/8 of the Nyquist frequency (7 kHz; 3.5 kHz from 8 kHz) | -0.09 dB | -0.26 dB |
//! | worst tone above 8 kHz | -135 dB | -85 dB (48 kHz) |

use rollcall_engine::audio::Resampler;
use serde::Deserialize;
use std::f64::consts::TAU;

/// The usual rates, and odd ones that no table of phases fits.
const RATES_HZ: [u32; 14] = [
    8_000, 8_001, 11_025, 22_050, 32_000, 44_100, 44_101, 48_000, 88_200, 96_000, 176_400, 192_000, 383_999,
    384_000,
];

fn resample(rate_hz: u32, input: &[f32]) -> Vec<f32> {
    let (mut resampler, mut output) = (Resampler::new(rate_hz).expect("a rate in range"), Vec::new());
    resampler.push(input, &mut |samples| output.extend_from_slice(samples));
    resampler.flush(&mut |samples| output.extend_from_slice(samples));
    output
}

/// Half a second of a full-scale sine that starts with phase 0.
fn tone(rate_hz: u32, hz: f64) -> Vec<f32> {
    (0..rate_hz / 2).map(|n| (TAU * hz * f64::from(n) / f64::from(rate_hz)).sin() as f32).collect()
}

/// The part of a signal that no end of it reaches: half a filter is 5 ms, 50 ms is taken off.
fn middle(samples: &[f32]) -> &[f32] {
    &samples[800..samples.len() - 800]
}

fn level_db(samples: &[f32]) -> f64 {
    let mean_square = samples.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / samples.len() as f64;
    // A full-scale sine is 0 dB here.
    10.0 * (2.0 * mean_square + 1e-30).log10()
}

/// The sine of one frequency that fits best: what comes of a tone.
struct Fit {
    gain_db: f64,
    /// How much later than at the input it comes, seconds.
    late_s: f64,
    /// What is left without it: images and noise.
    residue_db: f64,
}

/// Least squares for `a sin + b cos` at 16 kHz, time counted from the first sample of the output.
fn fit(output: &[f32], hz: f64) -> Fit {
    let wave = |n: usize| (TAU * hz * (n + 800) as f64 / 16_000.0).sin_cos();
    let (mut ss, mut sc, mut cc, mut sy, mut cy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let samples = middle(output);
    for (n, &y) in samples.iter().enumerate() {
        let ((s, c), y) = (wave(n), f64::from(y));
        (ss, sc, cc, sy, cy) = (ss + s * s, sc + s * c, cc + c * c, sy + s * y, cy + c * y);
    }
    let determinant = ss * cc - sc * sc;
    let (a, b) = ((sy * cc - cy * sc) / determinant, (cy * ss - sy * sc) / determinant);
    let residue: Vec<f32> = samples
        .iter()
        .enumerate()
        .map(|(n, &y)| {
            let (s, c) = wave(n);
            (f64::from(y) - a * s - b * c) as f32
        })
        .collect();
    Fit {
        gain_db: 20.0 * a.hypot(b).log10(),
        late_s: -b.atan2(a) / (TAU * hz),
        residue_db: level_db(&residue),
    }
}

/// Flat within 0.1 dB to 7 kHz, or to 7/8 of the input's Nyquist frequency where that is lower (3.5 kHz from
/// 8 kHz).
///
/// The same fits show that no image of the tone is left (-80 dB, as for aliases) and that it comes on time:
/// within half an output sample, 31 us, at odd rates, and exactly at the others. "Exactly" is 0.1 us: the
/// phase of a fit over 6400 samples to a signal with noise at -130 dB errs by 1e-8 of a radian, 0.03 ns at 50
/// Hz; the rest is room for the 44.1 kHz family, whose ratio is no finite binary fraction.
#[test]
fn the_pass_band_is_flat_clean_and_on_time() {
    for rate_hz in RATES_HZ {
        let nyquist_hz = f64::from(rate_hz.min(16_000)) / 2.0;
        let edge_hz = nyquist_hz * 7.0 / 8.0;
        let late_s = if [8_001, 44_101, 383_999].contains(&rate_hz) { 0.5 / 16_000.0 } else { 1e-7 };
        for hz in
            [50.0, 440.0, 1000.0, 2000.0, 3000.0, edge_hz * 0.75, edge_hz * 0.9, edge_hz * 0.97, edge_hz]
        {
            let fit = fit(&resample(rate_hz, &tone(rate_hz, hz)), hz);
            assert!(fit.gain_db.abs() < 0.1, "{rate_hz} Hz: {hz} Hz comes with {:.3} dB", fit.gain_db);
            assert!(fit.residue_db < -80.0, "{rate_hz} Hz: beside {hz} Hz {:.1} dB are left", fit.residue_db);
            assert!(fit.late_s.abs() <= late_s, "{rate_hz} Hz: {hz} Hz comes {} s late", fit.late_s);
        }
    }
}

/// What resampy reaches at one rate.
#[derive(Deserialize)]
struct Reached {
    rate_hz: u32,
    gain_db: Vec<(f64, f64)>,
    alias_db: Vec<(f64, f64)>,
}

/// Tones above 8 kHz leave less than -80 dB, and less than the reference leaves of them.
#[test]
fn tones_above_8_khz_are_gone() {
    let reference: Vec<Reached> =
        serde_json::from_str(include_str!("golden/resampler.json")).expect("golden/resampler.json");
    let mut tones = 0;
    for Reached { rate_hz, alias_db, gain_db } in &reference {
        for &(hz, theirs_db) in gain_db {
            let ours_db = fit(&resample(*rate_hz, &tone(*rate_hz, hz)), hz).gain_db;
            println!("{rate_hz} Hz, gain at {hz} Hz: ours {ours_db:.3} dB, reference {theirs_db:.3} dB");
        }
        for &(hz, theirs_db) in alias_db {
            let ours_db = level_db(middle(&resample(*rate_hz, &tone(*rate_hz, hz))));
            println!("{rate_hz} Hz, alias of {hz} Hz: ours {ours_db:.1} dB, reference {theirs_db:.1} dB");
            // f32 arithmetic has a floor of about -135 dB, which the reference's f64 undercuts far above 8
            // kHz.
            let bound_db = theirs_db.clamp(-130.0, -80.0);
            assert!(ours_db < bound_db, "{rate_hz} Hz: {hz} Hz leaves {ours_db:.1} dB");
            tones += 1;
        }
    }
    assert!(tones > 50, "only {tones} tones were measured");
}

/// A sweep from 8 kHz to just below the Nyquist frequency leaves less than -80 dB in every 10 ms.
///
/// It fades in and out over 50 ms, so that it has no energy of its own below 8 kHz; 8.1 kHz is where it
/// begins because the fade widens it by some 20 Hz.
#[test]
fn a_sweep_above_8_khz_is_gone() {
    for rate_hz in RATES_HZ.into_iter().filter(|&rate_hz| rate_hz > 17_000) {
        let (rate, seconds) = (f64::from(rate_hz), 1.0);
        let (from_hz, to_hz) = (8_100.0, rate / 2.0 - 100.0);
        let sweep: Vec<f32> = (0..rate_hz)
            .map(|n| {
                let t = f64::from(n) / rate;
                let fade = (t.min(seconds - t) / 0.05).min(1.0);
                let fade = 0.5 - 0.5 * (TAU / 2.0 * fade).cos();
                (fade * (TAU * (from_hz * t + (to_hz - from_hz) * t * t / 2.0)).sin()) as f32
            })
            .collect();
        for (n, part) in resample(rate_hz, &sweep).chunks(160).enumerate() {
            let left_db = level_db(part);
            assert!(left_db < -80.0, "{rate_hz} Hz: {left_db:.1} dB are left after {} ms", 10 * n);
        }
    }
}

/// An impulse comes out where it went in, also right at the start and across blocks.
///
/// Its centre of gravity is that of the filter, which is symmetric about the impulse. Sums over 400 samples
/// of `f32` that err by 1e-7 of the peak at distances up to 200 give 1e-3 samples. An impulse nearer to the
/// start than half the filter loses its left half, so its peak is looked at instead.
#[test]
fn impulses_stay_where_they_are() {
    for rate_hz in RATES_HZ {
        let odd = [8_001, 44_101, 383_999].contains(&rate_hz);
        for at in [0, 1, rate_hz as usize / 100, rate_hz as usize / 7, rate_hz as usize / 3] {
            let mut input = vec![0.0; rate_hz as usize / 2];
            input[at] = 1.0;
            let output = resample(rate_hz, &input);
            let expected = at as f64 * 16_000.0 / f64::from(rate_hz);
            if at > rate_hz as usize / 50 {
                let moment: f64 = output.iter().enumerate().map(|(n, &y)| n as f64 * f64::from(y)).sum();
                let centre = moment / output.iter().map(|&y| f64::from(y)).sum::<f64>();
                let off = (centre - expected).abs();
                assert!(off < if odd { 0.5 } else { 2e-3 }, "{rate_hz} Hz: {expected} came at {centre}");
            }
            let peak = (0..output.len()).max_by(|&a, &b| output[a].total_cmp(&output[b])).expect("not empty");
            assert!((peak as f64 - expected).abs() <= 1.0, "{rate_hz} Hz: {expected} has its peak at {peak}");
        }
    }
}

/// `round(frames * 16000 / rate)` samples in all, whatever the length, and never more than have been earned
/// before.
#[test]
fn lengths_are_exact() {
    for rate_hz in RATES_HZ.into_iter().chain([16_000]) {
        let rate = rate_hz as usize;
        for frames in [0, 1, 2, rate / 100 - 1, rate / 100, rate / 100 + 1, rate / 3, rate / 2] {
            let expected = (frames as f64 * 16_000.0 / f64::from(rate_hz)).round() as usize;
            assert_eq!(
                resample(rate_hz, &vec![0.25; frames]).len(),
                expected,
                "{frames} frames at {rate_hz} Hz"
            );
        }
    }
}

/// No sample is later than `delay_s` says, and some come close to it: the figure is a bound, not a guess.
///
/// It is a block of 10 ms and half a filter: 80 samples of the slower rate, up to 4 of the input's that round
/// it up to a multiple of 8 taps, and one to be complete. 15 ms at 48 kHz, 20 ms at 8 kHz.
#[test]
fn the_delay_is_what_is_said() {
    for rate_hz in RATES_HZ {
        let mut resampler = Resampler::new(rate_hz).expect("a rate in range");
        let delay_s = resampler.delay_s();
        let bound_s = 0.01 + 80.0 / f64::from(rate_hz.min(16_000)) + 5.0 / f64::from(rate_hz);
        assert!(delay_s <= bound_s, "{rate_hz} Hz: {delay_s} s");
        let (mut emitted, mut latest_s) = (0_u32, 0.0_f64);
        for pushed in 1..=rate_hz / 4 {
            // Before this sample arrives, the next output sample is still missing.
            let missing_s = f64::from(pushed - 1) / f64::from(rate_hz) - f64::from(emitted) / 16_000.0;
            latest_s = latest_s.max(missing_s);
            resampler.push(&[0.0], &mut |samples| emitted += samples.len() as u32);
        }
        assert!(latest_s <= delay_s, "{rate_hz} Hz: {latest_s} s late, said to be {delay_s} s");
        assert!(latest_s > 0.9 * delay_s, "{rate_hz} Hz: {latest_s} s late, said to be {delay_s} s");
    }
}

#[test]
fn rates_out_of_range_are_refused_by_number() {
    for rate_hz in [0, 7_999, 384_001, u32::MAX] {
        let error = Resampler::new(rate_hz).expect_err("out of range").to_string();
        assert!(error.contains(&rate_hz.to_string()) && error.contains("8000 to 384000"), "{error}");
    }
}
