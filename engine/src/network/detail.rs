//! What the columns of a window hold beyond its embedding: their mean through a layer (`detail.onnx`, which a package may hold), for heads
//! of classes that the embedding was not trained to tell.

use super::build::{expect_shape, probe};
use super::onnx::Onnx;
use super::window::WINDOW_COLUMNS;
use crate::PackageError;

/// Numbers of a detail at most.
const MOST: usize = 1024;
/// Largest difference from the file's own graph: sums of a few thousand terms in 32 bit, cut to 0..1.
const TOLERANCE: f32 = 1e-3;

/// The layer, over the mean of a window's columns as the convolutions give them, `[bands][channels]`.
pub(super) struct Detail {
    /// `[in][out]`, so that the sum over `in` runs along the outputs side by side, always in the same order.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Detail {
    /// Reads `detail.weight` `[out, channels * bands]` and `detail.bias` `[out]`, and compares itself with the file's own graph,
    /// `[N, channels, 6, bands] -> [N, out]`. A number of a column stands for `scale` times as much.
    pub(super) fn load(
        onnx: &mut Onnx,
        channels: usize,
        bands: usize,
        scale: f32,
    ) -> Result<Self, PackageError> {
        let file = onnx.file().to_owned();
        let off = |what, found: String, expected: String| PackageError::new(&file, what, found, expected);
        let inputs = channels * bands;
        let tensor = |name: &str| {
            onnx.weight(name).ok_or_else(|| off("initialiser", format!("no {name}"), "32-bit floats".into()))
        };
        let ((shape, rows), (_, bias)) = (tensor("detail.weight")?, tensor("detail.bias")?);
        let outputs = bias.len();
        if !(1..=MOST).contains(&outputs) || shape != [outputs, inputs] {
            let found = format!("detail.weight {shape:?} with {outputs} biases");
            return Err(off("initialiser shape", found, format!("[1 to {MOST}, {inputs}], a bias each")));
        }
        let shape = onnx.input(4)?;
        expect_shape(
            onnx,
            "input shape",
            &shape,
            &[None, Some(channels), Some(WINDOW_COLUMNS), Some(bands)],
        )?;
        // The file's rows are ordered as channel, band.
        let mut weight = vec![0.0; rows.len()];
        for (output, row) in rows.chunks_exact(inputs).enumerate() {
            for (at, w) in row.iter().enumerate() {
                weight[(at % bands * channels + at / bands) * outputs + output] = *w;
            }
        }
        let mut detail = Self { weight, bias };
        detail.compare(onnx, channels, bands)?;
        detail.weight.iter_mut().for_each(|w| *w *= scale);
        Ok(detail)
    }

    /// How many numbers it gives.
    pub(super) fn len(&self) -> usize {
        self.bias.len()
    }

    /// Of a window given by its columns, oldest first: numbers in 0..=1.
    pub(super) fn of<'a>(&self, window: impl Iterator<Item = &'a [f32]>) -> Box<[f32]> {
        let mean = mean(window);
        let mut out = self.bias.clone();
        for (x, row) in mean.iter().zip(self.weight.chunks_exact(self.len())) {
            if *x != 0.0 {
                out.iter_mut().zip(row).for_each(|(out, weight)| *out += weight * x);
            }
        }
        out.iter_mut().for_each(|x| *x = x.clamp(0.0, 1.0));
        out.into()
    }

    fn compare(&self, onnx: &mut Onnx, channels: usize, bands: usize) -> Result<(), PackageError> {
        let file = onnx.file().to_owned();
        let off = |found: String, expected: String| PackageError::new(&file, "graph", found, expected);
        let len = channels * bands;
        let columns: Vec<f32> = crate::seeded::numbers(len * WINDOW_COLUMNS);
        let turned: Vec<f32> = (0..columns.len())
            .map(|at| {
                let (band, column, channel) =
                    (at % bands, at / bands % WINDOW_COLUMNS, at / bands / WINDOW_COLUMNS);
                columns[column * len + band * channels + channel]
            })
            .collect();
        let [found] = probe(onnx, &[1, channels, WINDOW_COLUMNS, bands], &turned)
            .map_err(|error| off(error, "one that tract can run".into()))?;
        let ours = self.of(columns.chunks_exact(len));
        let is_close = |(found, ours): (&f32, &f32)| (found - ours).abs() <= TOLERANCE;
        if found.len() == ours.len() && found.iter().zip(&ours).all(is_close) {
            return Ok(());
        }
        let found = format!("{} values on a probe, {:?} first", found.len(), found.first());
        Err(off(found, format!("{}, {:?} first, as the documented layer computes", ours.len(), ours.first())))
    }
}

/// The mean of a window's columns.
pub(super) fn mean<'a>(window: impl Iterator<Item = &'a [f32]>) -> Vec<f32> {
    let mut sum: Vec<f32> = Vec::new();
    for column in window {
        sum.resize(column.len(), 0.0);
        sum.iter_mut().zip(column).for_each(|(sum, x)| *sum += x);
    }
    sum.iter_mut().for_each(|x| *x /= WINDOW_COLUMNS as f32);
    sum
}
