//! Signal recovery (paper, section 4.1): from the embedding of a corrupted patch back to the clean one.

use super::encoder::PATCH;
use super::{Batch, Example, Objective, Score, Step, patches};
use crate::base::threads::{parallel, sharded};
use crate::nn::head::WIDTH;
use crate::nn::params::{Layout, normal};
use crate::nn::stack::BANDS;
use crate::nn::transposed::Transposed;
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How a patch is corrupted, element by element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Noise {
    /// Gaussian noise of mean 0 and deviation 0.1 is added.
    Additive,
    /// Each value is kept with probability 0.5, else set to 0.
    Multiplicative,
}

/// Deviation of the additive noise.
const DEVIATION: f32 = 0.1;
/// Steps of the kernels: 1 step becomes 10, 30, 60, then 96, the hops of a patch.
const SIZES: [usize; 4] = [10, 21, 31, 37];
/// Leaky ReLU's slope below zero after the first three layers; the last is linear.
const LEAKS: [f32; 3] = [0.1, 0.25, 0.5];
/// Kernels of the first three layers in the paper; the last has one for each band.
pub(super) const KERNELS: [usize; 3] = [128, 64, 64];

/// Four transposed convolutions over time, without padding, from one step of 128 numbers to 96 hops of 64 bands; mean
/// squared error to the clean patch.
///
/// Of a [`Batch`], `targets` are the clean patches.
pub struct Denoise {
    noise: Noise,
    layers: Vec<Transposed>,
    range: Range<usize>,
    /// Mean of the training patches at each band: what one guesses who knows nothing of a patch.
    mean: Vec<f32>,
}

impl Denoise {
    /// Adds its parameters to `layout`. `mean` is that of the training patches, `[64]`; the last layer's bias starts
    /// nowhere near it, as in the paper.
    pub fn new(layout: &mut Layout, noise: Noise, kernels: [usize; 3], mean: Vec<f32>) -> Self {
        let start = layout.len();
        let outputs = [kernels[0], kernels[1], kernels[2], BANDS];
        let mut inputs = WIDTH;
        let layers = (0..4).map(|i| {
            let layer =
                Transposed::new(layout, &format!("denoise.conv{}", i + 1), inputs, outputs[i], SIZES[i]);
            inputs = outputs[i];
            layer
        });
        Self { noise, layers: layers.collect(), range: start..layout.len(), mean }
    }

    /// The input of each layer, then the recovered patch.
    fn decode(&self, values: &[f32], embedding: &[f32]) -> Vec<Vec<f32>> {
        let mut rows = vec![embedding.to_vec()];
        for (i, layer) in self.layers.iter().enumerate() {
            let mut out = layer.forward(values, &rows[i]);
            if let Some(leak) = LEAKS.get(i) {
                out.iter_mut().for_each(|x| *x = if *x > 0.0 { *x } else { leak * *x });
            }
            rows.push(out);
        }
        rows
    }

    fn corrupt(&self, patch: &mut [f32], rng: &mut Rng) {
        for x in patch {
            match self.noise {
                Noise::Additive => *x += DEVIATION * normal(rng),
                Noise::Multiplicative => *x *= f32::from(u8::from(rng.bool())),
            }
        }
    }
}

impl Objective for Denoise {
    fn measure(&self) -> &'static str {
        "share of the variance about each band's mean that is recovered"
    }

    fn chance(&self, _batch: usize) -> f64 {
        0.0
    }

    fn batch(&self, examples: &[&Example], _training: bool, rng: &mut Rng) -> Batch {
        let targets = patches(examples);
        let mut inputs = targets.clone();
        self.corrupt(&mut inputs, rng);
        Batch { inputs, targets, chances: Vec::new() }
    }

    fn step(&self, values: &mut [f32], embedding: &[f32], batch: &Batch, gradient: &mut [f32]) -> Step {
        let (values, n) = (&*values, embedding.len() / WIDTH);
        let own = &mut gradient[self.range.clone()];
        let samples = sharded(n, own, |i, shard, (): &mut ()| {
            let rows = self.decode(values, &embedding[i * WIDTH..(i + 1) * WIDTH]);
            let (found, wanted) = (&rows[4], &batch.targets[i * PATCH..(i + 1) * PATCH]);
            let mut d: Vec<f32> = found.iter().zip(wanted).map(|(f, w)| f - w).collect();
            let error: f64 = d.iter().map(|e| f64::from(e * e)).sum();
            d.iter_mut().for_each(|e| *e *= 2.0 / (n * PATCH) as f32);
            for (layer, l) in self.layers.iter().enumerate().rev() {
                if let Some(leak) = LEAKS.get(layer) {
                    let positions = d.iter_mut().zip(&rows[layer + 1]);
                    positions.for_each(|(d, y)| *d *= if *y > 0.0 { 1.0 } else { *leak });
                }
                d = l.backward(values, &rows[layer], &d, shard, self.range.start);
            }
            (error, d)
        });
        let error: f64 = samples.iter().map(|s| s.0).sum();
        let loss = (error / (n * PATCH) as f64) as f32;
        Step { loss, embedding: samples.into_iter().flat_map(|s| s.1).collect() }
    }

    fn score(&self, values: &[f32], embedding: &[f32], batch: &Batch) -> Score {
        let n = embedding.len() / WIDTH;
        let errors = parallel(n, |i| {
            let rows = self.decode(values, &embedding[i * WIDTH..(i + 1) * WIDTH]);
            let wanted = &batch.targets[i * PATCH..(i + 1) * PATCH];
            let squares =
                |a: &mut dyn Iterator<Item = (f32, f32)>| a.map(|(a, b)| f64::from((a - b) * (a - b))).sum();
            let error: f64 = squares(&mut rows[4].iter().copied().zip(wanted.iter().copied()));
            let guess: f64 = squares(&mut self.mean.iter().copied().cycle().zip(wanted.iter().copied()));
            (error, guess)
        });
        let (error, guess) = errors.iter().fold((0.0, 0.0), |(e, g), s| (e + s.0, g + s.1));
        Score { loss: error / (n * PATCH) as f64, measure: 1.0 - error / f64::max(guess, 1e-12) }
    }
}
