//! The graphs of a stream package: columns, dense layers, head, events.

use super::dense::Dense;
use super::head::{GROUPS, NORM_EPSILON, WIDTH};
use super::stack::{BANDS, Flatten, ROWS, WINDOW_COLUMNS};
use super::vggish::Vggish;
pub use super::weights::{attention_head, layer};
use Attribute::{Int, Ints};
use Dimension::{Any, Fixed};
use rollcall_import::onnx::Attribute;
use rollcall_import::onnx::Dimension;
use rollcall_import::onnx::Graph;
use rollcall_import::onnx::Storage;

/// One head, written by one piece of code.
const _: () = assert!(GROUPS == rollcall_import::GROUPS && NORM_EPSILON == rollcall_import::NORM_EPSILON);

/// `columns.onnx`: `[1, 1, T, 64] -> [1, 512, T/16, 4]`.
pub fn columns(net: &Vggish, values: &[f32], storage: Storage) -> Vec<u8> {
    let (mut graph, prepared) = (Graph::new(storage), net.prepare(values));
    let mut x = "log_mel".to_string();
    for (i, (conv, weights)) in net.stack.convs.iter().zip(&prepared).enumerate() {
        let (inputs, outputs) = (conv.inputs, conv.outputs);
        // [3, 3, inputs, outputs] -> [outputs, inputs, 3, 3].
        let turned: Vec<f32> = (0..outputs * inputs * 9)
            .map(|at| {
                let (tap, rest) = (at % 9, at / 9);
                weights.forward[(tap * inputs + rest % inputs) * outputs + rest / inputs]
            })
            .collect();
        let w = graph.weight(&format!("conv{}.weight", i + 1), &[outputs, inputs, 3, 3], &turned);
        let b = graph.weight(&format!("conv{}.bias", i + 1), &[outputs], &weights.bias);
        let shape = [Ints("kernel_shape", vec![3, 3]), Ints("pads", vec![1; 4])];
        x = graph.node("Conv", &[&x, &w, &b], &format!("conv{}", i + 1), &shape);
        x = graph.node("Relu", &[&x], &format!("relu{}", i + 1), &[]);
        if conv.pools {
            let shape = [Ints("kernel_shape", vec![2, 2]), Ints("strides", vec![2, 2])];
            x = graph.node("MaxPool", &[&x], &format!("pool{}", i + 1), &shape);
        }
    }
    let channels = net.shape.channels[5];
    graph.encode(
        "columns",
        &[("log_mel", &[Fixed(1), Fixed(1), Any("T"), Fixed(BANDS)])],
        &[(&x, &[Fixed(1), Fixed(channels), Any("C"), Fixed(ROWS)])],
    )
}

/// `dense.onnx`: `[N, 512, 6, 4] -> [N, 128]`.
pub fn dense(net: &Vggish, values: &[f32], storage: Storage) -> Vec<u8> {
    let mut graph = Graph::new(storage);
    let channels = net.shape.channels[5];
    // Rows of features come as time, frequency, channel, like VGGish's own.
    let mut x = graph.node("Transpose", &["columns"], "channels_last", &[Ints("perm", vec![0, 2, 3, 1])]);
    if net.shape.flatten == Flatten::MeanOverTime {
        x = graph.node("ReduceMean", &[&x], "mean", &[Ints("axes", vec![1]), Int("keepdims", 0)]);
    }
    x = graph.node("Flatten", &[&x], "features", &[Int("axis", 1)]);
    for (i, layer) in net.top.dense.iter().enumerate() {
        let name = format!("dense{}", i + 1);
        let w =
            graph.weight(&format!("{name}.weight"), &[layer.outputs, layer.inputs], &turned(layer, values));
        let b = graph.weight(&format!("{name}.bias"), &[layer.outputs], &values[layer.bias.clone()]);
        let y = graph.node("Gemm", &[&x, &w, &b], &name, &[Int("transB", 1)]);
        let output = if i + 1 == net.top.dense.len() { "embedding".into() } else { format!("{name}.relu") };
        x = graph.node("Relu", &[&y], &output, &[]);
    }
    graph.encode(
        "dense",
        &[("columns", &[Any("N"), Fixed(channels), Fixed(WINDOW_COLUMNS), Fixed(ROWS)])],
        &[("embedding", &[Any("N"), Fixed(WIDTH)])],
    )
}

/// `head.onnx`: `[1, T, 128] -> clip [1, C], activity [1, T, C], attention [1, T, C]` (paper, section 2.3).
pub fn head(net: &Vggish, values: &[f32], storage: Storage) -> Vec<u8> {
    attention_head(&net.top.head, None, values).to_onnx(storage)
}

/// `events.onnx`: `[N, 128] -> [N, events]`, mean embedding to logits; `weight` `[events, 128]`.
pub fn events(layer: &rollcall_import::Dense, storage: Storage) -> Vec<u8> {
    let mut graph = Graph::new(storage);
    let w = graph.weight("events.weight", &[layer.outputs, layer.inputs], &layer.weight);
    let b = graph.weight("events.bias", &[layer.outputs], &layer.bias);
    let logits = graph.node("Gemm", &["embedding", &w, &b], "logits", &[Int("transB", 1)]);
    graph.encode(
        "events",
        &[("embedding", &[Any("N"), Fixed(layer.inputs)])],
        &[(&logits, &[Any("N"), Fixed(layer.outputs)])],
    )
}

/// `[inputs, outputs] -> [outputs, inputs]`.
fn turned(layer: &Dense, values: &[f32]) -> Vec<f32> {
    let weight = &values[layer.weight.clone()];
    (0..weight.len()).map(|at| weight[at % layer.inputs * layer.outputs + at / layer.inputs]).collect()
}
