//! Which graphs are allowed: known operators, modest attributes, and nothing that grows when it is folded.

use super::tensor;
use crate::PackageError;
use std::{collections::HashMap, ops::RangeInclusive};
use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto};

/// Most nodes of a graph; VGGish with its dense layers has about 25.
const MAX_NODES: usize = 512;
/// Most elements of all tensors computed from constants alone, which the library does at load: 512 MiB of floats, as
/// much as the weights of the largest file.
const MAX_FOLDED: usize = 128 << 20;
/// Largest kernel, stride, dilation or pad of a convolution or pool.
const MAX_WINDOW: i64 = 64;

/// Operators of convolutions, pools, dense layers, normalisation, and of the arithmetic that exporters spell them in.
/// None runs a subgraph or makes a tensor from a shape.
pub(super) const ALLOWED: [&str; 47] = [
    "Add",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Clip",
    "Concat",
    "Constant",
    "Conv",
    "DequantizeLinear",
    "Div",
    "Exp",
    "Flatten",
    "Gather",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "GroupNormalization",
    "Identity",
    "InstanceNormalization",
    "LayerNormalization",
    "LeakyRelu",
    "Log",
    "LogSoftmax",
    "MatMul",
    "Max",
    "MaxPool",
    "Min",
    "Mul",
    "Neg",
    "Pow",
    "QLinearConv",
    "QuantizeLinear",
    "Reciprocal",
    "ReduceMax",
    "ReduceMean",
    "ReduceSum",
    "Relu",
    "Reshape",
    "Shape",
    "Sigmoid",
    "Slice",
    "Softmax",
    "Softplus",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Tanh",
];
/// As [`ALLOWED`], and only move elements about.
const MOVING: [&str; 9] =
    ["Cast", "Constant", "Flatten", "Identity", "Reshape", "Shape", "Squeeze", "Transpose", "Unsqueeze"];

/// Whether an operator may occur.
pub(super) fn allowed(operator: &str) -> bool {
    ALLOWED.contains(&operator) || MOVING.contains(&operator)
}

/// Where a tensor comes from.
#[derive(Clone, Copy)]
enum Value {
    /// From the input: only computed when audio runs.
    Data,
    /// From constants alone, of at most so many elements.
    Constant(usize),
}

/// Checks a graph whose initialisers are checked already.
pub(super) fn check(file: &str, graph: &GraphProto) -> Result<(), PackageError> {
    let off = |what, found: String, expected: &str| PackageError::new(file, what, found, expected);
    if graph.node.len() > MAX_NODES {
        return Err(off("nodes", graph.node.len().to_string(), &format!("at most {MAX_NODES}")));
    }
    let mut values: HashMap<&str, Value> = HashMap::new();
    for input in &graph.input {
        values.insert(&input.name, Value::Data);
    }
    for tensor in &graph.initializer {
        let elements = tensor::elements(&tensor.dims).unwrap_or(usize::MAX);
        if values.insert(&tensor.name, Value::Constant(elements)).is_some() {
            return Err(off("tensor name", format!("{} twice", tensor.name), "each once"));
        }
    }
    let mut folded = 0_usize;
    for node in &graph.node {
        let operator = node.op_type.as_str();
        if !matches!(node.domain.as_str(), "" | "ai.onnx") || !allowed(operator) {
            let found = format!("{} {operator}", node.domain);
            return Err(off("operator", found.trim().to_owned(), "one of a feed-forward network"));
        }
        let mut inputs = Vec::with_capacity(node.input.len());
        for name in node.input.iter().filter(|name| !name.is_empty()) {
            match values.get(name.as_str()) {
                Some(value) => inputs.push(*value),
                None => {
                    return Err(off("tensor name", format!("{name} into {operator}"), "one defined before"));
                }
            }
        }
        check_attributes(file, node)?;
        let value = result(node, &inputs);
        if let Value::Constant(elements) = value {
            folded = folded.saturating_add(elements);
            if folded > MAX_FOLDED {
                let found = format!("up to {folded} elements computed of constants by {operator}");
                return Err(off("constants", found, &format!("at most {MAX_FOLDED}")));
            }
        }
        for output in node.output.iter().filter(|name| !name.is_empty()) {
            if values.insert(output, value).is_some() {
                return Err(off("tensor name", format!("{output} twice"), "each once"));
            }
        }
    }
    for output in &graph.output {
        match values.get(output.name.as_str()) {
            Some(Value::Data) => {}
            Some(Value::Constant(_)) => {
                return Err(off("output", format!("{} is constant", output.name), "computed from the input"));
            }
            None => {
                return Err(off("output", format!("{} is not computed", output.name), "computed"));
            }
        }
    }
    Ok(())
}

