//! Losses on the head's logits: per step and per clip, masked where a label is unknown.

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

/// Binary cross-entropy on the pooled posterior plus the same on each step, each weighted by what is known and divided by the
/// number of its labels; `step_share` of the whole (0 to 1) goes to the steps.
///
/// The posterior is `sum_t w_t sigmoid(activity_t)` with `w_t = sigmoid(attention_t) / sum sigmoid(attention)` (paper,
/// section 2.3).
pub fn attention_bce(activity: &[f32], attention: &[f32], target: &Target, step_share: f32) -> Graded {
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
        let total: f32 = (0..steps).map(|t| sigmoid(attention[at(t)])).sum::<f32>().max(1e-12);
        let posterior: f32 =
            (0..steps).map(|t| sigmoid(attention[at(t)]) / total * sigmoid(activity[at(t)])).sum();
        graded.posterior[class] = posterior;
        let share = (1.0 - step_share) * target.clip_weight[class] / clip_labels;
        let d_posterior = if share > 0.0 {
            let (p, y) = (posterior.clamp(FLOOR, 1.0 - FLOOR), target.clip[class]);
            graded.loss -= share * (y * p.ln() + (1.0 - y) * (1.0 - p).ln());
            share * (p - y) / (p * (1.0 - p))
        } else {
            0.0
        };
        for t in 0..steps {
            let (a, w) = (sigmoid(activity[at(t)]), sigmoid(attention[at(t)]));
            graded.activity[at(t)] += d_posterior * w / total * a * (1.0 - a);
            graded.attention[at(t)] += d_posterior * (a - posterior) / total * w * (1.0 - w);
            let share = target.step_weight.get(at(t)).map_or(0.0, |known| step_share * known / step_labels);
            if share > 0.0 {
                let (x, y) = (activity[at(t)], target.steps[at(t)]);
                // softplus(x) - x y, without overflow.
                graded.loss += share * (x.max(0.0) - x * y + (-x.abs()).exp().ln_1p());
                graded.activity[at(t)] += share * (a - y);
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
            attention_bce(&activity, &attention, &target, 0.4)
        };
        let (whole, half) = (graded(1.0), graded(0.5));
        assert!((whole.loss - 2.0 * half.loss).abs() < 1e-6);
        assert!(whole.activity.iter().zip(&half.activity).all(|(w, h)| (w - 2.0 * h).abs() < 1e-6));
    }
}
