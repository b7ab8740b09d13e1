//! Textual description (paper, section 4.1): from the embedding to the word vector of what was done to the sound.

use super::measure::pairs_in_order;
use super::words::WordVectors;
use super::{Batch, Example, Objective, Score, Step, patches};
use crate::nn::dense::Dense;
use crate::nn::head::WIDTH;
use crate::nn::norm::BatchNorm;
use crate::nn::params::{Init, Layout};
use fastrand::Rng;

/// Beyond this cosine a pair that does not belong together costs (paper, section 4.1).
const MARGIN: f32 = 0.5;
/// Keeps the cosine of a zero vector finite (PyTorch's `CosineEmbeddingLoss`).
const EPSILON: f32 = 1e-12;

/// Batch normalisation, a dense layer with tanh and one without, each with as many units as a word vector has numbers; the
/// cosine loss of PyTorch's `CosineEmbeddingLoss`.
///
/// Each example gives two pairs: its prediction with the mean of its words' vectors, and its prediction with a word
/// that it lacks. Without the second, the margin would mean nothing, and one vector for all would do well.
///
/// Of a [`Batch`], `targets` are the vectors `[2 n, dimension]`: all that belong, then all that do not. An example whose
/// every word is a word of all has no second pair: a zero vector, which is left out.
pub struct Textual {
    norm: BatchNorm,
    first: Dense,
    second: Dense,
    /// A vector of unit length for each word of the corpus.
    vectors: Vec<Vec<f32>>,
    dimension: usize,
}

impl Textual {
    /// Adds its parameters to `layout`. `words` are the corpus's words, by number.
    ///
    /// # Errors
    /// A word of which no part has a vector.
    pub fn new(
        layout: &mut Layout,
        words: &[String],
        vectors: &WordVectors,
    ) -> Result<Self, super::WordError> {
        let dimension = vectors.dimension();
        let glorot = |inputs| Init::Glorot { fan_in: inputs, fan_out: dimension };
        let norm = BatchNorm::new(layout, "textual.norm", WIDTH);
        let first = Dense::new(layout, "textual.dense1", WIDTH, dimension, glorot(WIDTH));
        let second = Dense::new(layout, "textual.dense2", dimension, dimension, glorot(dimension));
        let vectors = words.iter().map(|w| vectors.describe(w).map(unit)).collect::<Result<_, _>>()?;
        Ok(Self { norm, first, second, vectors, dimension })
    }

    fn infer(&self, values: &[f32], embedding: &[f32]) -> Vec<f32> {
        let mut hidden = self.first.forward(values, &self.norm.infer(values, embedding));
        hidden.iter_mut().for_each(|h| *h = h.tanh());
        self.second.forward(values, &hidden)
    }

    /// Mean loss over all pairs, and the gradient of the predictions.
    fn loss(&self, predicted: &[f32], targets: &[f32]) -> (f32, Vec<f32>) {
        let d = self.dimension;
        let n = predicted.len() / d;
        let pairs = targets.chunks_exact(d).filter(|t| t.iter().any(|v| *v != 0.0)).count().max(1) as f32;
        let (mut loss, mut gradient) = (0.0, vec![0.0; predicted.len()]);
        for (pair, target) in targets.chunks_exact(d).enumerate() {
            if target.iter().all(|v| *v == 0.0) {
                continue;
            }
            let (p, to) = (&predicted[pair % n * d..][..d], &mut gradient[pair % n * d..][..d]);
            let dot: f32 = p.iter().zip(target).map(|(a, b)| a * b).sum();
            let square = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>() + EPSILON;
            let (pp, tt) = (square(p), square(target));
            let length = (pp * tt).sqrt();
            let cosine = dot / length;
            let belongs = pair < n;
            let scale = match belongs {
                true => -1.0,
                false if cosine > MARGIN => 1.0,
                false => 0.0,
            };
            loss += if belongs { 1.0 - cosine } else { (cosine - MARGIN).max(0.0) };
            for ((g, t), p) in to.iter_mut().zip(target).zip(p) {
                *g += scale / pairs * (t / length - cosine * p / pp);
            }
        }
        (loss / pairs, gradient)
    }
}

impl Objective for Textual {
    fn measure(&self) -> &'static str {
        "pairs of a word that describes the sound and one that does not, put in the right order"
    }

    fn chance(&self, _batch: usize) -> f64 {
        0.5
    }

    fn batch(&self, examples: &[&Example], _training: bool, rng: &mut Rng) -> Batch {
        let mut targets = Vec::with_capacity(2 * examples.len() * self.dimension);
        for example in examples {
            let mut mean = vec![0.0; self.dimension];
            for &word in &example.words {
                mean.iter_mut().zip(&self.vectors[word]).for_each(|(m, v)| *m += v);
            }
            targets.extend(if example.words.is_empty() { mean } else { unit(mean) });
        }
        for example in examples {
            let others: Vec<usize> = (0..self.vectors.len()).filter(|w| !example.words.contains(w)).collect();
            match rng.choice(&others) {
                Some(&word) => targets.extend_from_slice(&self.vectors[word]),
                None => targets.extend(std::iter::repeat_n(0.0, self.dimension)),
            }
        }
        let described = examples
            .iter()
            .flat_map(|e| (0..self.vectors.len()).map(|w| f32::from(u8::from(e.words.contains(&w)))));
        Batch { inputs: patches(examples), targets, chances: vec![described.collect()] }
    }

    fn step(&self, values: &mut [f32], embedding: &[f32], batch: &Batch, gradient: &mut [f32]) -> Step {
        let (normed, norm) = self.norm.forward(values, embedding);
        let mut hidden = self.first.forward(values, &normed);
        hidden.iter_mut().for_each(|h| *h = h.tanh());
        let predicted = self.second.forward(values, &hidden);
        let (loss, d) = self.loss(&predicted, &batch.targets);
        let mut d = self.second.backward(values, &hidden, &d, gradient);
        d.iter_mut().zip(&hidden).for_each(|(d, h)| *d *= 1.0 - h * h);
        let d = self.first.backward(values, &normed, &d, gradient);
        Step { loss, embedding: self.norm.backward(values, &norm, &d, gradient) }
    }

    fn score(&self, values: &[f32], embedding: &[f32], batch: &Batch) -> Score {
        let predicted = self.infer(values, embedding);
        let (loss, _) = self.loss(&predicted, &batch.targets);
        let scores: Vec<f32> = predicted
            .chunks_exact(self.dimension)
            .flat_map(|p| self.vectors.iter().map(|v| p.iter().zip(v).map(|(a, b)| a * b).sum()))
            .collect();
        let measure = pairs_in_order(&scores, &batch.chances[0], self.vectors.len());
        Score { loss: f64::from(loss), measure }
    }
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-12);
    vector.iter_mut().for_each(|v| *v /= length);
    vector
}
