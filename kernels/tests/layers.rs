//! Every level against sums written out, over shapes with edges, whatever the cut.

mod common;

use common::{Random, written_out};
use half::f16;
use rollcall_kernels::{Layer, Level, Part, Shape};

impl Random {
    /// Between -1 and 1.
    fn number(&mut self) -> f32 {
        self.bits() as f32 / (1_u64 << 23) as f32 - 1.0
    }

    fn numbers(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.number()).collect()
    }
}

/// A layer to be, and rows for it.
struct Case {
    shape: Shape,
    bands: usize,
    rows: usize,
    weights: Vec<f32>,
    bias: Vec<f32>,
    input: Vec<f32>,
}

impl Case {
    fn new(random: &mut Random, shape: Shape, bands: usize, rows: usize, half: bool) -> Self {
        let depth = shape.inputs * shape.kernel * shape.kernel;
        let mut weights = random.numbers(shape.outputs * depth);
        if half {
            weights.iter_mut().for_each(|w| *w = f16::from_f32(*w).to_f32());
        }
        let border = shape.kernel / 2;
        let mut input = Vec::new();
        for _ in 0..rows {
            input.extend(vec![0.0; border * shape.inputs]);
            input.extend(random.numbers(bands * shape.inputs));
            input.extend(vec![0.0; border * shape.inputs]);
        }
        Self { shape, bands, rows, bias: random.numbers(shape.outputs), weights, input }
    }

    fn layer(&self, level: Level) -> Layer {
        Layer::new(self.shape, &self.weights, &self.bias, level)
    }

    /// Every unit that the rows hold.
    fn starts(&self, layer: &Layer) -> Vec<usize> {
        common::starts(self.shape, self.rows, layer.sees())
    }

    fn run(&self, layer: &Layer, starts: &[usize]) -> Vec<f32> {
        let mut output = vec![0.0; starts.len() * layer.output_row(self.bands)];
        layer.run(self.bands, &self.input, starts, &mut output);
        output
    }

    /// The sums written out, in the order that is promised.
    fn written_out(&self, starts: &[usize], fused: bool) -> Vec<f32> {
        let Shape { inputs, outputs, kernel, relu, .. } = self.shape;
        let stride = (self.bands + kernel / 2 * 2) * inputs;
        let sum = |row: usize, band: usize, output: usize| {
            let mut sum = self.bias[output];
            for ky in 0..kernel {
                for kx in 0..kernel {
                    for input in 0..inputs {
                        let x = self.input[(row + ky) * stride + (band + kx) * inputs + input];
                        let w = self.weights[((output * inputs + input) * kernel + ky) * kernel + kx];
                        sum = if fused { x.mul_add(w, sum) } else { x * w + sum };
                    }
                }
            }
            if relu { sum.max(0.0) } else { sum }
        };
        written_out(self.shape, (self.bands, outputs), starts, sum, f32::max)
    }
}

/// Channels in and out, bands, rows: VGGish's in small, and what fits no tile.
const SHAPES: [(usize, usize, usize, usize); 9] = [
    (1, 64, 64, 6),
    (1, 4, 6, 4),
    (3, 5, 2, 4),
    (16, 32, 8, 5),
    (8, 33, 10, 6),
    (7, 40, 12, 8),
    (64, 16, 16, 4),
    (5, 96, 18, 7),
    (32, 31, 4, 6),
];

fn cases() -> Vec<Case> {
    let mut random = Random(7);
    let mut cases = Vec::new();
    let shapes = if cfg!(miri) { &SHAPES[1..4] } else { &SHAPES[..] };
    for &(inputs, outputs, bands, rows) in shapes {
        for (kernel, pool, relu, border) in [
            (3, false, true, 1),
            (3, true, true, 1),
            (3, true, true, 0),
            (1, false, false, 0),
            (1, false, true, 0),
        ] {
            for half in [false, true] {
                let shape = Shape { inputs, outputs, kernel, pool, relu, border };
                cases.push(Case::new(&mut random, shape, bands, rows, half));
            }
        }
    }
    cases
}

