//! Cross-validation: what a head says of recordings that it was not taught with; scores with intervals, calibration, thresholds.

use crate::bags::{Bag, Scene};
use crate::fit::{Readout, fit};
use rayon::prelude::*;
use rollcall_head::{logistic::Logistic, thresholds};
use rollcall_metrics::{Bootstrap, Scored, average_precision, bootstrap, calibration_error};
use serde::Serialize;

/// Rounds of the bootstrap.
const ROUNDS: usize = 300;
/// Bins of the expected calibration error, as of the default model's.
const BINS: usize = crate::reliability::BINS;

/// A score, and how far it may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Score {
    /// Average precision, 0..=1.
    pub value: f64,
    /// Lower end of its 95 % interval, recordings (or groups) drawn anew.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What a class is worth.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ClassScores {
    /// Among recordings as they are, and what the base package brings; `None` where nothing could be held out.
    pub alone: Option<Score>,
    /// In music: mixed with others, among mixes without it and what the base package brings.
    pub in_music: Option<Score>,
}

/// What cross-validation found, and the readout that was taught by everything.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Scores of each class.
    pub scores: Vec<ClassScores>,
    /// Threshold of each class.
    pub thresholds: Vec<f32>,
    /// Whether any class could be held out, so that thresholds mean something.
    pub is_tuned: bool,
    /// What was said of each bag by a readout that was not taught with it, calibrated; `None`: never held out.
    pub said: Vec<Option<Vec<f32>>>,
    /// All of that with the truth.
    pub scored: Scored,
    /// Expected calibration error of that.
    pub calibration_error: Option<f64>,
    /// What was taught by everything, calibrated.
    pub readout: Readout,
}

/// Teaches by everything and without each fold; `progress` is told how many of the classes are done.
pub fn judge(bags: &[Bag], folds: usize, seed: u64, progress: &(dyn Fn(usize, usize) + Sync)) -> Judged {
    let mut readouts = fit(bags, folds, progress);
    let classes = readouts[folds].classes.len();
    let said = held_out(&readouts, bags);
    for class in 0..classes {
        // By every scene alike: what is said alone and in music is to mean the same.
        let scored = scored(bags, &said, class, |_| true);
        if let Some(curve) = Logistic::fit(&scored).filter(|curve| curve.slope > 0.05) {
            let (slope, offset) = (curve.slope.min(4.0) as f32, curve.offset as f32);
            readouts.iter_mut().for_each(|readout| readout.classes[class].calibrate(slope, offset));
        }
    }
    let said = held_out(&readouts, bags);
    let by_class: Vec<Scored> = (0..classes).map(|class| scored(bags, &said, class, |_| true)).collect();
    let nothing: Vec<Vec<f32>> = bags
        .iter()
        .zip(&said)
        .filter(|(bag, _)| bag.truth.iter().all(|plays| *plays == Some(false)))
        .filter_map(|(_, said)| said.clone())
        .collect();
    let is_known = |scored: &Scored| scored.iter().any(|(_, plays)| *plays);
    let mut thresholds = thresholds::tune(&by_class, &nothing, thresholds::QUIET);
    for (threshold, scored) in thresholds.iter_mut().zip(&by_class) {
        if !is_known(scored) {
            *threshold = 0.5;
        }
        *threshold = (*threshold * 1000.0).round() / 1000.0;
    }
    let all: Scored = by_class.iter().flatten().copied().collect();
    Judged {
        scores: (0..classes).map(|class| scores(bags, &said, class, seed)).collect(),
        thresholds,
        is_tuned: by_class.iter().any(is_known),
        calibration_error: calibration_error(&all, BINS),
        scored: all,
        said,
        readout: readouts.pop().expect("one is taught by everything"),
    }
}

/// What the readout says of each bag that was not taught with its fold.
fn held_out(readouts: &[Readout], bags: &[Bag]) -> Vec<Option<Vec<f32>>> {
    bags.par_iter().map(|bag| bag.fold.map(|fold| readouts[fold].posterior(bag))).collect()
}

/// What was said of a class with the truth, in the bags of some scenes.
fn scored(bags: &[Bag], said: &[Option<Vec<f32>>], class: usize, of: impl Fn(Scene) -> bool) -> Scored {
    let held = bags.iter().zip(said).filter(|(bag, _)| of(bag.scene));
    held.filter_map(|(bag, said)| Some((said.as_ref()?[class], bag.truth[class]?))).collect()
}

fn scores(bags: &[Bag], said: &[Option<Vec<f32>>], class: usize, seed: u64) -> ClassScores {
    let of = |scene: Scene| {
        let value = average_precision(&scored(bags, said, class, |s| s == scene || s == Scene::Shipped))?;
        // What the package brings stays; a user's recordings are drawn anew.
        let fixed = scored(bags, said, class, |s| s == Scene::Shipped);
        let mut units: std::collections::BTreeMap<usize, Scored> = std::collections::BTreeMap::new();
        for (bag, said) in bags.iter().zip(said).filter(|(bag, _)| bag.scene == scene) {
            if let (Some(said), Some(plays)) = (said, bag.truth[class]) {
                units.entry(bag.unit).or_default().push((said[class], plays));
            }
        }
        let units: Vec<Scored> = units.into_values().collect();
        let settings = Bootstrap { rounds: ROUNDS, seed, ..Bootstrap::default() };
        let interval = bootstrap(units.len(), &settings, |drawn| {
            let drawn = drawn.iter().flat_map(|unit| units[*unit].iter().copied());
            vec![average_precision(&fixed.iter().copied().chain(drawn).collect())]
        });
        let interval = interval.first().copied().flatten();
        Some(Score {
            value,
            low: interval.map_or(0.0, |interval| interval.low),
            high: interval.map_or(1.0, |interval| interval.high),
        })
    };
    ClassScores { alone: of(Scene::Alone), in_music: of(Scene::Mixed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made::bags;
    use fastrand::Rng;

    #[test]
    fn cross_validation_asks_only_who_was_not_taught() {
        let mut bags = bags(120, 3);
        let judged = judge(&bags, 4, 1, &|_, _| ());
        let alone: Vec<f64> = judged.scores.iter().map(|class| class.alone.unwrap().value).collect();
        assert!(alone.iter().all(|ap| *ap > 0.95), "{alone:?}");
        assert!(judged.scores.iter().all(|class| class.in_music.is_none()) && judged.is_tuned);
        assert!(judged.thresholds.iter().all(|t| (0.05..=0.95).contains(t)), "{:?}", judged.thresholds);
        // Labels without meaning are not known by heart: what is held out was not seen.
        let mut rng = Rng::with_seed(9);
        for bag in &mut bags {
            let plays = rng.bool();
            bag.truth = vec![Some(plays), Some(!plays)];
        }
        let judged = judge(&bags, 4, 1, &|_, _| ());
        let score = judged.scores[0].alone.unwrap();
        assert!(score.value < 0.7 && score.low < score.value && score.value < score.high, "{score:?}");
        // What is never held out has no score, and no threshold of its own.
        bags.iter_mut().for_each(|bag| bag.fold = None);
        let judged = judge(&bags, 0, 1, &|_, _| ());
        assert_eq!(
            (judged.scores[0].alone, &judged.thresholds[..], judged.is_tuned),
            (None, &[0.5, 0.5][..], false)
        );
    }
}
