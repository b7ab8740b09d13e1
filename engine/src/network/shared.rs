//! Patches one after the other, each with a border of zeros, that share all that no border reaches.
//!
//! The rows of a patch, layer by layer: `x` are reached by its border and are its own, `o` are those of the endless spectrogram and are
//! computed once.
//!
//! ```text
//!            rows
//! input       96   oooooooooooooooo ... oooooooooooooooo
//! layer 1     48   xooooooo ................... ooooooox   1 at either end
//! layer 2     24   xoooooooooooooooooooooox                1
//! layer 3     24   xxooooooooooooooooooooxx                2
//! layer 4     12   xxooooooooxx                            2
//! layer 5     12   xxxooooooxxx                            3
//! layer 6      6   xxooxx                                  2 of the 6 columns
//! ```
//!
//! An example: layer 5, of the patch that begins at row 0 of its input; the one before began at row -2, a column earlier.
//!
//! - Of the input, 0, 1 and 10, 11 are reached, 2 to 9 lie between.
//! - An output row sees three input rows, so 3 to 8 see none but rows between. 3 to 6 are there from the patch before; 7 and 8 are computed
//!   now, for this patch and all that follow.
//! - 0, 1, 2 and 9, 10, 11 are this patch's own. That makes 8 rows instead of 12, and the products with the border's zeros are left out.
//! - Output 9 sees 8 and 9, which lie between, and 10, which here is reached and two columns later lies between: the sum over 8 and 9 is
//!   *begun* once, and gone on with twice. So is that of output 10, with its first input row, 9.
//!
//! At one patch every 16 hops all layers together have 0.44 of the products of computing every patch from nothing, and the same bits:
//! every output has the same sum, in the same order.

use super::stack::{Stack, step};
use crate::{COLUMN_HOPS, LogMelHop, PATCH_HOPS};
use rollcall_kernels::{Layer, Part};

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
    /// Rows before the pool, of the layers with a pool behind the first.
    unpooled: Vec<Option<Rows>>,
    /// Begun sums of the next two rows of each layer behind the first, of two kernel rows and of one; none before the first patch.
    begun: Vec<Vec<f32>>,
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

impl Interior {
    /// Begins with a hop that begins a column.
    pub(super) fn new(stack: &Stack) -> Self {
        let (mut rows, mut unpooled) = (Vec::new(), Vec::new());
        for ((layer, bands), reached) in stack.layers().zip(stack.layer_bands()).zip(reached(stack)) {
            // What the border reaches at the beginning of the first patch is what cannot be known here.
            let from = |stride, first| Rows { data: Vec::new(), stride, first };
            rows.push(from(layer.input_row(bands), reached));
            let pools = layer.shape().pool && reached > 0;
            unpooled.push(pools.then(|| from(layer.unpooled_row(bands), reached + 1)));
        }
        let first = reached(stack).zip(stack.layers()).last().map_or(0, |(rows, layer)| units(layer, rows));
        rows.push(Rows { data: Vec::new(), stride: stack.column_len(), first });
        let begun = vec![Vec::new(); unpooled.len()];
        Self { rows, unpooled, begun }
    }

    /// Takes the next hops, whole columns of them, and gives the columns of the patch that ends with them, each
    /// `[bands][channels]`. Rows between and reached rows are computed in one run, so that weights are read once.
    pub(super) fn advance<'a>(
        &mut self,
        stack: &Stack,
        hops: impl Iterator<Item = &'a LogMelHop>,
    ) -> Vec<f32> {
        stack.push_hops(&mut self.rows[0].data, hops);
        let mut len = PATCH_HOPS as i64;
        let mut base = self.rows[0].end() - len;
        let mut ends = Ends::default();
        for (index, (layer, bands)) in stack.layers().zip(stack.layer_bands()).enumerate() {
            let (input, output) = self.rows[index..].split_at_mut(1);
            let (input, output) = (&mut input[0], &mut output[0]);
            let place = Place { layer, bands, base, len, input };
            ends = if index == 0 {
                place.first(output)
            } else {
                place.later(&ends, &mut self.begun[index], self.unpooled[index].as_mut(), output)
            };
            input.keep(len);
            (base, len) = (base / step(layer), len / step(layer));
        }
        let columns = self.rows.last_mut().expect("the columns are behind the layers");
        let Ends { mut head, tail } = ends;
        let reached = (head.len() / columns.stride) as i64;
        head.extend_from_slice(columns.get(base + reached, base + len - reached));
        head.extend(tail);
        columns.keep(len);
        head
    }
}

/// The rows of a patch that its border reaches, at its beginning and at its end.
#[derive(Default)]
struct Ends {
    head: Vec<f32>,
    tail: Vec<f32>,
}

/// A layer, and the patch within the rows that it sees.
struct Place<'a> {
    layer: &'a Layer,
    bands: usize,
    /// The patch's first row, and how many it has.
    base: i64,
    len: i64,
    /// The rows between, the newest among them.
    input: &'a Rows,
}

