//! From a trained package to one of 8-bit numbers, calibrated on validation audio (Jacob et al. 2018, "Quantization and training of
//! neural networks for efficient integer-arithmetic-only inference"; Nagel et al. 2021, "A white paper on neural network quantization").
//!
//! Weights get a scale an output, activations a scale a layer, behind ReLU and pool. Layers are quantised in their order, each on
//! what the quantised layers before it give, and the mean of what that changes is taken off its bias. A short fine-tuning through the rounding may
//! follow.

mod calibration;
mod fake;
mod graphs;
mod layer;
pub mod paired;
mod ranges;
mod scores;
mod tune;

pub use calibration::{Calibrated, Heard, calibrate};
pub use fake::{apart, together};
pub use graphs::{columns, dense};
pub use layer::Quantised;
pub use ranges::{Activation, Histogram, Ranges};
pub use scores::score;
pub use tune::{Tuning, tune};
