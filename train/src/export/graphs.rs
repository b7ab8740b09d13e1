//! The three graphs of a stream package: columns, dense layers, head.

use super::onnx::{Attribute, Dimension, Graph, Storage};
use crate::nn::dense::Dense;
use crate::nn::head::{GROUPS, NORM_EPSILON, WIDTH};
use crate::nn::vggish::{BANDS, COLUMN_HOPS, Flatten, Vggish, WINDOW_COLUMNS};
use Attribute::{Int, Ints};
use Dimension::{Any, Fixed};

/// Rows in frequency of a column.
const ROWS: usize = BANDS / COLUMN_HOPS;

/// `columns.onnx`: `[1, 1, T, 64] -> [1, 512, T/16, 4]`.
pub fn columns(net: &Vggish, values: &[f32], storage: Storage) -> Vec<u8> {
    let (mut graph, prepared) = (Graph::new(storage), net.prepare(values));
    let mut x = "log_mel".to_string();
    for (i, (conv, weights)) in net.convs.iter().zip(&prepared).enumerate() {
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
    for (i, layer) in net.dense.iter().enumerate() {
        let name = format!("dense{}", i + 1);
        let w =
            graph.weight(&format!("{name}.weight"), &[layer.outputs, layer.inputs], &turned(layer, values));
        let b = graph.weight(&format!("{name}.bias"), &[layer.outputs], &values[layer.bias.clone()]);
        let y = graph.node("Gemm", &[&x, &w, &b], &name, &[Int("transB", 1)]);
        let output = if i + 1 == net.dense.len() { "embedding".into() } else { format!("{name}.relu") };
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
    let (head, mut graph) = (&net.head, Graph::new(storage));
    let layer = |graph: &mut Graph, x: &str, name: &str, layer: &Dense| {
        let w = graph.weight(
            &format!("{name}.weight"),
            &[layer.outputs, layer.inputs, 1],
            &turned(layer, values),
        );
        let b = graph.weight(&format!("{name}.bias"), &[layer.outputs], &values[layer.bias.clone()]);
        let turn = || [Ints("perm", vec![0, 2, 1])];
        let x = graph.node("Transpose", &[x], &format!("{name}.channels_first"), &turn());
        let y = graph.node("Conv", &[&x, &w, &b], &format!("{name}.conv"), &[Ints("kernel_shape", vec![1])]);
        graph.node("Transpose", &[&y], &format!("{name}.out"), &turn())
    };
    let mut y = "representation".to_string();
    for (i, conv) in head.convs.iter().enumerate() {
        y = layer(&mut graph, &y, &format!("conv{}", i + 1), conv);
        if i < 2 {
            y = graph.node("Relu", &[&y], &format!("relu{}", i + 1), &[]);
        }
    }
    let grouped = graph.ints("grouped", &[-1, GROUPS as i64, (WIDTH / GROUPS) as i64]);
    let over_group = || [Ints("axes", vec![2])];
    y = graph.node("Reshape", &[&y, &grouped], "groups", &[]);
    let mean = graph.node("ReduceMean", &[&y], "mean", &over_group());
    y = graph.node("Sub", &[&y, &mean], "centred", &[]);
    let square = graph.node("Mul", &[&y, &y], "square", &[]);
    let variance = graph.node("ReduceMean", &[&square], "variance", &over_group());
    let epsilon = graph.constant("epsilon", &[], &[NORM_EPSILON]);
    let variance = graph.node("Add", &[&variance, &epsilon], "variance.epsilon", &[]);
    let deviation = graph.node("Sqrt", &[&variance], "deviation", &[]);
    y = graph.node("Div", &[&y, &deviation], "unit", &[]);
    let ungrouped = graph.ints("ungrouped", &[1, -1, WIDTH as i64]);
    y = graph.node("Reshape", &[&y, &ungrouped], "ungrouped.out", &[]);
    let w = graph.weight("norm.weight", &[WIDTH], &values[head.norm_weight.clone()]);
    let b = graph.weight("norm.bias", &[WIDTH], &values[head.norm_bias.clone()]);
    y = graph.node("Mul", &[&y, &w], "norm.scaled", &[]);
    y = graph.node("Add", &[&y, &b], "norm.out", &[]);
    y = graph.node("Add", &[&y, "representation"], "residual", &[]);

    let activity = layer(&mut graph, &y, "activity", &head.activity);
    let activity = graph.node("Sigmoid", &[&activity], "activity", &[]);
    let attention = layer(&mut graph, &y, "attention", &head.attention);
    let attention = graph.node("Sigmoid", &[&attention], "attention.raw", &[]);
    let time = graph.ints("time", &[1]);
    let total = graph.node("ReduceSum", &[&attention, &time], "attention.sum", &[Int("keepdims", 1)]);
    let attention = graph.node("Div", &[&attention, &total], "attention", &[]);
    let gated = graph.node("Mul", &[&activity, &attention], "gated", &[]);
    let pooled = graph.node("ReduceSum", &[&gated, &time], "pooled", &[Int("keepdims", 0)]);
    let (zero, one) = (graph.constant("zero", &[], &[0.0]), graph.constant("one", &[], &[1.0]));
    let clip = graph.node("Clip", &[&pooled, &zero, &one], "clip", &[]);
    let classes = head.classes;
    let steps: &[Dimension] = &[Fixed(1), Any("T"), Fixed(classes)];
    graph.encode(
        "head",
        &[("representation", &[Fixed(1), Any("T"), Fixed(WIDTH)])],
        &[(&clip, &[Fixed(1), Fixed(classes)]), (&activity, steps), (&attention, steps)],
    )
}

/// `[inputs, outputs] -> [outputs, inputs]`.
fn turned(layer: &Dense, values: &[f32]) -> Vec<f32> {
    let weight = &values[layer.weight.clone()];
    (0..weight.len()).map(|at| weight[at % layer.inputs * layer.outputs + at / layer.inputs]).collect()
}
