//! offline and worker thread: the shipped model packages, and reading packages from disk.
//!
//! The only crate that reads a package's files; checking them is the engine's work.
#![forbid(unsafe_code)]

mod cache;
mod default;
mod folder;

pub use cache::shared;
pub use default::embedded;
pub use folder::read_dir;
