//! From recordings to the representations that the head reads: Log-Mel itself, or VGGish patch by patch as it was published.

use crate::audio::decode::decode;
use crate::audio::log_mel::log_mel;
use crate::nn::conv::{Map, Scratch};
use crate::nn::dense::relu;
use crate::nn::head::WIDTH;
use crate::nn::params::{Init, Layout};
use crate::nn::vggish::{BANDS, Flatten, PreparedConvs, Shape, Vggish, WINDOW_COLUMNS};
use anyhow::{Result, ensure};
use rollcall_engine::{OPENMIC_CLASSES, PATCH_HOPS, SAMPLE_RATE_HZ};
use std::path::Path;

/// Values of a patch of log-mel.
const PATCH: usize = PATCH_HOPS * BANDS;

/// The log-mel of a recording, `[hops, 64]` (paper, section 2.1).
///
/// # Errors
/// A recording that cannot be decoded or is shorter than one patch (0.96 s).
pub fn spectrogram(path: &Path) -> Result<Vec<f32>> {
    let log_mel = log_mel(&decode(path, SAMPLE_RATE_HZ)?);
    let hops = log_mel.len() / BANDS;
    ensure!(hops >= PATCH_HOPS, "{}: {hops} hops of 10 ms, at least {PATCH_HOPS} are wanted", path.display());
    Ok(log_mel)
}

/// Log-Mel as the representation: for each whole patch of 96 hops the mean of each band and its deviation, `[patches, 128]`.
///
/// The paper feeds Log-Mel to the same head as an identity, and does not say how 96 x 64 values become 128; this keeps a
/// step at 0.96 s and the head as it is.
#[must_use]
pub fn log_mel_steps(log_mel: &[f32]) -> Vec<f32> {
    let mut steps = Vec::with_capacity(log_mel.len() / PATCH * WIDTH);
    for patch in log_mel.chunks_exact(PATCH) {
        let band = |b: usize| patch.iter().skip(b).step_by(BANDS);
        let mean: Vec<f32> = (0..BANDS).map(|b| band(b).sum::<f32>() / PATCH_HOPS as f32).collect();
        let variance = |b: usize| band(b).map(|v| (v - mean[b]).powi(2)).sum::<f32>() / PATCH_HOPS as f32;
        let deviation: Vec<f32> = (0..BANDS).map(|b| variance(b).sqrt()).collect();
        steps.extend(mean.iter().chain(&deviation));
    }
    steps
}

/// VGGish with a zero border round each patch.
pub struct Embedder {
    net: Vggish,
    values: Vec<f32>,
    prepared: PreparedConvs,
}

impl Embedder {
    /// A network of [`Flatten::All`] with its parameters.
    #[must_use]
    pub fn new(net: Vggish, values: Vec<f32>) -> Self {
        assert_eq!(net.shape.flatten, Flatten::All, "a patch is all of its six columns");
        let prepared = net.prepare(&values);
        Self { net, values, prepared }
    }

    /// The published weights.
    #[must_use]
    pub fn imported(weights: &rollcall_import::Vggish) -> Self {
        let net = Vggish::new(shape(
            std::array::from_fn(|i| weights.convolutions[i].outputs),
            weights.dense[..weights.dense.len() - 1].iter().map(|d| d.outputs).collect(),
        ));
        let mut values = vec![0.0; net.layout.len()];
        for (conv, given) in net.convs.iter().zip(&weights.convolutions) {
            // [outputs, inputs, 3, 3] -> [3, 3, inputs, outputs].
            let (inputs, outputs) = (given.inputs, given.outputs);
            let turned: Vec<f32> = (0..given.weight.len())
                .map(|at| {
                    let (o, i, tap) = (at % outputs, at / outputs % inputs, at / outputs / inputs);
                    given.weight[(o * inputs + i) * 9 + tap]
                })
                .collect();
            conv.restore(&mut values, &turned, &given.bias);
        }
        for (layer, given) in net.top.dense.iter().zip(&weights.dense) {
            let (inputs, outputs) = (given.inputs, given.outputs);
            for (at, value) in values[layer.weight.clone()].iter_mut().enumerate() {
                *value = given.weight[at % outputs * inputs + at / outputs];
            }
            values[layer.bias.clone()].copy_from_slice(&given.bias);
        }
        Self::new(net, values)
    }

