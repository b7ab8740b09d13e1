//! Losses on the head's logits: per step and per clip, masked where a label is unknown.

use std::ops::Range;

/// What is known of a clip. All are `[classes]` or `[steps, classes]`, targets and masks in 0..=1.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// Whether a class is heard anywhere in the clip (or how likely, for a teacher's soft label).
    pub clip: Vec<f32>,
    /// Weight of each clip label; 0: unknown.
    pub clip_weight: Vec<f32>,
    /// Whether a class is heard in a step's window.
    pub steps: Vec<f32>,
    /// Weight of each step label; 0: unknown.
    pub step_weight: Vec<f32>,
}

impl Target {
    /// Nobody plays, for certain.
    #[must_use]
    pub fn nobody(classes: usize, steps: usize) -> Self {
        let (clip, all) = (vec![0.0; classes], vec![0.0; steps * classes]);
        Self { clip, clip_weight: vec![1.0; classes], steps: all, step_weight: vec![1.0; steps * classes] }
    }

    /// Whether each class is heard in the clip; `None`: not known.
    #[must_use]
    pub fn truth(&self) -> Vec<Option<bool>> {
        self.clip.iter().zip(&self.clip_weight).map(|(y, known)| (*known > 0.0).then_some(*y > 0.5)).collect()
    }
}

/// A loss with the gradients of both logits.
#[derive(Clone, Debug)]
pub struct Graded {
    /// Weighted sum over the number of labels.
    pub loss: f32,
    /// `[steps, classes]`.
    pub activity: Vec<f32>,
    /// `[steps, classes]`.
    pub attention: Vec<f32>,
    /// Attention-pooled posterior, `[classes]`.
    pub posterior: Vec<f32>,
}

/// A memory of more steps than any clip has.
pub const WHOLE_CLIP: usize = usize::MAX;

/// Keeps the logarithms of a posterior finite.
const FLOOR: f32 = 1e-6;

/// Logistic function.
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// What [`sigmoid`] makes this probability of, which lies between 0 and 1.
pub fn logit(probability: f32) -> f32 {
    (probability / (1.0 - probability)).ln()
}

/// A class's label on a pooled posterior: over which steps, whether it is heard there, and the label's weight.
type Pooled = (Range<usize>, f32, f32);

/// The labels of a class on its pooled posteriors, their weights adding up to its clip label's at most. Where the steps are
/// labelled, each span of `memory` steps has a label of its own, as a meter that remembers so many has an answer of its own; else
/// there is one for the whole clip, which is all that a weak label knows.
fn pooled_labels(target: &Target, class: usize, steps: usize, memory: usize) -> Vec<Pooled> {
    let classes = target.clip.len();
    let known =
        |step: usize| target.step_weight.get(step * classes + class).is_some_and(|known| *known > 0.0);
    if memory >= steps || !(0..steps).any(known) {
        return vec![(0..steps, target.clip[class], target.clip_weight[class])];
    }
    let heard = |step: usize| known(step) && target.steps[step * classes + class] > 0.5;
    let last = steps - memory;
    let spans = last.div_ceil(memory / 2) + 1;
    let label = |span: usize| {
        let first = last * span / (spans - 1);
        let mut span_steps = first..first + memory;
        let plays = span_steps.clone().any(heard);
        let told = plays || span_steps.all(known);
        let weight = if told { target.clip_weight[class] / spans as f32 } else { 0.0 };
        (first..first + memory, f32::from(u8::from(plays)), weight)
    };
    (0..spans).map(label).collect()
}

