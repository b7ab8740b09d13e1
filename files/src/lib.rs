//! any thread: files that are there whole or not at all, and never over another unless that is wanted.
#![forbid(unsafe_code)]

mod atomic;

pub use atomic::AtomicFile;
