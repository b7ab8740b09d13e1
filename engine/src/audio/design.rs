//! The anti-aliasing filter for each rate: length, cutoff, phases and alignment.
//!
//! Why rubato's `Async` sinc with a cutoff of our own, and not its `Fft`: the reference resamples with
//! resampy's `kaiser_best`, which is -0.26 dB at 7 kHz and -6 dB at 7335 Hz, so the highest bands of the
//! log-mel depend on the slope between 7 and 7.5 kHz. `Fft` ties its cutoff to the block. Against
//! `kaiser_best`, music at 44.1 kHz:
//!
//! | resampler | gain at 7 kHz | log-mel difference: mean, 99 %, max | delay | time a second of audio |
//! | --- | --- | --- | --- | --- |
//! | `Fft`, 10 ms | -0.136 dB | 0.0008, 0.013, 0.12 | 15 ms, off by 0.18 samples | 0.4 ms |
//! | `Fft`, 20 ms | 0.000 dB | 0.0050, 0.240, 0.85 | 30 ms | 0.4 ms |
//! | this one | -0.078 dB | 0.0010, 0.034, 0.08 | 15 ms | 0.7 ms |
//!
//! The last row's time is rubato's; where `product.rs` computes the same filter it is 0.2 ms at 48 kHz.
//!
//! It is flat within 0.1 dB to 7 kHz *and* close to the reference, and any rate is served in the same way.
//! `tests/resampler.rs` measures the response, `tests/golden/generate_resampler.py` what the reference
//! reaches.

use crate::SAMPLE_RATE_HZ;
use rubato::{
    Async, Resampler as _, Sample, SincInterpolationParameters, SincInterpolationType, WindowFunction,
    audioadapter_buffers::direct::InterleavedSlice,
};
use std::f64::consts::{PI, TAU};

/// Length of the filter in samples of the slower rate.
///
/// With the squared Blackman-Harris window that puts the transition band from 6.9 to 8 kHz at 16 kHz.
const LENGTH: usize = 160;
/// Where the filter is at -6 dB, relative to the slower rate's Nyquist frequency: 7350 Hz at 16 kHz.
const CUTOFF: f32 = 0.918_75;
/// Window of the filter; its side lobes are below -130 dB.
const WINDOW: WindowFunction = WindowFunction::BlackmanHarris2;
/// Most coefficients that are tabulated (512 KiB).
const MOST_COEFFICIENTS: usize = 1 << 17;
/// Phases for each sample of 16 kHz if not all can be tabulated: cubic interpolation between them errs by
/// `(pi / 64)^4 * 3 / 128` of the signal, -137 dB.
const INTERPOLATED_PHASES: usize = 64;

/// The filter that takes one rate to 16 kHz.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Design {
    /// Output samples for each input sample.
    pub(super) ratio: f64,
    /// Input samples that are processed at a time: 10 ms.
    pub(super) block: usize,
    /// Input samples that the filter spans, a multiple of 8.
    pub(super) taps: usize,
    /// Positions between two input samples for which the filter is tabulated.
    pub(super) phases: usize,
    /// Whether these are all the positions that occur; if not, the filter is interpolated between them.
    pub(super) exact: bool,
    /// Zeros to put before the first input sample, fewer than a block, so that `delay` is as whole as can be.
    pub(super) lead_in: usize,
    /// Output samples that come before the one at time 0.
    pub(super) delay: usize,
}

impl Design {
    /// The design for a rate other than 16 kHz from [`super::MIN_RATE_HZ`] to [`super::MAX_RATE_HZ`].
    pub(super) fn for_rate(rate_hz: u32) -> Self {
        let (rate, target) = (rate_hz as usize, SAMPLE_RATE_HZ as usize);
        let taps = (LENGTH * rate).div_ceil(rate.min(target)).next_multiple_of(8);
        let all_phases = target / greatest_common_divisor(rate, target);
        let exact = all_phases * taps <= MOST_COEFFICIENTS;
        let phases = if exact { all_phases } else { (INTERPOLATED_PHASES * target).div_ceil(rate).max(8) };
        let (ratio, block) = (f64::from(SAMPLE_RATE_HZ) / f64::from(rate_hz), rate / 100);
        let (lead_in, delay) = align(taps, phases, ratio, block);
        Self { ratio, block, taps, phases, exact, lead_in, delay }
    }