#[test]
fn every_level_gives_the_sums_written_out() {
    for case in cases() {
        for level in Level::all() {
            let layer = case.layer(level);
            let starts = case.starts(&layer);
            let found = case.run(&layer, &starts);
            let fused =
                level != Level::PORTABLE || cfg!(any(target_feature = "fma", target_arch = "aarch64"));
            // `==` and not bits: a zero may have either sign, which no later sum can tell.
            assert_eq!(found, case.written_out(&starts, fused), "{level:?} {:?}", case.shape);
        }
    }
}

/// Of all cases' outputs, by whatever has fused multiply-add: the hash that AVX2 gave. So NEON's bits are AVX2's, though no machine
/// has both.
const BITS: u64 = 0xa73a_2231_777b_ec66;

#[test]
fn the_bits_are_those_of_every_other_machine() {
    for level in Level::all() {
        let is_fused = level != Level::PORTABLE || cfg!(any(target_feature = "fma", target_arch = "aarch64"));
        if !is_fused {
            continue;
        }
        let mut hash = 0xcbf2_9ce4_8422_2325_u64; // FNV-1a
        for case in cases() {
            let layer = case.layer(level);
            for number in case.run(&layer, &case.starts(&layer)) {
                // A zero may have either sign, which no later sum can tell.
                for byte in (number + 0.0).to_bits().to_le_bytes() {
                    hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
                }
            }
        }
        assert_eq!(hash, BITS, "{level:?} gives {hash:#x}");
    }
}

#[test]
fn any_cut_gives_the_same_bits() {
    let bits = |row: &[f32]| row.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    for case in cases() {
        for level in Level::all() {
            let layer = case.layer(level);
            let starts = case.starts(&layer);
            let whole = case.run(&layer, &starts);
            for (start, whole) in starts.iter().zip(whole.chunks_exact(layer.output_row(case.bands))) {
                assert_eq!(bits(&case.run(&layer, &[*start])), bits(whole), "{level:?} {:?}", case.shape);
            }
            let backwards: Vec<usize> = starts.iter().rev().copied().collect();
            let turned = case.run(&layer, &backwards);
            let rows = turned.chunks_exact(layer.output_row(case.bands)).rev().flatten().copied();
            assert_eq!(bits(&rows.collect::<Vec<_>>()), bits(&whole));
        }
    }
}

#[test]
fn a_pool_of_its_own_gives_the_same() {
    for case in cases().into_iter().filter(|case| case.shape.pool) {
        for level in Level::all() {
            let layer = case.layer(level);
            let starts = case.starts(&layer);
            let rows: Vec<usize> = starts.iter().flat_map(|&start| [start, start + 1]).collect();
            let mut unpooled = vec![0.0; rows.len() * layer.unpooled_row(case.bands)];
            layer.run_unpooled(case.bands, &case.input, &rows, &mut unpooled);
            let mut pooled = vec![0.0; starts.len() * layer.output_row(case.bands)];
            layer.pool(case.bands, &unpooled, &mut pooled);
            assert_eq!(pooled, case.run(&layer, &starts), "{level:?} {:?}", case.shape);
        }
    }
}

