//! Convolution, batch normalisation, ReLU and 2 x 2 max pooling over a batch of clips, forward and backward.
//!
//! The normalisation (Ioffe and Szegedy 2015) is over clips, time and frequency, and exists in training only: [`Block::folded`]
//! gives the plain convolution that does the same with the running statistics.

use super::convolve::{Kernels, kernels_gradient};
use super::lanes;
use super::padded::Padded;
use super::params::{Init, Layout};
use rayon::prelude::*;
use std::ops::Range;

/// Added to the variance (PyTorch's default).
const EPSILON: f32 = 1e-5;

/// Where a block's parameters lie, and what it does. The running statistics lie among them, so that checkpoints hold them; no
/// gradient reaches them.
#[derive(Clone, Debug)]
pub struct Block {
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// Whether 2 x 2 max pooling follows.
    pub pools: bool,
    /// `[3, 3, inputs, outputs]`.
    pub weight: Range<usize>,
    /// Scale of the normalisation, `[outputs]`.
    pub scale: Range<usize>,
    /// Shift of the normalisation, `[outputs]`.
    pub shift: Range<usize>,
    /// Running mean, `[outputs]`.
    pub mean: Range<usize>,
    /// Running variance, `[outputs]`.
    pub variance: Range<usize>,
}

/// Mean and variance of each channel over a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// `[outputs]`.
    pub mean: Vec<f32>,
    /// `[outputs]`.
    pub variance: Vec<f32>,
}

/// What the way back needs.
pub struct Trace {
    /// Of each clip, before the normalisation: `[time, frequency, outputs]`.
    convolved: Vec<Vec<f32>>,
    /// What the batch was normalised by.
    pub statistics: Statistics,
}

/// How a channel goes from the convolution to ReLU: `x * scale + shift`.
struct Affine {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Block {
    /// Adds the parameters to `layout`.
    pub fn new(layout: &mut Layout, name: &str, inputs: usize, outputs: usize, pools: bool) -> Self {
        let init = Init::He { fan_in: 9 * inputs };
        let weight = layout.add(&format!("{name}.weight"), &[3, 3, inputs, outputs], init);
        let mut add =
            |part: &str, start| layout.add(&format!("{name}.norm.{part}"), &[outputs], Init::Constant(start));
        Self {
            inputs,
            outputs,
            pools,
            weight,
            scale: add("weight", 1.0),
            shift: add("bias", 0.0),
            mean: add("running_mean", 0.0),
            variance: add("running_var", 1.0),
        }
    }

    /// Runs a batch. `by`: normalises by these statistics rather than by the batch's own. A pooling block's maps must have
    /// even sides.
    pub fn forward(&self, values: &[f32], maps: &[Padded], by: Option<&Statistics>) -> (Vec<Padded>, Trace) {
        let kernels = Kernels::new(&values[self.weight.clone()], self.inputs, self.outputs);
        let convolved: Vec<Vec<f32>> = maps.par_iter().map(|map| kernels.convolve(map)).collect();
        let statistics = by.cloned().unwrap_or_else(|| self.measure(&convolved));
        let affine = self.affine(values, &statistics);
        let out = maps.par_iter().zip(&convolved);
        let out = out.map(|(map, convolved)| self.activate(map, convolved, &affine)).collect();
        (out, Trace { convolved, statistics })
    }

    /// The running statistics.
    #[must_use]
    pub fn running(&self, values: &[f32]) -> Statistics {
        Statistics {
            mean: values[self.mean.clone()].to_vec(),
            variance: values[self.variance.clone()].to_vec(),
        }
    }

    /// Takes a batch's statistics into the running ones, by this share.
    pub fn run_on(&self, values: &mut [f32], batch: &Statistics, share: f32) {
        for (range, new) in [(&self.mean, &batch.mean), (&self.variance, &batch.variance)] {
            values[range.clone()].iter_mut().zip(new).for_each(|(old, new)| *old += share * (new - *old));
        }
    }

    /// Weights `[3, 3, inputs, outputs]` and bias of the plain convolution that does the same by the running statistics.
    #[must_use]
    pub fn folded(&self, values: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let Affine { scale, shift } = self.affine(values, &self.running(values));
        let rows = values[self.weight.clone()].chunks_exact(self.outputs);
        (rows.flat_map(|row| row.iter().zip(&scale).map(|(w, s)| w * s)).collect(), shift)
    }

