//! One layer: its weights as the tiles read them, and what runs it.

use crate::{
    Level,
    level::Kind,
    pages::Pages,
    tiles::{self, Call, PANEL, Part, Units, Weights},
};
use half::{f16, slice::HalfFloatSliceExt};
use std::cell::RefCell;

/// What a layer computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Channels of a band of an input row.
    pub inputs: usize,
    /// Channels of a band of an output row.
    pub outputs: usize,
    /// 3 for a convolution of 3 x 3, 1 for a dense layer (a band is a sample then).
    pub kernel: usize,
    /// Whether each 2 x 2 outputs become their greatest.
    pub pool: bool,
    /// Whether negative outputs become zero.
    pub relu: bool,
    /// Empty bands at either end of an output row: 1 before another convolution of 3 x 3.
    pub border: usize,
}

/// A layer with its weights, ready to run; the weights are in memory once, in 16 bits where that loses nothing.
pub struct Layer {
    shape: Shape,
    level: Level,
    panels: Panels,
    /// Filled up with zeros to whole panels.
    bias: Vec<f32>,
}

/// Positions from which on a panel of 16-bit weights is widened once for all of them.
pub(crate) const MANY: usize = 32;

/// How far ahead of a panel that is read but a few times.
const NEAR_BYTES: usize = 8192;

