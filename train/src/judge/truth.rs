//! What is known of who plays in an example, from the layers that it was mixed from.

use crate::audio::activity::activity;
use crate::audio::level::{amplitude, rms};
use rollcall_engine::{HOP_SAMPLES, OPENMIC_CLASSES, PATCH_HOPS, SAMPLE_RATE_HZ};
use rollcall_metrics::Event;

/// Somebody plays where at least this many of a window's 96 hops sound; fewer, but some, is left unknown.
const PLAYED_HOPS: usize = 24;
/// Fewer sounding hops than this in a window are silence.
const SILENT_HOPS: usize = 5;
/// A voice this far below the mix is left unknown: nobody hears it for certain.
const MASKED_DB: f32 = -22.0;
/// From window to window, in hops.
const STRIDE_HOPS: usize = 16;
/// Shorter pauses of a voice are part of its playing, in hops: a meter that falls between two notes is no better.
const BREATH_HOPS: usize = 50;

/// Whether each class plays, `None` where nobody can tell, and when. `layers`: class and audio, as long as the mix.
pub(super) fn of(layers: &[(usize, Vec<f32>)], mixed: &[f32]) -> (Vec<Option<bool>>, Vec<Event>) {
    let mut truth = vec![Some(false); OPENMIC_CLASSES.len()];
    let mut when = Vec::new();
    for (class, layer) in layers {
        let active = activity(layer);
        truth[*class] = match (truth[*class], plays(&active, layer, mixed)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (before, Some(false)) => before,
            (_, None) => None,
        };
        when.extend(events(*class, &active));
    }
    (truth, when)
}

fn plays(active: &[bool], layer: &[f32], mixed: &[f32]) -> Option<bool> {
    let mut unsure = false;
    for first in (0..active.len()).step_by(STRIDE_HOPS) {
        let end = (first + PATCH_HOPS).min(active.len());
        let span = first * HOP_SAMPLES..(end * HOP_SAMPLES).min(mixed.len());
        let sounding = active[first..end].iter().filter(|sounds| **sounds).count();
        let is_heard = rms(&layer[span.clone()]) > amplitude(MASKED_DB) * rms(&mixed[span]);
        if sounding >= PLAYED_HOPS && is_heard {
            return Some(true);
        }
        unsure |= sounding > SILENT_HOPS;
    }
    (!unsure).then_some(false)
}

/// A voice's ranges, breaths bridged.
fn events(class: usize, active: &[bool]) -> Vec<Event> {
    let hop_s = HOP_SAMPLES as f64 / f64::from(SAMPLE_RATE_HZ);
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for hop in (0..active.len()).filter(|&hop| active[hop]) {
        match ranges.last_mut() {
            Some(last) if hop <= last.1 + BREATH_HOPS => last.1 = hop + 1,
            _ => ranges.push((hop, hop + 1)),
        }
    }
    let event = |(first, end)| Event { class, onset_s: first as f64 * hop_s, offset_s: end as f64 * hop_s };
    ranges.into_iter().map(event).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breath_does_not_end_a_voice() {
        let mut active = vec![false; 400];
        active[10..60].fill(true);
        active[100..150].fill(true);
        active[300..310].fill(true);
        let found = events(3, &active);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].onset_s, found[0].offset_s), (0.1, 1.5));
        assert_eq!((found[1].class, found[1].onset_s), (3, 3.0));
    }

    #[test]
    fn who_is_masked_or_hardly_plays_is_unknown() {
        let tone = |level: f32, from: usize, to: usize| -> Vec<f32> {
            (0..32_000)
                .map(|n| if (from..to).contains(&n) { level * (n as f32 * 0.2).sin() } else { 0.0 })
                .collect()
        };
        let layers = vec![
            (0, tone(0.5, 0, 32_000)),
            (1, tone(0.02, 0, 32_000)),
            (2, tone(0.5, 16_000, 18_000)),
            (3, vec![0.0; 32_000]),
        ];
        let mut mixed = vec![0.0; 32_000];
        layers.iter().for_each(|(_, layer)| mixed.iter_mut().zip(layer).for_each(|(m, s)| *m += s));
        let (truth, when) = of(&layers, &mixed);
        assert_eq!(truth[..5], [Some(true), None, None, Some(false), Some(false)]);
        assert_eq!(when.iter().map(|event| event.class).collect::<Vec<_>>(), [0, 1, 2]);
    }
}
