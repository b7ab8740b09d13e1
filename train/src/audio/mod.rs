//! Samples in, samples out: reading, resampling, level, when something sounds, lossy coding; the log-mel; whether two recordings are one.

pub mod activity;
pub mod codec;
pub mod decode;
pub mod fingerprint;
pub mod level;
pub mod log_mel;
pub mod resample;
