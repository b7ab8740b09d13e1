//! Layers of 8-bit numbers: unsigned activations, signed weights, 32-bit sums, and a multiplier and a shift back to bytes.
//!
//! Integers are summed exactly, so that every set of instructions, cut and order gives the same bytes.

mod requantise;
mod tiles;

pub use requantise::Requantise;

use crate::{
    Level, Shape,
    layer::{MANY, to_prefetch},
    level::Kind,
    pages::Pages,
    tiles::{PANEL, Weights},
};
use std::cell::RefCell;
use tiles::{Call, Word};

/// Channels of a row that are read at once: a row has whole words of them in each band.
const WORD: usize = 4;

thread_local! {
    /// Inputs in 16 bits.
    static WIDE: RefCell<Vec<Word>> = const { RefCell::new(Vec::new()) };
}

/// A layer of 8-bit numbers, ready to run. Every output goes through ReLU.
///
/// **Layout.** As of the rows of floats, but that the channels of a band are filled up to a multiple of four, unless there is but one.
/// What fills them up has no weight. The empty bands hold the zero point of the inputs, and so does the row of a border in time; the zero point of
/// outputs is 0.
pub struct QuantisedLayer {
    shape: Shape,
    level: Level,
    /// For each 32 outputs: for each kernel row, kernel column and word of inputs, the 32 weights' words.
    panels: Pages<u32>,
    /// Filled up with zeros to whole panels.
    bias: Vec<i32>,
    multipliers: Vec<u32>,
    shift: u32,
}

/// How weights and inputs lie in words, and which number is taken off the inputs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    /// Two numbers widened to 16 bits.
    Pairs,
    /// Four bytes.
    #[cfg(target_arch = "x86_64")]
    Fours,
    /// Four bytes, 128 less than the inputs' so that they have a sign.
    #[cfg(target_arch = "aarch64")]
    SignedFours,
}

impl Packing {
    fn of(level: Level) -> Self {
        match level.0 {
            Kind::Portable => Self::Pairs,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 | Kind::Avx512 => Self::Pairs,
            #[cfg(target_arch = "x86_64")]
            Kind::AvxVnni | Kind::Avx512Vnni => Self::Fours,
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => Self::Pairs,
            #[cfg(target_arch = "aarch64")]
            Kind::NeonDot => Self::SignedFours,
        }
    }

    /// Words of four channels.
    fn words(self) -> usize {
        if self == Self::Pairs { 2 } else { 1 }
    }

    /// What the tiles take off every input.
    fn offset(self) -> i64 {
        match self {
            Self::Pairs => 0,
            #[cfg(target_arch = "x86_64")]
            Self::Fours => 0,
            #[cfg(target_arch = "aarch64")]
            Self::SignedFours => 128,
        }
    }
}

impl QuantisedLayer {
    /// Packs the weights `[outputs][inputs][kernel][kernel]`. An output is `bias` and the sum of its weights times its inputs less
    /// their `zero_point`, made a byte by `requantise`.
    ///
    /// `None` if a sum might not fit 32 bits, whatever the inputs.
    ///
    /// # Panics
    /// A kernel that is neither 1 nor 3, no ReLU, or slices that are not as long as the shape says.
    pub fn new(
        shape: Shape,
        weights: &[i8],
        bias: &[i32],
        zero_point: u8,
        requantise: &Requantise,
        level: Level,
    ) -> Option<Self> {
        let Shape { inputs, outputs, kernel, relu, .. } = shape;
        let taps = kernel * kernel;
        assert!(matches!(kernel, 1 | 3), "the kernel is {kernel} wide, but must be 1 or 3");
        assert!(
            inputs > 0 && outputs > 0 && relu,
            "a layer of {inputs} inputs, {outputs} outputs, ReLU: {relu}"
        );
        assert_eq!(
            (weights.len(), bias.len(), requantise.outputs()),
            (outputs * inputs * taps, outputs, outputs),
            "weights, biases and scales of {shape:?}"
        );
        let packing = Packing::of(level);
        let mut biases = vec![0; outputs.div_ceil(PANEL) * PANEL];
        for ((to, &bias), weights) in biases.iter_mut().zip(bias).zip(weights.chunks_exact(inputs * taps)) {
            *to = folded(bias, weights, i64::from(zero_point), packing.offset())?;
        }
        // The nine neighbours of one input become nine inputs of a dense layer.
        let (inputs, taps) = if inputs == 1 { (taps, 1) } else { (inputs, taps) };
        let fours = inputs.div_ceil(WORD);
        let depth = taps * fours * packing.words();
        let mut panels = vec![Weights([0_u32; PANEL]); outputs.div_ceil(PANEL) * depth];
        for (output, weights) in weights.chunks_exact(inputs * taps).enumerate() {
            let (panel, lane) = (output / PANEL, output % PANEL);
            for tap in 0..taps {
                for four in 0..fours {
                    let weight = |i| {
                        let input = four * WORD + i;
                        if input < inputs { weights[input * taps + tap] } else { 0 }
                    };
                    let words = packed(std::array::from_fn(weight), packing);
                    for (half, word) in words.into_iter().take(packing.words()).enumerate() {
                        let at = panel * depth + (tap * fours + four) * packing.words() + half;
                        panels[at].0[lane] = u32::from_ne_bytes(word);
                    }
                }
            }
        }
        let (multipliers, shift) = (requantise.filled(biases.len()), requantise.shift());
        Some(Self { shape, level, panels: panels.into(), bias: biases, multipliers, shift })
    }

