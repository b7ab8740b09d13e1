//! The filter as matrices: a block of 10 ms at a time, many outputs side by side.
//!
//! rubato computes one output after the other, in an order of summation that each set of instructions has its own of, and with a sine that
//! each C library rounds in its own way. Where a block is a whole number of inputs (any rate that is a multiple of 100 Hz: 44.1 and 48 kHz
//! above all), the same rows of coefficients serve every block: products of our kernels, which have one order of summation. Where the phases
//! come round within 32 outputs (multiples of 500 Hz), one matrix serves each fifth of a block.
//!
//! The filter is rubato's (`sinc.rs`, `windows.rs` of 5.0.1), computed in 64 bits and rounded once, so that it is the same everywhere.

use super::design::{Design, coefficients};
use rollcall_kernels::{Layer, Level, Shape};

/// Output samples of a block: 10 ms at 16 kHz.
pub(super) const BLOCK_OUTPUTS: usize = 160;
/// Outputs that are computed side by side: what the kernels take as one panel.
const ROWS: usize = 32;
/// Panels that a block has.
const PANELS: usize = BLOCK_OUTPUTS / ROWS;
/// Fastest rate that it serves: above, the matrices no longer lie in the second-level cache beside all else.
const MOST_HZ: usize = 96_000;

/// A filter that takes a block and gives 160 samples.
pub(super) struct Product {
    matrices: Matrices,
    /// What came before the block as far as the filter sees, and the block.
    held: Vec<f32>,
    history: usize,
    /// Output samples that come before rubato's first.
    pub(super) early: usize,
}

enum Matrices {
    /// The same for each panel, and the columns of input beside one another.
    Shared(Layer, Vec<f32>),
    /// One a panel, and where in what is held its input begins.
    Own(Vec<(Layer, usize)>),
}

impl Product {
    /// None for designs that it does not suit.
    pub(super) fn of(design: &Design, rate_hz: usize) -> Option<Self> {
        let block = design.block;
        if !design.exact || block * 100 != rate_hz || rate_hz > MOST_HZ {
            return None;
        }
        let filter =
            Rows { coefficients: coefficients(design), phases: design.phases as i64, block: block as i64 };
        let early = BLOCK_OUTPUTS.div_ceil(block);
        let row = |panel: usize, row: usize| (ROWS * panel + row) as i64 - early as i64;
        let matrix = |panel: usize| {
            let (first, last) = (filter.first(row(panel, 0)), filter.last(row(panel, ROWS - 1)));
            let weights: Vec<f32> = (0..ROWS)
                .flat_map(|at| (first..=last).map(move |input| (at, input)))
                .map(|(at, input)| filter.weight(row(panel, at), input))
                .collect();
            let inputs = (last + 1 - first) as usize;
            let shape = Shape { inputs, outputs: ROWS, kernel: 1, pool: false, relu: false, border: 0 };
            (Layer::new(shape, &weights, &[0.0; ROWS], Level::best()), first)
        };
        let history = usize::try_from(-filter.first(row(0, 0))).ok()?;
        let matrices = if ROWS.is_multiple_of(design.phases) {
            let (layer, _) = matrix(0);
            let columns = vec![0.0; PANELS * layer.shape().inputs];
            Matrices::Shared(layer, columns)
        } else {
            let panels = (0..PANELS).map(matrix);
            Matrices::Own(panels.map(|(layer, first)| (layer, (first + history as i64) as usize)).collect())
        };
        Some(Self { matrices, held: vec![0.0; history + block], history, early })
    }

    /// Takes the next block, and gives 160 samples.
    pub(super) fn run(&mut self, block: &[f32], output: &mut [f32]) -> usize {
        let Self { matrices, held, history, .. } = self;
        held.copy_within(block.len().., 0);
        held[*history..].copy_from_slice(block);
        let output = &mut output[..BLOCK_OUTPUTS];
        match matrices {
            Matrices::Shared(layer, columns) => {
                let (inputs, step) = (layer.shape().inputs, block.len() / PANELS);
                for (column, from) in columns.chunks_exact_mut(inputs).zip((0..).step_by(step)) {
                    column.copy_from_slice(&held[from..from + inputs]);
                }
                layer.run(PANELS, columns, &[0], output);
            }
            Matrices::Own(panels) => {
                for ((layer, from), output) in panels.iter().zip(output.chunks_exact_mut(ROWS)) {
                    layer.run(1, &held[*from..*from + layer.shape().inputs], &[0], output);
                }
            }
        }
        BLOCK_OUTPUTS
    }

    /// Back to silence.
    pub(super) fn reset(&mut self) {
        self.held.fill(0.0);
    }
}

/// What each output owes to each input, both counted from a block's beginning.
///
/// Output `n` of rubato is for input position `(n + 1) block / 160 - taps / 2 + 1 / phases` (`design.rs` tells why), in steps of
/// `1 / phases` a whole number; there the middle of the filter lies.
struct Rows {
    coefficients: Vec<f32>,
    phases: i64,
    block: i64,
}

impl Rows {
    /// Where in the filter an input lies for an output; outside of it, it sees nothing of it.
    fn at(&self, output: i64, input: i64) -> i64 {
        let end = (output + 1) * self.block * self.phases / BLOCK_OUTPUTS as i64;
        self.coefficients.len() as i64 - 1 + self.phases * input - end
    }

    fn weight(&self, output: i64, input: i64) -> f32 {
        let at = usize::try_from(self.at(output, input)).ok();
        at.and_then(|at| self.coefficients.get(at)).copied().unwrap_or(0.0)
    }

    /// The first input that an output sees.
    fn first(&self, output: i64) -> i64 {
        let at = self.at(output, 0);
        -at.div_euclid(self.phases)
    }

    /// The last.
    fn last(&self, output: i64) -> i64 {
        let left = self.coefficients.len() as i64 - 1 - self.at(output, 0);
        left.div_euclid(self.phases)
    }
}
