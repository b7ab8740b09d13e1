//! The three products of a 3 x 3 convolution with a border of zeros: its output, its input's gradient (the same with turned
//! kernels) and its kernels' gradient. On tiles of 16-bit floats where the processor multiplies them, else by `gemm`.
//!
//! Every sum has one order, so that the number of threads changes no bit. Tiles and `gemm` differ by the rounding of bfloat16.

use super::gemm::{Mat, multiply};
use super::lanes;
use super::padded::{LEAD, Padded};
use super::tiles::{self, SIDE, STEP, Tiles};
use rayon::prelude::*;
use std::cell::RefCell;

/// Taps of a kernel.
const TAPS: usize = 9;

/// Kernels as the products want them.
#[derive(Clone, Debug)]
pub struct Kernels {
    inputs: usize,
    outputs: usize,
    /// `[3 * 3, inputs, outputs]`.
    plain: Vec<f32>,
    /// For each 32 outputs, tap and 32 inputs: two tiles. Empty without tiles.
    packed: Vec<u16>,
}

impl Kernels {
    /// `weights`: `[3, 3, inputs, outputs]`.
    #[must_use]
    pub fn new(weights: &[f32], inputs: usize, outputs: usize) -> Self {
        assert_eq!(weights.len(), TAPS * inputs * outputs, "3 x 3 x {inputs} x {outputs} weights");
        let mut packed = Vec::new();
        if fitting(inputs, outputs).is_some() {
            packed.resize(weights.len(), 0);
            let blocks = packed.par_chunks_exact_mut(TAPS * inputs * SIDE).enumerate();
            blocks.for_each(|(block, to)| {
                let rows = weights.chunks_exact(SIDE * outputs);
                for (rows, to) in rows.zip(to.chunks_exact_mut(STEP)) {
                    tiles::pack_rows(&rows[block * SIDE..], outputs, to);
                }
            });
        }
        Self { inputs, outputs, plain: weights.to_vec(), packed }
    }

    /// The kernels that lead a gradient of the output back to the input: turned by 180 degrees, inputs and outputs exchanged.
    #[must_use]
    pub fn turned(weights: &[f32], inputs: usize, outputs: usize) -> Self {
        let mut turned = vec![0.0; weights.len()];
        let taps = turned.par_chunks_exact_mut(inputs * outputs).enumerate();
        taps.for_each(|(tap, to)| {
            let from = &weights[(TAPS - 1 - tap) * inputs * outputs..][..inputs * outputs];
            for (i, row) in from.chunks_exact(outputs).enumerate() {
                row.iter().enumerate().for_each(|(o, w)| to[o * inputs + i] = *w);
            }
        });
        Self::new(&turned, outputs, inputs)
    }

    /// `[time, frequency, outputs]`, without a border.
    #[must_use]
    pub fn convolve(&self, input: &Padded) -> Vec<f32> {
        assert_eq!(input.channels, self.inputs, "channels of the input");
        let mut out = vec![0.0; input.time * input.frequency * self.outputs];
        match fitting(self.inputs, self.outputs) {
            _ if self.inputs < 8 => self.directly(input, &mut out),
            Some(tiles) => self.on_tiles(tiles, input, &mut out),
            None => self.by_gemm(input, &mut out),
        }
        out
    }

    /// With one input channel a product has too few terms for either of the others.
    fn directly(&self, input: &Padded, out: &mut [f32]) {
        lanes::widest(
            #[inline(always)]
            || {
                for (at, out) in out.chunks_exact_mut(self.outputs).enumerate() {
                    let p = at / input.frequency * input.width() + at % input.frequency + 1 + input.width();
                    for (tap, weights) in self.plain.chunks_exact(self.inputs * self.outputs).enumerate() {
                        let x = neighbour(input, p, tap);
                        for (x, row) in x[..self.inputs].iter().zip(weights.chunks_exact(self.outputs)) {
                            lanes::add(out, row, *x);
                        }
                    }
                }
            },
        );
    }