    /// What it computes.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Bytes of its weights in memory.
    pub fn weight_bytes(&self) -> usize {
        size_of_val(&self.panels[..])
    }

    /// Bytes of an input row of `bands` bands.
    pub fn input_row(&self, bands: usize) -> usize {
        (bands + self.shape.kernel / 2 * 2) * filled_up(self.shape.inputs)
    }

    /// Bytes of an output row made of input rows of `bands` bands.
    pub fn output_row(&self, bands: usize) -> usize {
        let bands = if self.shape.pool { bands / 2 } else { bands };
        (bands + 2 * self.shape.border) * self.shape.outputs.next_multiple_of(WORD)
    }

    /// Input rows that an output row is made of.
    pub fn sees(&self) -> usize {
        self.shape.kernel + usize::from(self.shape.pool)
    }

    /// Computes one output row for each of `starts`, the index of the first input row that it sees; `output` holds as
    /// many rows. The empty bands of the output are left as they are.
    ///
    /// # Panics
    /// Input rows that are not there, an output of another size, an odd number of bands before a pool.
    pub fn run(&self, bands: usize, input: &[u8], starts: &[usize], output: &mut [u8]) {
        let Shape { kernel, pool, .. } = self.shape;
        let (row, input_row) = (self.output_row(bands), self.input_row(bands));
        assert_eq!(output.len(), starts.len() * row, "{} output rows of {row}", starts.len());
        assert!(!pool || bands.is_multiple_of(2), "{bands} bands cannot be pooled in pairs");
        if self.shape.inputs == 1 && kernel == 3 {
            let wide = (9_usize).next_multiple_of(WORD);
            let mut neighbours = vec![0; (1 + usize::from(pool)) * bands * wide];
            for (&start, output) in starts.iter().zip(output.chunks_exact_mut(row)) {
                gather(&input[start * input_row..], bands, &mut neighbours);
                self.packed(wide, 1, bands, &neighbours, &[0], output);
            }
        } else if self.shape.inputs == 1 {
            let filled: Vec<u8> = input.iter().flat_map(|&x| [x, 0, 0, 0]).collect();
            self.packed(WORD, kernel, bands, &filled, starts, output);
        } else {
            let channels = filled_up(self.shape.inputs);
            // Only the rows that are seen are widened.
            let from = starts.iter().min().map_or(0, |first| first * input_row);
            let to = starts.iter().max().map_or(0, |last| (last + self.sees()) * input_row);
            let moved: Vec<usize> = starts.iter().map(|start| start - from / input_row).collect();
            self.packed(channels, kernel, bands, &input[from..to], &moved, output);
        }
    }

