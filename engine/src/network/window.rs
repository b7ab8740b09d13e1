//! A window, and what the network makes of it.

use crate::{COLUMN_HOPS, EMBEDDING, PATCH_HOPS};

/// Columns in one window.
pub(super) const WINDOW_COLUMNS: usize = PATCH_HOPS / COLUMN_HOPS;

/// What the network makes of a window.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Window {
    pub(crate) embedding: [f32; EMBEDDING],
    /// What the columns hold beyond it, 0..=1; empty where the package has no `detail.onnx`.
    pub(crate) detail: Box<[f32]>,
}