    /// The same in rubato's words.
    pub(super) fn parameters(&self) -> SincInterpolationParameters {
        let interpolation =
            if self.exact { SincInterpolationType::Nearest } else { SincInterpolationType::Cubic };
        SincInterpolationParameters::new(self.taps, WINDOW)
            .f_cutoff(CUTOFF)
            .oversampling_factor(self.phases)
            .interpolation(interpolation)
    }
}

/// Zeros to begin with, and the whole number of output samples that then come before time 0.
///
/// rubato 5.0.1 computes output `n` for input position `(n + 1) / ratio - taps / 2 + 1 / phases`:
/// `asynchro_sinc.rs` starts at `-(taps - 1)` and steps before it computes, `sinc.rs` puts the filter's
/// centre at `taps / 2`, and stores the phases backwards. With every phase tabulated some number of zeros
/// makes that a whole number exactly; otherwise less than half a sample, 31 us, may be left over.
fn align(taps: usize, phases: usize, ratio: f64, block: usize) -> (usize, usize) {
    let centre = taps as f64 / 2.0 - 1.0 / phases as f64;
    let delay = |lead_in: &usize| (centre + *lead_in as f64) * ratio - 1.0;
    let left_over = |lead_in: &usize| (delay(lead_in) - delay(lead_in).round()).abs();
    // Rounded, so that of two equal ones the shorter wins whatever the last bit says.
    let rank = |lead_in: &usize| (left_over(lead_in) * 1e9).round();
    let lead_in = (0..block).min_by(|a, b| rank(a).total_cmp(&rank(b))).unwrap_or(0);
    (lead_in, delay(&lead_in).round() as usize)
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// The filter that rubato tabulates for a design with all phases, `taps * phases` coefficients; the middle one, of half as many, is the
/// greatest. Computed in 64 bits by the same code on every system, and rounded once.
pub(super) fn coefficients(design: &Design) -> Vec<f32> {
    let count = design.taps * design.phases;
    let phases = design.phases as f64;
    let cutoff = f64::from(if design.ratio < 1.0 { CUTOFF * design.ratio as f32 } else { CUTOFF });
    let coefficient = |at: usize| {
        // Blackman-Harris (Harris 1978, table 1, four terms, 92 dB), squared.
        let turn = libm::cos(TAU * at as f64 / count as f64);
        let (twice, thrice) = (2.0 * turn * turn - 1.0, (4.0 * turn * turn - 3.0) * turn);
        let window = 0.35875 - 0.48829 * turn + 0.14128 * twice - 0.01168 * thrice;
        let phase = PI * (at as f64 - (count / 2) as f64) * cutoff / phases;
        window * window * if phase == 0.0 { 1.0 } else { libm::sin(phase) / phase }
    };
    // The filter's halves are alike about the middle; the first coefficient has no other.
    let mut filter: Vec<f64> = (0..=count / 2).map(coefficient).collect();
    filter.extend_from_within(1..count / 2);
    filter[count / 2 + 1..].reverse();
    let sum: f64 = filter.iter().sum();
    filter.into_iter().map(|c| (c * phases / sum) as f32).collect()
}

/// Takes a block, and gives as many samples as it says.
pub(super) fn run<T: Sample>(sinc: &mut Async<T>, block: &[T], output: &mut [T]) -> usize {
    let room = output.len();
    let input = InterleavedSlice::new(block, 1, block.len()).expect("one channel fits its own length");
    let mut output = InterleavedSlice::new_mut(output, 1, room).expect("as above");
    let (_, produced) = sinc
        .process_into_buffer(&input, &mut output, None)
        .expect("both buffers have the size that the resampler asks for");
    produced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_rates_use_every_phase_and_align_exactly() {
        for rate in [
            8_000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000,
            384_000,
        ] {
            let design = Design::for_rate(rate);
            assert!(design.exact, "{rate} Hz");
            let centre = design.taps as f64 / 2.0 - 1.0 / design.phases as f64 + design.lead_in as f64;
            let left_over = centre * design.ratio - 1.0 - design.delay as f64;
            assert!(left_over.abs() < 1e-9, "{rate} Hz: {left_over}");
        }
    }

    #[test]
    fn every_rate_has_a_table_of_bounded_size_and_a_lead_in_shorter_than_a_block() {
        for rate in (8_000..=384_000).step_by(101).chain([15_999, 16_001, 44_101, 383_999]) {
            let design = Design::for_rate(rate);
            assert!(design.phases * design.taps <= MOST_COEFFICIENTS, "{rate} Hz: {design:?}");
            assert!(design.lead_in < design.block, "{rate} Hz: {design:?}");
            assert_eq!(design.taps % 8, 0, "{rate} Hz: {design:?}");
        }
    }
}
