//! Embeddings computed ahead of the listening, in pieces, anywhere and in any order.

use super::columns::Columns;
use super::window::{WINDOW_COLUMNS, Window};
use crate::EngineError;
use std::{collections::VecDeque, sync::Arc};

/// What a piece of a spectrogram comes to.
pub(crate) enum Piece {
    /// Columns, one after the other: the dense layers see over the edges of pieces.
    Columns(Vec<f32>),
    /// Embeddings of the windows that were wanted.
    Embeddings(Vec<Option<Window>>),
}

/// Embeddings that wait for the listening to come to them.
#[derive(Clone)]
pub(crate) struct Known {
    /// What embeds columns; `None` where pieces are embeddings already.
    network: Option<Arc<Columns>>,
    /// The newest columns, less than a window of them, oldest first, each `[bands][channels]`.
    columns: Vec<f32>,
    /// For each column of hops to come, the embedding of the window that it completes.
    embeddings: VecDeque<Option<Window>>,
    current: Option<Window>,
}

impl Known {
    pub(super) fn new(network: Option<Arc<Columns>>) -> Self {
        Self { network, columns: Vec::new(), embeddings: VecDeque::new(), current: None }
    }

    /// Takes in the next piece; `wanted` is what it was computed with.
    pub(crate) fn take(&mut self, piece: Piece, wanted: &[bool]) -> Result<(), EngineError> {
        match (piece, &self.network) {
            (Piece::Embeddings(embeddings), _) => self.embeddings.extend(embeddings),
            (Piece::Columns(fresh), Some(network)) => {
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
            (Piece::Columns(_), None) => unreachable!("a piece is of its network's kind"),
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

    pub(super) fn embed(&self) -> Result<Window, EngineError> {
        let missing = || EngineError::Network { reason: "a window was not computed ahead".to_owned() };
        self.current.clone().ok_or_else(missing)
    }
}