    /// VGGish in full with random weights, uniform as Glorot and Bengio scale them (paper, section 4.1).
    #[must_use]
    pub fn random(seed: u64) -> Self {
        let net = Vggish::new(shape([64, 128, 256, 256, 512, 512], vec![4096, 4096]));
        let values = glorot(&net.layout, seed);
        Self::new(net, values)
    }

    /// The embedding of each whole patch of a log-mel, `[patches, 128]`.
    #[must_use]
    pub fn embed(&self, log_mel: &[f32], scratch: &mut Scratch) -> Vec<f32> {
        let mut rows = Vec::new();
        for patch in log_mel.chunks_exact(PATCH) {
            let mut map = Map::zeros(PATCH_HOPS, BANDS, 1);
            for (t, hop) in patch.chunks_exact(BANDS).enumerate() {
                map.row_mut(t).copy_from_slice(hop);
            }
            for (conv, weights) in self.net.convs.iter().zip(&self.prepared) {
                map = conv.forward(weights, &map, scratch).0;
            }
            (0..WINDOW_COLUMNS).for_each(|t| rows.extend_from_slice(map.row(t)));
        }
        // All patches of a clip go through the dense layers at once: their weights are read from memory once.
        for layer in &self.net.top.dense {
            rows = layer.forward(&self.values, &rows);
            relu(&mut rows);
        }
        rows
    }
}

fn shape(channels: [usize; 6], hidden: Vec<usize>) -> Shape {
    let compact = Shape::compact(OPENMIC_CLASSES.len());
    Shape { channels, flatten: Flatten::All, hidden, standardise: false, ..compact }
}

/// Starting values, every weight uniform within `sqrt(6 / (fan_in + fan_out))`, biases 0.
fn glorot(layout: &Layout, seed: u64) -> Vec<f32> {
    let mut layout = layout.clone();
    for entry in &mut layout.entries {
        if let (Init::He { fan_in }, [.., inputs, outputs]) = (entry.init, &entry.shape[..]) {
            entry.init = Init::Glorot { fan_in, fan_out: fan_in / inputs * outputs };
        }
    }
    layout.initialise(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_mel_is_told_by_mean_and_deviation() {
        let hops: Vec<f32> =
            (0..200).flat_map(|t| (0..BANDS).map(move |b| b as f32 + (t % 2) as f32)).collect();
        let steps = log_mel_steps(&hops);
        assert_eq!(steps.len(), 2 * WIDTH);
        assert!((steps[3] - 3.5).abs() < 1e-4 && (steps[BANDS + 3] - 0.5).abs() < 1e-4);
    }

    /// The published weights (in small) give onnxruntime's embeddings (`import/tests/golden/generate_checkpoints.py`), through
    /// the second stage's network and the first stage's.
    #[test]
    fn published_weights_embed_as_they_were_published() {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../import/tests/golden");
        let floats = |name: &str| -> Vec<f32> {
            let bytes = std::fs::read(golden.join(name)).unwrap();
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
        };
        let (patches, expected) = (floats("patches.f32"), floats("embeddings.f32"));
        let weights = rollcall_import::Vggish::read(&golden.join("vggish.zip.pth")).unwrap();
        let second = Embedder::imported(&weights).embed(&patches, &mut Scratch::default());
        let (encoder, values) = crate::paper::first_stage::Encoder::imported(&weights);
        for found in [second, encoder.embed(&values, &patches)] {
            assert_eq!(found.len(), expected.len());
            for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert!(
                    (found - expected).abs() < 1e-4 * (1.0 + expected.abs()),
                    "{i}: {found}, not {expected}"
                );
            }
        }
    }

    /// The same network through the trainer's own forward pass, whose border lies round a clip of one patch alike.
    #[test]
    fn embeds_as_the_trainer_does() {
        let net = Vggish::new(shape([3, 4, 5, 4, 6, 5], vec![7]));
        let values = glorot(&net.layout, 3);
        let mut rng = fastrand::Rng::with_seed(1);
        let hops: Vec<f32> = (0..2 * PATCH + BANDS).map(|_| crate::nn::params::normal(&mut rng)).collect();
        let mut scratch = Scratch::default();
        let mut expected = Vec::new();
        for patch in hops.chunks_exact(PATCH) {
            let trace = net.forward(&values, &net.prepare(&values), patch, 0, &mut scratch);
            expected.extend_from_slice(trace.top.embedding());
        }
        let found = Embedder::new(net, values).embed(&hops, &mut scratch);
        assert_eq!(found.len(), 2 * WIDTH);
        assert!(found.iter().any(|v| *v > 0.0));
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs())));
    }
}
