//! The logistic function, and its logarithm.

pub(crate) fn sigmoid(x: f32) -> f32 {
    // By the sign, so that the exponential never overflows.
    let e = (-x.abs()).exp();
    if x >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

/// `ln(sigmoid(x))`, which neither rounds to 0 nor to minus infinity.
pub(crate) fn log_sigmoid(x: f32) -> f32 {
    x.min(0.0) - (-x.abs()).exp().ln_1p()
}
