//! What is known of who plays in a mix, a window and a clip.

use super::length::Length;
use crate::audio::level::rms;
use crate::nn::loss::Target;
use rollcall_engine::HOP_SAMPLES;

/// A window counts as played where at least this many of its 96 hops sound; fewer, but some, is left unknown.
const PLAYED_HOPS: usize = 24;
/// Fewer sounding hops than this in a window count as silence.
const SILENT_HOPS: usize = 5;
/// A voice this far below the mix is left unknown: nobody hears it for certain.
const MASKED_DB: f32 = -22.0;

/// RMS over the hops that sound; 0 when none does.
pub(super) fn active_rms(samples: &[f32], active: &[bool]) -> f32 {
    let hops = samples.chunks(HOP_SAMPLES).zip(active).filter(|(_, a)| **a);
    let (sum, count) =
        hops.fold((0.0, 0), |(sum, n), (h, _)| (sum + h.iter().map(|s| s * s).sum::<f32>(), n + h.len()));
    if count == 0 { 0.0 } else { (sum / count as f32).sqrt() }
}

/// Writes what is known of one voice into the target.
pub(super) fn mark(
    target: &mut Target,
    class: usize,
    active: &[bool],
    layer: &[f32],
    mixed: &[f32],
    length: Length,
) {
    let classes = target.clip.len();
    let (mut heard, mut unsure) = (false, false);
    for window in 0..length.windows() {
        let hops = length.window_hops(window);
        let span = hops.start * HOP_SAMPLES..(hops.end * HOP_SAMPLES).min(mixed.len());
        let sounding =
            active[hops.start.min(active.len())..hops.end.min(active.len())].iter().filter(|a| **a).count();
        let share_db = 20.0 * (rms(&layer[span.clone()]) / rms(&mixed[span]).max(1e-9)).log10();
        let at = window * classes + class;
        if sounding >= PLAYED_HOPS && share_db > MASKED_DB {
            target.steps[at] = 1.0;
            heard = true;
        } else if sounding > SILENT_HOPS {
            target.step_weight[at] = 0.0;
            unsure = true;
        }
    }
    target.clip[class] = f32::from(u8::from(heard));
    if !heard && unsure {
        target.clip_weight[class] = 0.0;
    }
}
