//! Changing the rate of a whole recording, and with it its pitch.

use anyhow::{Context, Result};
use rollcall_engine::SAMPLE_RATE_HZ;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

/// Input samples in one block of the resampler, about.
const CHUNK: usize = 1024;

/// `samples` (mono) from one rate to another; the result starts at the same instant within half a sample (rubato's blocks
/// of an odd length, e.g. at 22,050 Hz, have their middle between two samples; labels have a grid of 10 ms) and has
/// `len * to / from` samples, rounded up. Equal rates copy.
///
/// # Errors
/// A rate of zero.
pub fn resample(samples: &[f32], from_hz: u32, to_hz: u32) -> Result<Vec<f32>> {
    if from_hz == to_hz || samples.is_empty() {
        return Ok(samples.to_vec());
    }
    let mut resampler = Fft::<f32>::new(from_hz as usize, to_hz as usize, CHUNK, 1, FixedSync::Input)
        .with_context(|| format!("no resampling from {from_hz} Hz to {to_hz} Hz"))?;
    let wanted = (samples.len() as u64 * u64::from(to_hz)).div_ceil(u64::from(from_hz)) as usize;
    let input = InterleavedSlice::new(samples, 1, samples.len()).context("a mono buffer")?;
    let output = resampler.process_all(&input, samples.len(), None).context("resampling")?;
    let mut samples = output.take_data();
    // rubato rounds its length up from a quotient that may be a hair too large.
    samples.truncate(wanted);
    Ok(samples)
}

/// `samples` (mono, 16 kHz) played faster or slower so that they sound `semitones` higher (within 10 cents).
///
/// # Errors
/// None for shifts within two octaves.
pub fn transpose(samples: &[f32], semitones: f32) -> Result<Vec<f32>> {
    // Steps of 80 Hz keep the two rates' common divisor, and with it the filter, of a handy size.
    let played_hz = (SAMPLE_RATE_HZ as f32 * (semitones / 12.0).exp2() / 80.0).round() as u32 * 80;
    resample(samples, played_hz, SAMPLE_RATE_HZ)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f32, rate: u32, seconds: f32) -> Vec<f32> {
        let len = (rate as f32 * seconds) as usize;
        (0..len).map(|n| (std::f32::consts::TAU * hz * n as f32 / rate as f32).sin()).collect()
    }

    #[test]
    fn lengths_are_rounded_up_and_no_further() {
        for (from, to) in
            [(44_100, 16_000), (22_050, 16_000), (48_000, 16_000), (11_025, 32_000), (96_000, 44_100)]
        {
            for len in (1..400).chain([9_999, 44_101]) {
                let got = resample(&vec![0.25; len], from as u32, to as u32).unwrap().len();
                assert_eq!(got, (len * to).div_ceil(from), "{len} samples from {from} to {to} Hz");
            }
        }
    }

    #[test]
    fn keeps_time_and_tone() {
        for from in [8_000, 22_050, 32_000, 44_100, 48_000] {
            let got = resample(&sine(440.0, from, 1.0), from, 16_000).unwrap();
            let want = sine(440.0, 16_000, 1.0);
            assert_eq!(got.len(), 16_000, "from {from}");
            let worst = (2_000..14_000).map(|n| (got[n] - want[n]).abs()).fold(0.0, f32::max);
            // A sine of 440 Hz moves by at most its angle in half an input sample.
            let half_a_sample = std::f32::consts::PI * 440.0 / from as f32;
            assert!(worst < half_a_sample + 0.01, "from {from}: {worst}");
        }
    }

    #[test]
    fn transposes() {
        let crossings = |s: &[f32]| s.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count() as f32;
        let up = transpose(&sine(440.0, 16_000, 2.0), 3.0).unwrap();
        let hz = crossings(&up) / (up.len() as f32 / 16_000.0);
        assert!((hz / 523.25 - 1.0).abs() < 0.01, "{hz}");
    }
}
