//! What threads share here. `tests/interleavings.rs` compiles the same rooms over loom's atomics instead, which tries the
//! orders in which threads and memory may behave.

pub(crate) use arc_swap::ArcSwap;
pub(crate) use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering},
};
