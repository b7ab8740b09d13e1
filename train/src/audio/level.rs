//! How loud samples are, and making them as loud as something.

/// Root mean square, over everything.
pub fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

/// Amplitude of a level in dB.
pub fn amplitude(db: f32) -> f32 {
    10f32.powf(db / 20.0)
}

/// Highest absolute sample; 0 of none.
#[must_use]
pub fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, s| peak.max(s.abs()))
}

/// Scaled to a peak of 0.7; `None` when there is nothing to hear.
#[must_use]
pub fn normalised(mut samples: Vec<f32>) -> Option<Vec<f32>> {
    let peak = peak(&samples);
    if !peak.is_finite() || peak < 1e-4 {
        return None;
    }
    for s in &mut samples {
        *s *= 0.7 / peak;
    }
    Some(samples)
}
