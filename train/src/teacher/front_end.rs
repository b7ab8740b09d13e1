//! The teacher's log-mel: 128 bands every 10 ms of 32 kHz audio (EfficientAT, `models/preprocess.py`, as in use without training).

use super::TeacherError;
use realfft::{RealFftPlanner, RealToComplex};
use std::{f32::consts::TAU, sync::Arc};

/// Rate of the samples that the teacher hears.
pub const SAMPLE_RATE_HZ: u32 = 32_000;
/// Mel bands.
pub const BANDS: usize = 128;
/// Bins of the spectrum.
pub(super) const BINS: usize = FFT / 2 + 1;

const FFT: usize = 1024;
const WINDOW_SAMPLES: usize = 800;
const HOP_SAMPLES: usize = 320;
const PRE_EMPHASIS: f32 = 0.97;
const LOG_OFFSET: f32 = 1e-5;
/// `(ln(x) + SHIFT) / SCALE`: the original's "fast normalisation".
const SHIFT: f32 = 4.5;
const SCALE: f32 = 5.0;
/// Reflection at the ends needs more samples than it reflects; one more goes to the pre-emphasis.
pub(super) const LEAST_SAMPLES: usize = FFT / 2 + 2;

/// Window, transform and filters, made once.
pub struct FrontEnd {
    window: Vec<f32>,
    transform: Arc<dyn RealToComplex<f32>>,
    /// Of each band, the first bin that gives it anything, and what it and those after it give.
    bands: Vec<(usize, Vec<f32>)>,
}

impl FrontEnd {
    /// `basis` is `[bands, 513]`, row-major: what each bin of the power spectrum gives to each band.
    ///
    /// # Panics
    /// `basis` is not a whole number of rows.
    #[must_use]
    pub fn new(basis: &[f32]) -> Self {
        assert_eq!(basis.len() % BINS, 0, "rows of {BINS}");
        // Symmetric Hann (PyTorch's `hann_window(800, periodic=False)`), in the middle of the transform.
        let before = (FFT - WINDOW_SAMPLES) / 2;
        let mut window = vec![0.0; FFT];
        for (n, w) in window[before..before + WINDOW_SAMPLES].iter_mut().enumerate() {
            *w = 0.5 - 0.5 * (TAU * n as f32 / (WINDOW_SAMPLES - 1) as f32).cos();
        }
        let transform = RealFftPlanner::new().plan_fft_forward(FFT);
        let bands = basis.chunks_exact(BINS).map(|row| {
            let first = row.iter().position(|b| *b != 0.0).unwrap_or(0);
            let end = row.iter().rposition(|b| *b != 0.0).map_or(first, |last| last + 1);
            (first, row[first..end].to_vec())
        });
        Self { window, transform, bands: bands.collect() }
    }

    /// `[bands, frames]`, row-major, with one frame every 10 ms, the first centred on the first sample.
    ///
    /// # Errors
    /// Fewer than 514 samples.
    pub fn log_mel(&self, samples: &[f32]) -> Result<Vec<f32>, TeacherError> {
        if samples.len() < LEAST_SAMPLES {
            return Err(TeacherError::Short { samples: samples.len(), least: LEAST_SAMPLES });
        }
        let emphasised: Vec<f32> = samples.windows(2).map(|w| w[1] - PRE_EMPHASIS * w[0]).collect();
        let (length, half) = (emphasised.len(), FFT / 2);
        let frames = 1 + length / HOP_SAMPLES;
        let mut out = vec![0.0; self.bands.len() * frames];
        let (mut time, mut spectrum) = (vec![0.0; FFT], self.transform.make_output_vec());
        let mut power = vec![0.0f32; BINS];
        for frame in 0..frames {
            for (n, (x, w)) in time.iter_mut().zip(&self.window).enumerate() {
                let at = (frame * HOP_SAMPLES + n) as isize - half as isize;
                *x = w * emphasised[reflected(at, length)];
            }
            self.transform.process(&mut time, &mut spectrum).expect("the buffers fit the plan");
            power.iter_mut().zip(&spectrum).for_each(|(p, s)| *p = s.norm_sqr());
            for (band, (first, row)) in self.bands.iter().enumerate() {
                let sum: f32 = row.iter().zip(&power[*first..]).map(|(b, p)| b * p).sum();
                out[band * frames + frame] = ((sum + LOG_OFFSET).ln() + SHIFT) / SCALE;
            }
        }
        Ok(out)
    }
}

/// The sample at `at` of a signal that is mirrored at its first and last sample.
fn reflected(at: isize, length: usize) -> usize {
    let last = length as isize - 1;
    let at = at.abs();
    (if at > last { 2 * last - at } else { at }) as usize
}
