//! Files that are there whole or not at all, and never over another unless that is wanted; what stands under a name,
//! and what an error of the system means.
//!
//! Thread: any.
#![forbid(unsafe_code)]

mod advice;
mod atomic;
mod place;

pub use advice::{Doing, advice, is_full, is_hopeless, told};
pub use atomic::AtomicFile;
pub use place::Place;
