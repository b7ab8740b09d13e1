//! offline: from a trained network to a model package that the engine loads.

mod another;
mod card;
pub mod command;
pub mod graphs;
pub mod package;
mod reliability;

pub use rollcall_import::onnx;
mod trained;
