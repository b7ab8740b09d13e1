//! The dense layers as the kernels compute them, one window or many at once.

use super::quantised::QuantisedStream;
use super::recognise::DenseLayers;
use crate::EMBEDDING;
use rollcall_kernels::{Layer, Level, QuantisedLayer, Requantise, Shape};

/// Dense layers, in sequence; the weights exist once for all streams.
pub(super) struct Dense {
    mean: bool,
    layers: Vec<Layer>,
}

impl Dense {
    pub(super) fn new(dense: &DenseLayers, level: Level) -> Self {
        let layer = |layer: &super::recognise::DenseLayer| {
            let (inputs, outputs, relu) = (layer.inputs, layer.outputs, layer.relu);
            let shape = Shape { inputs, outputs, kernel: 1, pool: false, relu, border: 0 };
            Layer::new(shape, &layer.weights, &layer.bias, level)
        };
        Self { mean: dense.mean, layers: dense.layers.iter().map(layer).collect() }
    }

    /// Embeddings of windows, each given by its columns, oldest first, each `[bands][channels]`.
    pub(super) fn embed<'a>(
        &self,
        windows: impl Iterator<Item = impl Iterator<Item = &'a [f32]>>,
    ) -> Vec<[f32; EMBEDDING]> {
        let mut features = Vec::new();
        let mut count = 0;
        for window in windows {
            count += 1;
            if self.mean {
                mean(window, &mut features);
            } else {
                window.for_each(|column| features.extend_from_slice(column));
            }
        }
        if count == 0 {
            return Vec::new();
        }
        for layer in &self.layers {
            let mut outputs = vec![0.0; count * layer.shape().outputs];
            layer.run(count, &features, &[0], &mut outputs);
            features = outputs;
        }
        features.as_chunks().0.to_vec()
    }
}

/// Dense layers of bytes, behind the mean over a window.
pub(super) struct QuantisedDense {
    mean: Requantise,
    layers: Vec<QuantisedLayer>,
    /// Of the embedding.
    scale: f32,
}

impl QuantisedDense {
    /// `None` if a layer's sums might not fit.
    pub(super) fn new(stream: &QuantisedStream, level: Level) -> Option<Self> {
        let layers = stream.dense.iter().map(|dense| dense.layer(0, level)).collect::<Option<_>>()?;
        Some(Self { mean: stream.mean.clone(), layers, scale: stream.embedding.scale })
    }

    /// As [`Dense::embed`], of columns whose numbers are bytes: whole, from 0 to 255.
    pub(super) fn embed<'a>(
        &self,
        windows: impl Iterator<Item = impl Iterator<Item = &'a [f32]>>,
    ) -> Vec<[f32; EMBEDDING]> {
        let (mut features, mut sums, mut count) = (Vec::new(), Vec::new(), 0);
        for window in windows {
            count += 1;
            sums.clear();
            for column in window {
                sums.resize(column.len(), 0);
                sums.iter_mut().zip(column).for_each(|(sum, x)| *sum += *x as i32);
            }
            features.extend(sums.iter().map(|&sum| self.mean.byte(0, sum)));
        }
        if count == 0 {
            return Vec::new();
        }
        for layer in &self.layers {
            let mut outputs = vec![0; layer.output_row(count)];
            layer.run(count, &features, &[0], &mut outputs);
            features = outputs;
        }
        let embedding = |bytes: &[u8; EMBEDDING]| bytes.map(|byte| f32::from(byte) * self.scale);
        features.as_chunks().0.iter().map(embedding).collect()
    }
}

/// Appends the mean of columns, summed from the oldest on.
fn mean<'a>(columns: impl Iterator<Item = &'a [f32]>, features: &mut Vec<f32>) {
    let from = features.len();
    let mut count = 0;
    for column in columns {
        count += 1;
        if count == 1 {
            features.extend_from_slice(column);
        } else {
            features[from..].iter_mut().zip(column).for_each(|(sum, x)| *sum += x);
        }
    }
    features[from..].iter_mut().for_each(|sum| *sum /= count as f32);
}
