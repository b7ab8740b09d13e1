//! The graphs of a quantised stream package, in ONNX's own operators: `QLinearConv` after `QLinearConv`, and what leads into them and out.
//!
//! A layer's output has 0 for its zero point, so that it saturates where ReLU would cut. Dense layers are convolutions of one position,
//! for `QLinearMatMul` has no bias.

use super::calibration::Calibrated;
use super::layer::Quantised;
use super::ranges::Activation;
use crate::nn::head::WIDTH;
use crate::nn::stack::{BANDS, ROWS, WINDOW_COLUMNS};
use crate::nn::vggish::Vggish;
use rollcall_import::onnx::Attribute::{Int, Ints};
use rollcall_import::onnx::Dimension::{Any, Fixed};
use rollcall_import::onnx::{Attribute, Graph, Storage};

/// `columns.onnx`: `[1, 1, T, 64] -> [1, 512, T/16, 4]`.
#[must_use]
pub fn columns(net: &Vggish, calibrated: &Calibrated) -> Vec<u8> {
    let mut graph = Graph::new(Storage::Single);
    let mut ends = activation(&mut graph, "log_mel", calibrated.log_mel);
    let mut x = graph.node("QuantizeLinear", &["log_mel", &ends[0], &ends[1]], "log_mel.bytes", &[]);
    for (i, (conv, quantised)) in net.stack.convs.iter().zip(&calibrated.convolutions).enumerate() {
        let (inputs, outputs) = (conv.inputs, conv.outputs);
        // [3, 3, inputs, outputs] -> [outputs, inputs, 3, 3].
        let turned = |at: usize| {
            let (tap, rest) = (at % 9, at / 9);
            quantised.weights[(tap * inputs + rest % inputs) * outputs + rest / inputs]
        };
        let weights: Vec<i8> = (0..outputs * inputs * 9).map(turned).collect();
        let shape = [Ints("kernel_shape", vec![3, 3]), Ints("pads", vec![1; 4])];
        let name = format!("conv{}", i + 1);
        (x, ends) =
            linear(&mut graph, &name, (&x, &ends), quantised, (&weights, &[outputs, inputs, 3, 3]), &shape);
        if conv.pools {
            let shape = [Ints("kernel_shape", vec![2, 2]), Ints("strides", vec![2, 2])];
            x = graph.node("MaxPool", &[&x], &format!("pool{}", i + 1), &shape);
        }
    }
    let columns = graph.node("DequantizeLinear", &[&x, &ends[0], &ends[1]], "columns", &[]);
    graph.encode(
        "columns",
        &[("log_mel", &[Fixed(1), Fixed(1), Any("T"), Fixed(BANDS)])],
        &[(&columns, &[Fixed(1), Fixed(net.shape.channels[5]), Any("C"), Fixed(ROWS)])],
    )
}

/// `dense.onnx`: `[N, 512, 6, 4] -> [N, 128]`.
///
/// # Panics
/// A network without dense layers, which there is not.
#[must_use]
pub fn dense(net: &Vggish, calibrated: &Calibrated) -> Vec<u8> {
    let mut graph = Graph::new(Storage::Single);
    let channels = net.shape.channels[5];
    let first = calibrated.dense.first().expect("there is a layer to the embedding");
    let mean = graph.node("ReduceMean", &["columns"], "mean", &[Ints("axes", vec![2]), Int("keepdims", 1)]);
    let mut ends = activation(&mut graph, "mean", first.input);
    let mut x = graph.node("QuantizeLinear", &[&mean, &ends[0], &ends[1]], "mean.bytes", &[]);
    let mut bands = ROWS;
    for (i, (layer, quantised)) in net.top.dense.iter().zip(&calibrated.dense).enumerate() {
        let (inputs, outputs) = (layer.inputs / bands, layer.outputs);
        // [bands, inputs, outputs] -> [outputs, inputs, 1, bands].
        let turned = |at: usize| {
            let (band, rest) = (at % bands, at / bands);
            quantised.weights[(band * inputs + rest % inputs) * outputs + rest / inputs]
        };
        let weights: Vec<i8> = (0..outputs * inputs * bands).map(turned).collect();
        let shape = [Ints("kernel_shape", vec![1, bands as i64])];
        let name = format!("dense{}", i + 1);
        (x, ends) = linear(
            &mut graph,
            &name,
            (&x, &ends),
            quantised,
            (&weights, &[outputs, inputs, 1, bands]),
            &shape,
        );
        bands = 1;
    }
    let map = graph.node("DequantizeLinear", &[&x, &ends[0], &ends[1]], "embedding.map", &[]);
    let embedding = graph.node("Flatten", &[&map], "embedding", &[Int("axis", 1)]);
    graph.encode(
        "dense",
        &[("columns", &[Any("N"), Fixed(channels), Fixed(WINDOW_COLUMNS), Fixed(ROWS)])],
        &[(&embedding, &[Any("N"), Fixed(WIDTH)])],
    )
}

/// Names of a scale and its zero point.
fn activation(graph: &mut Graph, name: &str, activation: Activation) -> [String; 2] {
    [
        graph.constant(&format!("{name}.scale"), &[], &[activation.scale]),
        graph.unsigned_bytes(&format!("{name}.zero_point"), &[], &[activation.zero_point]),
    ]
}

/// A layer behind `x`, of which the ends are known; returns its output and the ends of that.
fn linear(
    graph: &mut Graph,
    name: &str,
    (x, ends): (&str, &[String; 2]),
    layer: &Quantised,
    (weights, shape): (&[i8], &[usize]),
    attributes: &[Attribute],
) -> (String, [String; 2]) {
    let outputs = layer.bias.len();
    let w = graph.signed_bytes(&format!("{name}.weight"), shape, weights);
    let w_scale = graph.constant(&format!("{name}.weight.scale"), &[outputs], &layer.scales);
    let w_zero = graph.signed_bytes(&format!("{name}.weight.zero_point"), &[outputs], &vec![0; outputs]);
    let after = activation(graph, name, layer.output);
    let bias = graph.sums(&format!("{name}.bias"), &[outputs], &layer.bias);
    let inputs = [x, &ends[0], &ends[1], &w, &w_scale, &w_zero, &after[0], &after[1], &bias];
    (graph.node("QLinearConv", &inputs, &format!("{name}.bytes"), attributes), after)
}