    /// Runs over rows of whole words.
    fn packed(
        &self,
        channels: usize,
        kernel: usize,
        bands: usize,
        input: &[u8],
        starts: &[usize],
        output: &mut [u8],
    ) {
        let packing = Packing::of(self.level);
        let fours = input.as_chunks::<WORD>().0;
        let call = Call {
            words: channels / WORD * packing.words(),
            outputs: self.shape.outputs.next_multiple_of(WORD),
            kernel,
            pool: self.shape.pool,
            border: self.shape.border,
            bands,
            bias: &self.bias,
            multipliers: &self.multipliers,
            shift: self.shift,
            input: fours,
            starts,
        };
        if packing != Packing::Pairs {
            return self.dispatch(&call, output);
        }
        WIDE.with_borrow_mut(|wide| {
            wide.clear();
            let widened = |two: [u8; 2]| {
                let [[a, b], [c, d]] = two.map(|x| u16::from(x).to_ne_bytes());
                [a, b, c, d]
            };
            wide.extend(fours.iter().flat_map(|&[a, b, c, d]| [[a, b], [c, d]].map(widened)));
            self.dispatch(&Call { input: wide, ..call }, output);
        });
    }

    fn dispatch(&self, call: &Call<'_>, output: &mut [u8]) {
        let depth = call.kernel * call.kernel * call.words;
        let few = call.positions() < MANY;
        for (index, panel) in self.panels.chunks_exact(depth).enumerate() {
            let ahead = to_prefetch(&self.panels, index, depth, few);
            match self.level.0 {
                Kind::Portable => tiles::portable::run(call, index, panel, ahead, output),
                #[cfg(target_arch = "x86_64")]
                // SAFETY: a level exists only where `Level::all` found its instructions.
                Kind::Avx2 => unsafe { tiles::avx2::run(call, index, panel, ahead, output) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                Kind::Avx512 => unsafe { tiles::avx512::run(call, index, panel, ahead, output) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                Kind::AvxVnni => unsafe { tiles::avx_vnni::run(call, index, panel, ahead, output) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                Kind::Avx512Vnni => unsafe { tiles::avx512_vnni::run(call, index, panel, ahead, output) },
                #[cfg(target_arch = "aarch64")]
                Kind::Neon => tiles::portable::run(call, index, panel, ahead, output),
                #[cfg(target_arch = "aarch64")]
                // SAFETY: as above.
                Kind::NeonDot => unsafe { tiles::neon::run(call, index, panel, ahead, output) },
            }
        }
    }
}

/// Channels of a band of an input row.
fn filled_up(channels: usize) -> usize {
    if channels == 1 { 1 } else { channels.next_multiple_of(WORD) }
}

/// The bias with what `offset` and zero point take off the inputs. `None` if a sum of some of the products, in whatever order and
/// with whatever inputs, zero point and offset, might lie farther from 0 than 32 bits reach: so every packing takes the same layers.
fn folded(bias: i32, weights: &[i8], zero_point: i64, offset: i64) -> Option<i32> {
    let sum = |of: fn(i64) -> i64| weights.iter().map(|&w| of(i64::from(w))).sum::<i64>();
    let bias = i64::from(bias);
    i32::try_from(bias.abs() + (255 + 255 + 128) * sum(i64::abs)).ok()?;
    i32::try_from(bias + (offset - zero_point) * sum(|w| w)).ok()
}

/// Four weights as one word or two.
fn packed(weights: [i8; WORD], packing: Packing) -> [Word; 2] {
    if packing == Packing::Pairs {
        let [a, b, c, d] = weights.map(|w| i16::from(w).to_ne_bytes());
        [[a[0], a[1], b[0], b[1]], [c[0], c[1], d[0], d[1]]]
    } else {
        [weights.map(|w| w as u8), [0; WORD]]
    }
}

/// Writes, for each band of each row, its 3 x 3 neighbours in the order of kernel row and kernel column.
fn gather(input: &[u8], bands: usize, neighbours: &mut [u8]) {
    let stride = bands + 2;
    let wide = 9_usize.next_multiple_of(WORD);
    for (row, neighbours) in neighbours.chunks_exact_mut(wide * bands).enumerate() {
        for ky in 0..3 {
            let threes = input[(row + ky) * stride..][..stride].array_windows::<3>();
            for (neighbours, three) in neighbours.chunks_exact_mut(wide).zip(threes) {
                neighbours[3 * ky..][..3].copy_from_slice(three);
            }
        }
    }
}
