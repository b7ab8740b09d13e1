//! What a probability that somebody states is worth: a logistic curve over its logit (Platt, "Probabilistic outputs for
//! support vector machines", 1999).

/// Logits are cut here, so that no single one bends a curve.
const STEEPEST: f64 = 12.0;
/// A curve is only as good as its examples: with fewer positives, or fewer negatives, there is none.
const ENOUGH: usize = 12;

/// The curve `sigmoid(slope * logit(p) + offset)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logistic {
    /// How fast what it is worth grows; never negative.
    pub slope: f64,
    /// Its logit where the stated probability is 0.5.
    pub offset: f64,
}

impl Logistic {
    /// What is stated is what it is worth.
    pub const IDENTITY: Self = Self { slope: 1.0, offset: 0.0 };

    /// The likeliest curve for stated probabilities with the truth, by Newton's method; `None` with fewer than twelve
    /// examples of either side.
    ///
    /// Targets are drawn in a little, as Platt does, so that separable examples have a curve, and a slope is never negative:
    /// what is stated to be likelier is not less likely.
    #[must_use]
    pub fn fit(examples: &[(f32, bool)]) -> Option<Self> {
        let positives = examples.iter().filter(|(_, holds)| *holds).count();
        let negatives = examples.len() - positives;
        if positives.min(negatives) < ENOUGH {
            return None;
        }
        let (high, low) =
            ((positives as f64 + 1.0) / (positives as f64 + 2.0), 1.0 / (negatives as f64 + 2.0));
        let Self { mut slope, mut offset } = Self::IDENTITY;
        for _ in 0..50 {
            // Gradient and Hessian of the loss, with a ridge that keeps a step finite.
            let (mut g, mut h) = ([0.0; 2], [1e-3, 0.0, 1e-3]);
            for &(p, holds) in examples {
                let x = logit(p);
                let p = sigmoid(slope * x + offset);
                let (error, spread) = (p - if holds { high } else { low }, p * (1.0 - p));
                g[0] += error * x;
                g[1] += error;
                h[0] += spread * x * x;
                h[1] += spread * x;
                h[2] += spread;
            }
            let determinant = h[0] * h[2] - h[1] * h[1];
            let step = [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant];
            // One step at most where the curve is far off.
            let shrink = 1.0 / (step[0].abs().max(step[1].abs())).max(1.0);
            slope = (slope - shrink * step[0]).max(0.0);
            offset -= shrink * step[1];
            if step[0].abs().max(step[1].abs()) < 1e-9 {
                break;
            }
        }
        if slope == 0.0 {
            // The steps were towards a slope that is not allowed: a level curve is the mean.
            let mean = (positives as f64 * high + negatives as f64 * low) / examples.len() as f64;
            offset = (mean / (1.0 - mean)).ln();
        }
        Some(Self { slope, offset })
    }

    /// What a stated probability is worth.
    #[must_use]
    pub fn at(self, probability: f32) -> f64 {
        sigmoid(self.slope * logit(probability) + self.offset)
    }

    /// The stated probability that is worth this; 0 or 1 where none is, as on a level curve.
    #[must_use]
    pub fn inverse(self, worth: f64) -> f32 {
        sigmoid(((worth / (1.0 - worth)).ln() - self.offset) / self.slope) as f32
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn logit(p: f32) -> f64 {
    let p = f64::from(p);
    (p / (1.0 - p)).ln().clamp(-STEEPEST, STEEPEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    /// Of logits that are 2 times the true ones less 3.
    fn examples(count: usize) -> Vec<(f32, bool)> {
        let mut rng = Rng::with_seed(4);
        let one = |_| {
            let truth = 8.0 * rng.f64() - 5.0;
            (sigmoid(2.0 * truth - 3.0) as f32, rng.f64() < sigmoid(truth))
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn a_curve_undoes_a_slope_and_an_offset() {
        let curve = Logistic::fit(&examples(4_000)).unwrap();
        for truth in [-4.0, -1.0, 0.0, 2.0] {
            let stated = sigmoid(2.0 * truth - 3.0) as f32;
            assert!((curve.at(stated) - sigmoid(truth)).abs() < 0.05, "{} for {truth}", curve.at(stated));
            assert!((curve.inverse(curve.at(stated)) - stated).abs() < 1e-5);
        }
    }

    #[test]
    fn hardly_any_examples_have_no_curve_and_separable_ones_end() {
        let sure = |holds: bool| (if holds { 0.9 } else { 0.1 }, holds);
        let few = |positives: usize| -> Vec<_> { (0..40).map(|i| sure(i < positives)).collect() };
        assert_eq!(Logistic::fit(&few(ENOUGH - 1)), None);
        assert_eq!(Logistic::fit(&few(40 - ENOUGH + 1)), None);
        let curve = Logistic::fit(&few(20)).unwrap();
        assert!(curve.at(0.9) > 0.9 && curve.at(0.1) < 0.1, "{curve:?}");
    }

    #[test]
    fn the_wrong_way_round_is_worth_nothing() {
        let curve = Logistic::fit(&(0..40).map(|i| (0.1 + 0.02 * i as f32, i < 20)).collect::<Vec<_>>());
        let curve = curve.unwrap();
        assert_eq!(curve.slope, 0.0);
        assert!((curve.at(0.2) - 0.5).abs() < 0.01 && (curve.at(0.8) - 0.5).abs() < 0.01);
        assert!([0.0, 1.0].contains(&curve.inverse(0.9)));
    }
}
