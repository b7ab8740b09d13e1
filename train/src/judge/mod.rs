//! What judges a model: sets of examples that no run's seed or settings change, and each figure by one definition.

pub mod examples;
pub mod guess;
pub mod intervals;
mod material;
pub mod meter;
pub mod pages;
pub mod scene;
mod truth;

pub use examples::{Example, draw};
pub use scene::Scene;
