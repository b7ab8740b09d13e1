//! What threads share here. `tests/interleavings.rs` compiles the same rooms over loom's locks and atomics instead, which tries
//! the orders in which threads and memory may behave.

pub(crate) use std::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
