//! Affine layers over rows, forward and backward.

use super::gemm::{Mat, multiply};
use super::params::{Init, Layout};
use std::ops::Range;

/// `y = x W + b`, with `x [rows, inputs]` and `W [inputs, outputs]`.
#[derive(Clone, Debug)]
pub struct Dense {
    /// Length of a row in.
    pub inputs: usize,
    /// Length of a row out.
    pub outputs: usize,
    /// Where `W` lies.
    pub weight: Range<usize>,
    /// Where `b` lies.
    pub bias: Range<usize>,
}

impl Dense {
    /// Adds the parameters to `layout`.
    pub fn new(layout: &mut Layout, name: &str, inputs: usize, outputs: usize, init: Init) -> Self {
        let weight = layout.add(&format!("{name}.weight"), &[inputs, outputs], init);
        let bias = layout.add(&format!("{name}.bias"), &[outputs], Init::Constant(0.0));
        Self { inputs, outputs, weight, bias }
    }

    /// `[rows, outputs]`.
    pub fn forward(&self, values: &[f32], x: &[f32]) -> Vec<f32> {
        let rows = x.len() / self.inputs;
        let mut out = values[self.bias.clone()].repeat(rows);
        let weight = Mat::new(&values[self.weight.clone()], self.inputs, self.outputs);
        multiply(&mut out, Mat::new(x, rows, self.inputs), weight, true);
        out
    }

    /// Adds to `gradient`; returns the gradient of `x`, `[rows, inputs]`.
    pub fn backward(&self, values: &[f32], x: &[f32], upstream: &[f32], gradient: &mut [f32]) -> Vec<f32> {
        let rows = x.len() / self.inputs;
        let upstream_mat = Mat::new(upstream, rows, self.outputs);
        multiply(&mut gradient[self.weight.clone()], Mat::new(x, rows, self.inputs).t(), upstream_mat, true);
        for row in upstream.chunks_exact(self.outputs) {
            for (g, d) in gradient[self.bias.clone()].iter_mut().zip(row) {
                *g += d;
            }
        }
        let mut downstream = vec![0.0; x.len()];
        let weight = Mat::new(&values[self.weight.clone()], self.inputs, self.outputs);
        multiply(&mut downstream, upstream_mat, weight.t(), false);
        downstream
    }
}

/// Runs rows through layers that each have a ReLU behind them; returns the rows that went into each, then those that came out.
pub fn chain(layers: &[Dense], values: &[f32], first: Vec<f32>) -> Vec<Vec<f32>> {
    let mut rows = vec![first];
    for dense in layers {
        let mut out = dense.forward(values, &rows[rows.len() - 1]);
        relu(&mut out);
        rows.push(out);
    }
    rows
}

/// The way back through [`chain`], whose rows these are: adds to `gradient`; returns the gradient of the first rows.
pub fn chain_backward(
    layers: &[Dense],
    values: &[f32],
    rows: &[Vec<f32>],
    mut upstream: Vec<f32>,
    gradient: &mut [f32],
) -> Vec<f32> {
    for (i, dense) in layers.iter().enumerate().rev() {
        relu_backward(&rows[i + 1], &mut upstream);
        upstream = dense.backward(values, &rows[i], &upstream, gradient);
    }
    upstream
}

/// ReLU in place.
pub fn relu(x: &mut [f32]) {
    for v in x {
        *v = v.max(0.0);
    }
}

/// Cuts a gradient off where ReLU's output was 0.
pub fn relu_backward(output: &[f32], upstream: &mut [f32]) {
    for (d, y) in upstream.iter_mut().zip(output) {
        if *y <= 0.0 {
            *d = 0.0;
        }
    }
}
