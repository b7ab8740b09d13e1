//! The loops: once as text, compiled for each set of instructions.

use bytemuck::{Pod, Zeroable};
use std::{array::from_fn, cell::Cell, ptr};

#[cfg(target_arch = "aarch64")]
#[path = "tiles/neon.rs"]
pub(crate) mod neon;
pub(crate) mod portable;
#[cfg(target_arch = "x86_64")]
#[path = "tiles/x86.rs"]
mod x86;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{avx2, avx512};

/// Outputs whose weights lie beside one another.
pub(crate) const PANEL: usize = 32;
/// Vectors of outputs in a tile: with two, a position's input is read once for two products.
const VECTORS: usize = 2;
/// Inputs whose place in memory is checked at once.
const DEEP: usize = 64;
/// Positions that make a tile of their own, if there are no more: a block of the engine's resampler has so many.
const FEW: usize = 5;

/// A weight of each output of a panel, placed so that no vector of them lies across two lines of the cache.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Weights<W>(pub(crate) [W; PANEL]);

// SAFETY: numbers of which every pattern of bits is one, and no space between or behind them: 64 and 128 bytes.
unsafe impl Zeroable for Weights<u16> {}
// SAFETY: as above.
unsafe impl Zeroable for Weights<f32> {}
// SAFETY: as above.
unsafe impl Zeroable for Weights<u32> {}
// SAFETY: as above.
unsafe impl Pod for Weights<u16> {}
// SAFETY: as above.
unsafe impl Pod for Weights<f32> {}
// SAFETY: as above.
unsafe impl Pod for Weights<u32> {}

/// One run of a layer.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) kernel: usize,
    pub(crate) pool: bool,
    pub(crate) border: usize,
    /// Outputs below become this.
    pub(crate) floor: f32,
    pub(crate) bands: usize,
    pub(crate) bias: &'a [f32],
    pub(crate) input: &'a [f32],
    pub(crate) units: Units<'a>,
}

/// What the output rows are made of.
#[derive(Clone, Copy)]
pub(crate) enum Units<'a> {
    /// All kernel rows, from the input row that each begins with.
    Whole(&'a [usize]),
    /// Some kernel rows; the output begins with `kept` rows of sums that are there already.
    Parts { kept: usize, parts: &'a [Part] },
}

/// Some of the kernel's rows: one step to an output row, perhaps on top of sums that are shared with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The first kernel row.
    pub kernel_from: usize,
    /// Behind the last kernel row.
    pub kernel_to: usize,
    /// The input row that the first kernel row sees.
    pub start: usize,
    /// The output row, an earlier one, whose sums it goes on from; where there is none, from the bias.
    pub from: Option<usize>,
    /// Whether the output row is done, so that its ReLU is due; else it is sums.
    pub done: bool,
}

/// Weights that will be read later, which come from memory while the arithmetic goes on.
pub(crate) struct Prefetch<'a, W> {
    next: &'a [Weights<W>],
    /// How many are fetched for each block of inputs.
    each: usize,
    fetched: Cell<usize>,
}

impl<'a, W> Prefetch<'a, W> {
    /// All of `next`, spread over so many blocks.
    pub(crate) fn new(next: &'a [Weights<W>], blocks: usize) -> Self {
        Self { next, each: next.len().div_ceil(blocks.max(1)), fetched: Cell::new(0) }
    }

    /// Another block begins. `fetch` brings the 64 bytes at an address nearer.
    #[inline]
    pub(crate) fn step(&self, fetch: impl Fn(*const u8)) {
        let Some(rest) = self.next.get(self.fetched.get()..) else { return };
        for weights in &rest[..self.each.min(rest.len())] {
            let first = ptr::from_ref(weights).cast::<u8>();
            (0..size_of::<Weights<W>>()).step_by(64).for_each(|at| fetch(first.wrapping_add(at)));
        }
        self.fetched.set(self.fetched.get() + self.each);
    }
}

impl<'a> Call<'a> {
    /// Bands of an output row, empty ones included.
    fn output_bands(&self) -> usize {
        self.bands / (1 + usize::from(self.pool)) + 2 * self.border
    }

    /// The input rows that a part sees: one to four.
    fn rows(&self, part: &Part) -> [&'a [f32]; 4] {
        let stride = (self.bands + self.kernel / 2 * 2) * self.inputs;
        let count = part.kernel_to - part.kernel_from + usize::from(self.pool);
        rows(self.input, stride, part.start, count)
    }

    /// The output rows that are computed, by their numbers.
    fn numbers(&self) -> std::ops::Range<usize> {
        match self.units {
            Units::Whole(starts) => 0..starts.len(),
            Units::Parts { kept, parts } => kept..kept + parts.len(),
        }
    }

    /// Positions that each weight is read for.
    pub(crate) fn positions(&self) -> usize {
        self.numbers().len() * self.bands * (1 + usize::from(self.pool))
    }

