//! The `stream` kind: convolutions that slide over an endless spectrogram and compute every column once.

use super::{
    Hops,
    build::{self, Plan, contained, expect_shape, floats, plan, running, typed},
    onnx::{Dim, Onnx},
};
use crate::{COLUMN_HOPS, EMBEDDING, EngineError, MEL_BANDS, PATCH_HOPS, PackageError};
use std::collections::VecDeque;
use tract_onnx::{
    prelude::*,
    tract_core::internal::{bail, ensure},
};
use tract_pulse::internal::{DimLike, PulsedModel, PulsedModelExt};

/// Columns in one window.
const WINDOW_COLUMNS: usize = PATCH_HOPS / COLUMN_HOPS;
/// Most columns that the convolutions may look ahead; VGGish looks 2 ahead.
const MAX_DELAY_COLUMNS: usize = 8;

/// The convolutions, cut to take one column of hops at a time, and the dense layers behind them.
pub(crate) struct Columns {
    convolutions: Plan,
    dense: Plan,
    channels: usize,
    bands: usize,
    delay_columns: usize,
}

/// What the convolutions of one stream remember.
#[derive(Clone)]
pub(crate) struct ColumnsState {
    convolutions: TypedSimpleState,
    dense: TypedSimpleState,
    /// The newest columns, oldest first, each `[channels][bands]`.
    columns: VecDeque<Box<[f32]>>,
    channels: usize,
    bands: usize,
}

impl Columns {
    /// Builds both halves and checks that they fit together.
    pub(super) fn load(columns: &mut Onnx, dense: &mut Onnx) -> Result<Self, PackageError> {
        expect_shape(columns, "input shape", &columns.input(4)?, &[Some(1), Some(1), None, Some(MEL_BANDS)])?;
        expect_shape(columns, "output shape", &columns.output(4)?, &[Some(1), None, None, None])?;
        let built = contained(|| pulse(columns));
        let (convolutions, channels, bands, delay_columns) = built.map_err(|e| {
            PackageError::new(columns.file(), "network", e, "one that can be pulsed by 16 hops")
        })?;
        let shape = [Dim::Free, Dim::Fixed(channels), Dim::Fixed(WINDOW_COLUMNS), Dim::Fixed(bands)];
        let expected: Vec<Option<usize>> =
            shape.map(|d| if let Dim::Fixed(n) = d { Some(n) } else { None }).into();
        expect_shape(dense, "input shape", &dense.input(4)?, &expected)?;
        let dense = build::fixed(dense, &[1, channels, WINDOW_COLUMNS, bands], &[1, EMBEDDING])?;
        Ok(Self { convolutions, dense, channels, bands, delay_columns })
    }

    pub(super) fn delay_columns(&self) -> usize {
        self.delay_columns
    }

    #[cfg(test)]
    pub(super) fn plan(&self) -> &Plan {
        &self.convolutions
    }

    pub(super) fn state(&self) -> Result<ColumnsState, EngineError> {
        let (convolutions, dense) = running(|| Ok((self.convolutions.spawn()?, self.dense.spawn()?)))?;
        let column = vec![0.0; self.channels * self.bands].into_boxed_slice();
        let columns = std::iter::repeat_n(column, WINDOW_COLUMNS).collect();
        Ok(ColumnsState { convolutions, dense, columns, channels: self.channels, bands: self.bands })
    }
}

/// The convolutions as a plan over one column of hops, with the channels and bands of a column and how many columns
/// late it comes.
fn pulse(columns: &mut Onnx) -> TractResult<(Plan, usize, usize, usize)> {
    let model =
        typed(columns, |model| tvec!(1.to_dim(), 1.to_dim(), model.sym("T").to_dim(), MEL_BANDS.to_dim()))?;
    let time = model.sym("T");
    let pulsed = PulsedModel::new(&model, time.clone(), &COLUMN_HOPS.to_dim())?;
    let fact = pulsed.output_fact(0)?;
    let shape: TVec<usize> = fact.shape.iter().map(|d| Ok(d.to_usize()?)).collect::<TractResult<_>>()?;
    ensure!(
        shape.len() == 4 && shape[0] == 1 && shape[2] == 1,
        "16 hops give {shape:?} instead of [1, C, 1, F]"
    );
    let Some(stream) = fact.stream.as_ref() else { bail!("the output does not depend on time") };
    ensure!(stream.axis == 2, "axis {} of the output is time instead of axis 2", stream.axis);
    for hops in [COLUMN_HOPS, 10 * COLUMN_HOPS] {
        let columns = stream.dim.substitute(&time, &hops.to_dim())?;
        ensure!(
            columns == (hops / COLUMN_HOPS).to_dim(),
            "{hops} hops give {columns} columns: is a border missing?"
        );
    }
    let delay = stream.delay;
    ensure!(delay <= MAX_DELAY_COLUMNS, "a delay of {delay} columns is beyond {MAX_DELAY_COLUMNS}");
    let (channels, bands) = (shape[1], shape[3]);
    Ok((plan(pulsed.into_typed()?)?, channels, bands, delay))
}

impl ColumnsState {
    pub(super) fn advance(&mut self, hops: &Hops) -> Result<(), EngineError> {
        let newest = hops.range(hops.len() - COLUMN_HOPS..);
        running(|| {
            let mut input = Tensor::zero::<f32>(&[1, 1, COLUMN_HOPS, MEL_BANDS])?;
            let mut view = input.try_as_plain_ram_mut()?;
            for (row, hop) in view.as_slice_mut::<f32>()?.chunks_exact_mut(MEL_BANDS).zip(newest) {
                row.copy_from_slice(hop);
            }
            let output = self.convolutions.run(tvec!(input.into_tvalue()))?;
            self.columns.rotate_left(1);
            let column = self.columns.back_mut().expect("there are always six");
            column.copy_from_slice(floats(&output[0])?);
            Ok(())
        })
    }

    #[cfg(test)]
    pub(super) fn newest_column(&self) -> &[f32] {
        &self.columns[WINDOW_COLUMNS - 1]
    }

    pub(super) fn embed(&mut self) -> Result<[f32; EMBEDDING], EngineError> {
        running(|| {
            let mut input = Tensor::zero::<f32>(&[1, self.channels, WINDOW_COLUMNS, self.bands])?;
            let mut view = input.try_as_plain_ram_mut()?;
            let flat = view.as_slice_mut::<f32>()?;
            for (time, column) in self.columns.iter().enumerate() {
                for (channel, bands) in column.chunks_exact(self.bands).enumerate() {
                    let at = (channel * WINDOW_COLUMNS + time) * self.bands;
                    flat[at..at + self.bands].copy_from_slice(bands);
                }
            }
            let output = self.dense.run(tvec!(input.into_tvalue()))?;
            Ok(floats(&output[0])?.try_into()?)
        })
    }
}
