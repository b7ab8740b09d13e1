//! Tag alignment (paper, section 4.1), after COALA (Favory, Drossos, Virtanen, Serra 2020, and its published code).

use super::recipe::AlignSizes;
use super::{Batch, Example, Objective, Score, Step, patches};
use crate::nn::dense::{Dense, relu, relu_backward};
use crate::nn::gemm::{Mat, multiply};
use crate::nn::head::WIDTH;
use crate::nn::norm::{self, BatchNorm};
use crate::nn::params::{Init, Layout};
use fastrand::Rng;

/// COALA's softmax temperature.
const TEMPERATURE: f32 = 0.1;
/// COALA's dropout, after each layer.
const DROPOUT: f32 = 0.25;
/// Inside COALA's logarithm.
const LOG_FLOOR: f32 = 1e-5;

/// COALA's tag encoder: three dense layers (512, 512, 1152), each with batch normalisation, ReLU and dropout, then a projection
/// without a bias and dropout; the audio's embedding is brought to the same 1152 numbers by an affine layer. The loss pulls
/// each patch and its tags together and pushes all else in the batch apart (SimCLR's, Chen et al. 2020, as COALA has it).
/// The paper takes COALA's encoders and loss, not its decoders.
///
/// Of a [`Batch`], `targets` are multi-hot tags, `[n, tags]`; `chances` are four dropout masks, `[n, units]` each, whose
/// values are 0 or 1 / (1 - 0.25); empty in validation.
pub struct Align {
    affine: Dense,
    layers: Vec<(Dense, BatchNorm)>,
    projection: Dense,
    tags: usize,
}

/// What the way back through the tag encoder needs.
struct TagTrace {
    /// The input of each dense layer, the projection's last.
    inputs: Vec<Vec<f32>>,
    norms: Vec<norm::Trace>,
    /// Each layer's ReLU output, before dropout.
    rectified: Vec<Vec<f32>>,
}

impl Align {
    /// Adds its parameters to `layout`, for a corpus with so many tags.
    pub fn new(layout: &mut Layout, tags: usize, sizes: &AlignSizes) -> Self {
        let glorot = |inputs, outputs| Init::Glorot { fan_in: inputs, fan_out: outputs };
        let out = sizes.output;
        let affine = Dense::new(layout, "align.audio", WIDTH, out, glorot(WIDTH, out));
        let mut inputs = tags;
        let layers = sizes.hidden.iter().copied().chain([out]).enumerate().map(|(i, outputs)| {
            let name = format!("align.tag{}", i + 1);
            let dense = Dense::new(layout, &name, inputs, outputs, glorot(inputs, outputs));
            inputs = outputs;
            (dense, BatchNorm::new(layout, &format!("{name}.norm"), outputs))
        });
        let layers: Vec<_> = layers.collect();
        // No bias in COALA's projection: ours stays at zero, since its gradient is thrown away.
        let projection = Dense::new(layout, "align.projection", out, out, glorot(out, out));
        Self { affine, layers, projection, tags }
    }

    fn encode_tags(&self, values: &mut [f32], batch: &Batch) -> (Vec<f32>, TagTrace) {
        let mut trace =
            TagTrace { inputs: vec![batch.targets.clone()], norms: Vec::new(), rectified: Vec::new() };
        for (i, (dense, norm)) in self.layers.iter().enumerate() {
            let x = dense.forward(values, &trace.inputs[i]);
            let (mut x, norm) = norm.forward(values, &x);
            relu(&mut x);
            trace.norms.push(norm);
            trace.inputs.push(product(&x, &batch.chances[i]));
            trace.rectified.push(x);
        }
        let out = self.projection.forward(values, &trace.inputs[self.layers.len()]);
        (product(&out, &batch.chances[self.layers.len()]), trace)
    }

    fn infer_tags(&self, values: &[f32], batch: &Batch) -> Vec<f32> {
        let mut x = batch.targets.clone();
        for (dense, norm) in &self.layers {
            x = norm.infer(values, &dense.forward(values, &x));
            relu(&mut x);
        }
        self.projection.forward(values, &x)
    }

    fn encode_tags_backward(
        &self,
        values: &[f32],
        batch: &Batch,
        trace: &TagTrace,
        upstream: &[f32],
        gradient: &mut [f32],
    ) {
        let last = self.layers.len();
        let d = product(upstream, &batch.chances[last]);
        let mut d = self.projection.backward(values, &trace.inputs[last], &d, gradient);
        gradient[self.projection.bias.clone()].fill(0.0);
        for (i, (dense, norm)) in self.layers.iter().enumerate().rev() {
            d = product(&d, &batch.chances[i]);
            relu_backward(&trace.rectified[i], &mut d);
            d = norm.backward(values, &trace.norms[i], &d, gradient);
            d = dense.backward(values, &trace.inputs[i], &d, gradient);
        }
    }
}

