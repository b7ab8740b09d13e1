//! All layers in their order, each on what the quantised ones before it give.

use super::layer::{Affine, Quantised};
use super::ranges::{Activation, Histogram, Ranges};
use crate::base::threads::{parallel, parallel_with};
use crate::mix::length::SKIP_COLUMNS;
use crate::nn::conv::{Map, Prepared, Scratch};
use crate::nn::dense::relu;
use crate::nn::stack::{Flatten, picture};
use crate::nn::vggish::Vggish;
use anyhow::{Result, ensure};

/// What is heard while a network is calibrated: spectrograms, each `[hops, 64]`, hops a multiple of 16.
pub type Heard<'a> = [&'a [f32]];

/// A network of bytes.
#[derive(Clone, Debug)]
pub struct Calibrated {
    /// What the spectrogram's bytes stand for.
    pub log_mel: Activation,
    /// The convolutions, `[3 * 3 * inputs][outputs]`.
    pub convolutions: Vec<Quantised>,
    /// The dense layers behind the mean over a window, `[inputs][outputs]`.
    pub dense: Vec<Quantised>,
    /// For each layer, the mean and the embedding: name and ratio of the floats' power to that of the error, in decibels.
    pub told: Vec<(String, f64)>,
}

impl Calibrated {
    /// All layers, in the order that they run in.
    pub fn layers(&self) -> impl Iterator<Item = &Quantised> {
        self.convolutions.iter().chain(&self.dense)
    }

    /// What the bytes of the convolutions' columns stand for.
    ///
    /// # Panics
    /// A network without convolutions, which there is not.
    #[must_use]
    pub fn columns(&self) -> Activation {
        self.convolutions.last().expect("there are six convolutions").output
    }

    /// `values` with the biases of the bytes.
    #[must_use]
    pub fn corrected(&self, net: &Vggish, values: &[f32]) -> Vec<f32> {
        self.in_place(net, values, |_, weights| weights.to_vec())
    }

    /// `values` with the weights and biases of the bytes.
    #[must_use]
    pub fn values(&self, net: &Vggish, values: &[f32]) -> Vec<f32> {
        self.in_place(net, values, |layer, _| layer.weights())
    }

    fn in_place(
        &self,
        net: &Vggish,
        values: &[f32],
        weights: impl Fn(&Quantised, &[f32]) -> Vec<f32>,
    ) -> Vec<f32> {
        let mut all = values.to_vec();
        for (conv, layer) in net.stack.convs.iter().zip(&self.convolutions) {
            let prepared = conv.prepare(values);
            conv.restore(&mut all, &weights(layer, &prepared.forward), &layer.bias());
        }
        for (dense, layer) in net.top.dense.iter().zip(&self.dense) {
            let own = weights(layer, &values[dense.weight.clone()]);
            all[dense.weight.clone()].copy_from_slice(&own);
            all[dense.bias.clone()].copy_from_slice(&layer.bias());
        }
        all
    }

    /// The same ranges and scales round other weights and biases.
    ///
    /// # Errors
    /// A bias that 32 bits do not hold.
    pub fn with(&self, net: &Vggish, values: &[f32]) -> Result<Self> {
        let mut changed = self.clone();
        for (conv, layer) in net.stack.convs.iter().zip(&mut changed.convolutions) {
            let prepared = conv.prepare(values);
            layer.take(Affine { weights: &prepared.forward, bias: &prepared.bias })?;
        }
        for (dense, layer) in net.top.dense.iter().zip(&mut changed.dense) {
            layer
                .take(Affine { weights: &values[dense.weight.clone()], bias: &values[dense.bias.clone()] })?;
        }
        Ok(changed)
    }
}

