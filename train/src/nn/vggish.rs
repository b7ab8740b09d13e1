//! VGGish (paper, section 2.2) with the head on top, as one network with one flat parameter vector.

use super::conv::{Conv, Map, Prepared, Scratch, Winners};
use super::params::Layout;
use super::top::{self, Top};

/// Mel bands of the input.
pub const BANDS: usize = 64;
/// Hops of one column of the convolutions' output.
pub const COLUMN_HOPS: usize = 16;
/// Columns of one window.
pub const WINDOW_COLUMNS: usize = 6;

/// What the dense layers see of a window of 6 columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flatten {
    /// All 6 x 4 x 512 values (VGGish as published).
    All,
    /// Their mean over time: 4 x 512 values. A window's place in time then costs no parameters.
    MeanOverTime,
}

/// Sizes of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Kernels of the six convolutions.
    pub channels: [usize; 6],
    /// What the dense layers see.
    pub flatten: Flatten,
    /// Units of the hidden dense layers.
    pub hidden: Vec<usize>,
    /// Classes of the head.
    pub classes: usize,
    /// An embedding of this value goes to 1 in the post-processing `unit` (0 goes to 0).
    pub unit_high: f32,
    /// Standardise the weights of the convolutions.
    pub standardise: bool,
}

impl Shape {
    /// What ships: VGGish's convolutions, the mean over a window's columns, one hidden layer of 512.
    pub fn compact(classes: usize) -> Self {
        Self {
            channels: [64, 128, 256, 256, 512, 512],
            flatten: Flatten::MeanOverTime,
            hidden: vec![512],
            classes,
            unit_high: 6.0,
            standardise: true,
        }
    }
}

/// Where each layer's parameters lie.
#[derive(Clone, Debug)]
pub struct Vggish {
    /// Names and ranges.
    pub layout: Layout,
    /// Sizes.
    pub shape: Shape,
    /// The convolutions; pooling after the 1st, 2nd, 4th and 6th.
    pub convs: Vec<Conv>,
    /// Dense layers and head.
    pub top: Top,
}

/// Effective weights of the convolutions for one batch.
pub type PreparedConvs = Vec<Prepared>;

/// What the way back needs, for one clip.
pub struct Trace {
    maps: Vec<Map>,
    winners: Vec<Winners>,
    /// Of the dense layers and the head.
    pub top: top::Trace,
    skip: usize,
}

impl Vggish {
    /// Lays the parameters out.
    pub fn new(shape: Shape) -> Self {
        let mut layout = Layout::default();
        let mut inputs = 1;
        let convs = shape.channels.iter().enumerate().map(|(i, &outputs)| {
            let pools = [0, 1, 3, 5].contains(&i);
            let name = format!("conv{}", i + 1);
            let conv = Conv::new(&mut layout, &name, inputs, outputs, pools, shape.standardise);
            inputs = outputs;
            conv
        });
        let convs: Vec<_> = convs.collect();
        let columns = if shape.flatten == Flatten::All { WINDOW_COLUMNS } else { 1 };
        let inputs = columns * (BANDS / COLUMN_HOPS) * shape.channels[5];
        let top = Top::new(&mut layout, inputs, &shape.hidden, shape.classes, shape.unit_high);
        Self { layout, shape, convs, top }
    }

    /// The same network without standardised weights.
    #[must_use]
    pub fn plain(&self, values: &[f32]) -> (Self, Vec<f32>) {
        let plain = Self::new(Shape { standardise: false, ..self.shape.clone() });
        let mut weights = vec![0.0; plain.layout.len()];
        for entry in &plain.layout.entries {
            let same = self
                .layout
                .entries
                .iter()
                .find(|e| e.name == entry.name)
                .expect("a plain network has no more");
            weights[entry.range.clone()].copy_from_slice(&values[same.range.clone()]);
        }
        for (conv, prepared) in plain.convs.iter().zip(self.prepare(values)) {
            conv.restore(&mut weights, &prepared.forward, &prepared.bias);
        }
        (plain, weights)
    }

