//! Tells the graphs that the kernels compute from all others, which are left to tract.
//!
//! A graph is taken only if it is, node for node, one of those that are written out here; whatever differs in an
//! attribute, a shape or the order is no error, but tract's.

use super::chain::{Attribute, Chain, has};
use super::onnx::Onnx;

/// Most channels of a layer; VGGish has 512. Bounds the rows that a stream remembers.
pub(super) const MAX_CHANNELS: usize = 1024;
/// Most convolutions; VGGish has 6.
pub(super) const MAX_CONVOLUTIONS: usize = 16;
/// Pools of 2 x 2, so that a column is 16 hops.
pub(super) const POOLS: usize = 4;

/// A 3 x 3 convolution with a border of one, ReLU, and a pool of 2 x 2 if there is one.
pub(super) struct Convolution {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// `[outputs][inputs][3][3]`, the rows of a kernel being steps in time.
    pub(super) weights: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) pool: bool,
}

/// The dense layers behind the convolutions.
pub(super) struct DenseLayers {
    /// Whether the columns of a window are averaged first.
    pub(super) mean: bool,
    pub(super) layers: Vec<DenseLayer>,
}

/// A matrix, a bias, and ReLU if there is one.
pub(super) struct DenseLayer {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// `[outputs][inputs]`; the first layer's inputs are ordered as time, band, channel.
    pub(super) weights: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) relu: bool,
}

/// The whole graph as convolutions.
pub(super) fn convolutions(onnx: &Onnx) -> Option<Vec<Convolution>> {
    let mut chain = Chain::new(onnx)?;
    let convolutions = take_convolutions(&mut chain)?;
    chain.is_over().then_some(convolutions)
}

/// The whole graph as dense layers over windows `[N, channels, columns, bands]`.
pub(super) fn dense(onnx: &Onnx, [channels, columns, bands]: [usize; 3]) -> Option<DenseLayers> {
    let mut chain = Chain::new(onnx)?;
    let dense = take_dense(&mut chain, [channels, columns, bands])?;
    chain.is_over().then_some(dense)
}

/// The whole graph as both, one behind the other.
pub(super) fn patch(onnx: &Onnx, columns: usize, bands: usize) -> Option<(Vec<Convolution>, DenseLayers)> {
    let mut chain = Chain::new(onnx)?;
    let convolutions = take_convolutions(&mut chain)?;
    let channels = convolutions.last()?.outputs;
    let dense = take_dense(&mut chain, [channels, columns, bands])?;
    chain.is_over().then_some((convolutions, dense))
}

fn take_convolutions(chain: &mut Chain<'_>) -> Option<Vec<Convolution>> {
    let mut convolutions: Vec<Convolution> = Vec::new();
    let optional: &[Attribute<'_>] =
        &[("kernel_shape", &[3, 3]), ("strides", &[1, 1]), ("dilations", &[1, 1]), ("group", &[1])];
    while let Some(node) = chain.next("Conv", 2) {
        let (shape, weights) = chain.weight(&node.input[1])?;
        let (bias_shape, bias) = chain.weight(&node.input[2])?;
        let &[outputs, inputs, 3, 3] = &shape[..] else { return None };
        let expected = convolutions.last().map_or(1, |before| before.outputs);
        if !has(node, &[("pads", &[1; 4])], optional)
            || (inputs, &bias_shape[..]) != (expected, &[outputs])
            || outputs > MAX_CHANNELS
            || convolutions.len() == MAX_CONVOLUTIONS
        {
            return None;
        }
        chain.next("Relu", 0)?;
        let pool = chain.pool()?;
        convolutions.push(Convolution { inputs, outputs, weights, bias, pool });
    }
    let pools = convolutions.iter().filter(|convolution| convolution.pool).count();
    (pools == POOLS && convolutions.last()?.pool).then_some(convolutions)
}

fn take_dense(chain: &mut Chain<'_>, [channels, columns, bands]: [usize; 3]) -> Option<DenseLayers> {
    if !has(chain.next("Transpose", 0)?, &[("perm", &[0, 2, 3, 1])], &[]) {
        return None;
    }
    let mean = match chain.next("ReduceMean", 0) {
        Some(node) if has(node, &[("axes", &[1]), ("keepdims", &[0])], &[]) => true,
        Some(_) => return None,
        None => false,
    };
    if !has(chain.next("Flatten", 0)?, &[], &[("axis", &[1])]) {
        return None;
    }
    let mut expected = channels * bands * if mean { 1 } else { columns };
    let mut layers = Vec::new();
    while let Some(node) = chain.next("Gemm", 2) {
        let (mut shape, weights) = chain.weight(&node.input[1])?;
        let (bias_shape, bias) = chain.weight(&node.input[2])?;
        // A matrix of one column has lost it.
        shape.resize(2, 1);
        let &[outputs, inputs] = &shape[..] else { return None };
        if !has(node, &[("transB", &[1])], &[("transA", &[0])])
            || (inputs, &bias_shape[..]) != (expected, &[outputs])
            || weights.len() != inputs * outputs
        {
            return None;
        }
        let relu = chain.next("Relu", 0).is_some();
        layers.push(DenseLayer { inputs, outputs, weights, bias, relu });
        expected = outputs;
    }
    (expected == crate::EMBEDDING && !layers.is_empty()).then_some(DenseLayers { mean, layers })
}
