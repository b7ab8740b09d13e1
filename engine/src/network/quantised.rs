//! Tells the quantised graphs that the kernels compute: convolutions and dense layers, each a `QLinearConv` whose output has 0 for its
//! zero point, so that it saturates where ReLU would cut.
//!
//! As with floats, a graph is taken only if it is node for node what is written out here. Between the two files of a
//! package columns are floats: the first ends in `DequantizeLinear`, and the mean over a window is quantised anew.

use super::chain::{Chain, has};
use super::onnx::Onnx;
use super::recognise::{MAX_CHANNELS, MAX_CONVOLUTIONS, POOLS};
use crate::{COLUMN_HOPS, EMBEDDING, MEL_BANDS};
use rollcall_kernels::{Level, QuantisedLayer, Requantise, Shape};

/// Channels of a layer come in words of so many.
const WORD: usize = 4;

/// Scale and zero point of an activation: a byte stands for `scale * (byte - zero_point)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    pub(super) scale: f32,
    pub(super) zero_point: u8,
}

impl Scale {
    /// The nearest byte, halves to the even one, as `QuantizeLinear` has it.
    pub(super) fn byte(self, value: f32) -> u8 {
        ((value / self.scale).round_ties_even() + f32::from(self.zero_point)) as u8
    }

    fn read(onnx: &Onnx, scale: &str, zero_point: &str) -> Option<Self> {
        let ((_, scale), (_, zero_point)) = (onnx.floats(scale)?, onnx.bytes(zero_point)?);
        match (&scale[..], &zero_point[..]) {
            (&[scale], &[zero_point]) if scale.is_normal() && scale > 0.0 => Some(Self { scale, zero_point }),
            _ => None,
        }
    }
}

/// A layer without its place in a stack.
pub(super) struct Quantised {
    pub(super) shape: Shape,
    /// `[outputs][inputs][kernel][kernel]`.
    weights: Vec<i8>,
    bias: Vec<i32>,
    zero_point: u8,
    requantise: Requantise,
}

impl Quantised {
    /// Packs it; `None` if its sums might not fit.
    pub(super) fn layer(&self, border: usize, level: Level) -> Option<QuantisedLayer> {
        let Self { shape, weights, bias, zero_point, requantise } = self;
        QuantisedLayer::new(Shape { border, ..*shape }, weights, bias, *zero_point, requantise, level)
    }
}

/// Both graphs of a stream package.
pub(super) struct QuantisedStream {
    /// Of the log-mel.
    pub(super) log_mel: Scale,
    pub(super) convolutions: Vec<Quantised>,
    /// Of a column.
    pub(super) columns: Scale,
    /// From the sum of a window's columns to their mean.
    pub(super) mean: Requantise,
    /// Inputs are ordered as band, channel.
    pub(super) dense: Vec<Quantised>,
    /// Of the embedding.
    pub(super) embedding: Scale,
}

/// The two graphs, if they are known; a window has so many columns.
pub(super) fn stream(columns: &Onnx, dense: &Onnx, window_columns: usize) -> Option<QuantisedStream> {
    let mut chain = Chain::new(columns)?;
    let log_mel = quantise(&mut chain)?;
    let (mut scale, mut convolutions) = (log_mel, Vec::<Quantised>::new());
    while let Some(found) = linear(&mut chain, scale, &[3, 3]) {
        let Linear { shape: [outputs, inputs, ..], weights, bias, requantise, after } = found?;
        let expected = convolutions.last().map_or(1, |before| before.shape.outputs);
        if inputs != expected || convolutions.len() == MAX_CONVOLUTIONS {
            return None;
        }
        let pool = chain.pool()?;
        let shape = Shape { inputs, outputs, kernel: 3, pool, relu: true, border: 0 };
        convolutions.push(Quantised { shape, weights, bias, zero_point: scale.zero_point, requantise });
        scale = after;
    }
    let pools = convolutions.iter().filter(|convolution| convolution.shape.pool).count();
    let channels = convolutions.last().filter(|last| last.shape.pool && pools == POOLS)?.shape.outputs;
    if dequantise(&mut chain)? != scale || !chain.is_over() {
        return None;
    }

    let mut chain = Chain::new(dense)?;
    if !has(chain.next("ReduceMean", 0)?, &[("axes", &[2])], &[("keepdims", &[1])]) {
        return None;
    }
    let (columns, after) = (scale, quantise(&mut chain)?);
    let mean = f64::from(scale.scale) / (window_columns as f64 * f64::from(after.scale));
    let mean = Requantise::new(&[mean]).filter(|_| after.zero_point == 0)?;
    let (mut scale, mut dense) = (after, Vec::<Quantised>::new());
    let mut expected = [channels, 1, MEL_BANDS / COLUMN_HOPS];
    while let Some(found) = linear(&mut chain, scale, &expected[1..]) {
        let Linear { shape: [outputs, inputs, _, bands], weights, bias, requantise, after } = found?;
        if inputs != expected[0] {
            return None;
        }
        let weights = channels_last(&weights, inputs, bands);
        let shape = Shape { inputs: inputs * bands, outputs, kernel: 1, pool: false, relu: true, border: 0 };
        dense.push(Quantised { shape, weights, bias, zero_point: 0, requantise });
        (scale, expected) = (after, [outputs, 1, 1]);
    }
    let flat = dequantise(&mut chain)? == scale && has(chain.next("Flatten", 0)?, &[], &[("axis", &[1])]);
    let known = flat && chain.is_over() && dense.last()?.shape.outputs == EMBEDDING;
    known.then_some(QuantisedStream { log_mel, convolutions, columns, mean, dense, embedding: scale })
}