    fn by_gemm(&self, input: &Padded, out: &mut [f32]) {
        let positions = input.positions();
        let mut flat = vec![0.0; positions * self.outputs];
        for (tap, weights) in self.plain.chunks_exact(self.inputs * self.outputs).enumerate() {
            let x = Mat::new(neighbour(input, input.width(), tap), positions, self.inputs);
            multiply(&mut flat, x, Mat::new(weights, self.inputs, self.outputs), true);
        }
        let row = input.frequency * self.outputs;
        for (to, from) in out.chunks_exact_mut(row).zip(flat.chunks_exact(input.width() * self.outputs)) {
            to.copy_from_slice(&from[self.outputs..][..row]);
        }
    }

    fn on_tiles(&self, tiles: Tiles, input: &Padded, out: &mut [f32]) {
        let (width, frequency) = (input.width(), input.frequency);
        let steps: Vec<isize> = (0..TAPS)
            .flat_map(|tap| (0..self.inputs).step_by(SIDE).map(move |first| (tap, first)))
            .map(|(tap, first)| offset(tap, width) * self.inputs as isize + first as isize)
            .collect();
        thread_local!(static ROUNDED: RefCell<Vec<u16>> = const { RefCell::new(Vec::new()) });
        ROUNDED.with_borrow_mut(|rounded| {
            tiles::round_all(input.data(), rounded);
            let mut sums = [0.0; SIDE * SIDE];
            for (block, packed) in self.packed.chunks_exact(steps.len() * STEP).enumerate() {
                for first in (0..input.positions()).step_by(SIDE) {
                    sums.fill(0.0);
                    let start = (LEAD + width + first) * self.inputs;
                    tiles.multiply(rounded, start, self.inputs, &steps, packed, &mut sums, SIDE);
                    for (p, sums) in (first..input.positions()).zip(sums.chunks_exact(SIDE)) {
                        let (t, f) = (p / width, p % width);
                        if (1..=frequency).contains(&f) {
                            let at = (t * frequency + f - 1) * self.outputs + block * SIDE;
                            out[at..at + SIDE].copy_from_slice(sums);
                        }
                    }
                }
            }
        });
    }
}

/// Adds to `gradient` `[3, 3, inputs, outputs]` what kernels that turned each of `inputs` into an output get from that output's
/// gradient. A clip's input and its output's gradient have the same sides.
pub fn kernels_gradient(inputs: &[Padded], upstream: &[Padded], gradient: &mut [f32]) {
    let (Some(x), Some(d)) = (inputs.first(), upstream.first()) else { return };
    let (from, to) = (x.channels, d.channels);
    assert_eq!(gradient.len(), TAPS * from * to, "3 x 3 x {from} x {to} weights");
    match fitting(from, to) {
        _ if from < 8 => {
            let parts: Vec<Vec<f32>> =
                inputs.par_iter().zip(upstream).map(|(x, d)| gradient_directly(x, d)).collect();
            for part in parts {
                gradient.iter_mut().zip(part).for_each(|(g, p)| *g += p);
            }
        }
        Some(_) => gradient_on_tiles(inputs, upstream, gradient),
        None => gradient.par_chunks_exact_mut(from * to).enumerate().for_each(|(tap, gradient)| {
            for (x, d) in inputs.iter().zip(upstream) {
                let (width, positions) = (x.width(), x.positions());
                let x = Mat::new(neighbour(x, width, tap), positions, from).t();
                multiply(gradient, x, Mat::new(neighbour(d, width, 4), positions, to), true);
            }
        }),
    }
}

fn gradient_directly(x: &Padded, d: &Padded) -> Vec<f32> {
    let (from, to) = (x.channels, d.channels);
    let mut gradient = vec![0.0; TAPS * from * to];
    lanes::widest(
        #[inline(always)]
        || {
            for t in 0..x.time {
                for f in 0..x.frequency {
                    let p = (t + 1) * x.width() + f + 1;
                    let d = d.at(t, f);
                    for (tap, gradient) in gradient.chunks_exact_mut(from * to).enumerate() {
                        let x = neighbour(x, p, tap);
                        for (x, row) in x[..from].iter().zip(gradient.chunks_exact_mut(to)) {
                            lanes::add(row, d, *x);
                        }
                    }
                }
            }
        },
    );
    gradient
}

