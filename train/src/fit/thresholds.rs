//! Thresholds: the best F1 to be expected of each class, raised no more than it takes to keep meters down on what is no
//! instrument.

use crate::logistic::Logistic;
use rollcall_metrics::{Scored, best_threshold, f1};

/// Share of clips without an instrument in which every posterior must stay below its threshold, unless said otherwise.
pub const QUIET: f64 = 0.95;
/// Lowest threshold.
const LOWEST: f32 = 0.05;
/// Highest threshold: a class stays reachable.
const HIGHEST: f32 = 0.95;

/// A threshold for each class. `scored` has each class's posteriors with their truth, `nothing` the posteriors of clips
/// without an instrument, `[clips][classes]`, of which the share `quiet` (0 to 1) is to stay below them.
///
/// Starts at the best F1 to be expected of each class. While more clips than allowed are loud, the one threshold is raised, over the
/// posterior of one such clip, that silences most for the F1 that it costs.
#[must_use]
pub fn tune(scored: &[Scored], nothing: &[Vec<f32>], quiet: f64) -> Vec<f32> {
    let mut thresholds: Vec<f32> = scored.iter().map(best).collect();
    let allowed = ((1.0 - quiet) * nothing.len() as f64) as usize;
    loop {
        let loud: Vec<&Vec<f32>> = nothing.iter().filter(|p| loud_classes(p, &thresholds) > 0).collect();
        if loud.len() <= allowed {
            return thresholds;
        }
        let Some((class, threshold)) = cheapest(scored, &loud, &thresholds) else { return thresholds };
        thresholds[class] = threshold;
    }
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

fn loud_classes(posteriors: &[f32], thresholds: &[f32]) -> usize {
    posteriors.iter().zip(thresholds).filter(|(p, t)| p >= t).count()
}

/// The class and its new threshold that silence most of the loud clips for the F1 that is lost; `None` when every posterior
/// that is too loud is above the highest threshold.
fn cheapest(scored: &[Scored], loud: &[&Vec<f32>], thresholds: &[f32]) -> Option<(usize, f32)> {
    let f1_at = |class: usize, threshold| f1(&scored[class], threshold).0.unwrap_or(0.0);
    let mut best: Option<(f64, usize, f32)> = None;
    for class in 0..thresholds.len() {
        let over = loud.iter().filter(|p| (thresholds[class]..HIGHEST).contains(&p[class]));
        for threshold in over.map(|p| p[class].next_up()) {
            let silenced = loud.iter().filter(|p| (thresholds[class]..threshold).contains(&p[class]));
            // A clip in which several classes are loud is silenced by each in part.
            let gain: f64 = silenced.map(|p| 1.0 / loud_classes(p, thresholds) as f64).sum();
            let cost = (f1_at(class, thresholds[class]) - f1_at(class, threshold)).max(0.0);
            // A hundredth of a point, so that what costs nothing is compared by what it gains.
            let worth = gain / (cost + 1e-4);
            if best.is_none_or(|(most, ..)| worth > most) {
                best = Some((worth, class, threshold));
            }
        }
    }
    best.map(|(_, class, threshold)| (class, threshold))
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
    fn the_cheapest_threshold_is_raised_just_as_far_as_needed() {
        let scored = scored();
        let best: Vec<f32> = scored.iter().map(best).collect();
        // The first class is free to go up to 0.6; the second loses positives above 0.4.
        let mut nothing = vec![vec![0.1, 0.1]; 80];
        nothing.extend(vec![vec![0.55, 0.1]; 15]);
        nothing.extend(vec![vec![0.1, 0.6]; 5]);
        let tuned = tune(&scored, &nothing, QUIET);
        assert_eq!(tuned[1], best[1], "what is still loud is allowed");
        assert!(tuned[0] > 0.55 && tuned[0] < 0.5501, "{tuned:?}");
        assert_eq!(tune(&scored, &nothing, 0.0), best, "nothing is asked for");
        // And now it is not.
        nothing.extend(vec![vec![0.1, 0.6]; 5]);
        let tuned = tune(&scored, &nothing, QUIET);
        assert!(tuned[1] > 0.6 && tuned[1] < 0.6001, "{tuned:?}");
        let quiet = nothing.iter().filter(|p| loud_classes(p, &tuned) == 0).count();
        assert!(quiet as f64 >= QUIET * nothing.len() as f64);
    }

    #[test]
    fn what_no_threshold_silences_ends() {
        let tuned = tune(&scored(), &vec![vec![0.99, 1.0]; 10], QUIET);
        assert!(tuned.iter().all(|t| *t <= HIGHEST));
        let both = tune(&scored(), &vec![vec![0.8, 0.8]; 10], QUIET);
        assert!(both.iter().all(|t| *t > 0.8), "two loud classes are both raised: {both:?}");
    }
}
