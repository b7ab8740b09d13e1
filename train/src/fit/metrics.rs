//! Scores over clips or steps: average precision and F1, with unknown labels left out.

/// Scores of one class over examples: (score in 0..=1, truth), only where the truth is known.
pub type Scored = Vec<(f32, bool)>;

/// Average precision: the mean, over positives by falling score, of the precision down to each (as scikit-learn's
/// `average_precision_score`, ties counted as one step). `None` without positives.
pub fn average_precision(scored: &Scored) -> Option<f64> {
    let mut sorted = scored.clone();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = sorted.iter().filter(|s| s.1).count();
    if positives == 0 {
        return None;
    }
    let (mut found, mut seen, mut sum) = (0usize, 0usize, 0.0);
    let mut rest = sorted.as_slice();
    while let Some(first) = rest.first() {
        let ties = rest.iter().take_while(|s| s.0 == first.0).count();
        let new = rest[..ties].iter().filter(|s| s.1).count();
        (found, seen) = (found + new, seen + ties);
        sum += new as f64 * found as f64 / seen as f64;
        rest = &rest[ties..];
    }
    Some(sum / positives as f64)
}

/// F1 of the positives and of the negatives at a threshold; `None` where a side has no examples.
pub fn f1(scored: &Scored, threshold: f32) -> (Option<f64>, Option<f64>) {
    let count = |above: bool, truth: bool| {
        scored.iter().filter(|s| (s.0 >= threshold) == above && s.1 == truth).count() as f64
    };
    let (tp, fp, r#fn, tn) = (count(true, true), count(true, false), count(false, true), count(false, false));
    let score = |hit: f64, wrong: f64, exists: bool| exists.then(|| 2.0 * hit / (2.0 * hit + wrong).max(1.0));
    (score(tp, fp + r#fn, tp + r#fn > 0.0), score(tn, fp + r#fn, tn + fp > 0.0))
}

/// The threshold of the best F1 over positives, between two neighbouring scores; 0.5 without positives.
pub fn best_threshold(scored: &Scored) -> f32 {
    let mut sorted = scored.clone();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = sorted.iter().filter(|s| s.1).count() as f64;
    let (mut found, mut best) = (0.0, (0.0, 0.5));
    for (i, pair) in sorted.windows(2).enumerate() {
        found += f64::from(u8::from(pair[0].1));
        let f1 = 2.0 * found / (positives + (i + 1) as f64);
        if pair[0].0 > pair[1].0 && f1 > best.0 {
            best = (f1, (pair[0].0 + pair[1].0) / 2.0);
        }
    }
    best.1.clamp(0.05, 0.95)
}

/// Mean of what exists.
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
    fn best_threshold_separates() {
        let scored = vec![(0.9, true), (0.8, true), (0.3, false), (0.2, false)];
        let threshold = best_threshold(&scored);
        assert!((0.3..0.8).contains(&threshold));
        assert_eq!(f1(&scored, threshold), (Some(1.0), Some(1.0)));
    }
}
