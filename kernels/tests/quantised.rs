//! Quantised layers: every level against the sums written out, over shapes with edges, borders and sums that saturate.

mod common;

use common::{Random, written_out};
use rollcall_kernels::{Level, QuantisedLayer, Requantise, Shape};

impl Random {
    fn byte(&mut self) -> u8 {
        self.bits() as u8
    }
}

/// Which bytes a case is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bytes {
    Seeded,
    /// Inputs of 255, weights of 127: beyond 16 bits in sums of two.
    Greatest,
    /// Inputs of 255, weights of -128.
    Least,
    /// Inputs of 255, weights of 127 and -128 in turn.
    Turned,
}

struct Case {
    shape: Shape,
    bands: usize,
    rows: usize,
    zero_point: u8,
    weights: Vec<i8>,
    bias: Vec<i32>,
    scales: Vec<f64>,
    input: Vec<u8>,
}

fn filled_up(channels: usize) -> usize {
    if channels == 1 { 1 } else { channels.next_multiple_of(4) }
}

impl Case {
    fn new(random: &mut Random, shape: Shape, bands: usize, rows: usize, bytes: Bytes) -> Self {
        let depth = shape.inputs * shape.kernel * shape.kernel;
        let weight = |at: usize, random: &mut Random| match bytes {
            Bytes::Seeded => random.byte() as i8,
            Bytes::Greatest => 127,
            Bytes::Least => -128,
            Bytes::Turned => [127, -128][at % 2],
        };
        let weights: Vec<i8> = (0..shape.outputs * depth).map(|at| weight(at, random)).collect();
        let zero_point = if shape.inputs == 1 { 117 } else { 0 };
        let (border, channels) = (shape.kernel / 2, filled_up(shape.inputs));
        let mut input = Vec::new();
        for _ in 0..rows {
            input.extend(vec![zero_point; border * channels]);
            // What fills the channels up counts for nothing, whatever it is.
            let byte = |_| if bytes == Bytes::Seeded { random.byte() } else { 255 };
            input.extend((0..bands * channels).map(byte));
            input.extend(vec![zero_point; border * channels]);
        }
        let bias = (0..shape.outputs).map(|_| (i32::from(random.byte()) - 128) * 400).collect();
        // From sums that are all cut off to sums of which the largest come to a few.
        let scale =
            |output: usize| [0.9, 0.01, 1e-3, 1e-5][output % 4] * (1.0 + f64::from(random.byte()) / 1e4);
        let scales = (0..shape.outputs).map(scale).collect();
        Self { shape, bands, rows, zero_point, weights, bias, scales, input }
    }

    fn layer(&self, level: Level) -> QuantisedLayer {
        let requantise = Requantise::new(&self.scales).expect("scales below 1");
        QuantisedLayer::new(self.shape, &self.weights, &self.bias, self.zero_point, &requantise, level)
            .expect("sums that fit")
    }

    fn starts(&self, layer: &QuantisedLayer) -> Vec<usize> {
        common::starts(self.shape, self.rows, layer.sees())
    }

    fn run(&self, layer: &QuantisedLayer, starts: &[usize]) -> Vec<u8> {
        let mut output = vec![0; starts.len() * layer.output_row(self.bands)];
        layer.run(self.bands, &self.input, starts, &mut output);
        output
    }

    /// The sums written out in 64 bits, requantised, and then pooled.
    fn written_out(&self, starts: &[usize]) -> Vec<u8> {
        let Shape { inputs, outputs, kernel, .. } = self.shape;
        let (channels, filled) = (filled_up(inputs), outputs.next_multiple_of(4));
        let requantise = Requantise::new(&self.scales).expect("scales below 1");
        let stride = (self.bands + kernel / 2 * 2) * channels;
        let byte = |row: usize, band: usize, output: usize| {
            let mut sum = i64::from(self.bias[output]);
            for ky in 0..kernel {
                for kx in 0..kernel {
                    for input in 0..inputs {
                        let x = self.input[(row + ky) * stride + (band + kx) * channels + input];
                        let w = self.weights[((output * inputs + input) * kernel + ky) * kernel + kx];
                        sum += (i64::from(x) - i64::from(self.zero_point)) * i64::from(w);
                    }
                }
            }
            requantise.byte(output, i32::try_from(sum).expect("sums that fit"))
        };
        written_out(self.shape, (self.bands, filled), starts, byte, u8::max)
    }
}

/// Channels in and out, bands, rows: VGGish's in small, and what fits no tile.
const SHAPES: [(usize, usize, usize, usize); 11] = [
    (1, 64, 64, 6),
    (1, 4, 6, 4),
    (3, 5, 2, 4),
    (16, 32, 8, 5),
    (8, 33, 10, 6),
    (7, 40, 12, 8),
    (64, 16, 16, 4),
    (5, 96, 18, 7),
    (32, 31, 4, 6),
    (80, 36, 6, 4),
    (512, 33, 8, 4),
];

