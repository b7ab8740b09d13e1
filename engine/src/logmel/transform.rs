//! The magnitudes of a real transform of 512 points, with every sum in an order of its own: the same bits on every machine.
//!
//! A library's transform sums in the order that the processor's vectors like best, and takes its sines from the system's C library. The
//! last digits then differ between machines, and where a network computes in bytes, now and then a byte.

use super::filters::{BINS, FFT_SAMPLES};
use std::f64::consts::TAU;

/// Points of the complex transform that does the work: two real samples each.
const POINTS: usize = FFT_SAMPLES / 2;
/// Butterflies that are computed side by side.
const LANES: usize = 4;

type Lanes = [f64; LANES];

/// A plan for the transform, with its buffers: radix 4, decimated in time (Cooley and Tukey 1965), on even samples as real and odd ones
/// as imaginary parts.
pub(super) struct Transform {
    /// Where each point of the first stage comes from: its number with the digits to base 4 reversed.
    order: [u8; POINTS],
    /// The stages after the first, whose quarters are 4, 16 and 64 points long.
    stages: [Stage; 3],
    /// `exp(-2 pi i k / 512)`, which part even from odd samples: bins 0 to 128.
    parting: Vec<[f64; 2]>,
    re: Box<[f64; POINTS]>,
    im: Box<[f64; POINTS]>,
}

/// Factors of one stage: for each point of a quarter those of the second, third and fourth quarter.
struct Stage {
    quarter: usize,
    factors: Vec<Factors>,
}

/// Real and imaginary parts of three factors, for as many points as are computed side by side.
struct Factors([[Lanes; 2]; 3]);

/// `exp(-2 pi i k / n)`.
fn root(k: usize, n: usize) -> [f64; 2] {
    let angle = TAU * k as f64 / n as f64;
    [libm::cos(angle), -libm::sin(angle)]
}

impl Stage {
    fn new(quarter: usize) -> Self {
        let factors = (0..quarter).step_by(LANES).map(|first| {
            let of = |multiple: usize| {
                let part = |part: usize| {
                    std::array::from_fn(|lane| root(multiple * (first + lane), 4 * quarter)[part])
                };
                [part(0), part(1)]
            };
            Factors([of(1), of(2), of(3)])
        });
        Self { quarter, factors: factors.collect() }
    }

    fn run(&self, re: &mut [f64; POINTS], im: &mut [f64; POINTS]) {
        for group in (0..POINTS).step_by(4 * self.quarter) {
            for (step, Factors(factors)) in self.factors.iter().enumerate() {
                let at: [usize; 4] = std::array::from_fn(|q| group + q * self.quarter + step * LANES);
                let load = |q: usize| (lanes(re, at[q]), lanes(im, at[q]));
                let [b, c, d] = std::array::from_fn(|q| times(load(q + 1), &factors[q]));
                let [w, x, y, z] = butterfly([load(0), b, c, d]);
                for (at, (out_re, out_im)) in at.into_iter().zip([w, x, y, z]) {
                    re[at..at + LANES].copy_from_slice(&out_re);
                    im[at..at + LANES].copy_from_slice(&out_im);
                }
            }
        }
    }
}

impl Transform {
    pub(super) fn new() -> Self {
        let reversed = |n: usize| (n & 3) << 6 | (n & 12) << 2 | (n & 48) >> 2 | n >> 6;
        Self {
            order: std::array::from_fn(|n| reversed(n) as u8),
            stages: [4, 16, 64].map(Stage::new),
            parting: (0..=POINTS / 2).map(|k| root(k, FFT_SAMPLES)).collect(),
            re: Box::new([0.0; POINTS]),
            im: Box::new([0.0; POINTS]),
        }
    }

    /// The absolute value of each bin of the one-sided spectrum of 512 samples.
    pub(super) fn magnitudes(&mut self, samples: &[f64; FFT_SAMPLES], magnitudes: &mut [f64; BINS]) {
        self.first(samples);
        for stage in &self.stages {
            stage.run(&mut self.re, &mut self.im);
        }
        for (k, &[cos, sin]) in self.parting.iter().enumerate() {
            let mirrored = (POINTS - k) % POINTS;
            let (re, im) = (self.re[k], self.im[k]);
            let (other_re, other_im) = (self.re[mirrored], -self.im[mirrored]);
            // Spectra of the even samples, and of the odd ones a sample later: bin k is their sum, bin 256 - k their difference.
            let (even_re, even_im) = (0.5 * (re + other_re), 0.5 * (im + other_im));
            let (odd_re, odd_im) = (0.5 * (im - other_im), 0.5 * (other_re - re));
            let (late_re, late_im) = (odd_re * cos - odd_im * sin, odd_re * sin + odd_im * cos);
            magnitudes[k] = power(even_re + late_re, even_im + late_im);
            magnitudes[POINTS - k] = power(even_re - late_re, even_im - late_im);
        }
        // In a loop of its own, for several at a time.
        magnitudes.iter_mut().for_each(|power| *power = power.sqrt());
    }

