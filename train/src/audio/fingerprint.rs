//! Whether two recordings are one: a print of how a recording begins, which survives MP3, resampling and other silence before it.
//!
//! Prints for music (Chromaprint, landmarks) need seconds of changing harmony; what is compared here are mostly single notes, which
//! differ in pitch, touch and player and in little else. So a print holds a log-mel picture, by which most pairs are told apart at once, and the
//! waveform below 2 kHz: two takes of a note, however alike, run out of phase within half a second, and a copy does not.

use super::log_mel::log_mel;
use super::resample::resample;
use anyhow::Result;
use realfft::{RealFftPlanner, num_complex::Complex};
use rollcall_engine::SAMPLE_RATE_HZ;
use std::cell::RefCell;

/// Rate of the waveform that is kept: it holds what is below 2 kHz.
const WAVE_HZ: u32 = 4_000;
/// Samples of the waveform: two seconds.
const WAVE: usize = 8_192;
/// A recording begins where its level first is within this of its peak, as an amplitude.
const ONSET: f32 = 0.1;
/// Log-mel frames of a picture, each of this many hops.
const FRAMES: usize = 8;
const FRAME_HOPS: usize = 8;
const BANDS: usize = 64;
/// Pictures less alike than this (cosine, mean taken off) are of two recordings. Copies through MP3 and other rates have 0.97 and more; noise before an
/// onset moves it by a frame at most.
const ALIKE: f32 = 0.85;
/// Waveforms that correlate so well in both halves, at one lag, are copies.
const COPY: f32 = 0.9;
/// Lags that are tried, in samples: an eighth of a second.
const LAGS: usize = 512;
/// Shorter recordings are clicks, and are not compared: 0.2 s.
const SHORTEST: usize = 3_200;

/// How a recording begins.
#[derive(Clone, Debug)]
pub struct Print {
    /// Of length 1, `[FRAMES][BANDS]` with the mean taken off.
    picture: Vec<f32>,
    wave: Vec<f32>,
}

impl Print {
    /// That of mono samples at 16 kHz; `None` of what is silent or shorter than 0.2 s.
    ///
    /// # Errors
    /// None in practice: the rates are fixed.
    pub fn of(samples: &[f32]) -> Result<Option<Self>> {
        let peak = samples.iter().fold(0.0f32, |peak, s| peak.max(s.abs()));
        let Some(onset) = samples.iter().position(|s| s.abs() > ONSET * peak).filter(|_| peak > 1e-4) else {
            return Ok(None);
        };
        let seconds = WAVE / WAVE_HZ as usize;
        let end = (onset + (seconds + 1) * SAMPLE_RATE_HZ as usize).min(samples.len());
        let begun: Vec<f32> = samples[onset..end].iter().map(|s| 0.5 * s / peak).collect();
        if begun.len() < SHORTEST {
            return Ok(None);
        }
        let mut wave = resample(&begun, SAMPLE_RATE_HZ, WAVE_HZ)?;
        wave.truncate(WAVE);
        Ok(Some(Self { picture: picture(&begun), wave }))
    }

    /// How well the waveforms correlate where this and the other are of one recording, above 0.9; else `None`.
    #[must_use]
    pub fn same(&self, other: &Self) -> Option<f32> {
        let alike: f32 = self.picture.iter().zip(&other.picture).map(|(a, b)| a * b).sum();
        (alike > ALIKE).then(|| self.correlation(other)).filter(|found| *found > COPY)
    }

    /// The lesser correlation of the shorter waveform's halves, at the lag where it is greatest.
    fn correlation(&self, other: &Self) -> f32 {
        let length = self.wave.len().min(other.wave.len());
        let (a, b) = (&self.wave[..length], &other.wave[..length]);
        let halves = [0..length / 2, length / 2..length];
        let correlations = halves.map(|half| correlation(&a[half.clone()], &b[half]));
        let [first, second] = &correlations;
        // A copy may be turned upside down, but not one half of it.
        let both = first.iter().zip(second).filter(|(x, y)| *x * *y > 0.0);
        both.map(|(x, y)| x.abs().min(y.abs())).fold(0.0, f32::max)
    }
}

/// Log-mel averaged over frames, mean taken off, of length 1.
fn picture(samples: &[f32]) -> Vec<f32> {
    let rows = log_mel(samples);
    let mut picture = vec![0.01f32.ln(); FRAMES * BANDS];
    for (frame, rows) in rows.chunks_exact(FRAME_HOPS * BANDS).take(FRAMES).enumerate() {
        for band in 0..BANDS {
            let sum: f32 = rows.iter().skip(band).step_by(BANDS).sum();
            picture[frame * BANDS + band] = sum / FRAME_HOPS as f32;
        }
    }
    let mean = picture.iter().sum::<f32>() / picture.len() as f32;
    picture.iter_mut().for_each(|v| *v -= mean);
    let norm = picture.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-9);
    picture.iter_mut().for_each(|v| *v /= norm);
    picture
}