fn cases() -> Vec<Case> {
    let mut random = Random(7);
    let mut cases = Vec::new();
    let shapes = if cfg!(miri) { &SHAPES[1..4] } else { &SHAPES[..] };
    for &(inputs, outputs, bands, rows) in shapes {
        for (kernel, pool, border) in [(3, false, 1), (3, true, 1), (3, true, 0), (1, false, 0), (1, true, 1)]
        {
            for bytes in [Bytes::Seeded, Bytes::Greatest, Bytes::Least, Bytes::Turned] {
                let shape = Shape { inputs, outputs, kernel, pool, relu: true, border };
                cases.push(Case::new(&mut random, shape, bands, rows, bytes));
            }
        }
    }
    cases
}

#[test]
fn every_level_gives_the_bytes_written_out() {
    let mut seen = [false; 256];
    for case in cases() {
        for level in Level::all() {
            let layer = case.layer(level);
            let starts = case.starts(&layer);
            let found = case.run(&layer, &starts);
            assert_eq!(found, case.written_out(&starts), "{level:?} {:?}", case.shape);
            found.iter().for_each(|&byte| seen[usize::from(byte)] = true);
        }
    }
    assert!(cfg!(miri) || seen == [true; 256], "every byte comes out somewhere");
}

#[test]
fn any_cut_gives_the_same_bytes() {
    for case in cases() {
        for level in Level::all() {
            let layer = case.layer(level);
            let starts = case.starts(&layer);
            let whole = case.run(&layer, &starts);
            let row = layer.output_row(case.bands);
            for (start, whole) in starts.iter().zip(whole.chunks_exact(row)) {
                assert_eq!(case.run(&layer, &[*start]), whole, "{level:?} {:?}", case.shape);
            }
            let backwards: Vec<usize> = starts.iter().rev().copied().collect();
            let turned = case.run(&layer, &backwards);
            assert_eq!(turned.chunks_exact(row).rev().collect::<Vec<_>>().concat(), whole);
        }
    }
}

fn dense(inputs: usize) -> Shape {
    Shape { inputs, outputs: 1, kernel: 1, pool: false, relu: true, border: 0 }
}

#[test]
fn sums_that_might_not_fit_are_refused() {
    let requantise = Requantise::new(&[1e-6]).unwrap();
    let takes = |inputs: usize, bias: i32| {
        let weights = vec![127; inputs];
        let layers = Level::all().into_iter().map(|level| {
            QuantisedLayer::new(dense(inputs), &weights, &[bias], 3, &requantise, level).is_some()
        });
        let layers: Vec<bool> = layers.collect();
        assert!(layers.iter().all(|takes| *takes == layers[0]), "every level takes the same");
        layers[0]
    };
    assert!(takes(12_288, 0) && takes(4, i32::MAX / 2));
    assert!(!takes(40_000, 0) && !takes(4, i32::MAX) && !takes(4, i32::MIN));
}

#[test]
fn weights_take_eight_bits_where_products_of_bytes_are_to_be_had() {
    let shape = Shape { inputs: 64, outputs: 40, kernel: 3, pool: false, relu: true, border: 0 };
    let case = Case::new(&mut Random(1), shape, 4, 3, Bytes::Seeded);
    for level in Level::all() {
        let bytes = case.layer(level).weight_bytes() / (64 * 64 * 9);
        let of_bytes = ["AVX-VNNI", "AVX-512 VNNI", "NEON with dot products"];
        let expected = if of_bytes.contains(&format!("{level:?}").as_str()) { 1 } else { 2 };
        assert_eq!(bytes, expected, "{level:?}");
    }
}

#[test]
#[should_panic(expected = "output rows")]
fn an_output_of_another_size_is_refused() {
    let shape = Shape { inputs: 1, outputs: 4, kernel: 3, pool: false, relu: true, border: 1 };
    let case = Case::new(&mut Random(1), shape, 4, 3, Bytes::Seeded);
    case.layer(Level::best()).run(4, &case.input, &[0], &mut [0; 5]);
}

#[test]
#[should_panic(expected = "out of range")]
fn rows_that_are_not_there_are_refused() {
    let shape = Shape { inputs: 4, outputs: 4, kernel: 3, pool: false, relu: true, border: 0 };
    let case = Case::new(&mut Random(1), shape, 4, 3, Bytes::Seeded);
    case.layer(Level::best()).run(4, &case.input, &[1], &mut [0; 16]);
}