/// One clip's input and upstream gradient as tiles: the former turned, so that a row is a channel.
struct Turned {
    /// `[channels, row]`.
    x: Vec<u16>,
    row: usize,
    /// For each 32 channels and 32 positions: two tiles.
    d: Vec<u16>,
    width: usize,
    steps: usize,
}

impl Turned {
    fn new(x: &Padded, d: &Padded) -> Self {
        let (from, to, width) = (x.channels, d.channels, x.width());
        let row = x.data().len() / from;
        let (mut rounded, mut turned) = (Vec::new(), vec![0u16; x.data().len()]);
        tiles::round_all(x.data(), &mut rounded);
        // In squares, so that what is read and written stays in the first cache.
        for first in (0..row).step_by(SIDE) {
            for channel in 0..from {
                let out = &mut turned[channel * row..][first..(first + SIDE).min(row)];
                for (n, o) in out.iter_mut().enumerate() {
                    *o = rounded[(first + n) * from + channel];
                }
            }
        }
        let steps = x.positions().div_ceil(SIDE);
        let mut packed = vec![0u16; to / SIDE * steps * STEP];
        // Up to the last position: beyond it nothing may count.
        let rows = &neighbour(d, width, 4)[..x.positions() * to];
        for (block, packed) in packed.chunks_exact_mut(steps * STEP).enumerate() {
            for (step, packed) in packed.chunks_exact_mut(STEP).enumerate() {
                tiles::pack_rows(&rows[step * SIDE * to + block * SIDE..], to, packed);
            }
        }
        Self { x: turned, row, d: packed, width, steps }
    }
}

fn gradient_on_tiles(inputs: &[Padded], upstream: &[Padded], gradient: &mut [f32]) {
    let (from, to) = (inputs[0].channels, upstream[0].channels);
    let clips: Vec<Turned> = inputs.par_iter().zip(upstream).map(|(x, d)| Turned::new(x, d)).collect();
    let most = clips.iter().map(|c| c.steps).max().unwrap_or(0);
    let steps: Vec<isize> = (0..most).map(|k| (k * SIDE) as isize).collect();
    // 32 inputs of a tap are rows in a row of the gradient, so each belongs to one thread.
    gradient.par_chunks_exact_mut(SIDE * to).enumerate().for_each(|(chunk, gradient)| {
        let Some(tiles) = Tiles::here() else { return };
        let (tap, first) = (chunk / (from / SIDE), chunk % (from / SIDE) * SIDE);
        for clip in &clips {
            let start = first * clip.row + (LEAD + clip.width).wrapping_add_signed(offset(tap, clip.width));
            for (block, d) in clip.d.chunks_exact(clip.steps * STEP).enumerate() {
                let sums = &mut gradient[block * SIDE..];
                tiles.multiply(&clip.x, start, clip.row, &steps[..clip.steps], d, sums, to);
            }
        }
    });
}

/// Tiles for layers of so many channels: whole ones, on a processor that has them.
fn fitting(inputs: usize, outputs: usize) -> Option<Tiles> {
    if inputs.is_multiple_of(SIDE) && outputs.is_multiple_of(SIDE) { Tiles::here() } else { None }
}

/// Positions from one to its neighbour of this tap.
fn offset(tap: usize, width: usize) -> isize {
    (tap / 3 * width + tap % 3) as isize - width as isize - 1
}

