//! What happens to a recording between the instrument and the master: pitch, tone, room, drive, noise.

use crate::audio::level::{amplitude, rms};
use crate::base::seed::Chance;
use fastrand::Rng;
use realfft::{RealFftPlanner, num_complex::Complex};
use rollcall_engine::SAMPLE_RATE_HZ;
use std::f32::consts::TAU;

/// Reads `samples` at `ratio` times the speed (linear between samples: a training distortion, not a resampler).
pub fn varispeed(samples: &[f32], ratio: f32) -> Vec<f32> {
    let length = (samples.len() as f32 / ratio) as usize;
    (0..length.saturating_sub(1))
        .map(|i| {
            let at = i as f32 * ratio;
            let (whole, part) = (at as usize, at.fract());
            let next = samples.get(whole + 1).copied().unwrap_or(0.0);
            samples.get(whole).map_or(0.0, |s| s + part * (next - s))
        })
        .collect()
}

/// One second-order section (Bristow-Johnson's cookbook).
#[derive(Clone, Copy, Debug)]
pub struct Biquad {
    b: [f32; 3],
    a: [f32; 2],
}

impl Biquad {
    /// A bell of `gain_db` at `hz`.
    pub fn bell(hz: f32, q: f32, gain_db: f32) -> Self {
        let (w, amp) = (TAU * hz / SAMPLE_RATE_HZ as f32, 10f32.powf(gain_db / 40.0));
        let alpha = w.sin() / (2.0 * q);
        let a0 = 1.0 + alpha / amp;
        Self {
            b: [(1.0 + alpha * amp) / a0, -2.0 * w.cos() / a0, (1.0 - alpha * amp) / a0],
            a: [-2.0 * w.cos() / a0, (1.0 - alpha / amp) / a0],
        }
    }

    /// Passes below (`low`) or above `hz`, 12 dB an octave.
    pub fn pass(hz: f32, low: bool) -> Self {
        let w = TAU * hz / SAMPLE_RATE_HZ as f32;
        let alpha = w.sin() * std::f32::consts::FRAC_1_SQRT_2;
        let a0 = 1.0 + alpha;
        let edge = if low { 1.0 - w.cos() } else { 1.0 + w.cos() };
        let middle = if low { edge } else { -edge };
        Self {
            b: [edge / 2.0 / a0, middle / a0, edge / 2.0 / a0],
            a: [-2.0 * w.cos() / a0, (1.0 - alpha) / a0],
        }
    }

    /// Filters in place.
    pub fn run(self, samples: &mut [f32]) {
        let (mut s1, mut s2) = (0.0, 0.0);
        for x in samples {
            let y = self.b[0] * *x + s1;
            s1 = self.b[1] * *x - self.a[0] * y + s2;
            s2 = self.b[2] * *x - self.a[1] * y;
            *x = y;
        }
    }
}

/// Another body, microphone or tone control: up to four bells, sometimes a cut at an end.
pub fn equalise(samples: &mut [f32], rng: &mut Rng) {
    for _ in 0..rng.usize(0..=4) {
        let hz = 80.0 * (7000.0f32 / 80.0).powf(rng.f32());
        Biquad::bell(hz, rng.between(0.4, 2.5), rng.between(-12.0, 12.0)).run(samples);
    }
    if rng.with(0.15) {
        Biquad::pass(rng.between(2500.0, 7000.0), true).run(samples);
    }
    if rng.with(0.15) {
        Biquad::pass(rng.between(60.0, 350.0), false).run(samples);
    }
}

/// Soft clipping that keeps small levels.
pub fn drive(samples: &mut [f32], gain: f32) {
    let peak = samples.iter().fold(1e-6f32, |p, s| p.max(s.abs()));
    for s in samples {
        *s = (*s / peak * gain).tanh() / gain.tanh() * peak;
    }
}

/// A compressor: what is louder than `threshold` (an amplitude) is made quieter by `ratio`, in decibels; the peak stays.
/// The detector follows the peaks within `attack_s` and lets go within `release_s`.
pub fn compress(samples: &mut [f32], threshold: f32, ratio: f32, attack_s: f32, release_s: f32) {
    let peak = samples.iter().fold(0.0f32, |p, s| p.max(s.abs()));
    let share = |seconds: f32| 1.0 - (-1.0 / (seconds * SAMPLE_RATE_HZ as f32)).exp();
    let (attack, release) = (share(attack_s), share(release_s));
    let (mut level, mut loudest) = (0.0f32, 0.0f32);
    for s in samples.iter_mut() {
        let size = s.abs();
        level += (size - level) * if size > level { attack } else { release };
        *s *= (threshold / level.max(threshold)).powf(1.0 - 1.0 / ratio);
        loudest = loudest.max(s.abs());
    }
    if loudest > 0.0 {
        samples.iter_mut().for_each(|s| *s *= peak / loudest);
    }
}