    /// Adds to `gradient`; returns the gradient of each input, `[time, frequency, inputs]`, unless this block is the first.
    ///
    /// `upstream`: of each clip, the gradient of the output, `[time, frequency, outputs]` after pooling.
    pub fn backward(
        &self,
        values: &[f32],
        maps: &[Padded],
        trace: &Trace,
        upstream: &[Vec<f32>],
        gradient: &mut [f32],
        first: bool,
    ) -> Vec<Vec<f32>> {
        let n = self.outputs;
        let affine = self.affine(values, &trace.statistics);
        let inverse = inverse(&trace.statistics);
        let clips = maps.par_iter().zip(&trace.convolved).zip(upstream);
        // Sums of the gradient and of its product with the normalised value, a channel.
        let sums: Vec<(Vec<f32>, Vec<f32>)> = clips
            .map(|((map, convolved), d)| {
                let (mut sums, mut dots) = (vec![0.0f32; n], vec![0.0f32; n]);
                let (sum, dot) = (&mut sums[..n], &mut dots[..n]);
                self.back_to_normalised(map, convolved, d, &affine, |_, x, d| {
                    lanes::tally(sum, dot, d, x);
                });
                (sums, dots)
            })
            .collect();
        let (mut sum, mut dot) = (vec![0.0f32; self.outputs], vec![0.0f32; self.outputs]);
        for (s, d) in &sums {
            sum.iter_mut().zip(s).for_each(|(a, b)| *a += b);
            dot.iter_mut().zip(d).for_each(|(a, b)| *a += b);
        }
        let count: usize = trace.convolved.iter().map(|c| c.len() / self.outputs).sum();
        // `dot` was of the raw values: shift and scale make it that of the normalised ones.
        for c in 0..self.outputs {
            dot[c] = (dot[c] - trace.statistics.mean[c] * sum[c]) * inverse[c];
        }
        gradient[self.scale.clone()].iter_mut().zip(&dot).for_each(|(g, d)| *g += d);
        gradient[self.shift.clone()].iter_mut().zip(&sum).for_each(|(g, d)| *g += d);
        // x -> scale (d - mean(d) - unit mean(d unit)), as a line in the raw value: d scale + offset + slope x.
        let line: Vec<(f32, f32)> = (0..self.outputs)
            .map(|c| {
                let slope = -affine.scale[c] * dot[c] / count as f32 * inverse[c];
                let offset = -affine.scale[c] * sum[c] / count as f32 - slope * trace.statistics.mean[c];
                (offset, slope)
            })
            .collect();
        let (offset, slope): (Vec<f32>, Vec<f32>) = line.into_iter().unzip();
        let clips = maps.par_iter().zip(&trace.convolved).zip(upstream);
        let before: Vec<Padded> = clips
            .map(|((map, convolved), d)| {
                let mut before = Padded::zeros(map.time, map.frequency, self.outputs);
                let row = map.frequency * self.outputs;
                lanes::widest(
                    #[inline(always)]
                    || {
                        let (offset, slope) = (&offset[..n], &slope[..n]);
                        for (t, x) in convolved.chunks_exact(row).enumerate() {
                            let positions = before.row_mut(t).chunks_exact_mut(n);
                            for (out, x) in positions.zip(x.chunks_exact(n)) {
                                lanes::line(out, x, offset, slope);
                            }
                        }
                    },
                );
                self.back_to_normalised(map, convolved, d, &affine, |(t, f), _, d| {
                    lanes::add_scaled(before.at_mut(t, f), d, &affine.scale);
                });
                before
            })
            .collect();
        kernels_gradient(maps, &before, &mut gradient[self.weight.clone()]);
        if first {
            return Vec::new();
        }
        let turned = Kernels::turned(&values[self.weight.clone()], self.inputs, self.outputs);
        before.par_iter().map(|d| turned.convolve(d)).collect()
    }

