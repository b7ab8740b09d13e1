//! 3 x 3 convolution, ReLU and 2 x 2 max pooling, with a zero border, forward and backward.

use super::gemm::{Mat, multiply};
use super::params::{Init, Layout};
use std::ops::Range;

/// `[time, frequency, channels]` with a border of one zero round time and frequency.
#[derive(Clone, Debug)]
pub struct Map {
    /// Rows in time, border not counted.
    pub time: usize,
    /// Rows in frequency, border not counted.
    pub frequency: usize,
    /// Channels.
    pub channels: usize,
    data: Vec<f32>,
}

impl Map {
    /// All zero.
    pub fn zeros(time: usize, frequency: usize, channels: usize) -> Self {
        Self { time, frequency, channels, data: vec![0.0; (time + 2) * (frequency + 2) * channels] }
    }

    /// One row in time: `[frequency, channels]`, without its border.
    pub fn row(&self, t: usize) -> &[f32] {
        &self.data[self.row_range(t)]
    }

    /// One row in time to write to.
    pub fn row_mut(&mut self, t: usize) -> &mut [f32] {
        let range = self.row_range(t);
        &mut self.data[range]
    }

    fn row_range(&self, t: usize) -> Range<usize> {
        let start = ((t + 1) * (self.frequency + 2) + 1) * self.channels;
        start..start + self.frequency * self.channels
    }

    /// Copies the 3 x 3 neighbourhoods of `rows` rows from `first` into `out` `[rows * frequency, 9 * channels]`.
    fn neighbourhoods(&self, first: usize, rows: usize, out: &mut Vec<f32>) {
        let (width, three) = ((self.frequency + 2) * self.channels, 3 * self.channels);
        out.clear();
        out.reserve(rows * self.frequency * 3 * three);
        for t in first..first + rows {
            for f in 0..self.frequency {
                for dt in 0..3 {
                    let start = (t + dt) * width + f * self.channels;
                    out.extend_from_slice(&self.data[start..start + three]);
                }
            }
        }
    }
}

/// One convolution of the stack: where its parameters lie and what it does.
#[derive(Clone, Debug)]
pub struct Conv {
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// Whether 2 x 2 max pooling follows.
    pub pools: bool,
    weight: Range<usize>,
    gain: Option<Range<usize>>,
    bias: Range<usize>,
}

/// The weights as the products want them, made once a batch.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// `[3 * 3 * inputs, outputs]`.
    pub forward: Vec<f32>,
    /// `[outputs]`.
    pub bias: Vec<f32>,
    /// `[3 * 3 * outputs, inputs]`: turned by 180 degrees, for the way back.
    backward: Vec<f32>,
}

/// Where each pooled value came from: 0 to 3, or 4 where ReLU cut it off. Empty without pooling.
pub type Winners = Vec<u8>;

/// Buffers of one thread, reused from layer to layer.
#[derive(Default)]
pub struct Scratch {
    columns: Vec<f32>,
    rows: Vec<f32>,
}

/// Fan-in scaled ReLU gain: keeps the variance of a unit normal input through ReLU (Brock et al. 2021, section 3).
const RELU_GAIN: f32 = 1.7139;
const STANDARDISE_EPSILON: f32 = 1e-6;

impl Conv {
    /// Adds the parameters to `layout`. `standardise`: weights are standardised per output channel over their fan-in and
    /// scaled by a learned gain (Qiao et al. 2019; Brock et al. 2021), which steadies training as batch normalisation does but costs
    /// nothing per sample and leaves a plain convolution to ship.
    pub fn new(
        layout: &mut Layout,
        name: &str,
        inputs: usize,
        outputs: usize,
        pools: bool,
        standardise: bool,
    ) -> Self {
        let weight =
            layout.add(&format!("{name}.weight"), &[3, 3, inputs, outputs], Init::He { fan_in: 9 * inputs });
        let gain = standardise.then(|| layout.add(&format!("{name}.gain"), &[outputs], Init::Constant(1.0)));
        let bias = layout.add(&format!("{name}.bias"), &[outputs], Init::Constant(0.0));
        Self { inputs, outputs, pools, weight, gain, bias }
    }

    /// Where the bias lies.
    pub fn bias(&self) -> Range<usize> {
        self.bias.clone()
    }

    fn fan_in(&self) -> usize {
        9 * self.inputs
    }

    /// Mean and inverse deviation of each output channel's weights.
    fn statistics(&self, raw: &[f32]) -> Vec<(f32, f32)> {
        let n = self.fan_in() as f32;
        let mut mean = vec![0.0; self.outputs];
        for row in raw.chunks_exact(self.outputs) {
            mean.iter_mut().zip(row).for_each(|(m, w)| *m += w / n);
        }
        let mut variance = vec![0.0; self.outputs];
        for row in raw.chunks_exact(self.outputs) {
            variance.iter_mut().zip(row).zip(&mean).for_each(|((v, w), m)| *v += (w - m) * (w - m) / n);
        }
        mean.into_iter().zip(variance).map(|(m, v)| (m, 1.0 / (v + STANDARDISE_EPSILON).sqrt())).collect()
    }