/// A compressor at settings as they are met.
pub fn squeeze(samples: &mut [f32], rng: &mut Rng) {
    let peak = samples.iter().fold(0.0f32, |p, s| p.max(s.abs()));
    let threshold = peak * amplitude(rng.between(-30.0, -6.0));
    let (attack_s, release_s) = (rng.between(0.002, 0.04), rng.between(0.05, 0.4));
    compress(samples, threshold.max(1e-6), rng.between(2.0, 8.0), attack_s, release_s);
}

/// Lets a voice come in late or leave early, with fades of 20 ms.
pub fn enter_and_leave(samples: &mut [f32], rng: &mut Rng) {
    let fade = SAMPLE_RATE_HZ as usize / 50;
    let (length, cut) = (samples.len(), rng.usize(fade..samples.len() - fade));
    let comes_in = rng.bool();
    for (i, s) in samples.iter_mut().enumerate() {
        let inside = if comes_in { i as f32 - cut as f32 } else { cut as f32 - i as f32 };
        *s *= (inside / fade as f32).clamp(0.0, 1.0);
    }
    debug_assert_eq!(samples.len(), length);
}

/// A guitar amplifier at a high gain and its loudspeaker: chords grow into each other's difference tones, little is left
/// above 5 kHz.
pub fn amplify(samples: &mut [f32], rng: &mut Rng) {
    Biquad::pass(rng.between(70.0, 250.0), false).run(samples);
    Biquad::bell(rng.between(500.0, 1500.0), 0.7, rng.between(-3.0, 9.0)).run(samples);
    drive(samples, 10f32.powf(rng.between(0.8, 2.2)));
    let edge_hz = rng.between(3200.0, 5500.0);
    Biquad::pass(edge_hz, true).run(samples);
    Biquad::pass(edge_hz, true).run(samples);
    Biquad::bell(rng.between(1800.0, 3500.0), 1.0, rng.between(0.0, 6.0)).run(samples);
    Biquad::bell(rng.between(300.0, 900.0), 0.8, rng.between(-9.0, 2.0)).run(samples);
}

/// Convolves with a room (its impulse response) at a wet share of 0 to 1, keeping the length.
pub fn reverberate(samples: &mut [f32], room: &[f32], wet: f32) {
    let length = (samples.len() + room.len()).next_power_of_two();
    let mut planner = RealFftPlanner::<f32>::new();
    let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
    let spectrum = |x: &[f32]| -> Vec<Complex<f32>> {
        let mut time = vec![0.0; length];
        time[..x.len()].copy_from_slice(x);
        let mut out = forward.make_output_vec();
        forward.process(&mut time, &mut out).expect("the buffers fit the plan");
        out
    };
    let mut product = spectrum(samples);
    product.iter_mut().zip(spectrum(room)).for_each(|(a, b)| *a *= b);
    // Rounding leaves a trace of imaginary part in the two bins that must be real.
    let last = product.len() - 1;
    (product[0].im, product[last].im) = (0.0, 0.0);
    let mut time = inverse.make_output_vec();
    inverse.process(&mut product, &mut time).expect("the buffers fit the plan");
    let (dry_level, wet_level) = (rms(samples), rms(&time[..samples.len()]).max(1e-9));
    for (s, w) in samples.iter_mut().zip(&time) {
        *s = (1.0 - wet) * *s + wet * w * dry_level / wet_level;
    }
}

/// Noise between white (`tilt` 0) and brown (`tilt` 1) at an RMS of 1.
pub fn noise(length: usize, tilt: f32, rng: &mut Rng) -> Vec<f32> {
    let mut low = 0.0;
    let mut out: Vec<f32> = (0..length)
        .map(|_| {
            let white = 2.0 * rng.f32() - 1.0;
            low = 0.98 * low + 0.02 * white;
            (1.0 - tilt) * white + tilt * 10.0 * low
        })
        .collect();
    let level = rms(&out).max(1e-9);
    out.iter_mut().for_each(|s| *s /= level);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(level: f32) -> Vec<f32> {
        (0..SAMPLE_RATE_HZ).map(|i| level * (TAU * 440.0 * i as f32 / SAMPLE_RATE_HZ as f32).sin()).collect()
    }

    #[test]
    fn a_compressor_brings_loud_and_soft_closer_by_its_ratio_and_keeps_the_peak() {
        let half = SAMPLE_RATE_HZ as usize / 2;
        let mut samples = [tone(1.0), tone(0.1)].concat();
        compress(&mut samples, 0.05, 4.0, 0.002, 0.05);
        let level = |of: &[f32]| 20.0 * rms(&of[of.len() - half..]).log10();
        let apart_db = level(&samples[..2 * half]) - level(&samples);
        assert!((apart_db - 20.0 / 4.0).abs() < 0.5, "{apart_db} dB apart, 20 before");
        let peak = samples.iter().fold(0.0f32, |p, s| p.max(s.abs()));
        assert!((peak - 1.0).abs() < 1e-3, "{peak}");
    }

    #[test]
    fn what_is_below_the_threshold_stays() {
        let before = tone(0.04);
        let mut samples = before.clone();
        compress(&mut samples, 0.05, 8.0, 0.01, 0.1);
        assert!(samples.iter().zip(&before).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