thread_local! {
    /// A panel in 32 bits: at most 590 KB at VGGish's shapes.
    static WIDE: RefCell<Vec<Weights<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Calls a function of the tiles with a level's instructions; `narrow`: one that reads weights of 16 bits.
macro_rules! tiles {
    (@ $level:expr, $portable:expr, $($call:tt)+) => {
        match $level.0 {
            Kind::Portable => $portable,
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a level exists only where `Level::all` found its instructions.
            Kind::Avx2 | Kind::AvxVnni => unsafe { tiles::avx2::$($call)+ },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Kind::Avx512 | Kind::Avx512Vnni => unsafe { tiles::avx512::$($call)+ },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: as above.
            Kind::Neon | Kind::NeonDot => unsafe { tiles::neon::$($call)+ },
        }
    };
    ($level:expr, narrow $($call:tt)+) => {
        tiles!(@ $level, unreachable!("the portable level packs 32 bits"), $($call)+)
    };
    ($level:expr, $($call:tt)+) => { tiles!(@ $level, tiles::portable::$($call)+, $($call)+) };
}

/// For each 32 outputs: for each kernel row, kernel column and input, the 32 weights.
enum Panels {
    Half(Pages<u16>),
    Single(Pages<f32>),
}

impl Layer {
    /// Packs the weights `[outputs][inputs][kernel][kernel]` and one bias an output.
    ///
    /// # Panics
    /// A kernel that is neither 1 nor 3, or slices that are not as long as the shape says.
    pub fn new(shape: Shape, weights: &[f32], bias: &[f32], level: Level) -> Self {
        let Shape { inputs, outputs, kernel, .. } = shape;
        let depth = inputs * kernel * kernel;
        assert!(matches!(kernel, 1 | 3), "the kernel is {kernel} wide, but must be 1 or 3");
        assert!(inputs > 0 && outputs > 0, "a layer of {inputs} inputs and {outputs} outputs");
        assert_eq!(
            (weights.len(), bias.len()),
            (outputs * depth, outputs),
            "weights and biases of {shape:?}"
        );
        let mut panels = vec![Weights([0.0; PANEL]); outputs.div_ceil(PANEL) * depth];
        for (output, weights) in weights.chunks_exact(depth).enumerate() {
            let (panel, lane) = (output / PANEL, output % PANEL);
            let taps = kernel * kernel;
            for (at, &weight) in weights.iter().enumerate() {
                let (input, tap) = (at / taps, at % taps);
                panels[panel * depth + tap * inputs + input].0[lane] = weight;
            }
        }
        let mut padded = bias.to_vec();
        padded.resize(outputs.div_ceil(PANEL) * PANEL, 0.0);
        let half = level.widens() && panels.iter().all(is_half);
        let panels =
            if half { Panels::Half(narrowed(&panels).into()) } else { Panels::Single(panels.into()) };
        Self { shape, level, panels, bias: padded }
    }

    /// What it computes.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Bytes of its weights in memory.
    pub fn weight_bytes(&self) -> usize {
        match &self.panels {
            Panels::Half(panels) => size_of_val(&panels[..]),
            Panels::Single(panels) => size_of_val(&panels[..]),
        }
    }

    /// Floats of an input row of `bands` bands.
    pub fn input_row(&self, bands: usize) -> usize {
        (bands + 2 * self.border()) * self.shape.inputs
    }

    /// Floats of an output row made of input rows of `bands` bands.
    pub fn output_row(&self, bands: usize) -> usize {
        let bands = if self.shape.pool { bands / 2 } else { bands };
        (bands + 2 * self.shape.border) * self.shape.outputs
    }

    /// Floats of a row before the pool.
    pub fn unpooled_row(&self, bands: usize) -> usize {
        (bands + 2 * self.shape.border) * self.shape.outputs
    }

    /// Input rows that an output row is made of.
    pub fn sees(&self) -> usize {
        self.shape.kernel + usize::from(self.shape.pool)
    }

    fn border(&self) -> usize {
        self.shape.kernel / 2
    }

    /// Computes one output row for each of `starts`, the index of the first input row that it sees; `output` holds as
    /// many rows. The empty bands of the output are left as they are.
    ///
    /// # Panics
    /// Input rows that are not there, an output of another size, an odd number of bands before a pool.
    pub fn run(&self, bands: usize, input: &[f32], starts: &[usize], output: &mut [f32]) {
        self.rows(self.shape.pool, bands, input, starts, output);
    }

    /// As [`Layer::run`], without the pool: rows of as many bands as the input has.
    ///
    /// # Panics
    /// As [`Layer::run`].
    pub fn run_unpooled(&self, bands: usize, input: &[f32], starts: &[usize], output: &mut [f32]) {
        self.rows(false, bands, input, starts, output);
    }

    /// Computes output rows in parts, without the pool, each the sums of some kernel rows on top of those of an earlier row:
    /// what several rows begin with is computed once, and a row of zeros not at all. The order of summation being that of
    /// the kernel rows, the sums are those of [`Layer::run_unpooled`] to the last bit.
    ///
    /// `output` begins with rows of sums that earlier calls have left (parts that are not done); then it has one for each
    /// part, in their order. The empty bands are left as they are.
    ///
    /// # Panics
    /// Input rows that are not there, an output of fewer rows or of broken ones, a part from a row that is not before it,
    /// kernel rows that are not there.
    pub fn run_parts(&self, bands: usize, input: &[f32], parts: &[Part], output: &mut [f32]) {
        let row = self.unpooled_row(bands);
        let rows = output.len() / row;
        assert!(output.len() == rows * row && rows >= parts.len(), "{} parts in {rows} rows", parts.len());
        let kept = rows - parts.len();
        for (at, part) in parts.iter().enumerate() {
            let Part { kernel_from, kernel_to, from, .. } = *part;
            assert!(kernel_from <= kernel_to && kernel_to <= self.shape.kernel, "{part:?} of the kernel");
            assert!(from.is_none_or(|from| from < kept + at), "row {} goes on from a later one", kept + at);
        }
        let call = self.call(false, bands, input, Units::Parts { kept, parts });
        self.dispatch(&call, output);
    }

    /// Pools pairs of rows that [`Layer::run_unpooled`] made of `bands` bands, as [`Layer::run`] would have.
    ///
    /// # Panics
    /// An output that is not of half as many rows, an odd number of bands.
    pub fn pool(&self, bands: usize, pairs: &[f32], output: &mut [f32]) {
        let Shape { outputs, border, .. } = self.shape;
        let (row, pooled) = (self.unpooled_row(bands), (bands / 2 + 2 * border) * outputs);
        let count = pairs.len() / (2 * row);
        assert_eq!((pairs.len(), output.len()), (2 * count * row, count * pooled), "{count} pairs of rows");
        assert!(bands.is_multiple_of(2), "{bands} bands cannot be pooled in pairs");
        for (pair, output) in pairs.chunks_exact(2 * row).zip(output.chunks_exact_mut(pooled)) {
            let (upper, lower) = pair.split_at(row);
            let inner = border * outputs..(border + bands) * outputs;
            let fours =
                upper[inner.clone()].chunks_exact(2 * outputs).zip(lower[inner].chunks_exact(2 * outputs));
            for ((upper, lower), output) in fours.zip(output[border * outputs..].chunks_exact_mut(outputs)) {
                for (channel, output) in output.iter_mut().enumerate() {
                    let next = channel + outputs;
                    let greatest = |a: f32, b: f32| if a > b { a } else { b };
                    let [a, b] = [channel, next].map(|at| greatest(upper[at], lower[at]));
                    *output = greatest(a, b);
                }
            }
        }
    }

    fn rows(&self, pool: bool, bands: usize, input: &[f32], starts: &[usize], output: &mut [f32]) {
        let output_row = if pool { self.output_row(bands) } else { self.unpooled_row(bands) };
        assert_eq!(output.len(), starts.len() * output_row, "{} output rows of {output_row}", starts.len());
        assert!(!pool || bands.is_multiple_of(2), "{bands} bands cannot be pooled in pairs");
        let mut call = self.call(pool, bands, input, Units::Whole(starts));
        if self.shape.inputs == 1 && self.shape.kernel == 3 {
            // One input would leave the inner loop with one round: its nine neighbours become nine inputs of a dense layer.
            (call.inputs, call.kernel) = (9, 1);
            let mut neighbours = vec![0.0; (1 + usize::from(pool)) * bands * 9];
            for (&start, output) in starts.iter().zip(output.chunks_exact_mut(output_row)) {
                gather(&input[start * (bands + 2)..], bands, &mut neighbours);
                self.dispatch(&Call { input: &neighbours, units: Units::Whole(&[0]), ..call }, output);
            }
        } else {
            self.dispatch(&call, output);
        }
    }

    fn call<'a>(&'a self, pool: bool, bands: usize, input: &'a [f32], units: Units<'a>) -> Call<'a> {
        let Shape { inputs, outputs, kernel, relu, border, .. } = self.shape;
        let floor = if relu { 0.0 } else { f32::NEG_INFINITY };
        Call { inputs, outputs, kernel, pool, border, floor, bands, bias: &self.bias, input, units }
    }

    fn dispatch(&self, call: &Call<'_>, output: &mut [f32]) {
        let depth = call.kernel * call.kernel * call.inputs;
        let few = call.positions() < MANY;
        match &self.panels {
            Panels::Single(panels) => {
                for (index, panel) in panels.chunks_exact(depth).enumerate() {
                    let ahead = to_prefetch(panels, index, depth, few);
                    tiles!(self.level, single::run(call, index, panel, ahead, output));
                }
            }
            Panels::Half(panels) if few => {
                for (index, panel) in panels.chunks_exact(depth).enumerate() {
                    let ahead = to_prefetch(panels, index, depth, few);
                    tiles!(self.level, narrow half::run(call, index, panel, ahead, output));
                }
            }
            Panels::Half(panels) => WIDE.with_borrow_mut(|wide| {
                wide.resize(wide.len().max(depth), Weights([0.0; PANEL]));
                for (index, panel) in panels.chunks_exact(depth).enumerate() {
                    let wide = &mut wide[..depth];
                    tiles!(self.level, narrow widened(panel, wide));
                    let ahead = to_prefetch(panels, index, depth, few);
                    tiles!(self.level, single::run(call, index, wide, ahead, output));
                }
            }),
        }
    }
}

