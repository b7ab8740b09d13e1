//! Tells the graphs that the kernels compute from all others, which are left to tract.
//!
//! A graph is taken only if it is, node for node, one of those that are written out here; whatever differs in an
//! attribute, a shape or the order is no error, but tract's.

use super::onnx::Onnx;
use std::collections::HashMap;
use tract_onnx::pb::{AttributeProto, NodeProto, tensor_proto::DataType};

/// Most channels of a layer; VGGish has 512. Bounds the rows that a stream remembers.
const MAX_CHANNELS: usize = 1024;
/// Most convolutions; VGGish has 6.
const MAX_CONVOLUTIONS: usize = 16;
/// Pools of 2 x 2, so that a column is 16 hops.
const POOLS: usize = 4;

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
    let convolutions = chain.convolutions()?;
    chain.is_over().then_some(convolutions)
}

/// The whole graph as dense layers over windows `[N, channels, columns, bands]`.
pub(super) fn dense(onnx: &Onnx, [channels, columns, bands]: [usize; 3]) -> Option<DenseLayers> {
    let mut chain = Chain::new(onnx)?;
    let dense = chain.dense([channels, columns, bands])?;
    chain.is_over().then_some(dense)
}

/// The whole graph as both, one behind the other.
pub(super) fn patch(onnx: &Onnx, columns: usize, bands: usize) -> Option<(Vec<Convolution>, DenseLayers)> {
    let mut chain = Chain::new(onnx)?;
    let convolutions = chain.convolutions()?;
    let channels = convolutions.last()?.outputs;
    let dense = chain.dense([channels, columns, bands])?;
    chain.is_over().then_some((convolutions, dense))
}

/// Nodes each of which takes what the one before it gives.
struct Chain<'a> {
    onnx: &'a Onnx,
    rest: Vec<&'a NodeProto>,
    /// What the last node gave.
    value: &'a str,
    /// Initialisers by the names that they have behind a `Cast` to 32 bits, which all are widened to already.
    cast: HashMap<&'a str, &'a str>,
}

impl<'a> Chain<'a> {
    fn new(onnx: &'a Onnx) -> Option<Self> {
        let (value, _) = onnx.ends()?;
        let (mut rest, mut cast) = (Vec::new(), HashMap::new());
        for node in onnx.nodes() {
            match (&node.input[..], &node.output[..]) {
                ([from], [to]) if node.op_type == "Cast" && onnx.is_weight(from) => {
                    if !has(node, &[("to", &[DataType::Float as i64])], &[]) {
                        return None;
                    }
                    cast.insert(to.as_str(), from.as_str());
                }
                _ => rest.push(node),
            }
        }
        rest.reverse();
        Some(Self { onnx, rest, value, cast })
    }

    /// Whether nothing is left, and the last value is what the graph gives.
    fn is_over(&self) -> bool {
        self.rest.is_empty() && self.onnx.ends().is_some_and(|(_, output)| output == self.value)
    }

