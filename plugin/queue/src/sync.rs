//! What threads share here. `tests/interleavings.rs` compiles the same rooms over loom's atomics instead, which tries the
//! orders in which threads and memory may behave.

pub(crate) use alloc::sync::Arc;
pub(crate) use core::sync::atomic::{AtomicUsize, Ordering};
