//! VGGish alone, over batches of 96 x 64 patches: what the first stage trains and the second stage sees through.

use crate::base::threads::{parallel_with, sharded};
use crate::nn::conv::{Map, Prepared, Scratch};
use crate::nn::dense::{Dense, chain, chain_backward};
use crate::nn::head::WIDTH;
use crate::nn::params::{Init, Layout};
use crate::nn::stack::{BANDS, CHANNELS, Flatten, Kept, PreparedConvs, Stack, picture};
use rollcall_engine::PATCH_HOPS;
use serde::{Deserialize, Serialize};

/// Values of one patch: 96 hops of 64 bands.
pub const PATCH: usize = PATCH_HOPS * BANDS;
/// Patches that are embedded at once where no gradient is wanted.
const EMBED_BATCH: usize = 256;

/// Sizes of a VGGish.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderShape {
    /// Kernels of the six convolutions.
    pub channels: [usize; 6],
    /// Units of the dense layers before the last, which has 128.
    pub hidden: Vec<usize>,
    /// Whether the dense layers see the mean over a patch's six columns rather than all of them.
    pub mean_over_time: bool,
    /// What the log-mel is shifted and scaled by before the first convolution.
    #[serde(default)]
    pub input: InputScale,
}

/// `(x - mean) / deviation` of every log-mel value `x`. The published network sees them as they are; but music lies about -3
/// (silence is `ln 0.01 = -4.6`), and a filter with random weights answers to such a mean and to little else: half of the
/// units never fire, the others say how loud it is, and a short first stage ends in a constant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputScale {
    /// Taken off, in natural logarithms of magnitude.
    pub mean: f32,
    /// Divided by, above 0.
    pub deviation: f32,
}

impl Default for InputScale {
    /// Leaves everything as it is.
    fn default() -> Self {
        Self { mean: 0.0, deviation: 1.0 }
    }
}

impl EncoderShape {
    /// The paper's (section 2.2): 72 million weights.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            channels: CHANNELS,
            hidden: vec![4096, 4096],
            mean_over_time: false,
            input: InputScale::default(),
        }
    }

    fn flatten(&self) -> Flatten {
        if self.mean_over_time { Flatten::MeanOverTime } else { Flatten::All }
    }
}

/// Where each layer's parameters lie. Names are those of [`crate::nn::vggish`].
#[derive(Clone, Debug)]
pub struct Encoder {
    stack: Stack,
    dense: Vec<Dense>,
    flatten: Flatten,
    input: InputScale,
    /// The convolutions' parameters are the first of the vector.
    conv_end: usize,
    /// Parameters in all; those of an objective follow.
    pub end: usize,
}

/// What the way back needs, for a batch.
pub struct Trace {
    samples: Vec<Kept>,
    rows: Vec<Vec<f32>>,
}

impl Trace {
    /// Embeddings after the last ReLU, `[patches, 128]`.
    #[must_use]
    pub fn embedding(&self) -> &[f32] {
        &self.rows[self.rows.len() - 1]
    }
}

impl Encoder {
    /// Lays the parameters out as the first of `layout`, every weight with Glorot's uniform start (paper, section 4.1).
    ///
    /// # Panics
    /// `layout` is not empty.
    pub fn new(layout: &mut Layout, shape: &EncoderShape) -> Self {
        assert!(layout.is_empty(), "the encoder's parameters come first");
        let stack = Stack::new(layout, shape.channels, false);
        let conv_end = layout.len();
        for entry in &mut layout.entries {
            if let [3, 3, inputs, outputs] = entry.shape[..] {
                entry.init = Init::Glorot { fan_in: 9 * inputs, fan_out: 9 * outputs };
            }
        }
        let mut inputs = shape.flatten().width(shape.channels[5]);
        let dense = shape.hidden.iter().copied().chain([WIDTH]).enumerate().map(|(i, outputs)| {
            let init = Init::Glorot { fan_in: inputs, fan_out: outputs };
            let dense = Dense::new(layout, &format!("dense{}", i + 1), inputs, outputs, init);
            inputs = outputs;
            dense
        });
        let dense = dense.collect();
        Self { stack, dense, flatten: shape.flatten(), input: shape.input, conv_end, end: layout.len() }
    }

    /// The published network with its weights.
    ///
    /// # Panics
    /// `weights` has not six convolutions and at least one dense layer; [`rollcall_import::Vggish::read`] sees to that.
    #[must_use]
    pub fn imported(weights: &rollcall_import::Vggish) -> (Self, Vec<f32>) {
        let hidden = &weights.dense[..weights.dense.len() - 1];
        let shape = EncoderShape {
            channels: std::array::from_fn(|i| weights.convolutions[i].outputs),
            hidden: hidden.iter().map(|d| d.outputs).collect(),
            mean_over_time: false,
            input: InputScale::default(),
        };
        let mut layout = Layout::default();
        let encoder = Self::new(&mut layout, &shape);
        let mut values = vec![0.0; layout.len()];
        for (conv, given) in encoder.stack.convs.iter().zip(&weights.convolutions) {
            // [outputs, inputs, 3, 3] -> [3, 3, inputs, outputs].
            let (inputs, outputs) = (given.inputs, given.outputs);
            let from =
                |at: usize| (at % outputs * inputs + at / outputs % inputs) * 9 + at / outputs / inputs;
            let turned: Vec<f32> = (0..given.weight.len()).map(|at| given.weight[from(at)]).collect();
            conv.restore(&mut values, &turned, &given.bias);
        }
        for (layer, given) in encoder.dense.iter().zip(&weights.dense) {
            for (at, value) in values[layer.weight.clone()].iter_mut().enumerate() {
                *value = given.weight[at % given.outputs * given.inputs + at / given.outputs];
            }
            values[layer.bias.clone()].copy_from_slice(&given.bias);
        }
        (encoder, values)
    }

