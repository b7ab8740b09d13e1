//! When a stem sounds: the per-hop truth that training and scoring use, derived from the stem itself.

use rollcall_engine::HOP_SAMPLES;

/// A hop counts as sounding down to this far below the stem's loudest hop.
const BELOW_PEAK_DB: f32 = -45.0;
/// And never below this level (dB re full scale, RMS).
const FLOOR_DBFS: f32 = -60.0;
/// Sounding goes on for this long after the level fell below: 30 ms.
const HANG_HOPS: usize = 3;

/// One flag per complete or started hop of 10 ms: whether the stem sounds there.
///
/// The level of a hop is the RMS of 30 ms round it, so that a period of a low bass note does not cut it in pieces.
/// `samples` is mono at 16 kHz; the result has `samples.len().div_ceil(160)` entries.
#[must_use]
pub fn activity(samples: &[f32]) -> Vec<bool> {
    let energy: Vec<f32> = samples.chunks(HOP_SAMPLES).map(|hop| hop.iter().map(|s| s * s).sum()).collect();
    let level: Vec<f32> = (0..energy.len())
        .map(|hop| {
            let round = &energy[hop.saturating_sub(1)..(hop + 2).min(energy.len())];
            round.iter().sum::<f32>() / (round.len() * HOP_SAMPLES) as f32
        })
        .collect();
    let peak = level.iter().copied().fold(0.0, f32::max);
    let power = |db: f32| 10f32.powf(db / 10.0);
    let threshold = (peak * power(BELOW_PEAK_DB)).max(power(FLOOR_DBFS));
    let mut since = HANG_HOPS + 1;
    level
        .iter()
        .map(|&l| {
            since = if l > threshold { 0 } else { since.saturating_add(1) };
            since <= HANG_HOPS
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tone from 0.5 s to 1.0 s in 2 s of silence, at an amplitude.
    fn tone(amplitude: f32) -> Vec<f32> {
        (0..32_000)
            .map(|n| if (8_000..16_000).contains(&n) { amplitude * (n as f32 * 0.2).sin() } else { 0.0 })
            .collect()
    }

    #[test]
    fn follows_a_tone_within_its_window_and_hang() {
        let active = activity(&tone(0.5));
        assert_eq!(active.len(), 200);
        let on = active.iter().position(|&a| a).unwrap();
        let off = active.iter().rposition(|&a| a).unwrap();
        assert!((49..=50).contains(&on), "on at hop {on}");
        assert!((100..=104).contains(&off), "off at hop {off}");
        assert!(active[on..=off].iter().all(|&a| a));
    }

    #[test]
    fn what_is_inaudible_beside_the_peak_is_not_active() {
        let mut samples = tone(0.9);
        for (n, s) in samples.iter_mut().enumerate().skip(24_000) {
            *s = 0.9 * 10f32.powf(-50.0 / 20.0) * (n as f32 * 0.2).sin();
        }
        assert!(activity(&samples)[110..].iter().all(|&a| !a));
    }

    #[test]
    fn silence_is_never_active() {
        assert!(activity(&[0.0; 3_200]).iter().all(|&a| !a));
        assert!(activity(&tone(0.0005)).iter().all(|&a| !a), "below -60 dBFS");
        assert!(activity(&[]).is_empty());
    }
}