    fn measure(&self, convolved: &[Vec<f32>]) -> Statistics {
        // The first position's values stand in for the mean, so that little is lost in the difference of the squares.
        let n = self.outputs;
        let about = &convolved[0][..n];
        let sums: Vec<(Vec<f32>, Vec<f32>)> = convolved
            .par_iter()
            .map(|clip| {
                let (mut sums, mut all_squares) = (vec![0.0f32; n], vec![0.0f32; n]);
                lanes::widest(
                    #[inline(always)]
                    || {
                        let (sum, squares) = (&mut sums[..n], &mut all_squares[..n]);
                        for x in clip.chunks_exact(n) {
                            lanes::gather(sum, squares, x, about);
                        }
                    },
                );
                (sums, all_squares)
            })
            .collect();
        let count = convolved.iter().map(|c| c.len() / self.outputs).sum::<usize>() as f64;
        let channel = |c: usize| {
            let mean = sums.iter().map(|(sum, _)| f64::from(sum[c])).sum::<f64>() / count;
            let squares = sums.iter().map(|(_, squares)| f64::from(squares[c])).sum::<f64>() / count;
            ((mean + f64::from(about[c])) as f32, (squares - mean * mean).max(0.0) as f32)
        };
        let (mean, variance) = (0..self.outputs).map(channel).unzip();
        Statistics { mean, variance }
    }

    fn affine(&self, values: &[f32], by: &Statistics) -> Affine {
        let scale: Vec<f32> =
            values[self.scale.clone()].iter().zip(inverse(by)).map(|(s, inverse)| s * inverse).collect();
        let shift = values[self.shift.clone()].iter().zip(&scale).zip(&by.mean);
        Affine { shift: shift.map(|((b, s), mean)| b - s * mean).collect(), scale }
    }

    fn activate(&self, map: &Padded, convolved: &[f32], affine: &Affine) -> Padded {
        let shrink = if self.pools { 2 } else { 1 };
        let mut out = Padded::zeros(map.time / shrink, map.frequency / shrink, self.outputs);
        let n = self.outputs;
        let row = map.frequency * n;
        lanes::widest(
            #[inline(always)]
            || {
                let (scale, shift) = (&affine.scale[..n], &affine.shift[..n]);
                for t in 0..out.time {
                    for f in 0..out.frequency {
                        let to = &mut out.at_mut(t, f)[..n];
                        for (i, j) in corners(shrink) {
                            let x = &convolved[(t * shrink + i) * row + (f * shrink + j) * n..][..n];
                            lanes::greatest(to, x, scale, shift);
                        }
                    }
                }
            },
        );
        out
    }

    /// Calls `each` with every position of the convolution's output that a gradient reaches, its raw values, and the gradient
    /// after the normalisation: back through pooling, to the greatest of four (the first of equals), and ReLU.
    fn back_to_normalised(
        &self,
        map: &Padded,
        convolved: &[f32],
        upstream: &[f32],
        affine: &Affine,
        mut each: impl FnMut((usize, usize), &[f32], &[f32]),
    ) {
        let shrink = if self.pools { 2 } else { 1 };
        let n = self.outputs;
        let (row, frequency) = (map.frequency * n, map.frequency / shrink);
        let (mut bests, mut gradients) = (vec![0.0f32; n], vec![0.0f32; n]);
        lanes::widest(
            #[inline(always)]
            || {
                let (scale, shift) = (&affine.scale[..n], &affine.shift[..n]);
                let (best, d) = (&mut bests[..n], &mut gradients[..n]);
                for (at, upstream) in upstream.chunks_exact(n).enumerate() {
                    let (t, f) = (at / frequency * shrink, at % frequency * shrink);
                    let raw = |(i, j): (usize, usize)| &convolved[(t + i) * row + (f + j) * n..][..n];
                    best.fill(0.0);
                    for corner in corners(shrink) {
                        let x = raw(corner);
                        lanes::greatest(best, x, scale, shift);
                    }
                    for corner in corners(shrink) {
                        let x = raw(corner);
                        lanes::winners(d, best, (x, scale, shift), upstream);
                        each((t + corner.0, f + corner.1), x, d);
                    }
                }
            },
        );
    }
}

fn inverse(statistics: &Statistics) -> Vec<f32> {
    statistics.variance.iter().map(|v| 1.0 / (v + EPSILON).sqrt()).collect()
}

fn corners(shrink: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..shrink * shrink).map(move |n| (n / shrink, n % shrink))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::params::normal;
    use fastrand::Rng;

    fn maps(time: usize, frequency: usize, channels: usize, rng: &mut Rng) -> Vec<Padded> {
        let mut one = || {
            let mut map = Padded::zeros(time, frequency, channels);
            (0..time).for_each(|t| map.row_mut(t).iter_mut().for_each(|x| *x = normal(rng)));
            map
        };
        vec![one(), one()]
    }

