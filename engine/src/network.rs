//! VGGish through our kernels, or tract: from log-mel hops to embeddings, whichever kind of package it comes from.

mod build;
mod chain;
mod columns;
mod dense;
mod known;
mod onnx;
mod ops;
mod patch;
mod post;
mod pulsed;
mod quantised;
mod recognise;
mod runtime;
mod shared;
mod stack;
mod tensor;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use build::probe;
pub(crate) use known::{Known, Piece};
pub(crate) use onnx::Onnx;
pub(crate) use post::PostProcessor;
pub(crate) use runtime::{Hops, Runtime};

use crate::{
    COLUMN_HOPS, EMBEDDING, EngineError, LogMelHop, PATCH_HOPS, Package, PackageError, package::Kind,
};
use columns::{Columns, ColumnsState, WINDOW_COLUMNS};
use patch::{Patch, PatchState};
use std::sync::Arc;

/// What a package's embedding network computes; shared by all engines, which keep only a [`NetworkState`] each.
#[derive(Clone)]
pub(crate) enum Network {
    /// Convolutions pulsed over an endless spectrogram.
    Stream(Arc<Columns>),
    /// All convolutions on each patch, with a border of zeros round it.
    Patch(Arc<Patch>),
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

impl Network {
    /// A state that is fed with pieces.
    pub(crate) fn known(&self) -> Known {
        match self {
            Self::Stream(columns) => Known::new(Some(Arc::clone(columns))),
            Self::Patch(_) => Known::new(None),
        }
    }

    /// Columns of hops that a piece must see before those that are its own.
    pub(crate) fn context_columns(&self) -> usize {
        match self {
            // As far back as the newest column lags, and again as far as that column sees.
            Self::Stream(columns) => 2 * columns.delay_columns(),
            Self::Patch(_) => WINDOW_COLUMNS - 1,
        }
    }

    /// Computes a piece: `hops` are those of `wanted.len()` columns and before them, unless the spectrogram begins, the
    /// context. `wanted` says of which windows an embedding is wanted, by the column that completes them.
    pub(crate) fn piece(&self, hops: &[LogMelHop], wanted: &[bool]) -> Result<Piece, EngineError> {
        let context = hops.len() / COLUMN_HOPS - wanted.len();
        match self {
            Self::Stream(columns) => {
                let at_beginning = context < self.context_columns();
                let mut found = columns.piece(hops, at_beginning)?;
                let own = wanted.len() * columns.column_len();
                found.drain(..found.len().saturating_sub(own));
                Ok(Piece::Columns(found))
            }
            Self::Patch(patch) => {
                let mut state = patch.state();
                let embed = |(column, &wanted): (usize, &bool)| {
                    let end = (context + column + 1) * COLUMN_HOPS;
                    state.advance();
                    match end.checked_sub(PATCH_HOPS) {
                        Some(start) if wanted => state.embed(hops[start..end].iter()).map(Some),
                        _ => Ok(None),
                    }
                };
                wanted.iter().enumerate().map(embed).collect::<Result<_, _>>().map(Piece::Embeddings)
            }
        }
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
