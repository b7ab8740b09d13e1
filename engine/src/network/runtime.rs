//! What computes a network, and the hops that it is given.

use crate::LogMelHop;
use rollcall_kernels::Level;
use std::collections::VecDeque;

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
    pub(super) fn level(self) -> Option<Level> {
        match self {
            Self::Kernels(level) => Some(level),
            Self::Tract => None,
        }
    }
}
