//! The log-mel front-end of VGGish, hop by hop (paper, section 2.1; reference: torchvggish 0.2,
//! `mel_features.py`).

mod filters;
mod transform;

pub use crate::gate::HopPower;
use filters::{BINS, FFT_SAMPLES};
use transform::Transform;

use crate::{HOP_SAMPLES, MEL_BANDS};
use filters::MelFilters;
use std::f64::consts::TAU;

/// Samples under one window of the STFT: 25 ms at 16 kHz.
pub const WINDOW_SAMPLES: usize = 400;

/// What is added to a band before the logarithm, so that silence is `ln 0.01` = -4.6 (`vggish_params.py`).
const LOG_OFFSET: f64 = 0.01;
/// Where the 160 samples begin, within the window, that a hop's power is measured over: in the middle of it.
const POWER_FROM: usize = (WINDOW_SAMPLES - HOP_SAMPLES) / 2;

/// One hop of the log-mel spectrogram that the network sees: `ln(mel + 0.01)`, 64 bands, about -4.6 to 5.
pub type LogMelHop = [f32; MEL_BANDS];

/// 16 kHz samples in, log-mel hops out.
///
/// Hop `n` sees the samples `160 n .. 160 n + 400`: periodic Hann window, 512-point transform, magnitude, 64
/// triangular bands from 125 to 7500 Hz, `ln(band + 0.01)`. No hop is made of an incomplete window.
///
/// Computed in `f64` like the reference. In `f32` the transform's rounding noise would be about 2e-7 of the
/// *greatest* bin, 100 at full scale, thus 2e-5 in every band; next to the offset of 0.01 that is 2e-3 after
/// the logarithm in bands that are silent, twenty times the 1e-4 allowed. In `f64` only the last rounding to
/// `f32` is left, 2.4e-7 at most.
///
/// The same samples give the same bits on every machine: one order of sums, no multiply-add that rounds once where
/// another rounds twice, and sines and logarithms that are the same code everywhere.
pub struct LogMel {
    transform: Transform,
    window: Box<[f64; WINDOW_SAMPLES]>,
    filters: MelFilters,
    /// The newest samples, oldest first; the first `filled` are valid.
    samples: Box<[f32; WINDOW_SAMPLES]>,
    filled: usize,
    /// The windowed samples, and zeros after them.
    time: Box<[f64; FFT_SAMPLES]>,
    magnitudes: Box<[f64; BINS]>,
}

impl LogMel {
    /// A front-end that has heard nothing.
    pub fn new() -> Self {
        // Periodic: one whole period in 400 samples, so the last one is not zero (`mel_features.py`,
        // `periodic_hann`).
        let window = std::array::from_fn(|i| 0.5 - 0.5 * libm::cos(TAU / WINDOW_SAMPLES as f64 * i as f64));
        Self {
            window: Box::new(window),
            filters: MelFilters::new(),
            samples: Box::new([0.0; WINDOW_SAMPLES]),
            filled: 0,
            time: Box::new([0.0; FFT_SAMPLES]),
            magnitudes: Box::new([0.0; BINS]),
            transform: Transform::new(),
        }
    }

    /// Takes 16 kHz samples, any number of them, and hands each finished hop to `sink`, with the power of the
    /// 160 samples in the middle of its window, so that the powers of successive hops tile the signal.
    pub fn push(&mut self, samples: &[f32], sink: &mut impl FnMut(&LogMelHop, HopPower)) {
        let mut rest = samples;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(WINDOW_SAMPLES - self.filled));
            self.samples[self.filled..self.filled + now.len()].copy_from_slice(now);
            self.filled += now.len();
            rest = later;
            if self.filled == WINDOW_SAMPLES {
                let hop = self.hop();
                sink(&hop, HopPower::of(&self.samples[POWER_FROM..POWER_FROM + HOP_SAMPLES]));
                self.samples.copy_within(HOP_SAMPLES.., 0);
                self.filled -= HOP_SAMPLES;
            }
        }
    }

    /// Back to the state after `new`.
    pub fn reset(&mut self) {
        self.filled = 0;
    }

    /// The hop of the window that has just been filled.
    fn hop(&mut self) -> LogMelHop {
        for ((out, &x), w) in self.time.iter_mut().zip(self.samples.iter()).zip(self.window.iter()) {
            *out = f64::from(x) * w;
        }
        self.transform.magnitudes(&self.time, &mut self.magnitudes);
        let mut hop = [0.0; MEL_BANDS];
        self.filters.apply(&self.magnitudes, |band, value| hop[band] = libm::log(value + LOG_OFFSET) as f32);
        hop
    }
}

impl Default for LogMel {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for LogMel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogMel").field("filled", &self.filled).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hops(samples: &[f32]) -> Vec<LogMelHop> {
        let (mut log_mel, mut hops) = (LogMel::new(), Vec::new());
        log_mel.push(samples, &mut |hop, _| hops.push(*hop));
        hops
    }

    #[test]
    fn only_whole_windows_become_hops() {
        for (samples, expected) in [(0, 0), (399, 0), (400, 1), (559, 1), (560, 2), (15_600, 96)] {
            assert_eq!(hops(&vec![0.0; samples]).len(), expected, "{samples} samples");
        }
    }

    #[test]
    fn silence_is_the_logarithm_of_the_offset() {
        assert_eq!(hops(&[0.0; 400]), [[0.01_f64.ln() as f32; MEL_BANDS]]);
    }

    #[test]
    fn a_steady_tone_is_loudest_in_its_own_band() {
        // Band 20's centre: 20 of the 65 steps from mel(125) to mel(7500) and one more.
        let mel = |hz: f64| 1127.0 * (1.0 + hz / 700.0).ln();
        let centre = mel(125.0) + (mel(7500.0) - mel(125.0)) * 21.0 / 65.0;
        let tone_hz = 700.0 * ((centre / 1127.0).exp() - 1.0);
        let tone: Vec<f32> =
            (0..400).map(|i| (TAU * tone_hz * f64::from(i) / 16_000.0).sin() as f32).collect();
        let hop = hops(&tone)[0];
        let loudest = (0..MEL_BANDS).max_by(|&a, &b| hop[a].total_cmp(&hop[b]));
        assert_eq!(loudest, Some(20));
    }

    #[test]
    fn powers_tile_the_signal() {
        let ramp: Vec<f32> = (0..2000).map(|i| i as f32 / 2000.0).collect();
        let mut powers = Vec::new();
        LogMel::new().push(&ramp, &mut |_, power| powers.push(power));
        for (n, power) in powers.iter().enumerate() {
            assert_eq!(*power, HopPower::of(&ramp[120 + 160 * n..][..160]), "hop {n}");
        }
        assert_eq!(powers.len(), 11);
    }
}
