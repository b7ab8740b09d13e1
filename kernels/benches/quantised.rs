//! The layers of VGGish in bytes against those in floats and against the machine: the least of many turns, in which all take theirs.
//!
//! Columns of 160 ms, one at a time (as live) and eight (as offline). A share is that of the products of bytes that the level's own
//! instruction gives from registers alone, measured in the same turns.

mod vggish;

use half::f16;
use rollcall_kernels::{Layer, Level, QuantisedLayer, Requantise, Shape};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};
use vggish::LAYERS;

/// Turns that everything has.
const TURNS: usize = 12;

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("`cargo bench` runs this");
        return;
    }
    for columns in [1, 8] {
        for level in Level::all().into_iter().filter(|level| *level != Level::PORTABLE) {
            println!("{level:?}, columns at once: {columns}");
            println!(
                "| layer | bytes | floats | bytes over floats | share of the limit |\n| --- | --- | --- | --- | --- |"
            );
            let mut sums = [Duration::ZERO; 3];
            for (index, layer) in LAYERS.into_iter().enumerate() {
                let found = times(layer, columns, level);
                row(&format!("conv{}", index + 1), found, columns);
                sums.iter_mut().zip(found).for_each(|(sum, found)| *sum += found);
            }
            row("all", sums, columns);
        }
    }
}

fn row(name: &str, [bytes, floats, limit]: [Duration; 3], columns: usize) {
    let us = |time: Duration| time.as_secs_f64() * 1e6 / columns as f64;
    let share =
        if limit.is_zero() { String::new() } else { format!("{:.0} %", 100.0 * us(limit) / us(bytes)) };
    println!(
        "| {name} | {:.0} us | {:.0} us | {:.2} | {share} |",
        us(bytes),
        us(floats),
        us(bytes) / us(floats)
    );
}

/// What a layer takes in bytes, in floats, and what its products would take at the limit.
fn times(
    (inputs, outputs, bands, units, pool): (usize, usize, usize, usize, bool),
    columns: usize,
    level: Level,
) -> [Duration; 3] {
    let shape = Shape { inputs, outputs, kernel: 3, pool, relu: true, border: 1 };
    let depth = 9 * inputs;
    let floats: Vec<f32> =
        (0..outputs * depth).map(|i| f16::from_f32((i % 23) as f32 * 0.01 - 0.1).to_f32()).collect();
    let bytes: Vec<i8> = (0..outputs * depth).map(|i| (i % 255) as i8).collect();
    let layer = Layer::new(shape, &floats, &vec![0.5; outputs], level);
    let requantise = Requantise::new(&vec![0.001; outputs]).expect("a scale below 1");
    let quantised =
        QuantisedLayer::new(shape, &bytes, &vec![9; outputs], 0, &requantise, level).expect("sums that fit");
    let step = if pool { 2 } else { 1 };
    let starts: Vec<usize> = (0..units * columns).map(|unit| unit * step).collect();
    let rows = starts.last().expect("some units") + layer.sees();
    let input: Vec<f32> = (0..rows * layer.input_row(bands)).map(|i| (i % 17) as f32 * 0.1).collect();
    let input_bytes: Vec<u8> = (0..rows * quantised.input_row(bands)).map(|i| (i % 251) as u8).collect();
    let mut output = vec![0.0; starts.len() * layer.output_row(bands)];
    let mut output_bytes = vec![0; starts.len() * quantised.output_row(bands)];
    let products = outputs * depth * bands * starts.len() * step;
    let mut least = [Duration::MAX; 3];
    for _ in 0..TURNS {
        let took = [
            time(|| quantised.run(bands, &input_bytes, &starts, &mut output_bytes)),
            time(|| layer.run(bands, &input, &starts, &mut output)),
            limit(level, products),
        ];
        least.iter_mut().zip(took).for_each(|(least, took)| *least = took.min(*least));
    }
    black_box((&output, &output_bytes));
    least
}

fn time(mut work: impl FnMut()) -> Duration {
    let begin = Instant::now();
    work();
    begin.elapsed()
}

/// What so many products take from registers alone; zero where it is not known.
#[cfg(target_arch = "x86_64")]
fn limit(level: Level, products: usize) -> Duration {
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx512f,avx512vnni")]
    fn wide(rounds: usize) -> i32 {
        let (x, w) = (black_box(_mm512_set1_epi32(0x0102_0304)), black_box(_mm512_set1_epi32(0x0101_0101)));
        let mut sums = [_mm512_setzero_si512(); 16];
        for _ in 0..rounds {
            sums.iter_mut().for_each(|sum| *sum = _mm512_dpbusd_epi32(*sum, x, w));
        }
        sums.map(|sum| _mm512_reduce_add_epi32(sum)).into_iter().fold(0, i32::wrapping_add)
    }

    #[target_feature(enable = "avx2,avxvnni")]
    fn narrow(rounds: usize) -> i32 {
        let (x, w) = (black_box(_mm256_set1_epi32(0x0102_0304)), black_box(_mm256_set1_epi32(0x0101_0101)));
        let mut sums = [_mm256_setzero_si256(); 12];
        for _ in 0..rounds {
            sums.iter_mut().for_each(|sum| *sum = _mm256_dpbusd_avx_epi32(*sum, x, w));
        }
        sums.into_iter().map(|sum| _mm256_extract_epi32::<0>(sum)).fold(0, i32::wrapping_add)
    }

    match format!("{level:?}").as_str() {
        // SAFETY: the level exists, so its instructions do.
        "AVX-512 VNNI" => time(|| _ = black_box(unsafe { wide(products / (16 * 64)) })),
        // SAFETY: as above.
        "AVX-VNNI" => time(|| _ = black_box(unsafe { narrow(products / (12 * 32)) })),
        _ => Duration::ZERO,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn limit(_: Level, _: usize) -> Duration {
    Duration::ZERO
}
