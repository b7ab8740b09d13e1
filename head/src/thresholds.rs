//! Thresholds: the best F1 to be expected of each class, raised no more than it takes to keep meters down on what is no
//! instrument.

use crate::logistic::Logistic;
use rollcall_metrics::{Scored, best_threshold};

/// Share of clips without an instrument in which every posterior must stay below its threshold, unless said otherwise.
pub const QUIET: f64 = 0.95;
/// Lowest threshold.
const LOWEST: f32 = 0.05;
/// Highest threshold: a class stays reachable.
const HIGHEST: f32 = 0.95;

/// A threshold for each class. `scored` has each class's posteriors with their truth, `nothing` the posteriors of clips
/// without an instrument, `[clips][classes]`, of which the share `quiet` (0 to 1) is to stay below them.
///
/// These are the thresholds of the best F1 to be expected, and where they leave more clips loud than that, their odds are all
/// raised by one factor, as the plugin's sensitivity does: one number that many clips decide. No threshold is above 0.95.
#[must_use]
pub fn tune(scored: &[Scored], nothing: &[Vec<f32>], quiet: f64) -> Vec<f32> {
    let best: Vec<f32> = scored.iter().map(best).collect();
    // The factor from which on a clip is quiet.
    let loudest = |p: &Vec<f32>| p.iter().zip(&best).map(|(p, t)| odds(*p) / odds(*t)).fold(0.0, f64::max);
    let mut loudness: Vec<f64> = nothing.iter().map(loudest).collect();
    loudness.sort_by(|a, b| b.total_cmp(a));
    let allowed = ((1.0 - quiet) * nothing.len() as f64) as usize;
    match loudness.get(allowed).copied().filter(|factor| *factor >= 1.0) {
        Some(factor) => best.iter().map(|t| raised(*t, factor)).collect(),
        None => best,
    }
}

fn odds(p: f32) -> f64 {
    f64::from(p) / (1.0 - f64::from(p))
}

/// The threshold whose odds are just above `factor` times those of `threshold`.
fn raised(threshold: f32, factor: f64) -> f32 {
    let odds = factor * odds(threshold);
    // A rounding could leave the very clip loud that it was raised for.
    let above = (odds / (1.0 + odds)) as f32 + 2.0 * f32::EPSILON;
    above.min(HIGHEST)
}

/// The threshold of the best F1 that is to be expected of a class.
///
/// The F1 that was counted is flat and ragged where positives are few, and its highest point follows single clips. Of
/// posteriors that mean what they say, the best threshold is half of the best F1 (Lipton, Elkan and Narayanaswamy, "Optimal
/// thresholding of classifiers to maximize F1 measure", 2014); a [`Logistic`] curve says what ours mean. A class with hardly any
/// examples has no curve, and the F1 that was counted decides.
#[must_use]
pub fn best(scored: &Scored) -> f32 {
    let Some(curve) = Logistic::fit(scored) else { return best_threshold(scored) };
    let mut worth: Vec<f64> = scored.iter().map(|&(p, _)| curve.at(p)).collect();
    worth.sort_by(|a, b| b.total_cmp(a));
    let positives: f64 = worth.iter().sum();
    let mut found = 0.0;
    let f1 = worth.iter().enumerate().map(|(i, worth)| {
        found += worth;
        2.0 * found / ((i + 1) as f64 + positives)
    });
    curve.inverse(f1.fold(0.0, f64::max) / 2.0).clamp(LOWEST, HIGHEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Positives at 0.6 to 0.9 and negatives below 0.3 for each of two classes.
    fn scored() -> Vec<Scored> {
        let class = |low: f32| {
            (0..40)
                .map(move |i| (low + i as f32 * 0.0075, true))
                .chain((0..40).map(|i| (i as f32 * 0.0075, false)))
        };
        vec![class(0.6).collect(), class(0.4).collect()]
    }

    /// Posteriors that mean what they say, of a class that plays in a sixth of the clips.
    fn calibrated(rng: &mut fastrand::Rng, clips: usize) -> Scored {
        let clip = |_| {
            let posterior = rng.f32().powi(5);
            (posterior, rng.f32() < posterior)
        };
        (0..clips).map(clip).collect()
    }

    #[test]
    fn thresholds_do_not_follow_single_clips() {
        let mut rng = fastrand::Rng::with_seed(5);
        let truth = best_threshold(&calibrated(&mut rng, 200_000));
        let (mut ours, mut counted) = (0.0, 0.0);
        for _ in 0..50 {
            let scored = calibrated(&mut rng, 400);
            ours += (best(&scored) - truth).abs() / 50.0;
            counted += (best_threshold(&scored) - truth).abs() / 50.0;
        }
        assert!(ours < 0.5 * counted, "off by {ours} and {counted}");
    }

    #[test]
    fn hardly_any_examples_leave_it_to_the_f1_that_was_counted() {
        let scored: Scored = (0..20).map(|i| (i as f32 / 20.0, i > 13)).collect();
        assert_eq!(best(&scored), best_threshold(&scored));
        assert_eq!(best(&Vec::new()), 0.5);
    }

    #[test]
    fn quiet_enough_as_it_is_the_best_f1_stays() {
        let scored = scored();
        let best: Vec<f32> = scored.iter().map(best).collect();
        assert_eq!(tune(&scored, &vec![vec![0.1, 0.1]; 100], QUIET), best);
        // 5 in 100 may be loud.
        let mut nothing = vec![vec![0.1, 0.1]; 95];
        nothing.extend(vec![vec![0.9, 0.9]; 5]);
        assert_eq!(tune(&scored, &nothing, QUIET), best);
        assert_eq!(tune(&scored, &[], QUIET), best);
    }

    #[test]
    fn all_odds_are_raised_alike_and_just_as_far_as_needed() {
        let scored = scored();
        let best: Vec<f32> = scored.iter().map(best).collect();
        let mut nothing = vec![vec![0.1, 0.1]; 80];
        nothing.extend(vec![vec![0.55, 0.1]; 15]);
        nothing.extend(vec![vec![0.1, 0.9]; 5]);
        let tuned = tune(&scored, &nothing, QUIET);
        assert!(tuned[0] > 0.55 && tuned[0] < 0.5501, "what is still loud is allowed: {tuned:?}");
        let factor = |class: usize| odds(tuned[class]) / odds(best[class]);
        assert!((factor(0) / factor(1) - 1.0).abs() < 1e-4, "{} and {}", factor(0), factor(1));
        assert_eq!(tune(&scored, &nothing, 0.0), best, "nothing is asked for");
        // And now it is not.
        nothing.extend(vec![vec![0.1, 0.9]; 5]);
        let tuned = tune(&scored, &nothing, QUIET);
        let quiet = nothing.iter().filter(|p| p.iter().zip(&tuned).all(|(p, t)| p < t)).count();
        assert!(quiet as f64 >= QUIET * nothing.len() as f64, "{quiet} by {tuned:?}");
    }

    #[test]
    fn what_no_threshold_silences_ends() {
        let tuned = tune(&scored(), &vec![vec![0.99, 1.0]; 10], QUIET);
        assert_eq!(tuned, vec![HIGHEST; 2]);
    }
}