    /// Against central differences of a loss that weighs every output by chance. A step that crosses a kink of ReLU or
    /// pooling spoils single differences: hence a tenth of the norm over those that were looked at.
    #[test]
    fn gradients_agree_with_central_differences() {
        for pools in [false, true] {
            let mut layout = Layout::default();
            let block = Block::new(&mut layout, "block", 3, 4, pools);
            let mut values = layout.initialise(1);
            let mut rng = Rng::with_seed(2);
            values[block.scale.clone()].copy_from_slice(&[1.2, -0.7, 0.5, 1.0]);
            values[block.shift.clone()].copy_from_slice(&[0.1, 0.2, -0.1, 0.3]);
            let mut x = maps(6, 4, 3, &mut rng);
            let shrink = if pools { 2 } else { 1 };
            let weights: Vec<Vec<f32>> =
                (0..2).map(|_| (0..24 * 4 / shrink / shrink).map(|_| normal(&mut rng)).collect()).collect();
            let loss = |values: &[f32], x: &[Padded]| -> f64 {
                let (out, _) = block.forward(values, x, None);
                let clip = |(map, w): (&Padded, &Vec<f32>)| -> f64 {
                    let all = (0..map.time).flat_map(|t| map.row(t).to_vec());
                    all.zip(w).map(|(x, w)| f64::from(x * w)).sum()
                };
                out.iter().zip(&weights).map(clip).sum()
            };
            let (_, trace) = block.forward(&values, &x, None);
            let mut gradient = vec![0.0; values.len()];
            let d = block.backward(&values, &x, &trace, &weights, &mut gradient, false);
            let step = 1e-3;
            for range in [&block.weight, &block.scale, &block.shift] {
                let (mut error, mut size) = (0.0, 0.0);
                for i in range.clone() {
                    let kept = values[i];
                    values[i] = kept + step;
                    let above = loss(&values, &x);
                    values[i] = kept - step;
                    let numeric = (above - loss(&values, &x)) / f64::from(2.0 * step);
                    values[i] = kept;
                    error += (numeric - f64::from(gradient[i])).powi(2);
                    size += numeric.powi(2);
                }
                assert!(error.sqrt() < 0.1 * size.sqrt(), "{range:?}: {} of {}", error.sqrt(), size.sqrt());
            }
            let (mut error, mut size) = (0.0, 0.0);
            for (i, found) in d[1].iter().enumerate() {
                let (t, rest) = (i / 12, i % 12);
                let kept = x[1].row(t)[rest];
                x[1].row_mut(t)[rest] = kept + step;
                let above = loss(&values, &x);
                x[1].row_mut(t)[rest] = kept - step;
                let numeric = (above - loss(&values, &x)) / f64::from(2.0 * step);
                x[1].row_mut(t)[rest] = kept;
                error += (numeric - f64::from(*found)).powi(2);
                size += numeric.powi(2);
            }
            assert!(error.sqrt() < 0.1 * size.sqrt(), "input: {} of {}", error.sqrt(), size.sqrt());
        }
    }

    #[test]
    fn the_folded_convolution_does_the_same() {
        let mut layout = Layout::default();
        let block = Block::new(&mut layout, "block", 3, 5, true);
        let mut values = layout.initialise(5);
        let mut rng = Rng::with_seed(6);
        let x = maps(4, 6, 3, &mut rng);
        let (_, trace) = block.forward(&values, &x, None);
        block.run_on(&mut values, &trace.statistics, 1.0);
        values[block.shift.clone()].copy_from_slice(&[0.3, -0.2, 0.1, 0.0, 0.4]);
        let (expected, _) = block.forward(&values, &x, Some(&block.running(&values)));
        let (weights, bias) = block.folded(&values);
        let plain = Kernels::new(&weights, 3, 5).convolve(&x[0]);
        for t in 0..2 {
            for (f, found) in expected[0].row(t).chunks_exact(5).enumerate() {
                for c in 0..5 {
                    let at = |i: usize, j: usize| plain[((2 * t + i) * 6 + 2 * f + j) * 5 + c] + bias[c];
                    let greatest = at(0, 0).max(at(0, 1)).max(at(1, 0)).max(at(1, 1)).max(0.0);
                    assert!((found[c] - greatest).abs() < 1e-4, "{} {greatest}", found[c]);
                }
            }
        }
    }
}