/// Binary cross-entropy on the pooled posterior plus the same on each step, each weighted by what is known and divided by the
/// number of its labels; `step_share` of the whole (0 to 1) goes to the steps.
///
/// The posterior is `sum_t w_t sigmoid(activity_t)` with `w_t = sigmoid(attention_t) / sum sigmoid(attention)` (paper,
/// section 2.3), over the whole clip, or, where steps are labelled, over spans of `memory` steps that overlap by half.
pub fn attention_bce(
    activity: &[f32],
    attention: &[f32],
    target: &Target,
    step_share: f32,
    memory: usize,
) -> Graded {
    let classes = target.clip.len();
    let steps = activity.len() / classes;
    let mut graded = Graded {
        loss: 0.0,
        activity: vec![0.0; activity.len()],
        attention: vec![0.0; attention.len()],
        posterior: vec![0.0; classes],
    };
    // By all labels, not by the clip's known ones: else half a weight everywhere would weigh as much as a whole one.
    let (clip_labels, step_labels) = (classes as f32, (steps * classes) as f32);
    for class in 0..classes {
        let at = |step: usize| step * classes + class;
        let pool = |span: Range<usize>| {
            let total: f32 = span.clone().map(|t| sigmoid(attention[at(t)])).sum::<f32>().max(1e-12);
            let posterior: f32 =
                span.map(|t| sigmoid(attention[at(t)]) / total * sigmoid(activity[at(t)])).sum();
            (posterior, total)
        };
        let whole = pool(0..steps);
        graded.posterior[class] = whole.0;
        for (span, y, weight) in pooled_labels(target, class, steps, memory) {
            let share = (1.0 - step_share) * weight / clip_labels;
            if share == 0.0 {
                continue;
            }
            let (posterior, total) = if span == (0..steps) { whole } else { pool(span.clone()) };
            let p = posterior.clamp(FLOOR, 1.0 - FLOOR);
            graded.loss -= share * (y * p.ln() + (1.0 - y) * (1.0 - p).ln());
            let d_posterior = share * (p - y) / (p * (1.0 - p));
            for t in span {
                let (a, w) = (sigmoid(activity[at(t)]), sigmoid(attention[at(t)]));
                graded.activity[at(t)] += d_posterior * w / total * a * (1.0 - a);
                graded.attention[at(t)] += d_posterior * (a - posterior) / total * w * (1.0 - w);
            }
        }
        for t in 0..steps {
            let share = target.step_weight.get(at(t)).map_or(0.0, |known| step_share * known / step_labels);
            if share > 0.0 {
                let (x, y) = (activity[at(t)], target.steps[at(t)]);
                // softplus(x) - x y, without overflow.
                graded.loss += share * (x.max(0.0) - x * y + (-x.abs()).exp().ln_1p());
                graded.activity[at(t)] += share * (sigmoid(x) - y);
            }
        }
    }
    graded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_weight_teaches_half_as_much() {
        let (activity, attention) = (vec![0.3, -0.2, 0.1, 0.5], vec![0.0; 4]);
        let graded = |weight: f32| {
            let target = Target {
                clip: vec![1.0, 0.0],
                clip_weight: vec![weight; 2],
                steps: vec![1.0, 0.0, 1.0, 0.0],
                step_weight: vec![weight; 4],
            };
            attention_bce(&activity, &attention, &target, 0.4, WHOLE_CLIP)
        };
        let (whole, half) = (graded(1.0), graded(0.5));
        assert!((whole.loss - 2.0 * half.loss).abs() < 1e-6);
        assert!(whole.activity.iter().zip(&half.activity).all(|(w, h)| (w - 2.0 * h).abs() < 1e-6));
    }

    /// A clip of six steps and one class that plays in the first two and rests in the last three.
    fn comes_and_goes(step_weight: Vec<f32>) -> Target {
        Target {
            clip: vec![1.0],
            clip_weight: vec![1.0],
            steps: vec![1.0, 1.0, 0.0, 0.0, 0.0, 0.0],
            step_weight,
        }
    }

    #[test]
    fn what_is_known_of_steps_is_learned_over_the_memory() {
        let target = comes_and_goes(vec![1.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
        let labels = pooled_labels(&target, 0, 6, 3);
        // The middle span holds a step that nobody knows.
        assert_eq!(labels.iter().map(|l| l.0.clone()).collect::<Vec<_>>(), [0..3, 1..4, 2..5, 3..6]);
        let weights: Vec<(f32, f32)> = labels.iter().map(|l| (l.1, l.2)).collect();
        assert_eq!(weights, [(1.0, 0.25), (1.0, 0.25), (0.0, 0.0), (0.0, 0.25)]);
        // The head says it plays in the last three steps: over the whole clip that pleases, over the memory it is wrong.
        let (activity, attention) = (vec![-3.0, -3.0, -3.0, 3.0, 3.0, 3.0], vec![0.0; 6]);
        let push = |memory: usize| -attention_bce(&activity, &attention, &target, 0.0, memory).activity[5];
        assert!(push(WHOLE_CLIP) > 0.0 && push(3) < 0.0, "{} {}", push(WHOLE_CLIP), push(3));
    }

    #[test]
    fn a_weak_label_is_learned_over_the_whole_clip() {
        let labels = pooled_labels(&comes_and_goes(vec![0.0; 6]), 0, 6, 3);
        assert_eq!(labels, [(0..6, 1.0, 1.0)]);
    }

    #[test]
    fn the_gradient_over_a_memory_is_that_of_the_loss() {
        let target = comes_and_goes(vec![1.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
        let activity = [0.3, -0.2, 0.1, 0.5, -1.0, 0.7];
        let attention = [0.1, 0.9, -0.4, 0.2, -0.6, 0.5];
        let of = |activity: &[f32], attention: &[f32]| attention_bce(activity, attention, &target, 0.4, 3);
        let graded = of(&activity, &attention);
        for t in 0..6 {
            let moved = |of_attention: bool, by: f32| {
                let (mut a, mut w) = (activity, attention);
                if of_attention {
                    w[t] += by
                } else {
                    a[t] += by
                }
                of(&a, &w).loss
            };
            for (of_attention, gradient) in [(false, graded.activity[t]), (true, graded.attention[t])] {
                let numeric = (moved(of_attention, 1e-2) - moved(of_attention, -1e-2)) / 2e-2;
                assert!((numeric - gradient).abs() < 1e-4, "{t} {of_attention}: {numeric} {gradient}");
            }
        }
    }
}
