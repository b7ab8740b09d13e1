//! What layers of floats and of bytes are both tried with: seeded numbers, and the order in which an output is written out.

use rollcall_kernels::Shape;

/// Seeded bits.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// 24 of them.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 40
    }
}

/// The first row of every unit that so many rows hold, of a layer that sees `sees` of them.
pub(crate) fn starts(shape: Shape, rows: usize, sees: usize) -> Vec<usize> {
    (0..=rows - sees).step_by(if shape.pool { 2 } else { 1 }).collect()
}

/// Output rows of `channels` to a band, of which the layer has perhaps fewer: what `value` gives for a row, a band and an output, the
/// largest of four where it is pooled, between borders of nothing.
pub(crate) fn written_out<T: Copy + Default>(
    shape: Shape,
    (bands, channels): (usize, usize),
    starts: &[usize],
    value: impl Fn(usize, usize, usize) -> T,
    larger: impl Fn(T, T) -> T,
) -> Vec<T> {
    let border = vec![T::default(); shape.border * channels];
    let mut written = Vec::new();
    for &start in starts {
        written.extend(&border);
        for band in (0..bands).step_by(if shape.pool { 2 } else { 1 }) {
            for output in 0..shape.outputs {
                let mut greatest = value(start, band, output);
                if shape.pool {
                    for (row, band) in [(start, band + 1), (start + 1, band), (start + 1, band + 1)] {
                        greatest = larger(greatest, value(row, band, output));
                    }
                }
                written.push(greatest);
            }
            written.extend(vec![T::default(); channels - shape.outputs]);
        }
        written.extend(&border);
    }
    written
}
