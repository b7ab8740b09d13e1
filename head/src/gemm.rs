//! Row-major matrix products over the `gemm` crate, single-threaded (threads are spent on samples).

/// A row-major matrix view, or its transpose.
#[derive(Clone, Copy)]
pub struct Mat<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    transposed: bool,
}

impl<'a> Mat<'a> {
    /// `data` is `[rows, columns]`, row-major.
    pub fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        assert!(data.len() >= rows * columns, "{rows} x {columns} does not fit {} values", data.len());
        Self { data, rows, columns, transposed: false }
    }

    /// The transpose, without a copy.
    #[must_use]
    pub fn t(self) -> Self {
        Self { transposed: !self.transposed, ..self }
    }

    fn shape(&self) -> (usize, usize) {
        if self.transposed { (self.columns, self.rows) } else { (self.rows, self.columns) }
    }

    fn strides(&self) -> (isize, isize) {
        let (row, column) = (self.columns as isize, 1);
        if self.transposed { (column, row) } else { (row, column) }
    }
}

/// `out = a b`, or `out += a b` where `accumulate`; `out` is `[a.rows, b.columns]`, row-major.
pub fn multiply(out: &mut [f32], a: Mat, b: Mat, accumulate: bool) {
    let ((m, k), (k_b, n)) = (a.shape(), b.shape());
    assert_eq!(k, k_b, "inner dimensions differ");
    assert!(out.len() >= m * n, "{m} x {n} does not fit {} values", out.len());
    let ((a_row, a_column), (b_row, b_column)) = (a.strides(), b.strides());
    // SAFETY: shapes and lengths were checked above: every index `row * row_stride + column * column_stride` of each
    // matrix lies inside its slice, and `out` is borrowed mutably, so it aliases neither input.
    #[expect(unsafe_code, reason = "the gemm crate's only entry point takes pointers")]
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            accumulate,
            a.data.as_ptr(),
            a_column,
            a_row,
            b.data.as_ptr(),
            b_column,
            b_row,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_transpositions_agree_with_the_definition() {
        let a: Vec<f32> = (0..6).map(|i| i as f32).collect();
        let b: Vec<f32> = (0..12).map(|i| (i as f32).sin()).collect();
        let mut expected = [0.0; 8];
        for i in 0..2 {
            for j in 0..4 {
                expected[i * 4 + j] = (0..3).map(|k| a[i * 3 + k] * b[k * 4 + j]).sum();
            }
        }
        let transpose = |m: &[f32], rows: usize, columns: usize| -> Vec<f32> {
            (0..rows * columns).map(|i| m[(i % rows) * columns + i / rows]).collect()
        };
        let (a_t, b_t) = (transpose(&a, 2, 3), transpose(&b, 3, 4));
        for (a, b) in [
            (Mat::new(&a, 2, 3), Mat::new(&b, 3, 4)),
            (Mat::new(&a_t, 3, 2).t(), Mat::new(&b, 3, 4)),
            (Mat::new(&a, 2, 3), Mat::new(&b_t, 4, 3).t()),
        ] {
            let mut out = [1.0; 8];
            multiply(&mut out, a, b, false);
            for (found, expected) in out.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-5);
            }
            multiply(&mut out, a, b, true);
            assert!((out[5] - 2.0 * expected[5]).abs() < 1e-5);
        }
    }
}