    /// Makes the effective weights from the flat vector.
    pub fn prepare(&self, values: &[f32]) -> Prepared {
        let raw = &values[self.weight.clone()];
        let mut forward = raw.to_vec();
        if let Some(gain) = &self.gain {
            let statistics = self.statistics(raw);
            let scale = RELU_GAIN / (self.fan_in() as f32).sqrt();
            for row in forward.chunks_exact_mut(self.outputs) {
                for ((w, (mean, inverse)), g) in row.iter_mut().zip(&statistics).zip(&values[gain.clone()]) {
                    *w = g * scale * (*w - mean) * inverse;
                }
            }
        }
        let mut backward = vec![0.0; forward.len()];
        for tap in 0..9 {
            let block = self.inputs * self.outputs;
            let (from, to) = (&forward[tap * block..][..block], &mut backward[(8 - tap) * block..][..block]);
            transpose(from, self.inputs, self.outputs, to);
        }
        Prepared { forward, bias: values[self.bias.clone()].to_vec(), backward }
    }

    /// Writes raw weights and gains that make these effective weights, `[3, 3, inputs, outputs]`, and the bias. A standardised
    /// channel's mean, which standardising cannot keep, must be zero, as in weights that were standardised before.
    pub fn restore(&self, values: &mut [f32], effective: &[f32], bias: &[f32]) {
        values[self.bias.clone()].copy_from_slice(bias);
        let weight = &mut values[self.weight.clone()];
        weight.copy_from_slice(effective);
        let Some(gain) = &self.gain else { return };
        // The spread that `Init::He` gives, so that a step of the optimiser means as much as at the start of a run.
        let n = self.fan_in() as f32;
        let spread = (2.0 / n).sqrt();
        let inverses: Vec<f32> = self.statistics(weight).into_iter().map(|(_, inverse)| inverse).collect();
        for row in weight.chunks_exact_mut(self.outputs) {
            row.iter_mut().zip(&inverses).for_each(|(w, inverse)| *w *= spread * inverse);
        }
        for (g, inverse) in values[gain.clone()].iter_mut().zip(&inverses) {
            *g = n.sqrt() / (RELU_GAIN * inverse);
        }
    }

    /// Rows in time that go through one product: about 384 positions, an even number of rows.
    fn rows_a_product(frequency: usize) -> usize {
        (384 / frequency).max(2) & !1
    }

    /// Convolution, ReLU and, where it pools, pooling. A pooling layer's input must have even sides.
    pub fn forward(&self, weights: &Prepared, input: &Map, scratch: &mut Scratch) -> (Map, Winners) {
        let (time, frequency) = (input.time, input.frequency);
        let shrink = if self.pools { 2 } else { 1 };
        let mut output = Map::zeros(time / shrink, frequency / shrink, self.outputs);
        let mut winners = Vec::new();
        let step = Self::rows_a_product(frequency);
        for first in (0..time).step_by(step) {
            let rows = step.min(time - first);
            let positions = rows * frequency;
            input.neighbourhoods(first, rows, &mut scratch.columns);
            scratch.rows.resize(positions * self.outputs, 0.0);
            multiply(
                &mut scratch.rows,
                Mat::new(&scratch.columns, positions, 9 * self.inputs),
                Mat::new(&weights.forward, 9 * self.inputs, self.outputs),
                false,
            );
            let row_length = frequency * self.outputs;
            if self.pools {
                for pair in 0..rows / 2 {
                    let (upper, lower) = scratch.rows[2 * pair * row_length..].split_at(row_length);
                    pool(upper, lower, &weights.bias, output.row_mut(first / 2 + pair), &mut winners);
                }
            } else {
                for (r, row) in scratch.rows.chunks_exact(row_length).enumerate() {
                    let positions = output.row_mut(first + r).chunks_exact_mut(self.outputs);
                    for (out, x) in positions.zip(row.chunks_exact(self.outputs)) {
                        for ((o, x), b) in out.iter_mut().zip(x).zip(&weights.bias) {
                            *o = (x + b).max(0.0);
                        }
                    }
                }
            }
        }
        (output, winners)
    }

