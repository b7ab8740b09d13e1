//! How long a clip is, and which of its windows carry labels.

use crate::nn::stack::{COLUMN_HOPS, WINDOW_COLUMNS};
use rollcall_engine::{HOP_SAMPLES, PATCH_HOPS};

/// Columns at each end of a clip that the zero border in time reaches (the convolutions see 27 hops to each side, a column is
/// 16): no labelled window holds one, as no window of a stream does.
pub const SKIP_COLUMNS: usize = 2;

/// Length in columns of 160 ms, and what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// Columns, those skipped at the ends included.
    pub columns: usize,
}

impl Length {
    /// About 10 s: OpenMIC's length, and what AudioSet's networks are trained on.
    pub const TEN_SECONDS: Self = Self { columns: 62 };

    /// Hops of the log-mel.
    pub fn hops(self) -> usize {
        self.columns * COLUMN_HOPS
    }

    /// 16 kHz samples that give exactly these hops.
    pub fn samples(self) -> usize {
        (self.hops() - 1) * HOP_SAMPLES + rollcall_engine::logmel::WINDOW_SAMPLES
    }

    /// Windows that carry labels.
    pub fn windows(self) -> usize {
        self.columns - 2 * SKIP_COLUMNS - (WINDOW_COLUMNS - 1)
    }

    /// Hops under a window.
    pub fn window_hops(self, window: usize) -> std::ops::Range<usize> {
        let first = (SKIP_COLUMNS + window) * COLUMN_HOPS;
        first..first + PATCH_HOPS
    }
}
