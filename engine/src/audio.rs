//! From the caller's frames to 16 kHz mono: downmix, sanitising, resampling.
//!
//! Everything here is streaming: any way of cutting the same frames into blocks gives bit-equal samples,
//! memory is constant, and nothing allocates after construction.

mod design;
mod intake;
mod product;
mod resampler;

pub use intake::{Intake, LARGEST_SAMPLE};
pub use resampler::Resampler;

/// Lowest sample rate that is taken in.
pub const MIN_RATE_HZ: u32 = 8_000;
/// Highest sample rate that is taken in.
pub const MAX_RATE_HZ: u32 = 384_000;