/// Quantises the weights `values` of a network without standardised weights.
///
/// # Errors
/// Nothing is heard; a network whose windows are not averaged; a bias beyond 32 bits.
pub fn calibrate(net: &Vggish, values: &[f32], heard: &Heard<'_>, ranges: Ranges) -> Result<Calibrated> {
    ensure!(!heard.is_empty(), "there is nothing to calibrate by: make a pool with validation's stems");
    ensure!(
        net.shape.flatten == Flatten::MeanOverTime,
        "only networks that average a window's columns are quantised"
    );
    let mut floats: Vec<Map> = heard.iter().map(|log_mel| picture(log_mel, |x| x)).collect();
    // Silence is the least that a log-mel can be.
    let log_mel = histogram(&floats, 0.01_f32.ln()).choose(ranges);
    let mut bytes: Vec<Map> = floats.clone();
    round(&mut bytes, log_mel);
    let mut told = vec![("log-mel".to_owned(), decibels(&floats, &bytes))];
    let (mut input, mut convolutions) = (log_mel, Vec::new());
    for (index, conv) in net.stack.convs.iter().enumerate() {
        let prepared = conv.prepare(values);
        let layer = Affine { weights: &prepared.forward, bias: &prepared.bias };
        let mut quantised = Quantised::new(layer, input, [&neighbours(&floats), &neighbours(&bytes)])?;
        let mut rounded = values.to_vec();
        conv.restore(&mut rounded, &quantised.weights(), &quantised.bias());
        let rounded = conv.prepare(&rounded);
        let run = |maps: &[Map], weights: &Prepared| {
            parallel_with(maps.len(), |i, scratch: &mut Scratch| conv.forward(weights, &maps[i], scratch).0)
        };
        (floats, bytes) = (run(&floats, &prepared), run(&bytes, &rounded));
        quantised.output = histogram(&bytes, 0.0).choose(ranges);
        round(&mut bytes, quantised.output);
        told.push((format!("convolution {}", index + 1), decibels(&floats, &bytes)));
        input = quantised.output;
        convolutions.push(quantised);
    }
    let windows =
        |maps: &[Map]| parallel(maps.len(), |i| net.shape.flatten.windows(&maps[i], SKIP_COLUMNS)).concat();
    let dense = dense_layers(net, values, windows(&floats), windows(&bytes), ranges, &mut told)?;
    Ok(Calibrated { log_mel, convolutions, dense, told })
}

fn dense_layers(
    net: &Vggish,
    values: &[f32],
    mut floats: Vec<f32>,
    mut bytes: Vec<f32>,
    ranges: Ranges,
    told: &mut Vec<(String, f64)>,
) -> Result<Vec<Quantised>> {
    let chosen = |rows: &[f32]| {
        let mut histogram = Histogram::new(0.0, rows.iter().fold(0.0_f32, |m, x| m.max(*x)));
        histogram.add(rows.iter().copied());
        histogram.choose(ranges)
    };
    let mut input = chosen(&bytes);
    bytes.iter_mut().for_each(|x| *x = input.rounded(*x));
    told.push(("mean over a window".to_owned(), ratio([(&floats[..], &bytes[..])].into_iter())));
    let mut layers = Vec::new();
    for (index, dense) in net.top.dense.iter().enumerate() {
        let layer = Affine { weights: &values[dense.weight.clone()], bias: &values[dense.bias.clone()] };
        let means = [&floats, &bytes].map(|rows| columns_mean(rows, dense.inputs));
        let mut quantised = Quantised::new(layer, input, [&means[0], &means[1]])?;
        let mut rounded = values.to_vec();
        rounded[dense.weight.clone()].copy_from_slice(&quantised.weights());
        rounded[dense.bias.clone()].copy_from_slice(&quantised.bias());
        let run = |values: &[f32], rows: &[f32]| {
            let mut out = dense.forward(values, rows);
            relu(&mut out);
            out
        };
        (floats, bytes) = (run(values, &floats), run(&rounded, &bytes));
        quantised.output = chosen(&bytes);
        bytes.iter_mut().for_each(|x| *x = quantised.output.rounded(*x));
        told.push((format!("dense layer {}", index + 1), ratio([(&floats[..], &bytes[..])].into_iter())));
        input = quantised.output;
        layers.push(quantised);
    }
    Ok(layers)
}

fn rows(map: &Map) -> impl Iterator<Item = &[f32]> {
    (0..map.time).map(|t| map.row(t))
}

