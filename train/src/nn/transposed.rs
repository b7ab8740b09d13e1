//! Transposed 1-D convolution over time with stride 1 and no padding, forward and backward: it makes sequences longer.

use super::gemm::{Mat, multiply};
use super::params::{Init, Layout};
use std::ops::Range;

/// `y[t + j] += x[t] W_j`, plus a bias on every step: `[time, inputs] -> [time + size - 1, outputs]`.
#[derive(Clone, Debug)]
pub struct Transposed {
    /// Channels in.
    pub inputs: usize,
    /// Channels out: the number of kernels.
    pub outputs: usize,
    /// Steps of a kernel.
    pub size: usize,
    /// `[inputs, size, outputs]`: what one input value gives to the steps from its own on, which lie in a row in the output.
    weight: Range<usize>,
    bias: Range<usize>,
}

impl Transposed {
    /// Adds the parameters to `layout`, with Glorot's uniform start.
    pub fn new(layout: &mut Layout, name: &str, inputs: usize, outputs: usize, size: usize) -> Self {
        let init = Init::Glorot { fan_in: inputs * size, fan_out: outputs * size };
        let weight = layout.add(&format!("{name}.weight"), &[inputs, size, outputs], init);
        let bias = layout.add(&format!("{name}.bias"), &[outputs], Init::Constant(0.0));
        Self { inputs, outputs, size, weight, bias }
    }

    /// `x` is `[time, inputs]`.
    pub fn forward(&self, values: &[f32], x: &[f32]) -> Vec<f32> {
        let (time, span) = (x.len() / self.inputs, self.size * self.outputs);
        let mut parts = vec![0.0; time * span];
        multiply(&mut parts, Mat::new(x, time, self.inputs), self.matrix(values), false);
        let mut out = values[self.bias.clone()].repeat(time + self.size - 1);
        for (t, part) in parts.chunks_exact(span).enumerate() {
            let to = out[t * self.outputs..][..span].iter_mut();
            to.zip(part).for_each(|(o, p)| *o += p);
        }
        out
    }

    /// Adds to `gradient`, which begins with parameter `first`; returns the gradient of `x`.
    pub fn backward(
        &self,
        values: &[f32],
        x: &[f32],
        upstream: &[f32],
        gradient: &mut [f32],
        first: usize,
    ) -> Vec<f32> {
        let (time, span) = (x.len() / self.inputs, self.size * self.outputs);
        let mut parts = Vec::with_capacity(time * span);
        for t in 0..time {
            parts.extend_from_slice(&upstream[t * self.outputs..][..span]);
        }
        let parts = Mat::new(&parts, time, span);
        let weight = &mut gradient[self.weight.start - first..self.weight.end - first];
        multiply(weight, Mat::new(x, time, self.inputs).t(), parts, true);
        for row in upstream.chunks_exact(self.outputs) {
            let bias = gradient[self.bias.start - first..self.bias.end - first].iter_mut();
            bias.zip(row).for_each(|(g, d)| *g += d);
        }
        let mut downstream = vec![0.0; x.len()];
        multiply(&mut downstream, parts, self.matrix(values).t(), false);
        downstream
    }

    fn matrix<'a>(&self, values: &'a [f32]) -> Mat<'a> {
        Mat::new(&values[self.weight.clone()], self.inputs, self.size * self.outputs)
    }
}
