//! How large an activation a byte stands for: ranges from histograms.

/// Bins of a histogram: 16 to each of the 256 bytes.
const BINS: usize = 4096;
/// Ends of a range that are tried, between a tenth of the greatest value and all of it.
const TRIED: usize = 180;

/// Scale and zero point: a byte stands for `scale * (byte - zero_point)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Activation {
    /// Of a step.
    pub scale: f32,
    /// The byte that stands for 0.
    pub zero_point: u8,
}

impl Activation {
    /// From 0 to `high`.
    #[must_use]
    pub fn to(high: f32) -> Self {
        Self { scale: high / 255.0, zero_point: 0 }
    }

    /// From `low`, below 0, to `high`; 0 is a byte's value exactly.
    #[must_use]
    pub fn between(low: f32, high: f32) -> Self {
        let scale = (high - low) / 255.0;
        Self { scale, zero_point: (-low / scale).round() as u8 }
    }

    /// What is left of a value.
    #[must_use]
    pub fn rounded(self, value: f32) -> f32 {
        let zero = f32::from(self.zero_point);
        (((value / self.scale).round_ties_even() + zero).clamp(0.0, 255.0) - zero) * self.scale
    }
}

/// How a range is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ranges {
    /// The least mean of the squared errors, of rounding and of what is cut off.
    Error,
    /// What is cut off is the rest to this share of the values, 0 to 1.
    Share(f64),
    /// Nothing that was seen is cut off.
    Greatest,
}

/// How often values occur between `low` and the greatest.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    low: f32,
    high: f32,
    counts: Vec<u64>,
}

impl Histogram {
    /// Of no values yet, none of which may lie outside.
    #[must_use]
    pub fn new(low: f32, high: f32) -> Self {
        Self { low, high: high.max(low + 1e-3), counts: vec![0; BINS] }
    }

    /// Counts values.
    pub fn add(&mut self, values: impl Iterator<Item = f32>) {
        let (low, bins) = (self.low, BINS as f32 / (self.high - self.low));
        values.for_each(|x| self.counts[(((x - low) * bins) as usize).min(BINS - 1)] += 1);
    }

    /// Counts what another one has counted.
    pub fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
    }

    /// What the bytes should stand for.
    #[must_use]
    pub fn choose(&self, how: Ranges) -> Activation {
        let activation = |high: f32| {
            if self.low < 0.0 { Activation::between(self.low, high) } else { Activation::to(high) }
        };
        let end = |share: f32| self.low + share * (self.high - self.low);
        match how {
            Ranges::Greatest => activation(self.high),
            Ranges::Share(share) => {
                let all = self.counts.iter().sum::<u64>() as f64;
                let mut counted = 0;
                let bin = self.counts.iter().position(|count| {
                    counted += count;
                    counted as f64 >= share * all
                });
                activation(end((bin.unwrap_or(BINS - 1) + 1) as f32 / BINS as f32))
            }
            Ranges::Error => {
                let tried = (0..=TRIED).map(|at| activation(end(1.0 - 0.9 * at as f32 / TRIED as f32)));
                let errors = tried.map(|activation| (activation, self.error(activation)));
                errors.min_by(|a, b| a.1.total_cmp(&b.1)).expect("some were tried").0
            }
        }
    }

    /// Sum of the squared errors.
    fn error(&self, activation: Activation) -> f64 {
        let width = (self.high - self.low) / BINS as f32;
        let error = |(bin, count): (usize, &u64)| {
            let value = self.low + (bin as f32 + 0.5) * width;
            f64::from(activation.rounded(value) - value).powi(2) * *count as f64
        };
        self.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(error).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::params::normal;

    #[test]
    fn zero_stays_zero() {
        for activation in [Activation::to(3.7), Activation::between(-4.605, 5.3)] {
            assert_eq!(activation.rounded(0.0), 0.0);
            assert!((activation.rounded(1.234) - 1.234).abs() <= 0.5001 * activation.scale);
        }
    }

    #[test]
    fn few_far_values_are_cut_off() {
        let mut rng = fastrand::Rng::with_seed(2);
        let mut histogram = Histogram::new(0.0, 100.0);
        histogram.add((0..1_000_000).map(|_| normal(&mut rng).abs()));
        histogram.add([100.0].into_iter());
        let high = |how| 255.0 * histogram.choose(how).scale;
        assert!((high(Ranges::Greatest) - 100.0).abs() < 1e-4);
        // A range r costs (r / 255)^2 / 12 a value and (100 - r)^2 for the one: the least at 100 / (1 + 1e6 / 12 / 255^2) = 43.8.
        let least = high(Ranges::Error);
        assert!((40.0..48.0).contains(&least), "{least}");
        assert!((2.0..3.0).contains(&high(Ranges::Share(0.99))), "2.58 deviations hold 99 %");
        assert!(high(Ranges::Share(1.0)) >= 99.9);
    }
}
