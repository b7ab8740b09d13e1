//! A graph without branches, taken apart node by node by those who know what must come.

use super::onnx::Onnx;
use std::collections::HashMap;
use tract_onnx::pb::{AttributeProto, NodeProto, tensor_proto::DataType};

/// Nodes each of which takes what the one before it gives.
pub(super) struct Chain<'a> {
    pub(super) onnx: &'a Onnx,
    rest: Vec<&'a NodeProto>,
    /// What the last node gave.
    value: &'a str,
    /// Initialisers by the names that they have behind a `Cast` to 32 bits, which all are widened to already.
    cast: HashMap<&'a str, &'a str>,
}

impl<'a> Chain<'a> {
    pub(super) fn new(onnx: &'a Onnx) -> Option<Self> {
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
    pub(super) fn is_over(&self) -> bool {
        self.rest.is_empty() && self.onnx.ends().is_some_and(|(_, output)| output == self.value)
    }

    /// The next node, if it is such a one and takes the last value, with `weights` more inputs.
    pub(super) fn next(&mut self, operator: &str, weights: usize) -> Option<&'a NodeProto> {
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

    pub(super) fn weight(&self, name: &str) -> Option<(Vec<usize>, Vec<f32>)> {
        self.onnx.weight(self.cast.get(name).copied().unwrap_or(name))
    }

    /// Whether the next node is a pool, of 2 x 2; `None` where it is one of another kind.
    pub(super) fn pool(&mut self) -> Option<bool> {
        let Some(pool) = self.next("MaxPool", 0) else { return Some(false) };
        let wanted: &[Attribute<'_>] = &[("kernel_shape", &[2, 2]), ("strides", &[2, 2])];
        let optional: &[Attribute<'_>] =
            &[("pads", &[0; 4]), ("ceil_mode", &[0]), ("storage_order", &[0]), ("dilations", &[1, 1])];
        has(pool, wanted, optional).then_some(true)
    }
}

/// Name and numbers of an attribute.
pub(super) type Attribute<'a> = (&'a str, &'a [i64]);

/// Whether a node has all that is `wanted`, and else at most what is `optional`, with just these numbers. Factors of one
/// may always be there.
pub(super) fn has(node: &NodeProto, wanted: &[Attribute<'_>], optional: &[Attribute<'_>]) -> bool {
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
