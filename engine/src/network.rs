//! VGGish through our kernels, or tract: from log-mel hops to embeddings, whichever kind of package it comes from.

mod build;
mod chain;
mod columns;
mod dense;
mod detail;
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
mod window;
mod wire;

pub(crate) use build::probe;
pub(crate) use known::{Known, Piece};
pub(crate) use onnx::Onnx;
pub(crate) use post::PostProcessor;
pub(crate) use runtime::{Hops, Runtime};
pub(crate) use window::Window;

use crate::{
    COLUMN_HOPS, EMBEDDING, EngineError, LogMelHop, PATCH_HOPS, Package, PackageError,
    package::{DETAIL, Kind},
};
use columns::{Columns, ColumnsState};
use patch::{Patch, PatchState};
use std::sync::Arc;
use window::WINDOW_COLUMNS;

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
                let mut network = Columns::load(&mut columns, &mut dense, runtime)?;
                if package.file(DETAIL).is_some() {
                    network.add_detail(&mut Onnx::read(DETAIL, &package.take(DETAIL))?)?;
                }
                Self::Stream(Arc::new(network))
            }
            Kind::Patch => Self::Patch(Arc::new(Patch::load(&mut open("embedding.onnx")?, runtime)?)),
        };
        network.try_silence()?;
        Ok(network)
    }

    /// Computes no details: nobody reads them.
    pub(crate) fn forget_detail(&mut self) {
        if let Self::Stream(columns) = self
            && let Some(columns) = Arc::get_mut(columns)
        {
            columns.forget_detail();
        }
    }

    /// Numbers of a window's detail; 0 where there is none.
    pub(crate) fn detail_len(&self) -> usize {
        match self {
            Self::Stream(columns) => columns.detail_len(),
            Self::Patch(_) => 0,
        }
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
                        Some(start) if wanted => state.embed(hops[start..end].iter()).map(plain).map(Some),
                        _ => Ok(None),
                    }
                };
                wanted.iter().enumerate().map(embed).collect::<Result<_, _>>().map(Piece::Embeddings)
            }
        }
    }
}

fn plain(embedding: [f32; EMBEDDING]) -> Window {
    Window { embedding, detail: Box::default() }
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

    /// The mean of the newest window's columns; of streams that are heard as they come.
    pub(crate) fn column_mean(&self) -> Option<Vec<f32>> {
        match self {
            Self::Stream(state) => Some(state.mean()),
            Self::Patch(_) | Self::Known(_) => None,
        }
    }

    /// What comes of the newest window: the one that ended [`Network::delay_columns`] columns ago.
    pub(crate) fn embed(&mut self, hops: &Hops) -> Result<Window, EngineError> {
        let window = match self {
            Self::Stream(state) => state.embed(),
            Self::Patch(state) => state.embed(hops.iter()).map(plain),
            Self::Known(known) => known.embed(),
        }?;
        if window.embedding.iter().chain(&window.detail).all(|x| x.is_finite()) {
            Ok(window)
        } else {
            Err(EngineError::Network { reason: "an embedding is not finite: use another model".into() })
        }
    }
}
