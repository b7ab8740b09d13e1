//! offline: how the default model is trained: clips are made as they come, a teacher hears each, and the network learns to hear
//! what the teacher hears and to name the 20 classes.

pub mod clips;
pub mod command;
pub mod loss;
pub mod network;
pub mod pages;
pub mod run;
pub mod trainer;
pub mod weights;

/// Name of a finished run's weights in its folder.
pub const WEIGHTS: &str = "weights.safetensors";