    /// The first stage, whose factors are all 1: four points each.
    fn first(&mut self, samples: &[f64; FFT_SAMPLES]) {
        let outputs = self.re.as_chunks_mut::<4>().0.iter_mut().zip(self.im.as_chunks_mut::<4>().0);
        for (order, (re, im)) in self.order.as_chunks::<4>().0.iter().zip(outputs) {
            let point = |n: u8| {
                let at = 2 * usize::from(n);
                ([samples[at]], [samples[at + 1]])
            };
            for (n, (out_re, out_im)) in butterfly(order.map(point)).into_iter().enumerate() {
                (re[n], im[n]) = (out_re[0], out_im[0]);
            }
        }
    }
}

fn lanes(values: &[f64; POINTS], at: usize) -> Lanes {
    std::array::from_fn(|lane| values[at + lane])
}

/// Complex products.
fn times((re, im): (Lanes, Lanes), [cos, sin]: &[Lanes; 2]) -> (Lanes, Lanes) {
    let product = |lane: usize| {
        (re[lane] * cos[lane] - im[lane] * sin[lane], re[lane] * sin[lane] + im[lane] * cos[lane])
    };
    (std::array::from_fn(|lane| product(lane).0), std::array::from_fn(|lane| product(lane).1))
}

/// Transforms of four points.
fn butterfly<const N: usize>(points: [([f64; N], [f64; N]); 4]) -> [([f64; N], [f64; N]); 4] {
    let [a, b, c, d] = points;
    let add = |x: [f64; N], y: [f64; N]| std::array::from_fn(|lane| x[lane] + y[lane]);
    let subtract = |x: [f64; N], y: [f64; N]| std::array::from_fn(|lane| x[lane] - y[lane]);
    let (even_re, even_im): ([f64; N], [f64; N]) = (add(a.0, c.0), add(a.1, c.1));
    let (odd_re, odd_im): ([f64; N], [f64; N]) = (add(b.0, d.0), add(b.1, d.1));
    let (apart_re, apart_im): ([f64; N], [f64; N]) = (subtract(a.0, c.0), subtract(a.1, c.1));
    // (b - d) / i.
    let (turned_re, turned_im): ([f64; N], [f64; N]) = (subtract(b.1, d.1), subtract(d.0, b.0));
    [
        (add(even_re, odd_re), add(even_im, odd_im)),
        (add(apart_re, turned_re), add(apart_im, turned_im)),
        (subtract(even_re, odd_re), subtract(even_im, odd_im)),
        (subtract(apart_re, turned_re), subtract(apart_im, turned_im)),
    ]
}

/// Not `hypot`: the input is at most 1000 a sample, so that squares stay far from overflow.
fn power(re: f64, im: f64) -> f64 {
    re * re + im * im
}

#[cfg(test)]
mod tests {
    use super::*;

    fn magnitudes(samples: &[f64; FFT_SAMPLES]) -> [f64; BINS] {
        let mut out = [0.0; BINS];
        Transform::new().magnitudes(samples, &mut out);
        out
    }

    #[test]
    fn each_bin_is_the_sum_that_defines_it() {
        let mut state = 1_u32;
        let samples = std::array::from_fn(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1 << 23) - 1.0
        });
        for (bin, magnitude) in magnitudes(&samples).into_iter().enumerate() {
            let (mut re, mut im) = (0.0, 0.0);
            for (n, sample) in samples.iter().enumerate() {
                let [cos, sin] = root(bin * n % FFT_SAMPLES, FFT_SAMPLES);
                re += sample * cos;
                im += sample * sin;
            }
            let expected = re.hypot(im);
            assert!((magnitude - expected).abs() < 1e-13 * 512.0, "bin {bin}: {magnitude}, not {expected}");
        }
    }

    #[test]
    fn an_impulse_is_flat_and_a_constant_is_bin_0() {
        let impulse = std::array::from_fn(|n| f64::from(u8::from(n == 3)));
        assert!(magnitudes(&impulse).iter().all(|magnitude| (magnitude - 1.0).abs() < 1e-15));
        let constant = magnitudes(&[1.0; FFT_SAMPLES]);
        assert_eq!(constant[0], 512.0);
        assert!(constant[1..].iter().all(|magnitude| *magnitude < 1e-13));
    }
}
