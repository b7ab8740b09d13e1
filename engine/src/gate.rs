//! Level of the window, and the gate that keeps silence from being taken for an instrument.

use crate::{Gate, PATCH_HOPS};

/// Sums over the samples of one hop, from which the level of any run of hops follows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HopPower {
    sum: f64,
    sum_of_squares: f64,
    samples: u32,
}

impl HopPower {
    /// The sums over some 16 kHz samples.
    ///
    /// A square of an `f32` is exact in `f64`, and 160 of them add up with a relative error below 160 *
    /// 2^-53.
    pub fn of(samples: &[f32]) -> Self {
        samples.iter().map(|&x| f64::from(x)).fold(
            Self { samples: samples.len() as u32, ..Self::default() },
            |power, x| Self { sum: power.sum + x, sum_of_squares: power.sum_of_squares + x * x, ..power },
        )
    }
}

/// Level of the newest [`PATCH_HOPS`] hops.
///
/// The sums are kept for each hop and added up anew at each reading: a running sum would carry the rounding
/// of a loud passage into the silence after it.
#[derive(Clone, Debug)]
pub(crate) struct WindowLevel {
    hops: [HopPower; PATCH_HOPS],
    next: usize,
}

impl WindowLevel {
    /// A window of silence.
    pub(crate) fn new() -> Self {
        Self { hops: [HopPower::default(); PATCH_HOPS], next: 0 }
    }

    /// Takes in one hop; the oldest of [`PATCH_HOPS`] falls out.
    pub(crate) fn push(&mut self, hop: HopPower) {
        self.hops[self.next] = hop;
        self.next = (self.next + 1) % PATCH_HOPS;
    }

    /// RMS about the mean in dB relative to a full-scale square wave (a full-scale sine is -3.01 dBFS);
    /// [`f32::NEG_INFINITY`] for digital black.
    ///
    /// About the mean, because a constant offset is silence: a badly biased converter must not hold the gate
    /// open, and the mel bands begin at 125 Hz.
    pub(crate) fn dbfs(&self) -> f32 {
        // From the oldest hop on, so that equal windows give equal sums wherever they stand in the ring.
        let (newer, older) = self.hops.split_at(self.next);
        let (mut sum, mut sum_of_squares, mut samples) = (0.0, 0.0, 0_u32);
        for hop in older.iter().chain(newer) {
            sum += hop.sum;
            sum_of_squares += hop.sum_of_squares;
            samples += hop.samples;
        }
        if samples == 0 {
            return f32::NEG_INFINITY;
        }
        let (mean, mean_square) = (sum / f64::from(samples), sum_of_squares / f64::from(samples));
        (10.0 * libm::log10((mean_square - mean * mean).max(0.0))) as f32
    }

    /// Back to the state after `new`.
    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }
}

/// Gate with hysteresis: opens at `open_dbfs` and above, closes below `close_dbfs`, and in between stays as
/// it is, so that a level that hovers about one threshold does not make it chatter. Starts closed.
#[derive(Clone, Debug)]
pub(crate) struct LevelGate {
    levels: Gate,
    open: bool,
}

impl LevelGate {
    /// A closed gate. The settings have been checked ([`crate::Settings::check`]).
    pub(crate) fn new(levels: Gate) -> Self {
        Self { levels, open: false }
    }

    /// Changes the levels; the gate stays as it is until the next step.
    pub(crate) fn set(&mut self, levels: Gate) {
        self.levels = levels;
    }

    /// Takes the level of the next window and tells whether the gate is open for it.
    pub(crate) fn step(&mut self, level_dbfs: f32) -> bool {
        let threshold = if self.open { self.levels.close_dbfs } else { self.levels.open_dbfs };
        self.open = level_dbfs >= threshold;
        self.open
    }

    /// Back to the state after `new`.
    pub(crate) fn reset(&mut self) {
        self.open = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(samples: impl Fn(usize) -> f32) -> f32 {
        let mut window = WindowLevel::new();
        let all: Vec<f32> = (0..PATCH_HOPS * 160).map(samples).collect();
        all.chunks(160).for_each(|hop| window.push(HopPower::of(hop)));
        window.dbfs()
    }

    #[test]
    fn levels_of_known_signals() {
        // Tolerance: the level is rounded to f32 once, half a unit in the last place of 128 is 4e-6.
        let close =
            |found: f32, expected: f32| assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
        close(level(|i| if i % 2 == 0 { 1.0 } else { -1.0 }), 0.0);
        // 15360 samples hold 960 whole periods of 1 kHz. The sine's own rounding to f32 is 3e-8 of its value.
        let sine = |i: usize| (std::f64::consts::TAU * i as f64 / 16.0).sin();
        close(level(|i| sine(i) as f32), -10.0 * 2.0_f32.log10());
        close(level(|i| (0.001 * sine(i)) as f32), -60.0 - 10.0 * 2.0_f32.log10());
        assert_eq!(level(|_| 0.0), f32::NEG_INFINITY);
        assert!(level(|_| 0.7) < -140.0, "an offset is silence");
        assert_eq!(WindowLevel::new().dbfs(), f32::NEG_INFINITY);
    }

    #[test]
    fn a_loud_passage_leaves_no_trace() {
        let mut window = WindowLevel::new();
        (0..200).for_each(|_| window.push(HopPower::of(&[900.0, -899.0])));
        (0..PATCH_HOPS).for_each(|_| window.push(HopPower::of(&[1e-6, -1e-6])));
        assert!((window.dbfs() + 120.0).abs() < 1e-4);
        (0..PATCH_HOPS).for_each(|_| window.push(HopPower::of(&[0.0; 160])));
        assert_eq!(window.dbfs(), f32::NEG_INFINITY);
    }

    #[test]
    fn the_gate_has_hysteresis() {
        let mut gate = LevelGate::new(Gate { open_dbfs: -60.0, close_dbfs: -66.0 });
        let steps =
            [(-63.0, false), (-60.0, true), (-63.0, true), (-66.0, true), (-66.1, false), (-63.0, false)];
        for (level_dbfs, open) in steps {
            assert_eq!(gate.step(level_dbfs), open, "{level_dbfs} dBFS");
        }
        assert!(gate.step(0.0) && !gate.step(f32::NEG_INFINITY));
        gate.step(0.0);
        gate.reset();
        assert!(!gate.step(-63.0));
    }
}