    /// Adds this layer's gradients to `gradient` (those of the effective weights) and returns
    /// the gradient of the input, `[time * frequency * inputs]`, where `wants_input`.
    ///
    /// `upstream` is the gradient of `output`, `[output.time * output.frequency * outputs]`.
    #[expect(
        clippy::too_many_arguments,
        reason = "what a convolution's way back needs, each of its own kind"
    )]
    pub fn backward(
        &self,
        weights: &Prepared,
        input: &Map,
        output: &Map,
        winners: &[u8],
        upstream: &[f32],
        gradient: &mut [f32],
        wants_input: bool,
        scratch: &mut Scratch,
    ) -> Vec<f32> {
        let (time, frequency) = (input.time, input.frequency);
        let mut before = Map::zeros(time, frequency, self.outputs);
        let step = Self::rows_a_product(frequency);
        let row_length = frequency * self.outputs;
        for first in (0..time).step_by(step) {
            let rows = step.min(time - first);
            scratch.rows.clear();
            scratch.rows.resize(rows * row_length, 0.0);
            if self.pools {
                let pooled = row_length / 2;
                for pair in 0..rows / 2 {
                    let at = (first / 2 + pair) * pooled;
                    let (upper, lower) = scratch.rows[2 * pair * row_length..].split_at_mut(row_length);
                    unpool(&upstream[at..at + pooled], &winners[at..at + pooled], self.outputs, upper, lower);
                }
            } else {
                for r in 0..rows {
                    let d = &upstream[(first + r) * row_length..][..row_length];
                    let out = &mut scratch.rows[r * row_length..][..row_length];
                    for ((o, d), y) in out.iter_mut().zip(d).zip(output.row(first + r)) {
                        *o = if *y > 0.0 { *d } else { 0.0 };
                    }
                }
            }
            for row in scratch.rows.chunks_exact(self.outputs) {
                for (g, d) in gradient[self.bias.clone()].iter_mut().zip(row) {
                    *g += d;
                }
            }
            input.neighbourhoods(first, rows, &mut scratch.columns);
            multiply(
                &mut gradient[self.weight.clone()],
                Mat::new(&scratch.columns, rows * frequency, 9 * self.inputs).t(),
                Mat::new(&scratch.rows, rows * frequency, self.outputs),
                true,
            );
            for (r, row) in scratch.rows.chunks_exact(row_length).enumerate() {
                before.row_mut(first + r).copy_from_slice(row);
            }
        }
        if !wants_input {
            return Vec::new();
        }
        let mut downstream = vec![0.0; time * frequency * self.inputs];
        for first in (0..time).step_by(step) {
            let rows = step.min(time - first);
            before.neighbourhoods(first, rows, &mut scratch.columns);
            multiply(
                &mut downstream[first * frequency * self.inputs..],
                Mat::new(&scratch.columns, rows * frequency, 9 * self.outputs),
                Mat::new(&weights.backward, 9 * self.outputs, self.inputs),
                false,
            );
        }
        downstream
    }
}

/// `to [columns, rows]` becomes the transpose of `from [rows, columns]`, in tiles that stay in the first cache.
fn transpose(from: &[f32], rows: usize, columns: usize, to: &mut [f32]) {
    const TILE: usize = 32;
    for row in (0..rows).step_by(TILE) {
        for column in (0..columns).step_by(TILE) {
            for r in row..(row + TILE).min(rows) {
                for c in column..(column + TILE).min(columns) {
                    to[c * rows + r] = from[r * columns + c];
                }
            }
        }
    }
}

/// Bias, ReLU and 2 x 2 max pooling of two rows `[frequency, channels]` into one of half the length.
fn pool(upper: &[f32], lower: &[f32], bias: &[f32], out: &mut [f32], winners: &mut Winners) {
    let channels = bias.len();
    let pairs = upper.chunks_exact(2 * channels).zip(lower.chunks_exact(2 * channels));
    for (out, (upper, lower)) in out.chunks_exact_mut(channels).zip(pairs) {
        let ((a, b), (c, d)) = (upper.split_at(channels), lower.split_at(channels));
        for i in 0..channels {
            let (mut best, mut winner) = (a[i], 0);
            for (value, index) in [(b[i], 1), (c[i], 2), (d[i], 3)] {
                if value > best {
                    (best, winner) = (value, index);
                }
            }
            best += bias[i];
            if best <= 0.0 {
                (best, winner) = (0.0, 4);
            }
            out[i] = best;
            winners.push(winner);
        }
    }
}

/// Sends each gradient back to where its pooled value came from.
fn unpool(upstream: &[f32], winners: &[u8], channels: usize, upper: &mut [f32], lower: &mut [f32]) {
    let positions = upstream.chunks_exact(channels).zip(winners.chunks_exact(channels));
    for (position, (d, w)) in positions.enumerate() {
        let start = 2 * position * channels;
        for i in 0..channels {
            match w[i] {
                0 => upper[start + i] = d[i],
                1 => upper[start + channels + i] = d[i],
                2 => lower[start + i] = d[i],
                3 => lower[start + channels + i] = d[i],
                _ => {}
            }
        }
    }
}