/// Values from the neighbour of position `p` (in the padded map) on.
fn neighbour(map: &Padded, p: usize, tap: usize) -> &[f32] {
    &map.data()[(LEAD + p).wrapping_add_signed(offset(tap, map.width())) * map.channels..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::params::normal;
    use fastrand::Rng;

    fn map(time: usize, frequency: usize, channels: usize, rng: &mut Rng) -> Padded {
        let mut map = Padded::zeros(time, frequency, channels);
        for t in 0..time {
            map.row_mut(t).iter_mut().for_each(|x| *x = normal(rng));
        }
        map
    }

    fn get(map: &Padded, t: isize, f: isize, c: usize) -> f32 {
        let inside = (0..map.time as isize).contains(&t) && (0..map.frequency as isize).contains(&f);
        if inside { map.at(t as usize, f as usize)[c] } else { 0.0 }
    }

    /// The products against their definitions, on each of the three ways. bfloat16 keeps 8 bits: of 9 x 32 terms of unit
    /// variance each factor is off by 2^-9 at most, which makes 0.05 in a sum; four times that is never seen.
    #[test]
    fn products_are_what_their_definitions_say() {
        let mut rng = Rng::with_seed(3);
        for (from, to, bound) in [(1, 6, 1e-4), (9, 10, 1e-3), (32, 64, 0.2), (64, 32, 0.3)] {
            let (time, frequency) = (5, 8);
            let x = [map(time, frequency, from, &mut rng), map(time, frequency, from, &mut rng)];
            let d = [map(time, frequency, to, &mut rng), map(time, frequency, to, &mut rng)];
            let weights: Vec<f32> = (0..9 * from * to).map(|_| normal(&mut rng)).collect();
            let out = Kernels::new(&weights, from, to).convolve(&x[0]);
            let back = Kernels::turned(&weights, from, to).convolve(&d[0]);
            let mut gradient = vec![0.5; weights.len()];
            kernels_gradient(&x, &d, &mut gradient);
            let weight = |tap: usize, i: usize, o: usize| weights[(tap * from + i) * to + o];
            for _ in 0..300 {
                let (t, f) = (rng.usize(..time) as isize, rng.usize(..frequency) as isize);
                let (i, o, tap) = (rng.usize(..from), rng.usize(..to), rng.usize(..9));
                let moved = |tap: usize| ((tap / 3) as isize - 1, (tap % 3) as isize - 1);
                let at = (t as usize * frequency + f as usize) * to + o;
                let expected: f32 = (0..9)
                    .flat_map(|tap| (0..from).map(move |i| (tap, i)))
                    .map(|(tap, i)| weight(tap, i, o) * get(&x[0], t + moved(tap).0, f + moved(tap).1, i))
                    .sum();
                assert!((out[at] - expected).abs() < bound, "{from} {to}: {} {expected}", out[at]);
                let at = (t as usize * frequency + f as usize) * from + i;
                let expected: f32 = (0..9)
                    .flat_map(|tap| (0..to).map(move |o| (tap, o)))
                    .map(|(tap, o)| weight(tap, i, o) * get(&d[0], t - moved(tap).0, f - moved(tap).1, o))
                    .sum();
                assert!((back[at] - expected).abs() < bound, "{from} {to}: {} {expected}", back[at]);
                let mut expected = 0.5;
                for (x, d) in x.iter().zip(&d) {
                    for (t, f) in
                        (0..time).flat_map(|t| (0..frequency).map(move |f| (t as isize, f as isize)))
                    {
                        expected += get(x, t + moved(tap).0, f + moved(tap).1, i) * get(d, t, f, o);
                    }
                }
                let found = gradient[(tap * from + i) * to + o];
                assert!((found - expected).abs() < bound, "{from} {to}: {found} {expected}");
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let mut rng = Rng::with_seed(4);
        let x: Vec<Padded> = (0..5).map(|_| map(6, 8, 32, &mut rng)).collect();
        let d: Vec<Padded> = (0..5).map(|_| map(6, 8, 32, &mut rng)).collect();
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut gradient = vec![0.0; 9 * 32 * 32];
            pool.install(|| kernels_gradient(&x, &d, &mut gradient));
            gradient
        };
        assert_eq!(on(1), on(3));
    }
}