fn quantise(chain: &mut Chain<'_>) -> Option<Scale> {
    ends(chain, "QuantizeLinear")
}

fn dequantise(chain: &mut Chain<'_>) -> Option<Scale> {
    ends(chain, "DequantizeLinear")
}

fn ends(chain: &mut Chain<'_>, operator: &str) -> Option<Scale> {
    let node = chain.next(operator, 2)?;
    has(node, &[], &[("axis", &[1])]).then(|| Scale::read(chain.onnx, &node.input[1], &node.input[2]))?
}

/// A `QLinearConv`.
struct Linear {
    /// Outputs, inputs, and the kernel's sides.
    shape: [usize; 4],
    weights: Vec<i8>,
    bias: Vec<i32>,
    requantise: Requantise,
    /// What its output stands for.
    after: Scale,
}

/// The next node, if it is a `QLinearConv`; `Some(None)` if it is one of another shape than the kernels know.
fn linear(chain: &mut Chain<'_>, before: Scale, kernel: &[usize]) -> Option<Option<Linear>> {
    let node = chain.next("QLinearConv", 8)?;
    let (sides, pads) = ([kernel[0] as i64, kernel[1] as i64], [(kernel[0] / 2) as i64; 4]);
    let optional: &[(&str, &[i64])] = &[
        ("kernel_shape", &sides),
        ("strides", &[1, 1]),
        ("dilations", &[1, 1]),
        ("group", &[1]),
        ("pads", &pads),
    ];
    let wanted: &[(&str, &[i64])] = if pads[0] > 0 { &[("pads", &pads)] } else { &[] };
    let fits = has(node, wanted, optional);
    Some(read(chain.onnx, &node.input, before).filter(|linear| fits && linear.shape[2..] == *kernel))
}

fn read(onnx: &Onnx, inputs: &[String], before: Scale) -> Option<Linear> {
    let [_, x_scale, x_zero, weights, weight_scales, weight_zeros, y_scale, y_zero, bias] = inputs else {
        return None;
    };
    let (shape, weights) = onnx.signed_bytes(weights)?;
    let shape: [usize; 4] = shape.try_into().ok()?;
    let (_, weight_scales) = onnx.floats(weight_scales)?;
    let (_, weight_zeros) = onnx.signed_bytes(weight_zeros)?;
    let (_, bias) = onnx.ints(bias)?;
    let after = Scale::read(onnx, y_scale, y_zero)?;
    let outputs = shape[0];
    let known = Scale::read(onnx, x_scale, x_zero)? == before
        && after.zero_point == 0
        && weight_zeros.iter().all(|&zero| zero == 0)
        && (weight_scales.len(), bias.len()) == (outputs, outputs)
        && outputs.is_multiple_of(WORD)
        && outputs <= MAX_CHANNELS;
    let scale = |&weight: &f32| f64::from(before.scale) * f64::from(weight) / f64::from(after.scale);
    let scales: Vec<f64> = weight_scales.iter().map(scale).collect();
    let requantise = Requantise::new(&scales).filter(|_| known)?;
    Some(Linear { shape, weights, bias, requantise, after })
}

/// `[outputs][channels][bands]` to `[outputs][bands][channels]`.
fn channels_last(weights: &[i8], channels: usize, bands: usize) -> Vec<i8> {
    let turned = |output: &[i8]| -> Vec<i8> {
        (0..channels * bands).map(|at| output[at % channels * bands + at / channels]).collect()
    };
    weights.chunks_exact(channels * bands).flat_map(turned).collect()
}
