//! Scores over clips or steps: average precision, ROC AUC and F1, with unknown labels left out.

use crate::{Counts, Empty};

/// Scores of one class over examples: (score in 0..=1, truth), only where the truth is known.
pub type Scored = Vec<(f32, bool)>;

/// Pairs scores with what is known of the truth: examples whose label is `None` are left out, neither right nor wrong.
pub fn known(
    scores: impl IntoIterator<Item = f32>,
    labels: impl IntoIterator<Item = Option<bool>>,
) -> Scored {
    scores.into_iter().zip(labels).filter_map(|(score, label)| Some((score, label?))).collect()
}

/// Average precision: the mean, over positives by falling score, of the precision down to each (as scikit-learn's
/// `average_precision_score`, ties counted as one step). `None` without positives.
pub fn average_precision(scored: &Scored) -> Option<f64> {
    let positives = scored.iter().filter(|s| s.1).count();
    if positives == 0 {
        return None;
    }
    let (mut found, mut seen, mut sum) = (0usize, 0usize, 0.0);
    for (ties, new) in steps_down(scored) {
        (found, seen) = (found + new, seen + ties);
        sum += new as f64 * found as f64 / seen as f64;
    }
    Some(sum / positives as f64)
}

/// Area under the receiver's operating characteristic: how likely a positive scores above a negative, ties counted as
/// half (as scikit-learn's `roc_auc_score`). `None` without positives or without negatives.
pub fn roc_auc(scored: &Scored) -> Option<f64> {
    let positives = scored.iter().filter(|s| s.1).count();
    let negatives = scored.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let (mut found, mut area) = (0usize, 0.0);
    for (ties, new) in steps_down(scored) {
        // Each negative of this step lies below the positives before it, and level with half of those beside it.
        area += (ties - new) as f64 * (found as f64 + new as f64 / 2.0);
        found += new;
    }
    Some(area / (positives as f64 * negatives as f64))
}

/// By falling score: how many examples share it, and how many of those are positives.
fn steps_down(scored: &Scored) -> Vec<(usize, usize)> {
    let mut sorted = scored.clone();
    sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let ties = sorted.chunk_by(|a, b| a.0 == b.0);
    ties.map(|ties| (ties.len(), ties.iter().filter(|s| s.1).count())).collect()
}

/// F1 of the positives and of the negatives at a threshold (a score at it counts as positive); `None` where a side has no
/// examples.
///
/// OpenMIC-2018's published F1 is the mean of both (see [`both_classes`]); detection papers mostly mean the first alone.
pub fn f1(scored: &Scored, threshold: f32) -> (Option<f64>, Option<f64>) {
    let (positives, negatives) = clip_counts(scored, threshold);
    (positives.f1(Empty::Zero), negatives.f1(Empty::Zero))
}

/// What [`f1`] is made of: counts of the positives and of the negatives. They may be summed over classes.
pub fn clip_counts(scored: &Scored, threshold: f32) -> (Counts, Counts) {
    let side = |truth: bool| {
        let said = |score: f32| (score >= threshold) == truth;
        Counts {
            hits: scored.iter().filter(|s| s.1 == truth && said(s.0)).count() as u64,
            reference: scored.iter().filter(|s| s.1 == truth).count() as u64,
            system: scored.iter().filter(|s| said(s.0)).count() as u64,
        }
    };
    (side(true), side(false))
}

/// The mean of the F1 of positives and of negatives; `None` where a side has no examples.
pub fn both_classes((positives, negatives): (Option<f64>, Option<f64>)) -> Option<f64> {
    positives.zip(negatives).map(|(positives, negatives)| (positives + negatives) / 2.0)
}

/// Thresholds lie within these, so that a class can always be turned both up and down.
const THRESHOLDS: (f32, f32) = (0.05, 0.95);

/// The threshold of the best F1 over positives, in 0.05..=0.95: between two neighbouring scores, or below all of them. Of equally
/// good ones the highest; 0.5 without positives.
///
/// To be chosen on a validation set, never on what is then scored with it.
pub fn best_threshold(scored: &Scored) -> f32 {
    let mut sorted = scored.clone();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    // Positives among so many of the highest scores.
    let mut found = vec![0_u64];
    for (_, truth) in &sorted {
        found.push(found[found.len() - 1] + u64::from(*truth));
    }
    let positives = found[sorted.len()];
    let between = sorted.windows(2).filter(|pair| pair[0].0 > pair[1].0);
    let between = between.map(|pair| (pair[0].0 + pair[1].0) / 2.0);
    let below_all = sorted.last().map(|lowest| lowest.0 / 2.0);
    let mut best = (0.0, 0.5);
    for threshold in between.chain(below_all) {
        // What counts is what the threshold does once it lies within the bounds.
        let threshold = threshold.clamp(THRESHOLDS.0, THRESHOLDS.1);
        let said = sorted.partition_point(|example| example.0 >= threshold);
        let f1 = 2.0 * found[said] as f64 / (positives + said as u64).max(1) as f64;
        if f1 > best.0 {
            best = (f1, threshold);
        }
    }
    best.1
}

