//! The attention head of the paper's section 2.3, forward and backward.
//!
//! Three 1 x 1 convolutions (ReLU between them), group normalisation over the channels of each step, the residual of
//! the post-processed representation, then one convolution for activity and one for attention. Pooling over time is the
//! loss's business ([`crate::loss`]), since only it needs posteriors.

use super::dense::{Dense, relu, relu_backward};
use super::params::{Init, Layout};
use std::ops::Range;

/// Added to the variance (PyTorch's `GroupNorm`).
pub const NORM_EPSILON: f32 = 1e-5;
/// Channels of the representation and of each convolution.
pub const WIDTH: usize = 128;
/// Groups of the normalisation: 16 channels each.
pub const GROUPS: usize = 8;

/// Where the head's parameters lie.
#[derive(Clone, Debug)]
pub struct Head {
    /// The three convolutions.
    pub convs: [Dense; 3],
    /// Scale of the normalisation, `[128]`.
    pub norm_weight: Range<usize>,
    /// Offset of the normalisation, `[128]`.
    pub norm_bias: Range<usize>,
    /// Decodes the class activity.
    pub activity: Dense,
    /// Decodes the attention.
    pub attention: Dense,
    /// Classes.
    pub classes: usize,
}

/// What the way back needs.
#[derive(Clone, Debug)]
pub struct Trace {
    hidden: [Vec<f32>; 2],
    unit: Vec<f32>,
    inverse: Vec<f32>,
    mixed: Vec<f32>,
    /// Logits of the class activity, `[steps, classes]`.
    pub activity: Vec<f32>,
    /// Logits of the attention, `[steps, classes]`.
    pub attention: Vec<f32>,
}

impl Head {
    /// Adds the parameters to `layout`.
    pub fn new(layout: &mut Layout, classes: usize) -> Self {
        let he = Init::He { fan_in: WIDTH };
        let glorot = |outputs| Init::Glorot { fan_in: WIDTH, fan_out: outputs };
        let convs =
            ["head.conv1", "head.conv2", "head.conv3"].map(|n| Dense::new(layout, n, WIDTH, WIDTH, he));
        let norm_weight = layout.add("head.norm.weight", &[WIDTH], Init::Constant(1.0));
        let norm_bias = layout.add("head.norm.bias", &[WIDTH], Init::Constant(0.0));
        let activity = Dense::new(layout, "head.activity", WIDTH, classes, glorot(classes));
        let attention = Dense::new(layout, "head.attention", WIDTH, classes, glorot(classes));
        Self { convs, norm_weight, norm_bias, activity, attention, classes }
    }

    /// `x` is `[steps, 128]`.
    pub fn forward(&self, values: &[f32], x: &[f32]) -> Trace {
        let mut first = self.convs[0].forward(values, x);
        relu(&mut first);
        let mut second = self.convs[1].forward(values, &first);
        relu(&mut second);
        let mut unit = self.convs[2].forward(values, &second);
        let mut inverse = Vec::with_capacity(unit.len() / WIDTH * GROUPS);
        for group in unit.chunks_exact_mut(WIDTH / GROUPS) {
            let n = group.len() as f32;
            let mean = group.iter().sum::<f32>() / n;
            let variance = group.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / n;
            let scale = 1.0 / (variance + NORM_EPSILON).sqrt();
            group.iter_mut().for_each(|v| *v = (*v - mean) * scale);
            inverse.push(scale);
        }
        let (weight, bias) = (&values[self.norm_weight.clone()], &values[self.norm_bias.clone()]);
        let mut mixed = x.to_vec();
        for (row, unit) in mixed.chunks_exact_mut(WIDTH).zip(unit.chunks_exact(WIDTH)) {
            for (((m, u), w), b) in row.iter_mut().zip(unit).zip(weight).zip(bias) {
                *m += u * w + b;
            }
        }
        let activity = self.activity.forward(values, &mixed);
        let attention = self.attention.forward(values, &mixed);
        Trace { hidden: [first, second], unit, inverse, mixed, activity, attention }
    }

    /// Adds to `gradient`; returns the gradient of `x`. Upstream: gradients of both logits, `[steps, classes]`.
    pub fn backward(
        &self,
        values: &[f32],
        x: &[f32],
        trace: &Trace,
        upstream: (&[f32], &[f32]),
        gradient: &mut [f32],
    ) -> Vec<f32> {
        let mut mixed = self.activity.backward(values, &trace.mixed, upstream.0, gradient);
        let from_attention = self.attention.backward(values, &trace.mixed, upstream.1, gradient);
        mixed.iter_mut().zip(from_attention).for_each(|(a, b)| *a += b);

        let weight = &values[self.norm_weight.clone()];
        let mut before_norm = vec![0.0; mixed.len()];
        let per_group = WIDTH / GROUPS;
        for (step, (d, unit)) in mixed.chunks_exact(WIDTH).zip(trace.unit.chunks_exact(WIDTH)).enumerate() {
            for channel in 0..WIDTH {
                gradient[self.norm_weight.start + channel] += d[channel] * unit[channel];
                gradient[self.norm_bias.start + channel] += d[channel];
            }
            for group in 0..GROUPS {
                let channels = group * per_group..(group + 1) * per_group;
                let n = per_group as f32;
                let scaled = |c: usize| d[c] * weight[c];
                let mean = channels.clone().map(scaled).sum::<f32>() / n;
                let dot = channels.clone().map(|c| scaled(c) * unit[c]).sum::<f32>() / n;
                for c in channels {
                    before_norm[step * WIDTH + c] =
                        trace.inverse[step * GROUPS + group] * (scaled(c) - mean - unit[c] * dot);
                }
            }
        }
        let mut d = self.convs[2].backward(values, &trace.hidden[1], &before_norm, gradient);
        relu_backward(&trace.hidden[1], &mut d);
        let mut d = self.convs[1].backward(values, &trace.hidden[0], &d, gradient);
        relu_backward(&trace.hidden[0], &mut d);
        let mut d = self.convs[0].backward(values, x, &d, gradient);
        d.iter_mut().zip(&mixed).for_each(|(a, b)| *a += b);
        d
    }
}
