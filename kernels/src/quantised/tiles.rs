//! The loops over bytes: once as text, compiled for each set of instructions.
//!
//! Sums of integers are exact, so their order is free; what the sets of instructions share is where a weight lies and which
//! byte a sum becomes.

use super::requantise::byte;
use crate::tiles::{PANEL, Prefetch, Weights, greatest, lanes, rows};

#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
pub(crate) mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{avx_vnni, avx2, avx512, avx512_vnni};

/// Vectors of outputs in a tile: with two, a position's input is read once for two products.
const VECTORS: usize = 2;
/// Words of input whose place in memory is checked at once.
const DEEP: usize = 16;
/// Sums that a position has where it is alone: as many as hide what a product takes to come out.
const SPLIT: usize = 4;

/// What one product takes of a position's input: four bytes, or two numbers of 16 bits in the machine's order.
pub(crate) type Word = [u8; 4];

/// One run of a layer.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    /// Words of a band of an input row.
    pub(crate) words: usize,
    /// Channels of a band of an output row, those included that fill up the last word.
    pub(crate) outputs: usize,
    pub(crate) kernel: usize,
    pub(crate) pool: bool,
    pub(crate) border: usize,
    pub(crate) bands: usize,
    pub(crate) bias: &'a [i32],
    pub(crate) multipliers: &'a [u32],
    pub(crate) shift: u32,
    pub(crate) input: &'a [Word],
    /// The input row that each output row begins with.
    pub(crate) starts: &'a [usize],
}

impl<'a> Call<'a> {
    /// Bands of an output row, empty ones included.
    fn output_bands(&self) -> usize {
        self.bands / (1 + usize::from(self.pool)) + 2 * self.border
    }

    /// The input rows that an output row sees: one to four.
    fn rows(&self, start: usize) -> [&'a [Word]; 4] {
        let stride = (self.bands + self.kernel / 2 * 2) * self.words;
        let count = self.kernel + usize::from(self.pool);
        rows(self.input, stride, start, count)
    }

    /// Positions that each weight is read for.
    pub(crate) fn positions(&self) -> usize {
        self.starts.len() * self.bands * (1 + usize::from(self.pool))
    }
}

