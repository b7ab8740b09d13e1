//! What a meter shows of a network's answer: the posterior pooled over the memory that the plugin has by default, step by step.

use rollcall_engine::Settings;

/// Seconds from step to step of a network that streams.
const STEP_S: f32 = 0.16;

/// Steps that the plugin's meters remember by default.
#[must_use]
pub fn memory() -> usize {
    ((Settings::default().memory_s / STEP_S).round() as usize).max(1)
}

/// The highest that each class's meter gets. `activity` and `attention` are probabilities `[steps][classes]`, in order of time; a
/// step's meter is their weighted mean over the last seconds (paper, section 2.3, over a memory), release and level gate aside.
#[must_use]
pub fn loudest(activity: &[f32], attention: &[f32], classes: usize) -> Vec<f32> {
    let memory = memory();
    let steps = activity.len() / classes.max(1);
    let mut loudest = vec![0.0f32; classes];
    for (class, top) in loudest.iter_mut().enumerate() {
        for last in 0..steps {
            let of = |step: usize| (activity[step * classes + class], attention[step * classes + class]);
            let (sum, weight) = ((last + 1).saturating_sub(memory)..=last)
                .map(of)
                .fold((0.0, 0.0), |(sum, weight), (a, w)| (sum + a * w, weight + w));
            *top = top.max(sum / weight.max(1e-12));
        }
    }
    loudest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flash_that_the_clip_hides_is_seen() {
        // 60 steps (9.6 s); for 4 of them something is heard.
        let mut activity = vec![0.0; 60];
        activity[30..34].fill(1.0);
        let attention = vec![0.5; 60];
        let clip: f32 = activity.iter().sum::<f32>() / 60.0;
        let shown = loudest(&activity, &attention, 1)[0];
        assert!(clip < 0.1 && (shown - 4.0 / 19.0).abs() < 1e-6, "{clip} {shown}");
        activity[0] = 1.0;
        assert_eq!(loudest(&activity, &attention, 1), [1.0], "a meter begins with its first step");
    }
}
