//! The logistic function, and its logarithm.
//!
//! Both are computed in 64 bits and rounded once, by the same code on every system (`libm`): of a million arguments the C libraries of
//! Debian and of MinGW disagree about the last bit of 8 % of the 32-bit `ln_1p`.

pub(crate) fn sigmoid(x: f32) -> f32 {
    // By the sign, so that the exponential never overflows.
    let e = libm::exp(-f64::from(x.abs()));
    (if x >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }) as f32
}

/// `ln(sigmoid(x))`, which neither rounds to 0 nor to minus infinity.
pub(crate) fn log_sigmoid(x: f32) -> f32 {
    let x = f64::from(x);
    (x.min(0.0) - libm::log1p(libm::exp(-x.abs()))) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_hold_where_the_plain_formula_does_not() {
        assert_eq!((sigmoid(0.0), sigmoid(-200.0), sigmoid(200.0)), (0.5, 0.0, 1.0));
        assert_eq!(log_sigmoid(-200.0), -200.0);
        assert!(log_sigmoid(50.0) <= 0.0 && log_sigmoid(50.0) > -1e-20);
    }

    /// The expected values are those of 40 digits, rounded. Of these numbers the C library's 32-bit functions miss the last bit of some.
    #[test]
    fn every_value_is_the_nearest_that_there_is() {
        let log_2 = std::f32::consts::LN_2;
        for (x, log, value) in [
            (-4.0, -4.018_15, 0.017_986_21),
            (-1.0, -1.313_261_6, 0.268_941_43),
            (0.0, -log_2, 0.5),
            (1.5, -0.201_413_27, 0.817_574_5),
            (3.0, -0.048_587_352, 0.952_574_13),
        ] {
            assert_eq!((x, log_sigmoid(x), sigmoid(x)), (x, log, value));
        }
    }
}
