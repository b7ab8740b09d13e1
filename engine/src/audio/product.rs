//! The filter as a matrix: a block of 10 ms at a time, many outputs side by side.
//!
//! rubato computes one output after the other, and loads each coefficient for each of them. Where the phases of the
//! filter come round within 32 outputs (any rate that is a multiple of 500 Hz, 48 kHz above all), the same 32 rows of
//! coefficients serve each fifth of a block: one matrix, five columns of input, one product of our kernels. The
//! coefficients are rubato's own, read off its answers to impulses, so that length, cutoff and alignment have one source.

use super::design::Design;
use rollcall_kernels::{Layer, Level, Shape};
use rubato::{Async, Resampler as _};

/// Output samples of a block: 10 ms at 16 kHz.
const BLOCK_OUTPUTS: usize = 160;
/// Outputs that are computed side by side: what the kernels take as one panel.
const ROWS: usize = 32;
/// Columns of input that a block makes.
const COLUMNS: usize = BLOCK_OUTPUTS / ROWS;
/// Fastest rate that it serves: above, the matrix no longer lies in the second-level cache beside all else.
const MOST_HZ: usize = 96_000;

/// A filter that takes a block and gives 160 samples.
pub(super) struct Product {
    layer: Layer,
    /// What came before the block as far as the filter sees, and the block.
    held: Vec<f32>,
    history: usize,
    /// The five columns, beside one another.
    columns: Vec<f32>,
    /// Output samples that come before rubato's first.
    pub(super) early: usize,
}

impl Product {
    /// The filter that `sinc`, which is new and is new again afterwards, computes; none for rates that it does not suit.
    pub(super) fn of(design: &Design, sinc: &mut Async<f32>) -> Option<Self> {
        let block = design.block;
        if !design.exact || !ROWS.is_multiple_of(design.phases) || block * 100 > MOST_HZ {
            return None;
        }
        // Inputs between two outputs of the same phase.
        let period = (design.phases as f64 / design.ratio).round() as usize;
        let answers = Answers::read(design, sinc, period);
        sinc.reset();
        let answers = answers?;
        let (step, reach) = ((block / COLUMNS) as i64, (design.taps + period) as i64);
        let sees = |&input: &i64| (0..ROWS).any(|row| answers.weight(row, input) != 0.0);
        let (first, last) = ((-reach..step).find(sees)?, (-reach..block as i64).rev().find(sees)?);
        if first > 0 || last >= step {
            return None;
        }
        let inputs = (last + 1 - first) as usize;
        let weights: Vec<f32> = (0..ROWS)
            .flat_map(|row| (first..=last).map(move |input| (row, input)))
            .map(|(row, input)| answers.weight(row, input))
            .collect();
        let shape = Shape { inputs, outputs: ROWS, kernel: 1, pool: false, relu: false, border: 0 };
        let history = -first as usize;
        Some(Self {
            layer: Layer::new(shape, &weights, &[0.0; ROWS], Level::best()),
            held: vec![0.0; history + block],
            history,
            columns: vec![0.0; COLUMNS * inputs],
            early: BLOCK_OUTPUTS - answers.first,
        })
    }

    /// Takes the next block, and gives 160 samples.
    pub(super) fn run(&mut self, block: &[f32], output: &mut [f32]) -> usize {
        let Self { layer, held, history, columns, .. } = self;
        held.copy_within(block.len().., 0);
        held[*history..].copy_from_slice(block);
        let (inputs, step) = (layer.shape().inputs, block.len() / COLUMNS);
        for (column, from) in columns.chunks_exact_mut(inputs).zip((0..).step_by(step)) {
            column.copy_from_slice(&held[from..from + inputs]);
        }
        layer.run(COLUMNS, columns, &[0], &mut output[..BLOCK_OUTPUTS]);
        BLOCK_OUTPUTS
    }

    /// Back to silence.
    pub(super) fn reset(&mut self) {
        self.held.fill(0.0);
    }
}

/// What a resampler answers to an impulse at each input from the beginning of its second block on.
struct Answers {
    /// All outputs, the first block's among them.
    outputs: Vec<Vec<f32>>,
    period: usize,
    phases: usize,
    /// Outputs of the first block: fewer than of the others, for the filter has not been filled.
    first: usize,
}

impl Answers {
    /// None if a block other than the first gives another number than 160.
    fn read(design: &Design, sinc: &mut Async<f32>, period: usize) -> Option<Self> {
        let mut answers = Self { outputs: Vec::new(), period, phases: design.phases, first: 0 };
        let blocks = design.taps.div_ceil(design.block) + 3;
        let mut fresh = vec![0.0; BLOCK_OUTPUTS + 2];
        for at in 0..period {
            let mut outputs = Vec::new();
            for number in 0..blocks {
                let mut block = vec![0.0; design.block];
                if number == 1 {
                    block[at] = 1.0;
                }
                let given = super::design::run(sinc, &block, &mut fresh);
                match number {
                    0 if given <= BLOCK_OUTPUTS => answers.first = given,
                    1.. if given == BLOCK_OUTPUTS => {}
                    _ => return None,
                }
                outputs.extend_from_slice(&fresh[..given]);
            }
            sinc.reset();
            answers.outputs.push(outputs);
        }
        Some(answers)
    }

    /// What output `row` of a block owes to the input `input`, counted from the block's beginning.
    fn weight(&self, row: usize, input: i64) -> f32 {
        let (periods, at) = (input.div_euclid(self.period as i64), input.rem_euclid(self.period as i64));
        let output = (self.first + row) as i64 - self.phases as i64 * periods;
        let output = usize::try_from(output).ok();
        output.and_then(|output| self.outputs[at as usize].get(output)).copied().unwrap_or(0.0)
    }
}