fn histogram(maps: &[Map], low: f32) -> Histogram {
    let greatest = |i: usize| rows(&maps[i]).flatten().fold(low, |m, x| m.max(*x));
    let high = parallel(maps.len(), greatest).into_iter().fold(low, f32::max);
    let mut all = Histogram::new(low, high);
    for one in parallel(maps.len(), |i| {
        let mut one = Histogram::new(low, high);
        one.add(rows(&maps[i]).flatten().copied());
        one
    }) {
        all.merge(&one);
    }
    all
}

fn round(maps: &mut [Map], activation: Activation) {
    for map in maps {
        for t in 0..map.time {
            map.row_mut(t).iter_mut().for_each(|x| *x = activation.rounded(*x));
        }
    }
}

/// Means of the 3 x 3 neighbours of all positions, `[3][3][channels]`, the border counted as the zeros that it is.
fn neighbours(maps: &[Map]) -> Vec<f64> {
    let (frequency, channels) = (maps[0].frequency, maps[0].channels);
    let sums = parallel(maps.len(), |i| {
        let map = &maps[i];
        let mut sums = vec![0.0; 9 * channels];
        for dt in 0..3 {
            // The neighbour in the row before never is the last row, nor that in the row after the first.
            let mut bands = vec![0.0; frequency * channels];
            for t in usize::from(dt == 2)..map.time - usize::from(dt == 0) {
                bands.iter_mut().zip(map.row(t)).for_each(|(sum, x)| *sum += f64::from(*x));
            }
            for df in 0..3 {
                let sums = &mut sums[(3 * dt + df) * channels..][..channels];
                for f in usize::from(df == 2)..frequency - usize::from(df == 0) {
                    sums.iter_mut().zip(&bands[f * channels..]).for_each(|(sum, x)| *sum += x);
                }
            }
        }
        sums
    });
    let positions: usize = maps.iter().map(|map| map.time * map.frequency).sum();
    let mean = |at: usize| sums.iter().map(|sums| sums[at]).sum::<f64>() / positions as f64;
    (0..9 * channels).map(mean).collect()
}

fn columns_mean(rows: &[f32], width: usize) -> Vec<f64> {
    let mut means = vec![0.0; width];
    let count = (rows.len() / width).max(1) as f64;
    for row in rows.chunks_exact(width) {
        means.iter_mut().zip(row).for_each(|(mean, x)| *mean += f64::from(*x) / count);
    }
    means
}

fn decibels(floats: &[Map], bytes: &[Map]) -> f64 {
    ratio(floats.iter().zip(bytes).flat_map(|(a, b)| rows(a).zip(rows(b))))
}

/// Power of the first over that of the difference, in decibels.
pub(super) fn ratio<'a>(rows: impl Iterator<Item = (&'a [f32], &'a [f32])>) -> f64 {
    let (mut power, mut error) = (0.0, 0.0);
    for (a, b) in rows {
        for (a, b) in a.iter().zip(b) {
            power += f64::from(*a).powi(2);
            error += f64::from(a - b).powi(2);
        }
    }
    10.0 * (power / error.max(f64::MIN_POSITIVE)).log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::params::normal;

    #[test]
    fn the_means_of_neighbours_are_those_written_out() {
        let mut rng = fastrand::Rng::with_seed(4);
        let (time, frequency, channels) = (5, 4, 3);
        let mut map = Map::zeros(time, frequency, channels);
        (0..time).for_each(|t| map.row_mut(t).iter_mut().for_each(|x| *x = normal(&mut rng)));
        let found = neighbours(&[map.clone(), map.clone()]);
        for (at, found) in found.iter().enumerate() {
            let (tap, channel) = (at / channels, at % channels);
            let mut sum = 0.0;
            for t in 0..time {
                for f in 0..frequency {
                    let (t, f) = (t + tap / 3, f + tap % 3);
                    if (1..=time).contains(&t) && (1..=frequency).contains(&f) {
                        sum += f64::from(map.row(t - 1)[(f - 1) * channels + channel]);
                    }
                }
            }
            assert!((found - sum / (time * frequency) as f64).abs() < 1e-6, "tap {tap}, channel {channel}");
        }
    }
}