/// The loops over panels, rows, bands and words; the module around it has the vector `V` of sums and `W` of weights, their
/// `LANES`, how many `POSITIONS` a tile has, and `sums`, `zero`, `weights`, `splat`, `add_products`, `add`, `larger` and `bytes`.
macro_rules! kernel {
    ($(#[$feature:meta])*) => {
        /// Computes a panel's share of each output row; `index` says which panel it is.
        $(#[$feature])*
        pub(crate) fn run(
            call: &Call<'_>,
            index: usize,
            panel: &[Weights<u32>],
            next: &[Weights<u32>],
            output: &mut [u8],
        ) {
            let ahead = Prefetch::new(next, call.positions().div_ceil(POSITIONS) * panel.len() / DEEP);
            for part in (0..PANEL / LANES).step_by(VECTORS) {
                let channel = index * PANEL + part * LANES;
                if channel >= call.outputs {
                    break;
                }
                let length = call.output_bands() * call.outputs;
                for (&start, row) in call.starts.iter().zip(output.chunks_exact_mut(length)) {
                    let tiles = Tiles { call, panel, ahead: &ahead, part, channel, rows: call.rows(start) };
                    if call.pool { tiles.pooled(row) } else { tiles.plain(row) }
                }
            }
        }

        /// Two vectors of channels of one output row.
        struct Tiles<'a> {
            call: &'a Call<'a>,
            panel: &'a [Weights<u32>],
            ahead: &'a Prefetch<'a, u32>,
            /// First vector within the panel.
            part: usize,
            /// First channel within the row.
            channel: usize,
            rows: [&'a [Word]; 4],
        }

        impl Tiles<'_> {
            $(#[$feature])*
            #[inline]
            fn plain(&self, row: &mut [u8]) {
                let whole = self.call.bands / POSITIONS * POSITIONS;
                for band in (0..whole).step_by(POSITIONS) {
                    let sums = self.sums::<POSITIONS, POSITIONS, 1>(band);
                    self.write(row, band, &sums);
                }
                for band in whole..self.call.bands {
                    let sums = self.sums::<1, 1, SPLIT>(band);
                    self.write(row, band, &sums);
                }
            }

            $(#[$feature])*
            #[inline]
            fn pooled(&self, row: &mut [u8]) {
                const WIDE: usize = POSITIONS / 2;
                let whole = self.call.bands / WIDE * WIDE;
                for band in (0..whole).step_by(WIDE) {
                    let sums = self.sums::<POSITIONS, WIDE, 1>(band);
                    for pair in 0..WIDE / 2 {
                        self.write(row, band / 2 + pair, &[greatest(&sums, 2 * pair, WIDE)]);
                    }
                }
                for band in (whole..self.call.bands).step_by(2) {
                    let sums = self.sums::<4, 2, 1>(band);
                    self.write(row, band / 2, &[greatest(&sums, 0, 2)]);
                }
            }

            /// Sums of `P` positions, `WIDE` bands from `band` on in each of `P / WIDE` rows; each of them in `S` sums until the end.
            $(#[$feature])*
            #[inline]
            fn sums<const P: usize, const WIDE: usize, const S: usize>(
                &self,
                band: usize,
            ) -> [[V; VECTORS]; P] {
                let Call { words, kernel, bias, .. } = *self.call;
                let mut sums = [[[zero(); VECTORS]; P]; S];
                sums[0] = [from_fn(|v| load(lanes(&bias[self.channel..], v))); P];
                for ky in 0..kernel {
                    // The neighbours in a row lie beside one another, and so do their weights.
                    let near: [&[Word]; P] = from_fn(|p| {
                        &self.rows[p / WIDE + ky][(band + p % WIDE) * words..][..kernel * words]
                    });
                    let taps = &self.panel[ky * kernel * words..][..kernel * words];
                    let (blocks, rest) = taps.as_chunks::<DEEP>();
                    for (block, weights) in blocks.iter().enumerate() {
                        bring(self.ahead);
                        let near: [&[Word; DEEP]; P] = from_fn(|p| lanes(near[p], block));
                        for first in (0..DEEP).step_by(S) {
                            for (split, sums) in sums.iter_mut().enumerate() {
                                let word = first + split;
                                self.add_word(sums, near.map(|near| near[word]), &weights[word]);
                            }
                        }
                    }
                    for (weights, word) in rest.iter().zip(blocks.len() * DEEP..) {
                        self.add_word(&mut sums[0], near.map(|near| near[word]), weights);
                    }
                }
                let (whole, others) = sums.split_at_mut(1);
                for other in others {
                    for (sums, other) in whole[0].iter_mut().zip(other) {
                        sums.iter_mut().zip(other).for_each(|(sum, other)| *sum = add(*sum, *other));
                    }
                }
                whole[0]
            }

            /// Adds the products of one word of each position.
            $(#[$feature])*
            #[inline]
            fn add_word<const P: usize>(
                &self,
                sums: &mut [[V; VECTORS]; P],
                near: [Word; P],
                Weights(panel): &Weights<u32>,
            ) {
                let weights: [W; VECTORS] = from_fn(|v| weights(lanes(panel, self.part + v)));
                for (sums, near) in sums.iter_mut().zip(near) {
                    let x = splat(near);
                    for (sum, weight) in sums.iter_mut().zip(weights) {
                        *sum = add_products(*sum, x, weight);
                    }
                }
            }

            $(#[$feature])*
            #[inline]
            fn write(&self, row: &mut [u8], band: usize, sums: &[[V; VECTORS]]) {
                let Call { outputs, border, multipliers, shift, .. } = *self.call;
                for (p, sums) in sums.iter().enumerate() {
                    for (v, &sum) in sums.iter().enumerate() {
                        let channel = self.channel + v * LANES;
                        let left = outputs.saturating_sub(channel).min(LANES);
                        let at = (band + p + border) * outputs + channel;
                        if left > 0 {
                            let bytes = bytes(sum, lanes(&multipliers[self.channel..], v), shift);
                            row[at..][..left].copy_from_slice(&bytes[..left]);
                        }
                    }
                }
            }
        }

        // A greater sum never becomes a smaller byte, so that the pool may come before requantisation.
        greatest! { $(#[$feature])* }
    };
}
use kernel;
