//! Patches one after the other, each with a border of zeros, that share all that no border reaches.
//!
//! Of a patch of 96 hops the border reaches, at either end, 1 row of the first two layers' outputs, 2 of the third and
//! fourth, 3 of the fifth, and 2 of the 6 columns. The rows between are those of the endless spectrogram, computed once; the
//! reached ones are computed for each patch, from the rows between and a border. At one patch every 16 hops that is 0.53 of
//! the products of computing every patch from nothing, and the same bits: every output has the same sum.

use super::stack::{Stack, push_hops, step};
use crate::{COLUMN_HOPS, LogMelHop, PATCH_HOPS};
use rollcall_kernels::Layer;

/// Rows of the endless spectrogram at one place of the stack, the older ones forgotten.
#[derive(Clone)]
struct Rows {
    data: Vec<f32>,
    stride: usize,
    /// Which row the first of `data` is.
    first: i64,
}

impl Rows {
    fn end(&self) -> i64 {
        self.first + (self.data.len() / self.stride) as i64
    }

    fn get(&self, from: i64, to: i64) -> &[f32] {
        let at = |row: i64| (row - self.first) as usize * self.stride;
        &self.data[at(from)..at(to)]
    }

    /// Forgets all but the newest `rows`, now and then.
    fn keep(&mut self, rows: i64) {
        let old = self.end() - rows - self.first;
        if old >= rows {
            self.data.drain(..old as usize * self.stride);
            self.first += old;
        }
    }
}

/// What no border reaches, up to the newest hop.
#[derive(Clone)]
pub(super) struct Interior {
    /// Input rows of each layer, and at last the columns.
    rows: Vec<Rows>,
    /// Rows before the pool, of the layers whose reached rows are odd in number: one of a pair is to be had here.
    unpooled: Vec<Option<Rows>>,
    starts: Vec<usize>,
}

/// Whether the border at one end of a patch reaches nothing that the border at the other end reaches too.
pub(super) fn can_share(stack: &Stack) -> bool {
    let mut outputs = PATCH_HOPS as i64;
    stack.layers().zip(reached(stack)).all(|(layer, reached)| {
        outputs /= step(layer);
        2 * units(layer, reached) <= outputs
    })
}

/// For each layer, how many of its input rows the border at one end of a patch reaches.
fn reached(stack: &Stack) -> impl Iterator<Item = i64> {
    stack.layers().scan(0, |rows, layer| {
        let now = *rows;
        *rows = units(layer, now);
        Some(now)
    })
}

/// Output rows that are reached when so many input rows are: the convolution reaches one more.
fn units(layer: &Layer, reached: i64) -> i64 {
    (reached + step(layer)) / step(layer)
}

/// Whether a pair before the pool is half reached. In the first layer, which costs next to nothing, it is computed anew.
fn is_split(layer: &Layer, reached: i64) -> bool {
    step(layer) == 2 && reached % 2 == 0 && reached > 0
}

impl Interior {
    /// Begins with a hop that begins a column.
    pub(super) fn new(stack: &Stack) -> Self {
        let (mut rows, mut unpooled) = (Vec::new(), Vec::new());
        for ((layer, bands), reached) in stack.layers().zip(stack.layer_bands()).zip(reached(stack)) {
            // What the border reaches at the beginning of the first patch is what cannot be known here.
            rows.push(Rows { data: Vec::new(), stride: layer.input_row(bands), first: reached });
            let stride = layer.unpooled_row(bands);
            unpooled.push(is_split(layer, reached).then(|| Rows {
                data: Vec::new(),
                stride,
                first: reached + 1,
            }));
        }
        let first = reached(stack).zip(stack.layers()).last().map_or(0, |(rows, layer)| units(layer, rows));
        rows.push(Rows { data: Vec::new(), stride: stack.column_len(), first });
        Self { rows, unpooled, starts: Vec::new() }
    }