impl Objective for Align {
    fn measure(&self) -> &'static str {
        "patches nearer to their own tags than to all others in the batch"
    }

    fn chance(&self, batch: usize) -> f64 {
        1.0 / batch as f64
    }

    fn batch(&self, examples: &[&Example], training: bool, rng: &mut Rng) -> Batch {
        let mut targets = vec![0.0; examples.len() * self.tags];
        for (row, example) in targets.chunks_exact_mut(self.tags).zip(examples) {
            example.tags.iter().for_each(|&tag| row[tag] = 1.0);
        }
        let units = self.layers.iter().map(|(dense, _)| dense.outputs).chain([self.projection.outputs]);
        let mut mask = |units: usize| -> Vec<f32> {
            let keep = |_| if rng.f32() < DROPOUT { 0.0 } else { 1.0 / (1.0 - DROPOUT) };
            (0..examples.len() * units).map(keep).collect()
        };
        let chances = if training { units.map(&mut mask).collect() } else { Vec::new() };
        Batch { inputs: patches(examples), targets, chances }
    }

    fn step(&self, values: &mut [f32], embedding: &[f32], batch: &Batch, gradient: &mut [f32]) -> Step {
        let (tags, trace) = self.encode_tags(values, batch);
        let audio = self.affine.forward(values, embedding);
        let (loss, d_audio, d_tags) = contrast(&audio, &tags, self.affine.outputs);
        self.encode_tags_backward(values, batch, &trace, &d_tags, gradient);
        Step { loss, embedding: self.affine.backward(values, embedding, &d_audio, gradient) }
    }

    fn score(&self, values: &[f32], embedding: &[f32], batch: &Batch) -> Score {
        let tags = self.infer_tags(values, batch);
        let audio = self.affine.forward(values, embedding);
        let width = self.affine.outputs;
        let (loss, ..) = contrast(&audio, &tags, width);
        let n = audio.len() / width;
        let (a, t) = (rows_of_unit_length(&audio, width).0, rows_of_unit_length(&tags, width).0);
        let mut near = vec![0.0; n * n];
        multiply(&mut near, Mat::new(&a, n, width), Mat::new(&t, n, width).t(), false);
        // Several patches may have the same tags: a match with any of these is a match; chance is then higher, too.
        let hits = near.chunks_exact(n).enumerate().map(|(i, row)| {
            let best = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let rivals = row.iter().filter(|s| **s >= best).count();
            if row[i] >= best { 1.0 / rivals as f64 } else { 0.0 }
        });
        Score { loss: f64::from(loss), measure: hits.sum::<f64>() / n as f64 }
    }
}

fn product(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a * b).collect()
}

/// Rows scaled to unit length, and the lengths. COALA divides by the length as it is; a zero row stays zero here.
fn rows_of_unit_length(x: &[f32], width: usize) -> (Vec<f32>, Vec<f32>) {
    let lengths: Vec<f32> =
        x.chunks_exact(width).map(|r| r.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-12)).collect();
    let unit = x.chunks_exact(width).zip(&lengths).flat_map(|(r, l)| r.iter().map(move |v| v / l)).collect();
    (unit, lengths)
}

/// COALA's contrastive loss over `[n, width]` audio and tags, with both gradients. For each of the 2 n rows: minus the
/// logarithm of `exp(s / t)` with its partner over the sum with all other rows, plus 1e-5 inside; the mean.
fn contrast(audio: &[f32], tags: &[f32], width: usize) -> (f32, Vec<f32>, Vec<f32>) {
    let all = [audio, tags].concat();
    let rows = all.len() / width;
    let n = rows / 2;
    let (z, lengths) = rows_of_unit_length(&all, width);
    let mut weight = vec![0.0; rows * rows];
    multiply(&mut weight, Mat::new(&z, rows, width), Mat::new(&z, rows, width).t(), false);
    let mut loss = 0.0f64;
    for (i, row) in weight.chunks_exact_mut(rows).enumerate() {
        let partner = (i + n) % rows;
        row.iter_mut().for_each(|s| *s = (*s / TEMPERATURE).exp());
        row[i] = 0.0;
        let total: f32 = row.iter().sum();
        let share = row[partner] / total;
        loss -= f64::from((share + LOG_FLOOR).ln()) / rows as f64;
        // d loss / d s_ij, of this row's term alone.
        let scale = share / (share + LOG_FLOOR) / (TEMPERATURE * rows as f32);
        row.iter_mut().for_each(|e| *e *= scale / total);
        row[partner] -= scale;
    }
    // s_ij stands in the terms of row i and of row j.
    let mut d = vec![0.0; z.len()];
    multiply(&mut d, Mat::new(&weight, rows, rows), Mat::new(&z, rows, width), false);
    multiply(&mut d, Mat::new(&weight, rows, rows).t(), Mat::new(&z, rows, width), true);
    for ((d, z), length) in d.chunks_exact_mut(width).zip(z.chunks_exact(width)).zip(&lengths) {
        let dot: f32 = d.iter().zip(z).map(|(a, b)| a * b).sum();
        d.iter_mut().zip(z).for_each(|(d, z)| *d = (*d - z * dot) / length);
    }
    let d_tags = d.split_off(n * width);
    (loss as f32, d, d_tags)
}
