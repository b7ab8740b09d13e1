//! From 32-bit sums back to bytes, in integers.

/// What turns sums into bytes: for each output a multiplier, for all of them one shift.
///
/// A sum `s` becomes `min(255, (max(s, 0) * multiplier + 2^(shift - 1)) >> shift)`, the product in 64 bits: `s` times its scale,
/// rounded to the nearest, halves upwards; what is negative becomes 0, which is ReLU, and what is beyond a byte 255.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requantise {
    /// Each below 2^31.
    multipliers: Vec<u32>,
    /// 31 to 62: below, a product shifted might not fit 32 bits; beyond, it might not fit 64 bits.
    shift: u32,
}

impl Requantise {
    /// Multipliers and shift that come nearest to the scales: the greatest to 31 bits, the others as far as its shift allows.
    /// `None` unless every scale lies between 2^-31 and 1.
    pub fn new(scales: &[f64]) -> Option<Self> {
        const LEAST: f64 = 1.0 / (1_u32 << 31) as f64;
        let mut greatest = scales.iter().copied().fold(LEAST, f64::max);
        if !scales.iter().all(|scale| (LEAST..1.0).contains(scale)) {
            return None;
        }
        let mut shift = 31;
        while greatest < 0.5 {
            greatest *= 2.0;
            shift += 1;
        }
        let power = (1_u64 << shift) as f64;
        // A scale just below 1 would be rounded up to 32 bits.
        let multiplier = |scale: &f64| ((scale * power).round_ties_even() as u32).min((1 << 31) - 1);
        Some(Self { multipliers: scales.iter().map(multiplier).collect(), shift })
    }

    /// The byte of an output's sum.
    ///
    /// # Panics
    /// An output for which there was no scale.
    #[inline]
    pub fn byte(&self, output: usize, sum: i32) -> u8 {
        byte(self.multipliers[output], self.shift, sum)
    }

    /// How many outputs it knows.
    pub(super) fn outputs(&self) -> usize {
        self.multipliers.len()
    }

    pub(super) fn shift(&self) -> u32 {
        self.shift
    }

    /// The multipliers, filled up with zeros.
    pub(super) fn filled(&self, outputs: usize) -> Vec<u32> {
        let mut multipliers = self.multipliers.clone();
        multipliers.resize(outputs, 0);
        multipliers
    }
}

/// The rule as [`Requantise`] states it, to which the vectors' ways are held.
#[inline]
pub(super) fn byte(multiplier: u32, shift: u32, sum: i32) -> u8 {
    let product = u64::from(sum.max(0).unsigned_abs()) * u64::from(multiplier);
    ((product + (1 << (shift - 1))) >> shift).min(255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_the_rounded_products() {
        let scales = [0.25, 0.001, 0.999_999_999_9, 3e-9];
        let requantise = Requantise::new(&scales).unwrap();
        for (output, scale) in scales.into_iter().enumerate() {
            for sum in [i32::MIN, -1, 0, 1, 2, 3, 5, 6, 254, 255, 256, 1000, 1021, 123_456, i32::MAX] {
                let expected = (f64::from(sum.max(0)) * scale + 0.5).floor().min(255.0);
                assert_eq!(f64::from(requantise.byte(output, sum)), expected, "{sum} by {scale}");
            }
        }
        // Halves go upwards.
        assert_eq!([2, 6, 10].map(|sum| requantise.byte(0, sum)), [1, 2, 3]);
    }

    #[test]
    fn scales_that_no_shift_can_hold_are_refused() {
        for scale in [1.0, 0.0, -0.5, 1e-10, f64::NAN, f64::INFINITY] {
            assert_eq!(Requantise::new(&[0.5, scale]), None, "{scale}");
        }
    }

    #[test]
    fn the_least_scale_has_a_shift_that_fits() {
        let requantise = Requantise::new(&[1.0 / (1_u32 << 31) as f64]).unwrap();
        assert_eq!((requantise.byte(0, i32::MAX), requantise.shift()), (1, 61));
    }
}