    /// Runs `patches`, `[n, 96, 64]`.
    #[must_use]
    pub fn forward(&self, values: &[f32], patches: &[f32]) -> Trace {
        let prepared = self.prepare(values);
        let samples = parallel_with(patches.len() / PATCH, |i, scratch: &mut Scratch| {
            let patch = &patches[i * PATCH..(i + 1) * PATCH];
            self.stack.forward_kept(&prepared, self.picture(patch), scratch)
        });
        let first = samples.iter().flat_map(|kept| self.flatten.windows(kept.columns(), 0)).collect();
        Trace { rows: chain(&self.dense, values, first), samples }
    }

    /// Embeddings of any number of patches, `[n, 128]`, without what a way back needs.
    #[must_use]
    pub fn embed(&self, values: &[f32], patches: &[f32]) -> Vec<f32> {
        let prepared = self.prepare(values);
        let mut out = Vec::with_capacity(patches.len() / PATCH * WIDTH);
        for batch in patches.chunks(EMBED_BATCH * PATCH) {
            let rows = parallel_with(batch.len() / PATCH, |i, scratch: &mut Scratch| {
                self.window(&prepared, &batch[i * PATCH..(i + 1) * PATCH], scratch)
            });
            out.extend(self.read(values, rows.concat()));
        }
        out
    }

    /// The same on the caller's thread alone, by weights that [`Encoder::prepare`] has made. What is left of `patches` after the last
    /// whole one is not looked at.
    #[must_use]
    pub fn embed_here(
        &self,
        values: &[f32],
        prepared: &[Prepared],
        patches: &[f32],
        scratch: &mut Scratch,
    ) -> Vec<f32> {
        let windows = patches.chunks_exact(PATCH).flat_map(|patch| self.window(prepared, patch, scratch));
        // All patches go through the dense layers at once: their weights are read from memory once.
        let windows = windows.collect();
        self.read(values, windows)
    }

    /// Effective weights of the convolutions.
    #[must_use]
    pub fn prepare(&self, values: &[f32]) -> PreparedConvs {
        self.stack.prepare(values)
    }

    /// Adds the gradients of all parameters to `gradient`; `upstream` is that of the embedding, `[n, 128]`. The sum does not
    /// depend on the number of threads.
    pub fn backward(&self, values: &[f32], trace: &Trace, upstream: Vec<f32>, gradient: &mut [f32]) {
        let d = chain_backward(&self.dense, values, &trace.rows, upstream, gradient);
        let prepared = self.prepare(values);
        let features = self.dense[0].inputs;
        sharded(trace.samples.len(), &mut gradient[..self.conv_end], |i, shard, scratch: &mut Scratch| {
            let d = self.flatten.window_backward(&d[i * features..(i + 1) * features]);
            self.stack.backward(&prepared, &trace.samples[i], d, shard, scratch);
        });
    }

    fn picture(&self, patch: &[f32]) -> Map {
        let InputScale { mean, deviation } = self.input;
        picture(patch, |x| (x - mean) / deviation)
    }

    /// What the dense layers see of a patch.
    fn window(&self, prepared: &[Prepared], patch: &[f32], scratch: &mut Scratch) -> Vec<f32> {
        self.flatten.windows(&self.stack.forward(prepared, self.picture(patch), scratch), 0)
    }

    /// Embeddings from what the dense layers see.
    fn read(&self, values: &[f32], windows: Vec<f32>) -> Vec<f32> {
        chain(&self.dense, values, windows).pop().expect("the last layer's rows")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::params::normal;
    use fastrand::Rng;

    /// The whole gradient path against central differences, of what the embedding is in a direction drawn by chance. f32 sums over 96 x 64
    /// inputs leave about 1e-6 of noise in it, and a kink of ReLU or max pooling that a step crosses spoils single ones: hence a tolerance of
    /// 10 % of the gradient's norm over all sampled parameters.
    #[test]
    fn gradients_agree_with_central_differences() {
        for mean_over_time in [false, true] {
            let shape = EncoderShape {
                channels: [3, 4, 5, 4, 6, 5],
                hidden: vec![7],
                mean_over_time,
                input: InputScale::default(),
            };
            let mut layout = Layout::default();
            let encoder = Encoder::new(&mut layout, &shape);
            let (mut values, mut rng) = (layout.initialise(7), Rng::with_seed(1));
            let patches: Vec<f32> = (0..2 * PATCH).map(|_| normal(&mut rng)).collect();
            let upstream: Vec<f32> = (0..2 * WIDTH).map(|_| normal(&mut rng)).collect();
            let said = |values: &[f32]| -> f64 {
                let trace = encoder.forward(values, &patches);
                trace.embedding().iter().zip(&upstream).map(|(e, u)| f64::from(*e) * f64::from(*u)).sum()
            };
            let mut gradient = vec![0.0; layout.len()];
            encoder.backward(&values, &encoder.forward(&values, &patches), upstream.clone(), &mut gradient);
            for entry in &layout.entries {
                let (mut error, mut size) = (0.0f64, 0.0f64);
                for _ in 0..12 {
                    let i = rng.usize(entry.range.clone());
                    let (kept, step) = (values[i], 2e-4);
                    values[i] = kept + step;
                    let above = said(&values);
                    values[i] = kept - step;
                    let numeric = (above - said(&values)) / f64::from(2.0 * step);
                    values[i] = kept;
                    error += (numeric - f64::from(gradient[i])).powi(2);
                    size += numeric.powi(2);
                }
                let bound = 0.1 * size.sqrt() + 5e-3;
                assert!(error.sqrt() < bound, "{}: {} of {}", entry.name, error.sqrt(), size.sqrt());
            }
        }
    }
}
