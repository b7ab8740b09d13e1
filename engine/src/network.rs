//! VGGish through our kernels, or tract: from log-mel hops to embeddings, whichever kind of package it comes from.

mod build;
mod columns;
mod dense;
mod known;
mod onnx;
mod ops;
mod patch;
mod post;
mod pulsed;
mod recognise;
mod shared;
mod stack;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use build::probe;
pub(crate) use known::{Known, Piece};
pub(crate) use onnx::Onnx;
pub(crate) use post::PostProcessor;

use crate::{
    COLUMN_HOPS, EMBEDDING, EngineError, LogMelHop, PATCH_HOPS, Package, PackageError, package::Kind,
};
use columns::{Columns, ColumnsState};
use patch::{Patch, PatchState};
use rollcall_kernels::Level;
use std::{collections::VecDeque, sync::Arc};

/// What a package's embedding network computes; shared by all engines, which keep only a [`NetworkState`] each.
#[derive(Clone)]
pub(crate) enum Network {
    /// Convolutions pulsed over an endless spectrogram.
    Stream(Arc<Columns>),
    /// All convolutions on each patch, with a border of zeros round it.
    Patch(Arc<Patch>),
}

/// The newest hops, oldest first; at most [`PATCH_HOPS`].
pub(crate) type Hops = VecDeque<LogMelHop>;

/// What computes a network.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Runtime {
    /// The kernels where they know the graph, else tract.
    Kernels(Level),
    /// tract alone: the reference.
    Tract,
}

impl Runtime {
    fn level(self) -> Option<Level> {
        match self {
            Self::Kernels(level) => Some(level),
            Self::Tract => None,
        }
    }
}

impl Network {
    /// Checks and builds the network of a package.
    pub(crate) fn load(package: &mut Package, runtime: Runtime) -> Result<Self, PackageError> {
        let kind = package.manifest().kind;
        let mut open = |name: &str| Onnx::read(name, &package.take(name));
        let network = match kind {
            Kind::Stream => {
                let (mut columns, mut dense) = (open("columns.onnx")?, open("dense.onnx")?);
                Self::Stream(Arc::new(Columns::load(&mut columns, &mut dense, runtime)?))
            }
            Kind::Patch => Self::Patch(Arc::new(Patch::load(&mut open("embedding.onnx")?, runtime)?)),
        };
        network.try_silence()?;
        Ok(network)
    }

    /// A state that has heard nothing.
    pub(crate) fn state(&self) -> Result<NetworkState, EngineError> {
        Ok(match self {
            Self::Stream(columns) => NetworkState::Stream(Box::new(columns.state()?)),
            Self::Patch(patch) => NetworkState::Patch(Box::new(patch.state())),
        })
    }

    /// Columns of 16 hops that must follow a window before its embedding can be known.
    pub(crate) fn delay_columns(&self) -> usize {
        match self {
            Self::Stream(columns) => columns.delay_columns(),
            Self::Patch(_) => 0,
        }
    }

    /// Runs once on silence, so that a network that cannot run fails when it is loaded and not when audio comes.
    fn try_silence(&self) -> Result<(), PackageError> {
        let file = match self {
            Self::Stream(_) => "columns.onnx",
            Self::Patch(_) => "embedding.onnx",
        };
        let silence = [0.01_f32.ln(); crate::MEL_BANDS];
        let hops: Hops = std::iter::repeat_n(silence, PATCH_HOPS).collect();
        let run = || -> Result<(), EngineError> {
            let mut state = self.state()?;
            for _ in 0..PATCH_HOPS / COLUMN_HOPS + self.delay_columns() {
                state.advance(&hops)?;
            }
            state.embed(&hops).map(|_| ())
        };
        run().map_err(|e| PackageError::new(file, "trial run on silence", e.to_string(), "finite embeddings"))
    }
}

/// What one engine's network remembers of its stream.
#[derive(Clone)]
pub(crate) enum NetworkState {
    /// Borders of the convolutions and the last columns.
    Stream(Box<ColumnsState>),
    /// What the patches share.
    Patch(Box<PatchState>),
    /// What was computed ahead.
    Known(Box<Known>),
}

impl NetworkState {
    /// What was computed ahead, if that is how it works.
    pub(crate) fn known(&mut self) -> Option<&mut Known> {
        match self {
            Self::Known(known) => Some(known),
            Self::Stream(_) | Self::Patch(_) => None,
        }
    }

    /// Takes in the newest [`COLUMN_HOPS`] of `hops`.
    pub(crate) fn advance(&mut self, hops: &Hops) -> Result<(), EngineError> {
        match self {
            Self::Stream(state) => state.advance(hops),
            Self::Patch(state) => {
                state.advance();
                Ok(())
            }
            Self::Known(known) => {
                known.advance();
                Ok(())
            }
        }
    }

    /// Embedding of the newest window: the one that ended [`Network::delay_columns`] columns ago.
    pub(crate) fn embed(&mut self, hops: &Hops) -> Result<[f32; EMBEDDING], EngineError> {
        let embedding = match self {
            Self::Stream(state) => state.embed(),
            Self::Patch(state) => state.embed(hops.iter()),
            Self::Known(known) => known.embed(),
        }?;
        if embedding.iter().all(|x| x.is_finite()) {
            Ok(embedding)
        } else {
            Err(EngineError::Network { reason: "an embedding is not finite: use another model".into() })
        }
    }
}
