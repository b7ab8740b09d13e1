//! One layer: its weights as bytes, and its bias as they want it.

use super::ranges::Activation;
use anyhow::{Result, ensure};

/// Greatest weight; -128 is not used, so that a weight and its opposite are equally exact.
const GREATEST: f32 = 127.0;
/// Steps that a bias has at most, before the mean of the change: 24 bits, beside which the products of a layer fit 32.
const BIAS_STEPS: f32 = (1 << 24) as f32;
/// Scales tried for each output, from the greatest weight's down to half of it.
const TRIED: usize = 100;

/// A layer of bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantised {
    /// `[depth][outputs]`.
    pub weights: Vec<i8>,
    /// Of each output's weights.
    pub scales: Vec<f32>,
    /// In units of the inputs' scale times the weights'.
    pub bias: Vec<i32>,
    /// What its inputs stand for.
    pub input: Activation,
    /// What its outputs stand for.
    pub output: Activation,
}

/// Weights of a layer in floats.
#[derive(Clone, Copy, Debug)]
pub struct Affine<'a> {
    /// `[depth][outputs]`.
    pub weights: &'a [f32],
    /// One an output.
    pub bias: &'a [f32],
}

impl Quantised {
    /// Rounds the weights, and takes the mean of the change off the bias: `means` are the means of the inputs `[depth]`, of the floats
    /// and as the layers before are quantised. The output's range is not known yet.
    ///
    /// # Errors
    /// A bias that 32 bits do not hold.
    pub fn new(layer: Affine<'_>, input: Activation, means: [&[f64]; 2]) -> Result<Self> {
        let outputs = layer.bias.len();
        let depth = layer.weights.len() / outputs;
        let greatest = layer.weights.iter().fold(0.0_f32, |m, w| m.max(w.abs()));
        let (mut weights, mut scales) = (vec![0; layer.weights.len()], vec![0.0; outputs]);
        let mut bias = vec![0; outputs];
        for output in 0..outputs {
            let column = || (0..depth).map(|at| layer.weights[at * outputs + output]);
            // Weights far below the layer's, or the bias, need not be exact to a step that the shift or the sums can't hold.
            let least =
                (1e-4 * greatest / GREATEST).max(layer.bias[output].abs() / (input.scale * BIAS_STEPS));
            let scale = best_scale(column).max(least).max(f32::MIN_POSITIVE);
            scales[output] = scale;
            let mut change = 0.0;
            for (at, weight) in column().enumerate() {
                let byte = byte(weight, scale);
                weights[at * outputs + output] = byte;
                change +=
                    f64::from(weight) * means[0][at] - f64::from(f32::from(byte) * scale) * means[1][at];
            }
            let units =
                (f64::from(layer.bias[output]) + change) / (f64::from(input.scale) * f64::from(scale));
            bias[output] = steps(units)?;
        }
        Ok(Self { weights, scales, bias, input, output: Activation::to(1.0) })
    }

    /// What is left of other weights, `[depth][outputs]`, by its scales.
    #[must_use]
    pub fn round(&self, weights: &[f32]) -> Vec<f32> {
        let scales = self.scales.iter().cycle();
        weights.iter().zip(scales).map(|(weight, scale)| f32::from(byte(*weight, *scale)) * scale).collect()
    }

    /// Takes other weights and another bias, by its scales.
    ///
    /// # Errors
    /// A bias that 32 bits do not hold.
    pub fn take(&mut self, layer: Affine<'_>) -> Result<()> {
        let scales = self.scales.iter().cycle();
        self.weights =
            layer.weights.iter().zip(scales).map(|(weight, scale)| byte(*weight, *scale)).collect();
        let input = f64::from(self.input.scale);
        let units = |(bias, scale): (&f32, &f32)| steps(f64::from(*bias) / (input * f64::from(*scale)));
        self.bias = layer.bias.iter().zip(&self.scales).map(units).collect::<Result<_>>()?;
        Ok(())
    }

    /// The weights that it computes with, as floats.
    pub fn weights(&self) -> Vec<f32> {
        let scales = self.scales.iter().cycle();
        self.weights.iter().zip(scales).map(|(byte, scale)| f32::from(*byte) * scale).collect()
    }

    /// The bias that it computes with, as floats.
    pub fn bias(&self) -> Vec<f32> {
        let unit = |scale: &f32| f64::from(self.input.scale) * f64::from(*scale);
        self.bias.iter().zip(&self.scales).map(|(b, scale)| (f64::from(*b) * unit(scale)) as f32).collect()
    }
}

/// A bias in whole steps.
fn steps(units: f64) -> Result<i32> {
    ensure!(units.abs() < f64::from(1 << 30), "a bias of {units} steps is beyond what sums of 32 bits hold");
    Ok(units.round() as i32)
}

fn byte(weight: f32, scale: f32) -> i8 {
    (weight / scale).round_ties_even().clamp(-GREATEST, GREATEST) as i8
}

/// The scale with the least squared error of the weights.
fn best_scale<I: Iterator<Item = f32>>(weights: impl Fn() -> I) -> f32 {
    let greatest = weights().fold(0.0_f32, |m, w| m.max(w.abs()));
    let tried = (0..=TRIED).map(|at| greatest * (1.0 - 0.5 * at as f32 / TRIED as f32) / GREATEST);
    let error = |scale: f32| -> f64 {
        weights().map(|w| f64::from(f32::from(byte(w, scale)) * scale - w).powi(2)).sum()
    };
    let errors = tried.filter(|scale| scale.is_normal()).map(|scale| (scale, error(scale)));
    errors.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0.0, |best| best.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::params::normal;

    #[test]
    fn weights_keep_their_size_and_the_bias_takes_the_mean_of_their_change() {
        let mut rng = fastrand::Rng::with_seed(3);
        let (depth, outputs) = (300, 5);
        let mut weights: Vec<f32> = (0..depth * outputs).map(|_| normal(&mut rng)).collect();
        // An output without weights, and one with small ones.
        (0..depth).for_each(|at| {
            weights[at * outputs] = 0.0;
            weights[at * outputs + 1] *= 1e-3;
        });
        let bias = [0.5, -0.1, 0.0, 2.0, -3.0];
        let means: Vec<f64> = (0..depth).map(|_| f64::from(normal(&mut rng).abs())).collect();
        let layer = Affine { weights: &weights, bias: &bias };
        let quantised = Quantised::new(layer, Activation::to(2.55), [&means, &means]).unwrap();
        let (found, found_bias) = (quantised.weights(), quantised.bias());
        for output in 0..outputs {
            let mean = |weights: &[f32], bias: f32| {
                (0..depth).map(|at| f64::from(weights[at * outputs + output]) * means[at]).sum::<f64>()
                    + f64::from(bias)
            };
            let (before, after) = (mean(&weights, bias[output]), mean(&found, found_bias[output]));
            let unit = 0.01 * f64::from(quantised.scales[output]);
            assert!((before - after).abs() < 0.51 * unit + 1e-6, "{output}: {before} {after}");
            for at in 0..depth {
                let (w, q) = (weights[at * outputs + output], found[at * outputs + output]);
                assert!((w - q).abs() <= 0.51 * quantised.scales[output] || w.abs() > q.abs(), "{w} {q}");
            }
        }
    }
}
