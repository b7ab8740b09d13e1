//! Event detection by a teacher: our stand-in for AudioSet's labels (paper, Table 1), the soft labels of an AudioSet network.

use super::measure::pairs_in_order;
use super::{Batch, Example, Objective, Score, Step, patches};
use crate::nn::dense::Dense;
use crate::nn::head::WIDTH;
use crate::nn::loss::sigmoid;
use crate::nn::params::{Init, Layout};
use fastrand::Rng;

/// One dense layer to the logits of AudioSet's 527 classes, as VGGish itself was trained (Hershey et al. 2017); binary
/// cross-entropy to the teacher's probabilities, the mean over classes.
///
/// Of a [`Batch`], `targets` are probabilities, `[n, 527]`.
pub struct Events {
    dense: Dense,
}

impl Events {
    /// Adds its parameters to `layout`, for a teacher with so many classes.
    pub fn new(layout: &mut Layout, events: usize) -> Self {
        let init = Init::Glorot { fan_in: WIDTH, fan_out: events };
        Self { dense: Dense::new(layout, "events.dense", WIDTH, events, init) }
    }

    fn loss(logits: &[f32], targets: &[f32]) -> f32 {
        // softplus(x) - x y, without overflow.
        let each = logits.iter().zip(targets).map(|(x, y)| x.max(0.0) - x * y + (-x.abs()).exp().ln_1p());
        (each.map(f64::from).sum::<f64>() / logits.len() as f64) as f32
    }
}

impl Objective for Events {
    fn measure(&self) -> &'static str {
        "pairs of a patch in which the teacher hears an event and one in which it does not, put in the right order"
    }

    fn chance(&self, _batch: usize) -> f64 {
        0.5
    }

    fn batch(&self, examples: &[&Example], _training: bool, _rng: &mut Rng) -> Batch {
        let targets = examples.iter().flat_map(|e| e.events.iter().copied()).collect();
        Batch { inputs: patches(examples), targets, chances: Vec::new() }
    }

    fn step(&self, values: &mut [f32], embedding: &[f32], batch: &Batch, gradient: &mut [f32]) -> Step {
        let logits = self.dense.forward(values, embedding);
        let scale = 1.0 / logits.len() as f32;
        let d: Vec<f32> = logits.iter().zip(&batch.targets).map(|(x, y)| scale * (sigmoid(*x) - y)).collect();
        let loss = Self::loss(&logits, &batch.targets);
        Step { loss, embedding: self.dense.backward(values, embedding, &d, gradient) }
    }

    fn score(&self, values: &[f32], embedding: &[f32], batch: &Batch) -> Score {
        let logits = self.dense.forward(values, embedding);
        // A teacher's probabilities are low: what it hears above a tenth counts as heard.
        let truth: Vec<f32> = batch.targets.iter().map(|p| f32::from(u8::from(*p >= 0.1))).collect();
        let measure = pairs_in_order(&logits, &truth, self.dense.outputs);
        Score { loss: f64::from(Self::loss(&logits, &batch.targets)), measure }
    }
}