/// Bounds what a node of constants can grow to: the product of what goes in holds for every broadcast and product, the
/// sum for a concatenation.
fn result(node: &NodeProto, inputs: &[Value]) -> Value {
    let mut product = 1_usize;
    let mut sum = 0_usize;
    for input in inputs {
        match input {
            Value::Data if node.op_type != "Shape" => return Value::Data,
            Value::Data => return Value::Constant(8),
            Value::Constant(elements) => {
                product = product.saturating_mul(*elements);
                sum = sum.saturating_add(*elements);
            }
        }
    }
    match node.op_type.as_str() {
        "Constant" => Value::Constant(constant_elements(node)),
        operator if MOVING.contains(&operator) => Value::Constant(sum),
        // Nothing needs these of constants, and pads could make them grow.
        "Conv" | "QLinearConv" | "MaxPool" | "AveragePool" => Value::Constant(usize::MAX),
        _ => Value::Constant(product.max(sum)),
    }
}

fn constant_elements(node: &NodeProto) -> usize {
    let size = |a: &AttributeProto| {
        let tensor = a.t.as_ref().map_or(0, |t| tensor::elements(&t.dims).unwrap_or(usize::MAX));
        1.max(tensor).max(a.ints.len()).max(a.floats.len())
    };
    node.attribute.iter().map(size).max().unwrap_or(1)
}

fn check_attributes(file: &str, node: &NodeProto) -> Result<(), PackageError> {
    let operator = node.op_type.as_str();
    let off = |what, found: String, expected: &str| PackageError::new(file, what, found, expected);
    for attribute in &node.attribute {
        let name = &attribute.name;
        let nested = attribute.g.is_some() || !attribute.graphs.is_empty();
        let sparse = attribute.sparse_tensor.is_some() || !attribute.sparse_tensors.is_empty();
        if nested || sparse || !attribute.tensors.is_empty() {
            return Err(off("attribute", format!("{name} of {operator}"), "no subgraph or list of tensors"));
        }
        if let Some(tensor) = &attribute.t {
            tensor::check_tensor(file, tensor)?;
            tensor::check_finite(file, tensor)?;
        }
        if let Some(value) = attribute.floats.iter().chain([&attribute.f]).find(|value| !value.is_finite()) {
            return Err(off("attribute", format!("{name} = {value} of {operator}"), "finite numbers"));
        }
        if operator == "Constant" {
            continue;
        }
        // An attribute that is no single number has 0 there.
        let single = (attribute.i != 0 || name == "group").then_some(&attribute.i);
        let allowed = numbers(operator, name);
        if let Some(number) = attribute.ints.iter().chain(single).find(|n| !allowed.contains(n)) {
            let expected = format!("{} to {}", allowed.start(), allowed.end());
            return Err(off("attribute", format!("{name} = {number} of {operator}"), &expected));
        }
        if operator == "Transpose" && name == "perm" {
            let mut axes = attribute.ints.clone();
            axes.sort_unstable();
            if !axes.iter().copied().eq(0..axes.len() as i64) {
                let found = format!("{name} = {:?} of {operator}", attribute.ints);
                return Err(off("attribute", found, "each axis once"));
            }
        }
    }
    Ok(())
}

/// Numbers that an attribute may hold. The library trusts them: a stride of 0, a great pad or an axis that is none can make
/// it panic, allocate without end or never return.
fn numbers(operator: &str, attribute: &str) -> RangeInclusive<i64> {
    match (operator, attribute) {
        ("Conv" | "MaxPool" | "AveragePool", "kernel_shape" | "strides" | "dilations") => 1..=MAX_WINDOW,
        ("Conv" | "MaxPool" | "AveragePool", "pads") => 0..=MAX_WINDOW,
        ("Conv", "group") => 1..=1024,
        ("GroupNormalization", "num_groups") => 1..=1024,
        // Axes, types and flags.
        _ => -8..=16,
    }
}
