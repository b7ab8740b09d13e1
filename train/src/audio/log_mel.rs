//! The log-mel of recordings, by the engine that ships.

use rollcall_engine::{HOP_SAMPLES, MEL_BANDS, logmel::LogMel};

/// `[hops, 64]` of 16 kHz mono samples.
pub fn log_mel(samples: &[f32]) -> Vec<f32> {
    let mut out = Vec::with_capacity(samples.len() / HOP_SAMPLES * MEL_BANDS);
    LogMel::new().push(samples, &mut |hop, _| out.extend_from_slice(hop));
    out
}