thread_local! {
    /// Plans and their tables, made once a thread.
    static PLANS: RefCell<RealFftPlanner<f32>> = RefCell::new(RealFftPlanner::new());
}

/// Normalised correlation at lags from `-LAGS` to `LAGS`, by transforms.
fn correlation(a: &[f32], b: &[f32]) -> Vec<f32> {
    let size = (a.len() + b.len()).next_power_of_two().max(4 * LAGS);
    let (forward, inverse) =
        PLANS.with_borrow_mut(|plans| (plans.plan_fft_forward(size), plans.plan_fft_inverse(size)));
    let spectrum = |samples: &[f32]| -> Vec<Complex<f32>> {
        let mut padded = samples.to_vec();
        padded.resize(size, 0.0);
        let mut out = forward.make_output_vec();
        forward.process(&mut padded, &mut out).expect("the buffers fit the plan");
        out
    };
    let mut product: Vec<Complex<f32>> =
        spectrum(a).iter().zip(spectrum(b)).map(|(x, y)| x * y.conj()).collect();
    // What rounding leaves there, a transform back refuses.
    for end in [0, size / 2] {
        product[end].im = 0.0;
    }
    let mut out = inverse.make_output_vec();
    inverse.process(&mut product, &mut out).expect("the buffers fit the plan");
    let energy = |samples: &[f32]| samples.iter().map(|s| s * s).sum::<f32>();
    let scale = 1.0 / ((energy(a) * energy(b)).sqrt() * size as f32).max(1e-9);
    (size - LAGS..size + LAGS).map(|lag| out[lag % size] * scale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::codec::through_vorbis;
    use crate::base::seed;

    /// A plucked note of `hz`: harmonics with phases and decays of chance, a noise at its start.
    fn note(hz: f32, key: &str) -> Vec<f32> {
        let mut rng = seed::rng(1, key);
        let partials: Vec<(f32, f32, f32)> = (1..12)
            .map(|n| {
                (
                    n as f32 * hz * (1.0 + 0.002 * rng.f32()),
                    rng.f32() * std::f32::consts::TAU,
                    1.0 / n as f32 * (0.3 + rng.f32()),
                )
            })
            .collect();
        let mut samples: Vec<f32> = (0..32_000)
            .map(|n| {
                let t = n as f32 / 16_000.0;
                let tone: f32 = partials
                    .iter()
                    .map(|(hz, phase, level)| level * (hz * t * std::f32::consts::TAU + phase).sin())
                    .sum();
                0.2 * tone * (-1.5 * t).exp()
            })
            .collect();
        samples.iter_mut().take(400).for_each(|s| *s += 0.2 * (rng.f32() - 0.5));
        samples
    }

    fn print(samples: &[f32]) -> Print {
        Print::of(samples).unwrap().unwrap()
    }

    #[test]
    fn a_copy_is_known_through_a_codec_other_rates_and_silence() {
        for hz in [82.0, 220.0, 659.0, 1_318.0] {
            let original = note(hz, "take");
            let there = resample(&original, 16_000, 22_050).unwrap();
            let mut copy = vec![0.0; 1_234];
            copy.extend(
                through_vorbis(&resample(&there, 22_050, 16_000).unwrap(), 0.1)
                    .unwrap()
                    .iter()
                    .map(|s| 0.3 * s),
            );
            assert!(print(&original).same(&print(&copy)).is_some(), "{hz} Hz");
        }
    }

    #[test]
    fn another_take_of_the_same_note_is_another_recording() {
        for hz in [82.0, 220.0, 659.0, 1_318.0] {
            let (one, other) = (print(&note(hz, "take")), print(&note(hz, "another take")));
            assert_eq!(one.same(&other), None, "{hz} Hz");
            let higher = print(&note(hz * 1.06, "take"));
            assert_eq!(one.same(&higher), None, "{hz} Hz a semitone higher");
        }
    }

    #[test]
    fn silence_and_clicks_have_no_print() {
        assert!(Print::of(&[0.0; 16_000]).unwrap().is_none());
        assert!(Print::of(&[0.5; 1_000]).unwrap().is_none());
        assert!(Print::of(&[]).unwrap().is_none());
    }
}