    /// The next node, if it is such a one and takes the last value, with `weights` more inputs.
    fn next(&mut self, operator: &str, weights: usize) -> Option<&'a NodeProto> {
        let node = *self.rest.last()?;
        let fits = node.op_type == operator
            && node.input.len() == 1 + weights
            && node.input[0] == self.value
            && node.output.len() == 1;
        if !fits {
            return None;
        }
        self.rest.pop();
        self.value = &node.output[0];
        Some(node)
    }

    fn weight(&self, name: &str) -> Option<(Vec<usize>, Vec<f32>)> {
        self.onnx.weight(self.cast.get(name).copied().unwrap_or(name))
    }

    fn convolutions(&mut self) -> Option<Vec<Convolution>> {
        let mut convolutions: Vec<Convolution> = Vec::new();
        let optional: &[Attribute<'_>] =
            &[("kernel_shape", &[3, 3]), ("strides", &[1, 1]), ("dilations", &[1, 1]), ("group", &[1])];
        while let Some(node) = self.next("Conv", 2) {
            let (shape, weights) = self.weight(&node.input[1])?;
            let (bias_shape, bias) = self.weight(&node.input[2])?;
            let &[outputs, inputs, 3, 3] = &shape[..] else { return None };
            let expected = convolutions.last().map_or(1, |before| before.outputs);
            if !has(node, &[("pads", &[1; 4])], optional)
                || (inputs, &bias_shape[..]) != (expected, &[outputs])
                || outputs > MAX_CHANNELS
                || convolutions.len() == MAX_CONVOLUTIONS
            {
                return None;
            }
            self.next("Relu", 0)?;
            let pool = match self.next("MaxPool", 0) {
                Some(pool) => {
                    let wanted: &[Attribute<'_>] = &[("kernel_shape", &[2, 2]), ("strides", &[2, 2])];
                    let optional: &[Attribute<'_>] = &[
                        ("pads", &[0; 4]),
                        ("ceil_mode", &[0]),
                        ("storage_order", &[0]),
                        ("dilations", &[1, 1]),
                    ];
                    if !has(pool, wanted, optional) {
                        return None;
                    }
                    true
                }
                None => false,
            };
            convolutions.push(Convolution { inputs, outputs, weights, bias, pool });
        }
        let pools = convolutions.iter().filter(|convolution| convolution.pool).count();
        (pools == POOLS && convolutions.last()?.pool).then_some(convolutions)
    }

    fn dense(&mut self, [channels, columns, bands]: [usize; 3]) -> Option<DenseLayers> {
        if !has(self.next("Transpose", 0)?, &[("perm", &[0, 2, 3, 1])], &[]) {
            return None;
        }
        let mean = match self.next("ReduceMean", 0) {
            Some(node) if has(node, &[("axes", &[1]), ("keepdims", &[0])], &[]) => true,
            Some(_) => return None,
            None => false,
        };
        if !has(self.next("Flatten", 0)?, &[], &[("axis", &[1])]) {
            return None;
        }
        let mut expected = channels * bands * if mean { 1 } else { columns };
        let mut layers = Vec::new();
        while let Some(node) = self.next("Gemm", 2) {
            let (mut shape, weights) = self.weight(&node.input[1])?;
            let (bias_shape, bias) = self.weight(&node.input[2])?;
            // A matrix of one column has lost it.
            shape.resize(2, 1);
            let &[outputs, inputs] = &shape[..] else { return None };
            if !has(node, &[("transB", &[1])], &[("transA", &[0])])
                || (inputs, &bias_shape[..]) != (expected, &[outputs])
                || weights.len() != inputs * outputs
            {
                return None;
            }
            let relu = self.next("Relu", 0).is_some();
            layers.push(DenseLayer { inputs, outputs, weights, bias, relu });
            expected = outputs;
        }
        (expected == crate::EMBEDDING && !layers.is_empty()).then_some(DenseLayers { mean, layers })
    }
}

/// Name and numbers of an attribute.
type Attribute<'a> = (&'a str, &'a [i64]);

/// Whether a node has all that is `wanted`, and else at most what is `optional`, with just these numbers. Factors of one
/// may always be there.
fn has(node: &NodeProto, wanted: &[Attribute<'_>], optional: &[Attribute<'_>]) -> bool {
    let is = |attribute: &AttributeProto, &(name, numbers): &Attribute<'_>| {
        let single = [attribute.i];
        let found = if attribute.ints.is_empty() { &single[..] } else { &attribute.ints[..] };
        attribute.name == name && found == numbers
    };
    let known = |attribute: &AttributeProto| {
        let factor = matches!(attribute.name.as_str(), "alpha" | "beta") && attribute.f == 1.0;
        factor || wanted.iter().chain(optional).any(|one| is(attribute, one))
    };
    let present = |one: &Attribute<'_>| node.attribute.iter().any(|attribute| is(attribute, one));
    node.attribute.iter().all(known) && wanted.iter().all(present)
}
