//! Embeddings computed ahead of the listening, in pieces, anywhere and in any order.

use super::{Network, columns::WINDOW_COLUMNS};
use crate::{COLUMN_HOPS, EMBEDDING, EngineError, LogMelHop, PATCH_HOPS};
use std::collections::VecDeque;

/// What a piece of a spectrogram comes to.
pub(crate) enum Piece {
    /// Columns, one after the other: the dense layers see over the edges of pieces.
    Columns(Vec<f32>),
    /// Embeddings of the windows that were wanted.
    Embeddings(Vec<Option<[f32; EMBEDDING]>>),
}

impl Network {
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

/// Embeddings that wait for the listening to come to them.
#[derive(Clone)]
pub(crate) struct Known {
    network: Network,
    /// The newest columns, less than a window of them, oldest first, each `[bands][channels]`.
    columns: Vec<f32>,
    /// For each column of hops to come, the embedding of the window that it completes.
    embeddings: VecDeque<Option<[f32; EMBEDDING]>>,
    current: Option<[f32; EMBEDDING]>,
}

impl Known {
    pub(crate) fn new(network: Network) -> Self {
        Self { network, columns: Vec::new(), embeddings: VecDeque::new(), current: None }
    }

    /// Takes in the next piece; `wanted` is what it was computed with.
    pub(crate) fn take(&mut self, piece: Piece, wanted: &[bool]) -> Result<(), EngineError> {
        match (piece, &self.network) {
            (Piece::Embeddings(embeddings), _) => self.embeddings.extend(embeddings),
            (Piece::Columns(fresh), Network::Stream(network)) => {
                let len = network.column_len();
                // At the beginning of a spectrogram the first columns are late.
                let late = wanted.len() - fresh.len() / len;
                let before = self.columns.len() / len;
                self.columns.extend(fresh);
                // Which columns the window has that is complete when a column of hops is.
                let window = |(column, &wanted): (usize, &bool)| {
                    let end = (before + column + 1).checked_sub(late)?;
                    let start = end.checked_sub(WINDOW_COLUMNS).filter(|_| wanted)?;
                    Some(&self.columns[start * len..end * len])
                };
                let windows: Vec<Option<&[f32]>> = wanted.iter().enumerate().map(window).collect();
                let embeddings =
                    network.embed(windows.iter().flatten().map(|window| window.chunks_exact(len)))?;
                let mut embeddings = embeddings.into_iter();
                self.embeddings.extend(windows.iter().map(|window| window.and_then(|_| embeddings.next())));
                let old = (self.columns.len() / len).saturating_sub(WINDOW_COLUMNS - 1);
                self.columns.drain(..old * len);
            }
            (Piece::Columns(_), Network::Patch(_)) => unreachable!("a piece is of its network's kind"),
        }
        Ok(())
    }

    /// Goes on to the next column of hops.
    pub(super) fn advance(&mut self) {
        self.current = self.embeddings.pop_front().flatten();
    }

    /// Whether an embedding was wanted of the window that ends here.
    pub(crate) fn is_wanted(&self) -> bool {
        self.current.is_some()
    }

    pub(super) fn embed(&self) -> Result<[f32; EMBEDDING], EngineError> {
        let missing = || EngineError::Network { reason: "a window was not computed ahead".to_owned() };
        self.current.ok_or_else(missing)
    }
}