impl Place<'_> {
    /// The first layer, of whose input the border reaches nothing: what it costs is next to nothing, and shared by row.
    fn first(&self, output: &mut Rows) -> Ends {
        let &Self { layer, bands, base, len, input } = self;
        let (step, sees) = (step(layer), layer.sees() as i64);
        let next = output.end();
        let between = (input.end() + 1 - sees).div_euclid(step) + 1 - next;
        let mut seen = input.get(step * next - 1, input.end()).to_vec();
        let mut starts: Vec<usize> = (0..between).map(|row| (step * row) as usize).collect();
        starts.push(seen.len() / input.stride);
        seen.resize(seen.len() + input.stride, 0.0);
        seen.extend_from_slice(input.get(base, base + sees - 1));
        starts.push(seen.len() / input.stride);
        seen.extend_from_slice(input.get(base + len + 1 - sees, base + len));
        seen.resize(seen.len() + input.stride, 0.0);
        let row = layer.output_row(bands);
        let mut fresh = vec![0.0; starts.len() * row];
        layer.run(bands, &seen, &starts, &mut fresh);
        let (rows, reached) = fresh.split_at(between as usize * row);
        output.data.extend_from_slice(rows);
        let (head, tail) = reached.split_at(row);
        Ends { head: head.to_vec(), tail: tail.to_vec() }
    }

    /// A layer whose input has reached rows, `ends`. Rows before the pool go to `unpooled`, if there is one.
    fn later(
        &self,
        ends: &Ends,
        begun: &mut Vec<f32>,
        unpooled: Option<&mut Rows>,
        output: &mut Rows,
    ) -> Ends {
        let &Self { layer, bands, base, len, input } = self;
        let row = layer.unpooled_row(bands);
        let reached = (ends.head.len() / input.stride) as i64;
        let next = unpooled.as_ref().map_or(output.end(), |rows| rows.end());
        let end = input.end();
        assert_eq!(end, base + len - reached, "the rows between go up to the reached ones");

        let mut seen = input.get(next - 1, end).to_vec();
        let head = end + 1 - next;
        seen.extend(&ends.head);
        seen.extend_from_slice(input.get(base + reached, base + reached + 2));
        let tail = head + reached + 2;
        seen.extend(&ends.tail);
        let (between, count) = (end - 1 - next, reached + 1);
        let parts = parts(between, head, tail, reached, !begun.is_empty());

        let mut sums = std::mem::take(begun);
        sums.resize((2 + parts.len()) * row, 0.0);
        layer.run_parts(bands, &seen, &parts, &mut sums);
        let mut rest = &sums[2 * row..];
        let mut take = |rows: i64| rest.split_off(..rows as usize * row).expect("a row for each part");
        let (fresh, beginning, first, last) = (take(between), take(2), take(count), take(count));
        begun.extend_from_slice(beginning);
        let Some(unpooled) = unpooled else {
            output.data.extend_from_slice(fresh);
            return Ends { head: first.to_vec(), tail: last.to_vec() };
        };

        unpooled.data.extend_from_slice(fresh);
        let (next, end) = (output.end(), unpooled.end() / 2);
        let mut pairs = unpooled.get(2 * next, 2 * end).to_vec();
        pairs.extend_from_slice(first);
        // Of an odd number of reached rows the last has its other half in the row between beside it.
        let odd = count % 2;
        pairs.extend_from_slice(unpooled.get(base + count, base + count + odd));
        pairs.extend_from_slice(unpooled.get(base + len - count - odd, base + len - count));
        pairs.extend_from_slice(last);
        let row = layer.output_row(bands);
        let mut fresh = vec![0.0; pairs.len() / (2 * layer.unpooled_row(bands)) * row];
        layer.pool(bands, &pairs, &mut fresh);
        let (rows, reached) = fresh.split_at((end - next) as usize * row);
        output.data.extend_from_slice(rows);
        unpooled.keep(len);
        let (head, tail) = reached.split_at(reached.len() / 2);
        Ends { head: head.to_vec(), tail: tail.to_vec() }
    }
}

/// What is to be summed up for `between` rows, the beginnings of the next two, and the rows that the border reaches at
/// either end; from input rows of which the first is the one before the first row between, and of which `reached` are
/// reached from `head` on and from `tail` on. Output rows 0 and 1 are the beginnings of the first two rows between, if they
/// have been `begun`.
fn parts(between: i64, head: i64, tail: i64, reached: i64, begun: bool) -> Vec<Part> {
    assert!(!begun || between >= 2, "{between} rows cannot go on from two beginnings");
    let mut parts = Vec::new();
    let mut part = |kernel_from: i64, kernel_to: i64, start: i64, from: Option<i64>| {
        parts.push(Part {
            kernel_from: kernel_from as usize,
            kernel_to: kernel_to as usize,
            start: start as usize,
            from: from.map(|row| row as usize),
            done: true,
        });
    };
    for row in 0..between {
        // The first has its first two kernel rows, the second its first.
        let has = if begun { (2 - row).max(0) } else { 0 };
        part(has, 3, row + has, (has > 0).then_some(row));
    }
    part(0, 2, between, None);
    part(0, 1, between + 1, None);
    part(1, 3, head, None);
    for row in 1..=reached {
        part(0, 3, head + row - 1, None);
    }
    for row in 0..=reached {
        let has = (2 - row).max(0);
        let to = if row == reached { 2 } else { 3 };
        part(has, to, tail + (row - 2).max(0), (has > 0).then_some(2 + between + row));
    }
    for beginning in &mut parts[between as usize..][..2] {
        beginning.done = false;
    }
    parts
}

/// Columns of hops between two patches up to which sharing pays: at 4 the rows between and the reached ones together are as
/// many products as the patch.
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