/// Each row in one part, in two and in three, sums handed from one call to the next among them; and a row of zeros left out.
#[test]
fn parts_give_the_same() {
    for case in cases().into_iter().filter(|case| case.shape.kernel == 3 && !case.shape.pool) {
        for level in Level::all() {
            let (layer, starts) = (case.layer(level), case.starts(&case.layer(level)));
            let row = layer.unpooled_row(case.bands);
            let mut whole = vec![0.0; starts.len() * row];
            layer.run_unpooled(case.bands, &case.input, &starts, &mut whole);
            for (start, whole) in starts.iter().zip(whole.chunks_exact(row)) {
                let part = |kernel_from, kernel_to, from: Option<usize>| Part {
                    kernel_from,
                    kernel_to,
                    start: start + kernel_from,
                    from,
                    done: kernel_to == 3,
                };
                let all = [part(0, 2, None), part(2, 3, Some(0)), part(0, 3, None), part(0, 1, None)];
                let mut output = vec![0.0; 4 * row];
                layer.run_parts(case.bands, &case.input, &all, &mut output);
                assert_eq!(output[row..2 * row], *whole, "{level:?} {:?}", case.shape);
                assert_eq!(output[2 * row..3 * row], *whole, "{level:?} {:?}", case.shape);
                let mut output = [&output[3 * row..], &vec![0.0; 2 * row]].concat();
                let rest = [part(1, 2, Some(0)), part(2, 3, Some(1))];
                layer.run_parts(case.bands, &case.input, &rest, &mut output);
                assert_eq!(output[2 * row..3 * row], *whole, "{level:?} {:?}", case.shape);
            }
            let mut bordered = case.input.clone();
            bordered[..layer.input_row(case.bands)].fill(0.0);
            let mut rows = vec![0.0; row];
            layer.run_unpooled(case.bands, &bordered, &[0], &mut rows);
            let mut parts = vec![0.0; row];
            let part = Part { kernel_from: 1, kernel_to: 3, start: 1, from: None, done: true };
            layer.run_parts(case.bands, &bordered, &[part], &mut parts);
            assert_eq!(parts, rows, "{level:?} {:?}", case.shape);
        }
    }
}

#[test]
#[should_panic(expected = "goes on from a later one")]
fn a_part_that_goes_on_from_itself_is_refused() {
    let shape = Shape { inputs: 4, outputs: 4, kernel: 3, pool: false, relu: true, border: 0 };
    let case = Case::new(&mut Random(1), shape, 4, 3, false);
    let part = Part { kernel_from: 0, kernel_to: 3, start: 0, from: Some(0), done: true };
    case.layer(Level::best()).run_parts(4, &case.input, &[part], &mut [0.0; 16]);
}

#[test]
fn weights_take_sixteen_bits_where_that_loses_nothing() {
    for case in cases() {
        for level in Level::all() {
            let layer = case.layer(level);
            let panels = case.shape.outputs.div_ceil(32) * 32;
            let weights = panels * case.weights.len() / case.shape.outputs;
            let exact = case.weights.iter().all(|&w| f16::from_f32(w).to_f32() == w);
            let bytes = if exact && level != Level::PORTABLE { 2 } else { 4 };
            assert_eq!(layer.weight_bytes(), bytes * weights, "{level:?}");
        }
    }
}

#[test]
fn what_is_not_a_number_stays_so() {
    let shape = Shape { inputs: 2, outputs: 33, kernel: 3, pool: false, relu: true, border: 0 };
    let mut case = Case::new(&mut Random(3), shape, 9, 3, true);
    case.input[2 * 4] = f32::NAN;
    for level in Level::all() {
        let found = case.run(&case.layer(level), &[0]);
        for (band, channels) in found.chunks_exact(33).enumerate() {
            let touched = (2..=4).contains(&band);
            assert!(channels.iter().all(|x| x.is_nan() == touched), "{level:?}: band {band}");
        }
    }
}

#[test]
#[should_panic(expected = "output rows")]
fn an_output_of_another_size_is_refused() {
    let shape = Shape { inputs: 1, outputs: 4, kernel: 3, pool: false, relu: true, border: 1 };
    let case = Case::new(&mut Random(1), shape, 4, 3, false);
    case.layer(Level::best()).run(4, &case.input, &[0], &mut [0.0; 5]);
}

#[test]
#[should_panic(expected = "out of range")]
fn rows_that_are_not_there_are_refused() {
    let shape = Shape { inputs: 4, outputs: 4, kernel: 3, pool: false, relu: true, border: 0 };
    let case = Case::new(&mut Random(1), shape, 4, 3, false);
    case.layer(Level::best()).run(4, &case.input, &[1], &mut [0.0; 16]);
}
