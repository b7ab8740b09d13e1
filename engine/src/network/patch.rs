//! The `patch` kind: the whole network on each 96 x 64 patch, as AudioSet VGGish was published.

use super::build::{self, Plan, expect_shape, floats, running};
use super::dense::Dense;
use super::onnx::Onnx;
use super::recognise;
use super::runtime::Runtime;
use super::shared::Sharing;
use super::stack::Stack;
use super::window::WINDOW_COLUMNS;
use crate::{COLUMN_HOPS, EMBEDDING, EngineError, LogMelHop, MEL_BANDS, PATCH_HOPS, PackageError};
use std::{iter, sync::Arc};
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
            // One patch at a time: in a stream a batch gains nothing.
            None => Ok(Self(Whole::Tract(build::fixed(
                embedding,
                &[1, 1, PATCH_HOPS, MEL_BANDS],
                &[1, EMBEDDING],
            )?))),
        }
    }

    pub(super) fn state(self: &Arc<Self>) -> PatchState {
        PatchState { network: Arc::clone(self), sharing: Sharing::default() }
    }
}

/// What the patches of one stream share.
#[derive(Clone)]
pub(crate) struct PatchState {
    network: Arc<Patch>,
    sharing: Sharing,
}

impl PatchState {
    /// Another column of hops has come.
    pub(super) fn advance(&mut self) {
        self.sharing.advance();
    }

    /// Embedding of the newest patch of [`PATCH_HOPS`] hops.
    pub(super) fn embed<'a>(
        &mut self,
        hops: impl Iterator<Item = &'a LogMelHop>,
    ) -> Result<[f32; EMBEDDING], EngineError> {
        match &self.network.0 {
            Whole::Kernels { stack, dense } => {
                let columns = self.sharing.columns(stack, hops);
                Ok(dense.embed(iter::once(columns.chunks_exact(stack.column_len())))[0])
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
