//! The training in Rust, from recordings to a model package. `train/README.md` says what stands where.
//!
//! Thread: offline, in programs.
#![deny(unsafe_code)]

pub mod audio;
pub mod base;
pub mod commands;
pub mod default_model;
pub mod judge;
pub mod mix;
pub mod nn;
pub mod paper;
pub mod pool;
pub mod quantise;
pub mod sources;
pub mod synth;
pub mod teacher;
pub mod teaching;