    /// Takes the next hops, whole columns of them, and gives the columns of the patch that ends with them, each
    /// `[bands][channels]`. Rows between and reached rows are computed in one run, so that weights are read once.
    pub(super) fn advance<'a>(
        &mut self,
        stack: &Stack,
        hops: impl Iterator<Item = &'a LogMelHop>,
    ) -> Vec<f32> {
        push_hops(&mut self.rows[0].data, hops);
        let mut len = PATCH_HOPS as i64;
        let mut base = self.rows[0].end() - len;
        // Reached rows at the beginning and at the end.
        let (mut head, mut tail) = (Vec::new(), Vec::new());
        let (mut seen, mut fresh) = (Vec::new(), Vec::new());
        let layers = stack.layers().zip(stack.layer_bands()).zip(reached(stack)).enumerate();
        for (index, ((layer, bands), reached)) in layers {
            let (input, output) = self.rows[index..].split_at_mut(1);
            let (input, output) = (&mut input[0], &mut output[0]);
            let (step, units) = (step(layer), units(layer, reached));
            // Rows, or pairs of them for the pool: how many at either end, how many input rows each sees, how far apart.
            let (count, sees, pace, next) = match &self.unpooled[index] {
                Some(unpooled) => (reached + 1, 3, 1, unpooled.end()),
                None => (units, layer.sees() as i64, step, output.end()),
            };
            let between = (input.end() + 1 - sees).div_euclid(pace) + 1 - next;
            let span = |rows: i64| pace * (rows - 1) + sees;
            seen.clear();
            seen.extend_from_slice(input.get(pace * next - 1, pace * next - 1 + span(between)));
            seen.resize(seen.len() + input.stride, 0.0);
            seen.extend(&head);
            seen.extend_from_slice(input.get(base + reached, base + span(count) - 1));
            seen.extend_from_slice(input.get(base + len + 1 - span(count), base + len - reached));
            seen.extend(&tail);
            seen.resize(seen.len() + input.stride, 0.0);
            self.starts.clear();
            for (from, rows) in [(0, between), (span(between), count), (span(between) + span(count), count)] {
                self.starts.extend((0..rows).map(|row| (from + pace * row) as usize));
            }
            let (ends, row) = (units as usize, layer.output_row(bands));
            match &mut self.unpooled[index] {
                None => {
                    fresh.clear();
                    fresh.resize(self.starts.len() * row, 0.0);
                    layer.run(bands, &seen, &self.starts, &mut fresh);
                    let (rows, reached) = fresh.split_at(between as usize * row);
                    output.data.extend_from_slice(rows);
                    head.clear();
                    head.extend_from_slice(reached);
                }
                Some(unpooled) => {
                    let stride = unpooled.stride;
                    fresh.clear();
                    fresh.resize(self.starts.len() * stride, 0.0);
                    layer.run_unpooled(bands, &seen, &self.starts, &mut fresh);
                    let (rows, reached) = fresh.split_at(between as usize * stride);
                    unpooled.data.extend_from_slice(rows);
                    let (first, last) = reached.split_at(count as usize * stride);
                    let (next, end) = (output.end(), unpooled.end() / 2);
                    let mut pairs = unpooled.get(2 * next, 2 * end).to_vec();
                    pairs.extend_from_slice(first);
                    pairs.extend_from_slice(unpooled.get(base + count, base + count + 1));
                    pairs.extend_from_slice(unpooled.get(base + len - count - 1, base + len - count));
                    pairs.extend_from_slice(last);
                    fresh.clear();
                    fresh.resize(((end - next) as usize + 2 * ends) * row, 0.0);
                    layer.pool(bands, &pairs, &mut fresh);
                    let (rows, reached) = fresh.split_at((end - next) as usize * row);
                    output.data.extend_from_slice(rows);
                    head.clear();
                    head.extend_from_slice(reached);
                    unpooled.keep(len);
                }
            }
            tail = head.split_off(ends * row);
            input.keep(len);
            (base, len) = (base / step, len / step);
        }
        let columns = self.rows.last_mut().expect("the columns are behind the layers");
        let reached = (head.len() / columns.stride) as i64;
        head.extend_from_slice(columns.get(base + reached, base + len - reached));
        head.extend(tail);
        columns.keep(len);
        head
    }
}

/// Columns of hops between two patches up to which sharing pays: at 4 the rows between and the reached ones together cost
/// more than the patch.
const MOST_COLUMNS_APART: usize = 3;

/// Patches of one stream, whichever of its windows are wanted.
#[derive(Clone, Default)]
pub(super) struct Sharing {
    interior: Option<Interior>,
    /// Columns of hops since the last patch, if there was one.
    apart: Option<usize>,
}

impl Sharing {
    /// Another column of hops has come.
    pub(super) fn advance(&mut self) {
        self.apart = self.apart.map(|columns| columns + 1);
    }

    /// Columns of the newest patch, each `[bands][channels]`.
    pub(super) fn columns<'a>(
        &mut self,
        stack: &Stack,
        patch: impl Iterator<Item = &'a LogMelHop>,
    ) -> Vec<f32> {
        let apart = self.apart.replace(0).filter(|&columns| columns <= MOST_COLUMNS_APART);
        let Some(apart) = apart.filter(|_| can_share(stack)) else {
            self.interior = None;
            return stack.whole(patch);
        };
        match &mut self.interior {
            Some(interior) => interior.advance(stack, patch.skip(PATCH_HOPS - apart * COLUMN_HOPS)),
            None => self.interior.insert(Interior::new(stack)).advance(stack, patch),
        }
    }
}
