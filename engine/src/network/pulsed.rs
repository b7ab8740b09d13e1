//! The convolutions of a `stream` package through tract, for graphs that the kernels do not know.
//!
//! Pulsed, tract 0.23 begins with a border of zeros whatever the zero point is: the first two columns of a quantised graph see
//! silence there, where the graph has a log-mel of 0 and the kernels too.

use super::build::{Plan, contained, expect_shape, fixed, floats, plan, running, typed};
use super::onnx::{Dim, Onnx};
use super::runtime::Hops;
use crate::{COLUMN_HOPS, EMBEDDING, EngineError, MEL_BANDS, PackageError};
use tract_onnx::{
    prelude::*,
    tract_core::internal::{bail, ensure},
};
use tract_pulse::internal::{DimLike, PulsedModel, PulsedModelExt};

/// Most columns that the convolutions may look ahead; VGGish looks 2 ahead.
pub(super) const MAX_DELAY_COLUMNS: usize = 8;

/// The convolutions, cut to take one column of hops at a time.
pub(super) struct Pulsed {
    plan: Plan,
    pub(super) channels: usize,
    pub(super) bands: usize,
    pub(super) delay_columns: usize,
}

impl Pulsed {
    pub(super) fn load(columns: &mut Onnx) -> Result<Self, PackageError> {
        contained(|| pulse(columns))
            .map_err(|e| PackageError::new(columns.file(), "network", e, "one that can be pulsed by 16 hops"))
    }

    pub(super) fn begin(&self) -> Result<TypedSimpleState, EngineError> {
        running(|| self.plan.spawn())
    }
}

/// The convolutions as a plan over one column of hops.
fn pulse(columns: &mut Onnx) -> TractResult<Pulsed> {
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
    let delay_columns = stream.delay;
    ensure!(
        delay_columns <= MAX_DELAY_COLUMNS,
        "a delay of {delay_columns} columns is beyond {MAX_DELAY_COLUMNS}"
    );
    let (channels, bands) = (shape[1], shape[3]);
    Ok(Pulsed { plan: plan(pulsed.into_typed()?)?, channels, bands, delay_columns })
}

/// Takes one column of hops and writes the column that comes out, `[bands][channels]`.
pub(super) fn advance<'a>(
    convolutions: &mut TypedSimpleState,
    hops: impl Iterator<Item = &'a crate::LogMelHop>,
    column: &mut Vec<f32>,
) -> Result<(), EngineError> {
    running(|| {
        let mut input = Tensor::zero::<f32>(&[1, 1, COLUMN_HOPS, MEL_BANDS])?;
        let mut view = input.try_as_plain_ram_mut()?;
        for (row, hop) in view.as_slice_mut::<f32>()?.chunks_exact_mut(MEL_BANDS).zip(hops) {
            row.copy_from_slice(hop);
        }
        let output = convolutions.run(tvec!(input.into_tvalue()))?;
        let (channels, bands) = (output[0].shape()[1], output[0].shape()[3]);
        let found = floats(&output[0])?;
        column.extend((0..bands * channels).map(|at| found[at % channels * bands + at / channels]));
        Ok(())
    })
}

/// Dense layers through tract, for graphs that the kernels do not know.
pub(super) struct PlannedDense {
    plan: Plan,
    /// Channels, columns and bands of a window.
    shape: [usize; 3],
}

impl PlannedDense {
    pub(super) fn load(dense: &mut Onnx, shape: [usize; 3]) -> Result<Self, PackageError> {
        let [channels, columns, bands] = shape;
        Ok(Self { plan: fixed(dense, &[1, channels, columns, bands], &[1, EMBEDDING])?, shape })
    }

    /// Embedding of a window, given by its columns, oldest first, each `[bands][channels]`.
    pub(super) fn embed<'a>(
        &self,
        window: impl Iterator<Item = &'a [f32]>,
    ) -> Result<[f32; EMBEDDING], EngineError> {
        let [channels, columns, bands] = self.shape;
        running(|| {
            let mut input = Tensor::zero::<f32>(&[1, channels, columns, bands])?;
            let mut view = input.try_as_plain_ram_mut()?;
            let flat = view.as_slice_mut::<f32>()?;
            for (time, column) in window.enumerate() {
                for (at, &x) in column.iter().enumerate() {
                    let (band, channel) = (at / channels, at % channels);
                    flat[(channel * columns + time) * bands + band] = x;
                }
            }
            let output = self.plan.run(tvec!(input.into_tvalue()))?;
            Ok(floats(&output[0])?.try_into()?)
        })
    }
}

/// Checks that the dense layers take what the convolutions give.
pub(super) fn expect_windows(
    dense: &Onnx,
    [channels, columns, bands]: [usize; 3],
) -> Result<(), PackageError> {
    let shape = [Dim::Free, Dim::Fixed(channels), Dim::Fixed(columns), Dim::Fixed(bands)];
    let expected: Vec<Option<usize>> =
        shape.map(|d| if let Dim::Fixed(n) = d { Some(n) } else { None }).into();
    expect_shape(dense, "input shape", &dense.input(4)?, &expected)
}

/// The newest column of hops.
pub(super) fn newest(hops: &Hops) -> impl Iterator<Item = &crate::LogMelHop> {
    hops.range(hops.len() - COLUMN_HOPS..)
}
