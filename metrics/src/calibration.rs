//! Whether a probability means what it says: of all scores near 0.7, seven in ten should be right.

use crate::Scored;

/// One bin of a reliability diagram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Where it begins (inclusive).
    pub low: f64,
    /// Where it ends (exclusive, but for the last).
    pub high: f64,
    /// Scores in it.
    pub count: usize,
    /// Their mean; the bin's middle where there are none.
    pub mean_score: f64,
    /// Share of positives among them; `None` where there are none.
    pub positives: Option<f64>,
}

/// The scores in `bins` bins of equal width over 0..=1 (Guo et al., "On calibration of modern neural networks", 2017,
/// section 2, with the score of the positive class as the confidence). Scores outside 0..=1 count with the nearest bin.
///
/// # Panics
/// If `bins` is 0.
pub fn reliability(scored: &Scored, bins: usize) -> Vec<Bin> {
    assert!(bins > 0, "a diagram needs a bin");
    let mut sums = vec![(0usize, 0.0, 0usize); bins];
    for &(score, truth) in scored {
        let score = f64::from(score);
        let (count, sum, positives) = &mut sums[((score * bins as f64) as usize).min(bins - 1)];
        *count += 1;
        *sum += score;
        *positives += usize::from(truth);
    }
    let width = 1.0 / bins as f64;
    let bin = |(index, (count, sum, positives)): (usize, (usize, f64, usize))| {
        let low = index as f64 * width;
        let share = (count > 0).then(|| positives as f64 / count as f64);
        let mean_score = if count > 0 { sum / count as f64 } else { low + width / 2.0 };
        Bin { low, high: low + width, count, mean_score, positives: share }
    };
    sums.into_iter().enumerate().map(bin).collect()
}

/// Expected calibration error: the distance between mean score and share of positives, weighted by the scores in each bin
/// (the same paper, equation 3). In 0..=1; `None` without scores.
///
/// # Panics
/// If `bins` is 0.
pub fn calibration_error(scored: &Scored, bins: usize) -> Option<f64> {
    let distance =
        |bin: Bin| bin.positives.map_or(0.0, |share| bin.count as f64 * (bin.mean_score - share).abs());
    let sum: f64 = reliability(scored, bins).into_iter().map(distance).sum();
    (!scored.is_empty()).then(|| sum / scored.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_worked_examples() {
        // Eight of ten are right where 0.8 is said: no error.
        let mut scored: Scored = (0..10).map(|i| (0.8, i < 8)).collect();
        assert!(calibration_error(&scored, 10).unwrap() < 1e-7);
        // And none of ten where 0.3 is said: 0.3 off for half of the scores.
        scored.extend([(0.3, false); 10]);
        assert!((calibration_error(&scored, 10).unwrap() - 0.15).abs() < 1e-7);
        assert_eq!(calibration_error(&Vec::new(), 10), None);
    }

    #[test]
    fn bins_hold_every_score_once() {
        let scored: Scored =
            vec![(0.0, false), (0.1, true), (0.999, true), (1.0, true), (1.5, true), (-1.0, false)];
        let bins = reliability(&scored, 10);
        assert_eq!(bins.iter().map(|bin| bin.count).sum::<usize>(), scored.len());
        assert_eq!((bins[0].count, bins[1].count, bins[9].count), (2, 1, 3));
        assert_eq!((bins[5].positives, bins[9].positives), (None, Some(1.0)));
        assert!((bins[5].mean_score - 0.55).abs() < 1e-12);
    }
}