    /// Effective weights of the convolutions, once a batch.
    pub fn prepare(&self, values: &[f32]) -> PreparedConvs {
        self.convs.iter().map(|c| c.prepare(values)).collect()
    }

    /// Runs a clip: `log_mel` is `[hops, 64]`, hops a multiple of 16. `skip` columns at each end, which have seen the
    /// clip's border, are left out; a window stands on each 6 columns in a row of the rest.
    pub fn forward(
        &self,
        values: &[f32],
        prepared: &PreparedConvs,
        log_mel: &[f32],
        skip: usize,
        scratch: &mut Scratch,
    ) -> Trace {
        let hops = log_mel.len() / BANDS;
        assert_eq!(hops % COLUMN_HOPS, 0, "hops must be a multiple of {COLUMN_HOPS}");
        let mut input = Map::zeros(hops, BANDS, 1);
        for (t, row) in log_mel.chunks_exact(BANDS).enumerate() {
            input.row_mut(t).copy_from_slice(row);
        }
        let (mut maps, mut all_winners) = (vec![input], Vec::new());
        for (conv, weights) in self.convs.iter().zip(prepared) {
            let (map, winners) = conv.forward(weights, &maps[maps.len() - 1], scratch);
            maps.push(map);
            all_winners.push(winners);
        }
        let top = self.top.forward(values, self.windows(&maps[maps.len() - 1], skip));
        Trace { maps, winners: all_winners, top, skip }
    }

    /// `[windows, features]`: what the dense layers see.
    pub fn windows(&self, columns: &Map, skip: usize) -> Vec<f32> {
        let width = columns.frequency * columns.channels;
        let windows = columns.time.saturating_sub(2 * skip + WINDOW_COLUMNS - 1);
        let mut out = Vec::with_capacity(windows * width);
        for first in skip..skip + windows {
            match self.shape.flatten {
                Flatten::All => {
                    (first..first + WINDOW_COLUMNS).for_each(|t| out.extend_from_slice(columns.row(t)))
                }
                Flatten::MeanOverTime => {
                    let start = out.len();
                    out.resize(start + width, 0.0);
                    for t in first..first + WINDOW_COLUMNS {
                        for (o, x) in out[start..].iter_mut().zip(columns.row(t)) {
                            *o += x / WINDOW_COLUMNS as f32;
                        }
                    }
                }
            }
        }
        out
    }

    /// Adds the gradients of all parameters to `gradient` (those of standardised weights still effective: see
    /// [`Vggish::unprepare`]). Upstream: gradients of the activity and attention logits, `[windows, classes]`.
    pub fn backward(
        &self,
        values: &[f32],
        prepared: &PreparedConvs,
        trace: &Trace,
        upstream: (&[f32], &[f32]),
        gradient: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let d = self.top.backward(values, &trace.top, upstream, gradient);
        let mut d = self.windows_backward(&trace.maps[trace.maps.len() - 1], trace.skip, &d);
        for (i, conv) in self.convs.iter().enumerate().rev() {
            let (input, output) = (&trace.maps[i], &trace.maps[i + 1]);
            d = conv.backward(&prepared[i], input, output, &trace.winners[i], &d, gradient, i > 0, scratch);
        }
    }

    fn windows_backward(&self, columns: &Map, skip: usize, upstream: &[f32]) -> Vec<f32> {
        let width = columns.frequency * columns.channels;
        let mut out = vec![0.0; columns.time * width];
        let features = self.top.dense[0].inputs;
        for (window, d) in upstream.chunks_exact(features).enumerate() {
            for k in 0..WINDOW_COLUMNS {
                let to = &mut out[(skip + window + k) * width..][..width];
                match self.shape.flatten {
                    Flatten::All => to.iter_mut().zip(&d[k * width..]).for_each(|(o, d)| *o += d),
                    Flatten::MeanOverTime => {
                        to.iter_mut().zip(d).for_each(|(o, d)| *o += d / WINDOW_COLUMNS as f32);
                    }
                }
            }
        }
        out
    }

