//! The `patch` kind: the whole network on each 96 x 64 patch, as AudioSet VGGish was published.

use super::{
    Runtime,
    build::{self, Plan, expect_shape, floats, running},
    columns::WINDOW_COLUMNS,
    dense::Dense,
    onnx::Onnx,
    recognise,
    stack::Stack,
};
use crate::{COLUMN_HOPS, EMBEDDING, EngineError, LogMelHop, MEL_BANDS, PATCH_HOPS, PackageError};
use std::iter;
use tract_onnx::prelude::*;

/// The whole network.
pub(crate) struct Patch(Whole);

enum Whole {
    /// Of the shapes that the kernels know.
    Kernels { stack: Stack, dense: Dense },
    /// Of any other.
    Tract(Plan),
}

impl Patch {
    /// Builds the network.
    pub(super) fn load(embedding: &mut Onnx, runtime: Runtime) -> Result<Self, PackageError> {
        let shape = [None, Some(1), Some(PATCH_HOPS), Some(MEL_BANDS)];
        expect_shape(embedding, "input shape", &embedding.input(4)?, &shape)?;
        expect_shape(embedding, "output shape", &embedding.output(2)?, &[None, Some(EMBEDDING)])?;
        let known = runtime.level().and_then(|level| {
            let (convolutions, dense) = recognise::patch(embedding, WINDOW_COLUMNS, MEL_BANDS / COLUMN_HOPS)?;
            Some(Whole::Kernels { stack: Stack::new(&convolutions, level), dense: Dense::new(&dense, level) })
        });
        match known {
            Some(patch) => Ok(Self(patch)),
            // One patch at a time: a batch gains nothing in a stream (FACTS, "Inference").
            None => Ok(Self(Whole::Tract(build::fixed(
                embedding,
                &[1, 1, PATCH_HOPS, MEL_BANDS],
                &[1, EMBEDDING],
            )?))),
        }
    }

    /// Embedding of a patch of [`PATCH_HOPS`] hops, computed from nothing.
    pub(super) fn embed<'a>(
        &self,
        hops: impl Iterator<Item = &'a LogMelHop>,
    ) -> Result<[f32; EMBEDDING], EngineError> {
        match &self.0 {
            Whole::Kernels { stack, dense } => {
                let columns = stack.whole(hops);
                let window = columns.chunks_exact(stack.channels() * stack.bands());
                Ok(dense.embed(iter::once(window))[0])
            }
            Whole::Tract(plan) => running(|| {
                let mut input = Tensor::zero::<f32>(&[1, 1, PATCH_HOPS, MEL_BANDS])?;
                let mut view = input.try_as_plain_ram_mut()?;
                for (row, hop) in view.as_slice_mut::<f32>()?.chunks_exact_mut(MEL_BANDS).zip(hops) {
                    row.copy_from_slice(hop);
                }
                let output = plan.run(tvec!(input.into_tvalue()))?;
                Ok(floats(&output[0])?.try_into()?)
            }),
        }
    }
}
