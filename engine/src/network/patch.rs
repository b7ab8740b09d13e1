//! The `patch` kind: the whole network on each 96 x 64 patch, as AudioSet VGGish was published.

use super::{
    Hops,
    build::{self, Plan, expect_shape, floats, running},
    onnx::Onnx,
};
use crate::{EMBEDDING, EngineError, MEL_BANDS, PATCH_HOPS, PackageError};
use tract_onnx::prelude::*;

/// The whole network.
pub(crate) struct Patch {
    plan: Plan,
}

impl Patch {
    /// Builds the network for one patch at a time: a batch gains nothing in a stream (FACTS, "Inference").
    pub(super) fn load(embedding: &mut Onnx) -> Result<Self, PackageError> {
        let shape = [None, Some(1), Some(PATCH_HOPS), Some(MEL_BANDS)];
        expect_shape(embedding, "input shape", &embedding.input(4)?, &shape)?;
        expect_shape(embedding, "output shape", &embedding.output(2)?, &[None, Some(EMBEDDING)])?;
        let plan = build::fixed(embedding, &[1, 1, PATCH_HOPS, MEL_BANDS], &[1, EMBEDDING])?;
        Ok(Self { plan })
    }

    pub(super) fn embed(&self, hops: &Hops) -> Result<[f32; EMBEDDING], EngineError> {
        running(|| {
            let mut input = Tensor::zero::<f32>(&[1, 1, PATCH_HOPS, MEL_BANDS])?;
            let mut view = input.try_as_plain_ram_mut()?;
            for (row, hop) in view.as_slice_mut::<f32>()?.chunks_exact_mut(MEL_BANDS).zip(hops) {
                row.copy_from_slice(hop);
            }
            let output = self.plan.run(tvec!(input.into_tvalue()))?;
            Ok(floats(&output[0])?.try_into()?)
        })
    }
}
