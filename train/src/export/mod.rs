//! offline: from a trained network to a model package that the engine loads.

pub mod command;
pub mod graphs;
pub mod package;

pub use rollcall_import::onnx;