/// What is to be brought nearer while a panel is read: where it is read often the next panel, else what lies a little
/// ahead, for then it is read as fast as it comes.
pub(crate) fn to_prefetch<W>(panels: &[Weights<W>], index: usize, depth: usize, few: bool) -> &[Weights<W>] {
    let distance = if few { NEAR_BYTES / size_of::<Weights<W>>() } else { depth };
    let from = (index * depth + distance).min(panels.len());
    &panels[from..panels.len().min(from + depth)]
}

/// Writes, for each band of each row, its 3 x 3 neighbours in the order of kernel row and kernel column.
fn gather(input: &[f32], bands: usize, neighbours: &mut [f32]) {
    let stride = bands + 2;
    for (row, neighbours) in neighbours.chunks_exact_mut(9 * bands).enumerate() {
        for ky in 0..3 {
            let threes = input[(row + ky) * stride..][..stride].array_windows::<3>();
            for (neighbours, three) in neighbours.as_chunks_mut::<9>().0.iter_mut().zip(threes) {
                neighbours.as_chunks_mut::<3>().0[ky] = *three;
            }
        }
    }
}

/// Whether 16 bits hold every number exactly.
fn is_half(Weights(numbers): &Weights<f32>) -> bool {
    let (mut narrow, mut wide) = ([f16::ZERO; PANEL], [0.0_f32; PANEL]);
    narrow.convert_from_f32_slice(numbers);
    narrow.convert_to_f32_slice(&mut wide);
    *numbers == wide
}

fn narrowed(panels: &[Weights<f32>]) -> Vec<Weights<u16>> {
    let mut narrow = [f16::ZERO; PANEL];
    let narrowed = |Weights(numbers): &Weights<f32>| {
        narrow.convert_from_f32_slice(numbers);
        Weights(narrow.map(f16::to_bits))
    };
    panels.iter().map(narrowed).collect()
}
