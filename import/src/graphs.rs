//! `embedding.onnx`: VGGish with a zero border round each patch, as it was published.

use crate::{
    Vggish,
    onnx::{
        Attribute::{Int, Ints},
        Dimension::{Any, Fixed},
        Graph, Storage,
    },
};

/// Whether pooling follows each convolution.
const POOLS: [bool; 6] = [true, true, false, true, false, true];

impl Vggish {
    /// `[N, 1, 96, 64] -> [N, 128]`.
    #[must_use]
    pub fn to_onnx(&self, storage: Storage) -> Vec<u8> {
        let mut graph = Graph::new(storage);
        let mut x = String::from("log_mel");
        for ((i, layer), pools) in (1..).zip(&self.convolutions).zip(POOLS) {
            let shape = [layer.outputs, layer.inputs, 3, 3];
            let w = graph.weight(&format!("conv{i}.weight"), &shape, &layer.weight);
            let b = graph.weight(&format!("conv{i}.bias"), &[layer.outputs], &layer.bias);
            let window = [Ints("kernel_shape", vec![3, 3]), Ints("pads", vec![1; 4])];
            x = graph.node("Conv", &[&x, &w, &b], &format!("conv{i}"), &window);
            x = graph.node("Relu", &[&x], &format!("relu{i}"), &[]);
            if pools {
                let window = [Ints("kernel_shape", vec![2, 2]), Ints("strides", vec![2, 2])];
                x = graph.node("MaxPool", &[&x], &format!("pool{i}"), &window);
            }
        }
        // torchvggish permutes to time, frequency, channel before its first dense layer.
        x = graph.node("Transpose", &[&x], "channels_last", &[Ints("perm", vec![0, 2, 3, 1])]);
        x = graph.node("Flatten", &[&x], "features", &[Int("axis", 1)]);
        for (i, layer) in (1..).zip(&self.dense) {
            let w = graph.weight(&format!("dense{i}.weight"), &[layer.outputs, layer.inputs], &layer.weight);
            let b = graph.weight(&format!("dense{i}.bias"), &[layer.outputs], &layer.bias);
            let y = graph.node("Gemm", &[&x, &w, &b], &format!("dense{i}"), &[Int("transB", 1)]);
            let output = if i == self.dense.len() { "embedding".into() } else { format!("dense{i}.relu") };
            x = graph.node("Relu", &[&y], &output, &[]);
        }
        graph.encode(
            "embedding",
            &[("log_mel", &[Any("N"), Fixed(1), Fixed(96), Fixed(64)])],
            &[("embedding", &[Any("N"), Fixed(rollcall_engine::EMBEDDING)])],
        )
    }
}
