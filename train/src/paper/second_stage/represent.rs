//! From recordings to the representations that the head reads: Log-Mel itself, or VGGish patch by patch as it was published.

use crate::audio::decode::decode;
use crate::audio::log_mel::log_mel;
use crate::nn::conv::Scratch;
use crate::nn::head::WIDTH;
use crate::nn::params::Layout;
use crate::nn::stack::{BANDS, PreparedConvs};
use crate::paper::first_stage::{Encoder, EncoderShape, PATCH};
use anyhow::{Result, ensure};
use rollcall_engine::{PATCH_HOPS, SAMPLE_RATE_HZ};
use std::path::Path;

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

/// VGGish with a zero border round each patch, and its weights.
pub struct Embedder {
    encoder: Encoder,
    values: Vec<f32>,
    prepared: PreparedConvs,
}

impl Embedder {
    fn new(encoder: Encoder, values: Vec<f32>) -> Self {
        let prepared = encoder.prepare(&values);
        Self { encoder, values, prepared }
    }

    /// The published weights.
    #[must_use]
    pub fn imported(weights: &rollcall_import::Vggish) -> Self {
        let (encoder, values) = Encoder::imported(weights);
        Self::new(encoder, values)
    }

    /// VGGish in full with random weights, uniform as Glorot and Bengio scale them (paper, section 4.1).
    #[must_use]
    pub fn random(seed: u64) -> Self {
        let mut layout = Layout::default();
        let encoder = Encoder::new(&mut layout, &EncoderShape::paper());
        Self::new(encoder, layout.initialise(seed))
    }

    /// The embedding of each whole patch of a log-mel, `[patches, 128]`.
    #[must_use]
    pub fn embed(&self, log_mel: &[f32], scratch: &mut Scratch) -> Vec<f32> {
        self.encoder.embed_here(&self.values, &self.prepared, log_mel, scratch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::stack::Flatten;
    use crate::nn::vggish::{Shape, Vggish};
    use crate::paper::first_stage::InputScale;

    #[test]
    fn log_mel_is_told_by_mean_and_deviation() {
        let hops: Vec<f32> =
            (0..200).flat_map(|t| (0..BANDS).map(move |b| b as f32 + (t % 2) as f32)).collect();
        let steps = log_mel_steps(&hops);
        assert_eq!(steps.len(), 2 * WIDTH);
        assert!((steps[3] - 3.5).abs() < 1e-4 && (steps[BANDS + 3] - 0.5).abs() < 1e-4);
    }

    /// The published weights (in small) give onnxruntime's embeddings (`import/tests/golden/generate_checkpoints.py`), on one thread and on
    /// all.
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

    /// The same network as what ships, whose border lies round a clip of one patch alike.
    #[test]
    fn embeds_as_what_ships_does() {
        let shape = EncoderShape {
            channels: [3, 4, 5, 4, 6, 5],
            hidden: vec![7],
            mean_over_time: false,
            input: InputScale::default(),
        };
        let (channels, hidden) = (shape.channels, shape.hidden.clone());
        let compact = Shape::compact(20);
        let net =
            Vggish::new(Shape { channels, hidden, flatten: Flatten::All, standardise: false, ..compact });
        let mut layout = Layout::default();
        let encoder = Encoder::new(&mut layout, &shape);
        let mut values = layout.initialise(3);
        let mut rng = fastrand::Rng::with_seed(1);
        let hops: Vec<f32> = (0..2 * PATCH + BANDS).map(|_| crate::nn::params::normal(&mut rng)).collect();
        // The encoder's parameters are the first of what ships; the head's, which come after them, are not looked at.
        let found = Embedder::new(encoder, values.clone()).embed(&hops, &mut Scratch::default());
        values.resize(net.layout.len(), 0.0);
        let (prepared, mut expected) = (net.prepare(&values), Vec::new());
        for patch in hops.chunks_exact(PATCH) {
            let trace = net.forward(&values, &prepared, patch, 0, &mut Scratch::default());
            expected.extend_from_slice(trace.top.embedding());
        }
        assert_eq!(found.len(), 2 * WIDTH);
        assert!(found.iter().any(|v| *v > 0.0));
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs())));
    }
}
