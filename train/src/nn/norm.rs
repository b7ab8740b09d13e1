//! Batch normalisation over rows, forward and backward (Ioffe and Szegedy 2015; PyTorch's `BatchNorm1d`).

use super::params::{Init, Layout};
use std::ops::Range;

/// Added to the variance (PyTorch's default).
const EPSILON: f32 = 1e-5;
/// Share of a new batch in the running statistics (PyTorch's default).
const MOMENTUM: f32 = 0.1;

/// Where the parameters lie. The running statistics lie among them, so that checkpoints hold them; no gradient reaches
/// them, and an optimiser leaves alone what never had one.
#[derive(Clone, Debug)]
pub struct BatchNorm {
    width: usize,
    weight: Range<usize>,
    bias: Range<usize>,
    mean: Range<usize>,
    variance: Range<usize>,
}

/// What the way back needs.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Normalised rows, before weight and bias.
    unit: Vec<f32>,
    /// Inverse deviation of each column.
    inverse: Vec<f32>,
}

impl BatchNorm {
    /// Adds the parameters to `layout`.
    pub fn new(layout: &mut Layout, name: &str, width: usize) -> Self {
        let mut add =
            |part: &str, start| layout.add(&format!("{name}.{part}"), &[width], Init::Constant(start));
        Self {
            width,
            weight: add("weight", 1.0),
            bias: add("bias", 0.0),
            mean: add("running_mean", 0.0),
            variance: add("running_var", 1.0),
        }
    }

    /// Normalises `x [rows, width]`, at least two rows, by its own statistics and takes them into the running ones.
    pub fn forward(&self, values: &mut [f32], x: &[f32]) -> (Vec<f32>, Trace) {
        let rows = (x.len() / self.width) as f32;
        let mut mean = vec![0.0f32; self.width];
        x.chunks_exact(self.width).for_each(|row| add(&mut mean, row, 1.0 / rows));
        let mut unit = x.to_vec();
        let mut variance = vec![0.0f32; self.width];
        for row in unit.chunks_exact_mut(self.width) {
            for ((u, m), v) in row.iter_mut().zip(&mean).zip(&mut variance) {
                *u -= m;
                *v += *u * *u / rows;
            }
        }
        let inverse: Vec<f32> = variance.iter().map(|v| 1.0 / (v + EPSILON).sqrt()).collect();
        for row in unit.chunks_exact_mut(self.width) {
            row.iter_mut().zip(&inverse).for_each(|(u, s)| *u *= s);
        }
        for (running, m) in values[self.mean.clone()].iter_mut().zip(&mean) {
            *running += MOMENTUM * (m - *running);
        }
        // The running variance is the unbiased one, as in PyTorch.
        let unbiased = rows / (rows - 1.0);
        for (running, v) in values[self.variance.clone()].iter_mut().zip(&variance) {
            *running += MOMENTUM * (v * unbiased - *running);
        }
        (self.affine(values, &unit), Trace { unit, inverse })
    }

    /// Normalises by the running statistics.
    pub fn infer(&self, values: &[f32], x: &[f32]) -> Vec<f32> {
        let mut unit = x.to_vec();
        let (mean, variance) = (&values[self.mean.clone()], &values[self.variance.clone()]);
        for row in unit.chunks_exact_mut(self.width) {
            for ((u, m), v) in row.iter_mut().zip(mean).zip(variance) {
                *u = (*u - m) / (v + EPSILON).sqrt();
            }
        }
        self.affine(values, &unit)
    }

    fn affine(&self, values: &[f32], unit: &[f32]) -> Vec<f32> {
        let (weight, bias) = (&values[self.weight.clone()], &values[self.bias.clone()]);
        let mut out = unit.to_vec();
        for row in out.chunks_exact_mut(self.width) {
            row.iter_mut().zip(weight).zip(bias).for_each(|((y, w), b)| *y = *y * w + b);
        }
        out
    }

    /// Adds to `gradient`; returns the gradient of `x`.
    pub fn backward(
        &self,
        values: &[f32],
        trace: &Trace,
        upstream: &[f32],
        gradient: &mut [f32],
    ) -> Vec<f32> {
        let rows = (upstream.len() / self.width) as f32;
        let (mut sum, mut dot) = (vec![0.0f32; self.width], vec![0.0f32; self.width]);
        for (d, u) in upstream.chunks_exact(self.width).zip(trace.unit.chunks_exact(self.width)) {
            add(&mut sum, d, 1.0);
            dot.iter_mut().zip(d).zip(u).for_each(|((t, d), u)| *t += d * u);
        }
        add(&mut gradient[self.weight.clone()], &dot, 1.0);
        add(&mut gradient[self.bias.clone()], &sum, 1.0);
        let weight = &values[self.weight.clone()];
        let mut downstream = upstream.to_vec();
        for (d, u) in downstream.chunks_exact_mut(self.width).zip(trace.unit.chunks_exact(self.width)) {
            for c in 0..self.width {
                let centred = d[c] - sum[c] / rows - u[c] * dot[c] / rows;
                d[c] = weight[c] * trace.inverse[c] * centred;
            }
        }
        downstream
    }
}

fn add(to: &mut [f32], from: &[f32], scale: f32) {
    to.iter_mut().zip(from).for_each(|(t, f)| *t += f * scale);
}
