//! `detail.onnx`: from the mean of a window's columns to what heads of added classes read beside the embedding.

use crate::{
    Dense,
    onnx::{
        Attribute::{Int, Ints},
        Dimension::{Any, Fixed},
        Graph, Storage,
    },
};

/// Columns in a window.
const WINDOW_COLUMNS: usize = 6;

/// `[N, channels, 6, bands] -> [N, outputs]` in 0..=1; the layer's inputs are ordered as channel, band.
///
/// # Panics
/// If the layer does not read `channels * bands` numbers.
#[must_use]
pub fn detail_onnx(layer: &Dense, channels: usize, bands: usize, storage: Storage) -> Vec<u8> {
    assert_eq!(layer.inputs, channels * bands);
    let mut graph = Graph::new(storage);
    let over_columns = [Ints("axes", vec![2]), Int("keepdims", 0)];
    let x = graph.node("ReduceMean", &["columns"], "mean", &over_columns);
    let x = graph.node("Flatten", &[&x], "flat", &[Int("axis", 1)]);
    let weight = graph.weight("detail.weight", &[layer.outputs, layer.inputs], &layer.weight);
    let bias = graph.weight("detail.bias", &[layer.outputs], &layer.bias);
    let x = graph.node("Gemm", &[&x, &weight, &bias], "sums", &[Int("transB", 1)]);
    let (zero, one) = (graph.constant("zero", &[], &[0.0]), graph.constant("one", &[], &[1.0]));
    let x = graph.node("Clip", &[&x, &zero, &one], "detail", &[]);
    graph.encode(
        "detail",
        &[("columns", &[Any("N"), Fixed(channels), Fixed(WINDOW_COLUMNS), Fixed(bands)])],
        &[(&x, &[Any("N"), Fixed(layer.outputs)])],
    )
}