/// Mean of what exists; 0 where nothing does.
pub fn mean(values: impl IntoIterator<Item = Option<f64>>) -> f64 {
    let (sum, n) = values.into_iter().flatten().fold((0.0, 0), |(s, n), v| (s + v, n + 1));
    sum / f64::from(n.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn average_precision_of_a_worked_example() {
        // scikit-learn: average_precision_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) = 0.8333...
        let scored = vec![(0.1, false), (0.4, false), (0.35, true), (0.8, true)];
        assert!((average_precision(&scored).unwrap() - 0.833_333_333).abs() < 1e-8);
        assert_eq!(average_precision(&vec![(0.3, false)]), None);
    }

    #[test]
    fn area_of_worked_examples() {
        // scikit-learn: roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) = 0.75
        let scored = vec![(0.1, false), (0.4, false), (0.35, true), (0.8, true)];
        assert_eq!(roc_auc(&scored), Some(0.75));
        // All scores alike tell nothing.
        assert_eq!(roc_auc(&vec![(0.5, true), (0.5, false), (0.5, false)]), Some(0.5));
        assert_eq!(roc_auc(&vec![(0.3, true)]), None);
        assert_eq!(roc_auc(&Vec::new()), None);
    }

    #[test]
    fn best_threshold_separates() {
        let scored = vec![(0.9, true), (0.8, true), (0.3, false), (0.2, false)];
        let threshold = best_threshold(&scored);
        assert!((0.3..0.8).contains(&threshold));
        assert_eq!(f1(&scored, threshold), (Some(1.0), Some(1.0)));
    }

    #[test]
    fn best_threshold_may_take_everything() {
        // Two positives below a negative: F1 is 0.8 with all of them, 0.5 at most with a part.
        let scored = vec![(0.9, false), (0.6, true), (0.4, true)];
        let threshold = best_threshold(&scored);
        assert!(threshold <= 0.4 && f1(&scored, threshold).0 == Some(0.8), "{threshold}");
        assert_eq!(best_threshold(&vec![(0.3, true)]), 0.15);
        assert_eq!(best_threshold(&vec![(0.3, false)]), 0.5);
        // Below the bounds nothing can be had: what is within them is chosen for what it does there.
        assert_eq!(best_threshold(&vec![(0.99, true), (0.02, false), (0.01, true)]), 0.505);
        // No other threshold that is allowed does better.
        let mut rng = fastrand::Rng::with_seed(3);
        for _ in 0..300 {
            let scored: Scored = (0..rng.usize(1..12)).map(|_| (rng.f32(), rng.bool())).collect();
            let of = |threshold| f1(&scored, threshold).0.unwrap_or(0.0);
            let most = (5..=95).map(|percent| of(percent as f32 / 100.0)).fold(0.0, f64::max);
            assert!(of(best_threshold(&scored)) >= most - 1e-12, "{scored:?}");
        }
    }

    #[test]
    fn the_two_averages_of_f1_are_told_apart() {
        let scored = vec![(0.9, true), (0.8, false), (0.3, true), (0.2, false), (0.1, false)];
        // Positives: 1 hit, 1 false, 1 missed; negatives: 2 hits, 1 false, 1 missed.
        let (positives, negatives) = f1(&scored, 0.5);
        assert_eq!((positives, negatives), (Some(0.5), Some(2.0 / 3.0)));
        assert_eq!(both_classes((positives, negatives)), Some((0.5 + 2.0 / 3.0) / 2.0));
        assert_eq!(both_classes(f1(&vec![(0.9, true)], 0.5)), None);
    }

    #[test]
    fn what_is_unknown_is_left_out() {
        let scored = known([0.9, 0.1, 0.6], [Some(true), None, Some(false)]);
        assert_eq!(scored, [(0.9, true), (0.6, false)]);
    }
}
