//! The layers of VGGish, a column of 160 ms at a time (as live) and eight (as offline).
//!
//! Limit: 0.265 GFLOP a column; one multiply-add on two vectors a cycle is 64 FLOP a cycle with AVX-512, 32 with AVX2.

mod vggish;

use divan::{Bencher, counter::ItemsCount};
use rollcall_kernels::{Layer, Level, Shape};
use vggish::LAYERS;

fn main() {
    divan::main();
}

fn one(bencher: Bencher<'_, '_>, level: Level, index: usize, columns: usize) {
    let (inputs, outputs, bands, units, pool) = LAYERS[index];
    let shape = Shape { inputs, outputs, kernel: 3, pool, relu: true, border: 1 };
    let (weights, bias) = (vec![0.015625; 9 * inputs * outputs], vec![0.5; outputs]);
    let layer = Layer::new(shape, &weights, &bias, level);
    let step = if pool { 2 } else { 1 };
    let starts: Vec<usize> = (0..units * columns).map(|unit| unit * step).collect();
    let rows = starts.last().expect("some units") + layer.sees();
    let input: Vec<f32> = (0..rows * layer.input_row(bands)).map(|i| (i % 17) as f32 * 0.1).collect();
    let mut output = vec![0.0; starts.len() * layer.output_row(bands)];
    let flop = 18 * inputs * outputs * bands * starts.len() * step;
    bencher.counter(ItemsCount::new(flop)).bench_local(|| layer.run(bands, &input, &starts, &mut output));
}

#[divan::bench(args = 0..6, max_time = 0.3)]
fn live(bencher: Bencher<'_, '_>, layer: usize) {
    one(bencher, Level::best(), layer, 1);
}

#[divan::bench(args = 0..6, max_time = 0.3)]
fn offline(bencher: Bencher<'_, '_>, layer: usize) {
    one(bencher, Level::best(), layer, 8);
}

/// What AVX2 gives.
#[divan::bench(args = 0..6, max_time = 0.3)]
fn live_one_level_lower(bencher: Bencher<'_, '_>, layer: usize) {
    let lower = Level::all().into_iter().find(|level| format!("{level:?}") == "AVX2");
    one(bencher, lower.unwrap_or(Level::PORTABLE), layer, 1);
}

/// Without any instructions beyond the target's own.
#[divan::bench(args = 0..6, max_time = 0.3)]
fn live_portable(bencher: Bencher<'_, '_>, layer: usize) {
    one(bencher, Level::PORTABLE, layer, 1);
}
