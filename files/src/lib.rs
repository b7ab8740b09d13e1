//! Files that are there whole or not at all, and never over another unless that is wanted; what stands under a name,
//! what a name means on this system, and what an error of the system means.
//!
//! Thread: any.
#![deny(unsafe_code)]

mod advice;
mod atomic;
mod examples;
mod names;
mod place;
mod user;

pub use advice::{Doing, advice, is_full, is_hopeless, told};
pub use atomic::AtomicFile;
pub use examples::{NONE, NOT};
pub use names::{drives, is_hidden, one_of_a_kind, safe_name};
pub use place::Place;
pub use user::{cache_folder, data_folder, examples_folder, folder_in};