    /// How to compute an output row.
    fn part(&self, number: usize) -> Part {
        match self.units {
            Units::Whole(starts) => {
                Part { kernel_from: 0, kernel_to: self.kernel, start: starts[number], from: None, done: true }
            }
            Units::Parts { kept, parts } => parts[number - kept],
        }
    }
}

/// `count` of the input's rows from `start` on, at most four, each of `stride` numbers.
pub(crate) fn rows<T>(input: &[T], stride: usize, start: usize, count: usize) -> [&[T]; 4] {
    from_fn(|row| if row < count { &input[(start + row) * stride..][..stride] } else { &[][..] })
}

/// The `v`th vector of a slice.
#[inline(always)]
pub(crate) fn lanes<T, const N: usize>(numbers: &[T], v: usize) -> &[T; N] {
    numbers[v * N..][..N].try_into().expect("as many as there are lanes")
}

/// What takes the greatest of positions that are pooled, for the module's `V` and `larger`.
macro_rules! greatest {
    ($(#[$feature:meta])*) => {
        /// Greatest of the 2 x 2 positions from `first` on, rows being `wide`.
        $(#[$feature])*
        #[inline]
        fn greatest(sums: &[[V; VECTORS]], first: usize, wide: usize) -> [V; VECTORS] {
            from_fn(|v| {
                let [a, b] = [first, first + 1].map(|at| larger(sums[at][v], sums[at + wide][v]));
                larger(a, b)
            })
        }
    };
}
pub(crate) use greatest;

/// Writes `lanes` to the outputs from `at`, as far as there are `left`.
macro_rules! put {
    ($output:expr, $at:expr, $left:expr, $value:expr) => {
        if $left >= LANES {
            store($value, (&mut $output[$at..][..LANES]).try_into().expect("as many as there are lanes"));
        } else if $left > 0 {
            let mut lanes = [0.0; LANES];
            store($value, &mut lanes);
            $output[$at..][..$left].copy_from_slice(&lanes[..$left]);
        }
    };
}
use put;

/// The lanes that lie from `at` on, as far as there are `left`.
macro_rules! get {
    ($row:expr, $at:expr, $left:expr) => {
        if $left >= LANES {
            load($row[$at..][..LANES].try_into().expect("as many as there are lanes"))
        } else {
            let mut lanes = [0.0; LANES];
            if $left > 0 {
                lanes[..$left].copy_from_slice(&$row[$at..][..$left]);
            }
            load(&lanes)
        }
    };
}
use get;

/// The loops over panels, units, bands and taps for one kind of weights; the module around it has the vector `V`, its
/// `LANES`, how many `POSITIONS` a tile has, and `load`, `store`, `splat`, `multiply_add` and `larger`.
macro_rules! kernel {
    ($(#[$feature:meta])* $module:ident, $weight:ty, $widen:ident) => {
        pub(crate) mod $module {
            use super::*;
            use std::array::from_fn;

            /// Computes a panel's share of each output row; `index` says which panel it is.
            $(#[$feature])*
            pub(crate) fn run<N>(
                call: &Call<'_>,
                index: usize,
                panel: &[Weights<$weight>],
                next: &[Weights<N>],
                output: &mut [f32],
            ) {
                let ahead = Prefetch::new(next, call.positions().div_ceil(POSITIONS) * panel.len() / DEEP);
                for part in (0..PANEL / LANES).step_by(VECTORS) {
                    let channel = index * PANEL + part * LANES;
                    if channel >= call.outputs {
                        break;
                    }
                    let length = call.output_bands() * call.outputs;
                    for number in call.numbers() {
                        let unit = call.part(number);
                        let (earlier, row) = output.split_at_mut(number * length);
                        let from = unit.from.map(|number| &earlier[number * length..][..length]);
                        let rows = call.rows(&unit);
                        let tiles = Tiles { call, panel, ahead: &ahead, part, channel, unit, from, rows };
                        let row = &mut row[..length];
                        if call.pool { tiles.pooled(row) } else { tiles.plain(row) }
                    }
                }
            }

            /// Two vectors of channels of one output row.
            struct Tiles<'a, N> {
                call: &'a Call<'a>,
                panel: &'a [Weights<$weight>],
                ahead: &'a Prefetch<'a, N>,
                /// First vector within the panel.
                part: usize,
                /// First channel within the row.
                channel: usize,
                unit: Part,
                /// The sums that it goes on from.
                from: Option<&'a [f32]>,
                rows: [&'a [f32]; 4],
            }

            impl<N> Tiles<'_, N> {
                $(#[$feature])*
                #[inline]
                fn plain(&self, row: &mut [f32]) {
                    if self.call.bands == FEW && self.from.is_none() {
                        let sums = self.sums::<FEW, FEW>(self.bias(), 0);
                        return self.write(row, 0, &sums);
                    }
                    let whole = self.call.bands / POSITIONS * POSITIONS;
                    for band in (0..whole).step_by(POSITIONS) {
                        let sums = match self.from {
                            Some(from) => self.sums::<POSITIONS, POSITIONS>(self.begun(from, band), band),
                            None => self.sums::<POSITIONS, POSITIONS>(self.bias(), band),
                        };
                        self.write(row, band, &sums);
                    }
                    for band in whole..self.call.bands {
                        let begun = self.from.map_or_else(|| self.bias(), |from| self.begun(from, band));
                        let sums = self.sums::<1, 1>(begun, band);
                        self.write(row, band, &sums);
                    }
                }

                $(#[$feature])*
                #[inline]
                fn pooled(&self, row: &mut [f32]) {
                    const WIDE: usize = POSITIONS / 2;
                    let whole = self.call.bands / WIDE * WIDE;
                    for band in (0..whole).step_by(WIDE) {
                        let sums = self.sums::<POSITIONS, WIDE>(self.bias(), band);
                        for pair in 0..WIDE / 2 {
                            self.write(row, band / 2 + pair, &[greatest(&sums, 2 * pair, WIDE)]);
                        }
                    }
                    for band in (whole..self.call.bands).step_by(2) {
                        let sums = self.sums::<4, 2>(self.bias(), band);
                        self.write(row, band / 2, &[greatest(&sums, 0, 2)]);
                    }
                }

                /// Sums of `P` positions: `WIDE` bands from `band` on in each of `P / WIDE` rows.
                $(#[$feature])*
                #[inline]
                fn sums<const P: usize, const WIDE: usize>(
                    &self,
                    begun: [[V; VECTORS]; P],
                    band: usize,
                ) -> [[V; VECTORS]; P] {
                    let Call { inputs, kernel, .. } = *self.call;
                    let mut sums = begun;
                    for (row, ky) in (self.unit.kernel_from..self.unit.kernel_to).enumerate() {
                        // The neighbours in a row lie beside one another, and so do their weights.
                        let near: [&[f32]; P] = from_fn(|p| {
                            &self.rows[p / WIDE + row][(band + p % WIDE) * inputs..][..kernel * inputs]
                        });
                        let taps = &self.panel[ky * kernel * inputs..][..kernel * inputs];
                        let (blocks, rest) = taps.as_chunks::<DEEP>();
                        for (block, weights) in blocks.iter().enumerate() {
                            bring(self.ahead);
                            let near: [&[f32; DEEP]; P] = from_fn(|p| lanes(near[p], block));
                            for input in 0..DEEP {
                                self.add(&mut sums, near.map(|near| near[input]), &weights[input]);
                            }
                        }
                        for (weights, input) in rest.iter().zip(blocks.len() * DEEP..) {
                            self.add(&mut sums, near.map(|near| near[input]), weights);
                        }
                    }
                    sums
                }

                /// Adds the products of one input of each position.
                $(#[$feature])*
                #[inline]
                fn add<const P: usize>(
                    &self,
                    sums: &mut [[V; VECTORS]; P],
                    near: [f32; P],
                    Weights(weights): &Weights<$weight>,
                ) {
                    let weights: [V; VECTORS] = from_fn(|v| $widen(lanes(weights, self.part + v)));
                    for (sums, near) in sums.iter_mut().zip(near) {
                        let x = splat(near);
                        for (sum, weight) in sums.iter_mut().zip(weights) {
                            *sum = multiply_add(x, weight, *sum);
                        }
                    }
                }

                /// What the sums of an output begin with.
                $(#[$feature])*
                #[inline]
                fn bias<const P: usize>(&self) -> [[V; VECTORS]; P] {
                    [from_fn(|v| load(lanes(&self.call.bias[self.channel..], v))); P]
                }

                /// The sums of an earlier part. Not inline: what is no part must keep its sums in registers.
                $(#[$feature])*
                #[inline(never)]
                fn begun<const P: usize>(&self, row: &[f32], band: usize) -> [[V; VECTORS]; P] {
                    let Call { outputs, border, .. } = *self.call;
                    from_fn(|p| {
                        from_fn(|v| {
                            let channel = self.channel + v * LANES;
                            let left = outputs.saturating_sub(channel);
                            let at = (band + p + border) * outputs + channel;
                            get!(row, at, left)
                        })
                    })
                }

                $(#[$feature])*
                #[inline]
                fn write(&self, row: &mut [f32], band: usize, sums: &[[V; VECTORS]]) {
                    let Call { outputs, border, floor, .. } = *self.call;
                    let floor = if self.unit.done { floor } else { f32::NEG_INFINITY };
                    for (p, sums) in sums.iter().enumerate() {
                        for (v, &sum) in sums.iter().enumerate() {
                            let channel = self.channel + v * LANES;
                            let left = outputs.saturating_sub(channel);
                            let at = (band + p + border) * outputs + channel;
                            // The sum stands second, so that NaN stays.
                            put!(row, at, left, larger(splat(floor), sum));
                        }
                    }
                }
            }

            greatest! { $(#[$feature])* }
        }
    };
}
use kernel;
