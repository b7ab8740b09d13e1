//! offline: `rollcall`, the program's rooms as a library, so that tests and other programs can call them.
//!
//! A file goes one way: [`inputs`] finds it, [`decode`] turns it into frames, [`analyze`] pushes them through the
//! engine, [`output`] writes what was found and [`picture`] draws it, [`evaluate`] compares that with what is so. [`settings`] and [`model`] say how and who listens,
//! [`journal`] and [`report`] keep books on a batch.
#![forbid(unsafe_code)]

pub mod analyze;
pub mod args;
pub mod commands;
pub mod decode;
pub mod evaluate;
pub mod inputs;
pub mod journal;
pub mod model;
pub mod output;
pub mod picture;
pub mod report;
pub mod settings;
pub mod time;
