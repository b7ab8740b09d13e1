//! The triangular mel bands, each kept as the few bins that it touches.

use crate::{MEL_BANDS, SAMPLE_RATE_HZ};
use std::ops::Range;

/// Length of the transform: the window, filled up with zeros to a power of two.
pub(super) const FFT_SAMPLES: usize = 512;
/// Bins of the one-sided spectrum, 31.25 Hz apart.
pub(super) const BINS: usize = FFT_SAMPLES / 2 + 1;
/// Lower edge of the lowest band (`vggish_params.py`).
const LOWEST_HZ: f64 = 125.0;
/// Upper edge of the highest band (`vggish_params.py`).
const HIGHEST_HZ: f64 = 7500.0;

/// A bank of triangles whose slopes are linear in mel; neighbours overlap by half, so a bin lies in two bands
/// at most.
pub(super) struct MelFilters {
    /// Weights of all bands, one after the other: at most two for each bin.
    weights: Vec<f64>,
    bands: [Band; MEL_BANDS],
}

#[derive(Clone, Default)]
struct Band {
    bins: Range<usize>,
    /// Where its weights begin.
    weights_from: usize,
}

impl MelFilters {
    /// The matrix of `spectrogram_to_mel_matrix`, formula by formula, without its zeros.
    pub(super) fn new() -> Self {
        let mut weights = Vec::new();
        let bands = std::array::from_fn(|band| {
            let [lower, centre, upper] = [edge_mel(band), edge_mel(band + 1), edge_mel(band + 2)];
            let weight = |bin: usize| {
                let mel = hertz_to_mel(bin as f64 * f64::from(SAMPLE_RATE_HZ) / 2.0 / (BINS - 1) as f64);
                ((mel - lower) / (centre - lower)).min((upper - mel) / (upper - centre)).max(0.0)
            };
            // HTK leaves out the bin of 0 Hz.
            let first = (1..BINS).find(|&bin| weight(bin) > 0.0).unwrap_or(BINS);
            let end = (first..BINS).find(|&bin| weight(bin) <= 0.0).unwrap_or(BINS);
            let weights_from = weights.len();
            weights.extend((first..end).map(weight));
            Band { bins: first..end, weights_from }
        });
        Self { weights, bands }
    }

    /// Hands each band's number and value, the weighted sum of its magnitudes, to `sink`.
    pub(super) fn apply(&self, magnitudes: &[f64; BINS], mut sink: impl FnMut(usize, f64)) {
        for (number, band) in self.bands.iter().enumerate() {
            let weights = &self.weights[band.weights_from..][..band.bins.len()];
            sink(number, weights.iter().zip(&magnitudes[band.bins.clone()]).map(|(w, m)| w * m).sum());
        }
    }
}

/// HTK's mel scale (`mel_features.py`, `hertz_to_mel`).
fn hertz_to_mel(hz: f64) -> f64 {
    1127.0 * libm::log(1.0 + hz / 700.0)
}

/// Edge `i` of the 66 that stand evenly in mel; band `b` rises from edge `b`, peaks at `b + 1`, ends at `b +
/// 2`.
fn edge_mel(i: usize) -> f64 {
    let (low, high) = (hertz_to_mel(LOWEST_HZ), hertz_to_mel(HIGHEST_HZ));
    low + (high - low) * i as f64 / (MEL_BANDS + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bin_is_in_two_bands_at_most_and_every_band_has_one() {
        let filters = MelFilters::new();
        let mut touched = [0; BINS];
        for band in &filters.bands {
            assert!(!band.bins.is_empty());
            band.bins.clone().for_each(|bin| touched[bin] += 1);
        }
        assert_eq!(touched.iter().max(), Some(&2));
        assert_eq!(touched[0], 0, "0 Hz is in no band");
        assert_eq!(filters.weights.len(), touched.iter().sum::<usize>());
    }

    #[test]
    fn between_the_outer_centres_the_bands_sum_to_one() {
        // Neighbouring triangles are complementary, so a flat spectrum gives each inner bin a total weight of
        // one.
        let filters = MelFilters::new();
        let (low, high) = (edge_mel(1), edge_mel(MEL_BANDS));
        for bin in 0..BINS {
            let mut magnitudes = [0.0; BINS];
            magnitudes[bin] = 1.0;
            let mut total = 0.0;
            filters.apply(&magnitudes, |_, value| total += value);
            if (low..=high).contains(&hertz_to_mel(bin as f64 * 31.25)) {
                assert!((total - 1.0_f64).abs() < 1e-12, "bin {bin}: {total}");
            }
        }
    }
}