    /// Turns gradients of effective weights into those of the raw ones, once a batch.
    pub fn unprepare(&self, values: &[f32], gradient: &mut [f32]) {
        self.convs.iter().for_each(|c| c.unprepare(values, gradient));
    }
}

impl Trace {
    /// What the convolutions make of the clip, `[columns, 4, kernels]`.
    pub fn into_columns(mut self) -> Map {
        self.maps.pop().expect("the input at least")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::loss::{Target, attention_bce};
    use crate::nn::params::normal;
    use fastrand::Rng;

    fn tiny(flatten: Flatten) -> Vggish {
        let shape = Shape {
            channels: [3, 4, 5, 4, 6, 5],
            flatten,
            hidden: vec![7],
            classes: 3,
            // Out of reach: beyond it the gradient is not that of the loss, on purpose.
            unit_high: 100.0,
            standardise: true,
        };
        Vggish::new(shape)
    }

    /// The whole gradient path against central differences. f32 sums over 128 x 64 inputs leave about 1e-6 of noise in
    /// the loss; a step of 2e-4 makes that 5e-3 at most in a difference, and kinks of ReLU and max pooling that a step crosses spoil single ones: hence a tolerance of 10 % of the gradient's norm
    /// over all sampled parameters (a kink of ReLU or max pooling crossed by a step spoils single ones).
    #[test]
    fn gradients_agree_with_central_differences() {
        for flatten in [Flatten::All, Flatten::MeanOverTime] {
            let net = tiny(flatten);
            let mut values = net.layout.initialise(7);
            let mut rng = Rng::with_seed(1);
            let log_mel: Vec<f32> = (0..144 * BANDS).map(|_| normal(&mut rng)).collect();
            let windows = 144 / COLUMN_HOPS - 2 - 5;
            let target = Target {
                clip: vec![1.0, 0.0, 0.7],
                clip_weight: vec![1.0, 1.0, 0.5],
                steps: (0..windows * 3).map(|i| (i % 2) as f32).collect(),
                step_weight: (0..windows * 3).map(|i| (i % 3 > 0) as u8 as f32).collect(),
            };
            let mut scratch = Scratch::default();
            let loss_at = |values: &[f32]| {
                let trace = net.forward(values, &net.prepare(values), &log_mel, 1, &mut Scratch::default());
                attention_bce(&trace.top.head.activity, &trace.top.head.attention, &target, 0.5).loss
            };
            let prepared = net.prepare(&values);
            let trace = net.forward(&values, &prepared, &log_mel, 1, &mut scratch);
            assert!(
                trace.top.representation.iter().all(|r| *r < 1.0),
                "clipped units would spoil the comparison"
            );
            let graded = attention_bce(&trace.top.head.activity, &trace.top.head.attention, &target, 0.5);
            let mut gradient = vec![0.0; net.layout.len()];
            let upstream = (graded.activity.as_slice(), graded.attention.as_slice());
            net.backward(&values, &prepared, &trace, upstream, &mut gradient, &mut scratch);
            net.unprepare(&values, &mut gradient);

            for entry in &net.layout.entries {
                let (mut error, mut size) = (0.0f64, 0.0f64);
                for _ in 0..12 {
                    let i = rng.usize(entry.range.clone());
                    let (kept, step) = (values[i], 2e-4);
                    values[i] = kept + step;
                    let above = loss_at(&values);
                    values[i] = kept - step;
                    let below = loss_at(&values);
                    values[i] = kept;
                    let numeric = f64::from(above - below) / f64::from(2.0 * step);
                    error += (numeric - f64::from(gradient[i])).powi(2);
                    size += numeric.powi(2);
                }
                let bound = 0.1 * size.sqrt() + 5e-3;
                assert!(error.sqrt() < bound, "{}: {} of {}", entry.name, error.sqrt(), size.sqrt());
            }
        }
    }
}
