//! What tells a class: a weight for each number of a step, found by logistic regression on a user's bags.
//!
//! It is the last layer of the paper's head (section 2.3), and its attention: the path through the head's convolutions is silent.
//! With ten recordings a class whatever is learned before the last layer is learned by heart. Taught by gradients through all layers
//! (the second stage of section 4.2), a bassoon, a tuba, a horn and a harp from one library had an average precision of .82, .69, .58
//! and .22 in music of another. So, and with what others are taken for beside them, they have .96, .97, .83 and .86
//! (`train/experiments/teaching.py`), for a tenth of the time.
//!
//! Attention looks where a class is most evident: half of the same sum, through a sigmoid, weighs the step.

use crate::bags::{Bag, Scene};
use crate::regression::Problem;
use rayon::prelude::*;
use rollcall_engine::EMBEDDING;
use rollcall_head::loss::sigmoid;
use rollcall_import::{AttentionHead, Dense};

/// What embedding and detail, 0..=1, are multiplied by: the more, the less the ridge costs their weights. The detail tells more in music,
/// the embedding more of what was recorded otherwise.
const EMBEDDING_SCALE: f32 = 4.0;
const DETAIL_SCALE: f32 = 6.0;
/// What half the square of a weight costs.
const RIDGE: f32 = 1e-2;
/// How much the bags of each [`Scene`] weigh beside those of the others, whatever their number.
const SHARES: [f32; 3] = [3.0, 1.0, 1.0];
/// The attention's share of the evidence. With none all steps weigh the same, and a class that sounds now and then is lost in music; with
/// all of it one note that is like the class speaks for a whole phrase, as a bass's for a tuba.
const ATTENTION: f32 = 0.5;
/// Classes of one head with a detail: its sums go through the 128 that a head reads.
const MOST_OF_HEAD: usize = EMBEDDING;

/// What tells classes apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Readout {
    /// Numbers of a step.
    pub width: usize,
    /// Of each class.
    pub classes: Vec<Evidence>,
}

/// What speaks for a class: `bias + weight . step`; its activity is the sigmoid of `slope` times that and `offset`.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Of each number of a step.
    pub weight: Vec<f32>,
    /// What speaks for it before anything is heard.
    pub bias: f32,
    /// Calibration.
    pub slope: f32,
    /// Calibration.
    pub offset: f32,
}

impl Evidence {
    fn of(&self, step: &[f32]) -> f32 {
        self.bias + self.weight.iter().zip(step).map(|(w, x)| w * x).sum::<f32>()
    }

    /// Moves the logit of the activity: `slope` times, then `offset` more.
    pub fn calibrate(&mut self, slope: f32, offset: f32) {
        (self.slope, self.offset) = (self.slope * slope, self.offset * slope + offset);
    }
}

impl Readout {
    /// Attention-pooled posterior of each class in a bag.
    pub fn posterior(&self, bag: &Bag) -> Vec<f32> {
        let rows = bag.rows(0..bag.steps());
        let of = |class: &Evidence| {
            let (mut sum, mut total) = (0.0, 0.0);
            for step in rows.chunks_exact(self.width) {
                let evidence = class.of(step);
                let attention = sigmoid(ATTENTION * evidence);
                sum += attention * sigmoid(class.slope * evidence + class.offset);
                total += attention;
            }
            sum / total.max(f32::MIN_POSITIVE)
        };
        self.classes.iter().map(of).collect()
    }

    /// As heads that packages hold, with the number of classes of each: one, but with a detail at most 128 classes each.
    pub fn heads(&self) -> Vec<(AttentionHead, usize)> {
        let most = if self.width > EMBEDDING { MOST_OF_HEAD } else { self.classes.len() };
        self.classes.chunks(most.max(1)).map(|classes| (self.head(classes), classes.len())).collect()
    }

    fn head(&self, classes: &[Evidence]) -> AttentionHead {
        let weights = |of: &dyn Fn(usize, usize) -> f32, inputs: usize, outputs: usize| -> Vec<f32> {
            (0..outputs * inputs).map(|at| of(at / inputs, at % inputs)).collect()
        };
        // With a detail each sum is made on the way into the head; without one, by its last layer.
        let has_detail = self.width > EMBEDDING;
        let own = |class: usize, from: usize| classes[class].weight[from];
        let picked = |class: usize, from: usize| f32::from(u8::from(class == from));
        let last: &dyn Fn(usize, usize) -> f32 = if has_detail { &picked } else { &own };
        let layer = |slope: &dyn Fn(usize) -> f32, offset: &dyn Fn(usize) -> f32| Dense {
            inputs: EMBEDDING,
            outputs: classes.len(),
            weight: weights(&|class, from| slope(class) * last(class, from), EMBEDDING, classes.len()),
            bias: (0..classes.len())
                .map(|class| slope(class) * classes[class].bias + offset(class))
                .collect(),
        };
        let into = |to: usize, from: usize| if to < classes.len() { own(to, from) } else { 0.0 };
        AttentionHead {
            input: has_detail.then(|| Dense {
                inputs: self.width,
                outputs: EMBEDDING,
                weight: weights(&into, self.width, EMBEDDING),
                bias: vec![0.0; EMBEDDING],
            }),
            activity: layer(&|class| classes[class].slope, &|class| classes[class].offset),
            attention: layer(&|_| ATTENTION, &|_| 0.0),
            ..AttentionHead::untrained(classes.len())
        }
    }
}

/// A readout taught by all bags but those of each fold, and at the end one by all. The same arguments give the same on any machine
/// with the same arithmetic; `progress` is told how many classes are done.
pub fn fit(bags: &[Bag], folds: usize, progress: &(dyn Fn(usize, usize) + Sync)) -> Vec<Readout> {
    let (width, classes) = bags.first().map_or((EMBEDDING, 0), |bag| (bag.width, bag.truth.len()));
    let (middle, rows) = prepared(bags, width);
    let done = std::sync::atomic::AtomicUsize::new(0);
    let of_class = |class: usize| {
        let questions = folds + 1;
        let mut weights = vec![0.0; bags.len() * questions];
        let mut holds = vec![0.0; bags.len() * questions];
        for (question, column) in (0..questions).map(|q| (q, balanced(bags, class, (q < folds).then_some(q))))
        {
            for (at, weight) in column.into_iter().enumerate() {
                weights[at * questions + question] = weight;
                holds[at * questions + question] = f32::from(u8::from(bags[at].truth[class] == Some(true)));
            }
        }
        let problem = Problem {
            rows: &rows,
            inputs: width + 1,
            holds: &holds,
            weights: &weights,
            questions,
            ridge: RIDGE,
        };
        let solved = problem.solve();
        progress(1 + done.fetch_add(1, std::sync::atomic::Ordering::Relaxed), classes);
        let evidence = |question: usize| {
            let of = |input: usize| solved[input * questions + question] * scale(input);
            let weight: Vec<f32> = (0..width).map(of).collect();
            let shift: f32 = weight.iter().zip(&middle).map(|(w, m)| w * m).sum();
            Evidence { bias: of(width) - shift, weight, slope: 1.0, offset: 0.0 }
        };
        (0..questions).map(evidence).collect::<Vec<Evidence>>()
    };
    let by_class: Vec<Vec<Evidence>> = (0..classes).into_par_iter().map(of_class).collect();
    let readout = |question: usize| Readout {
        width,
        classes: by_class.iter().map(|questions| questions[question].clone()).collect(),
    };
    (0..=folds).map(readout).collect()
}

/// Of a number of a step, or of the constant behind them.
fn scale(at: usize) -> f32 {
    if at < EMBEDDING { EMBEDDING_SCALE } else { DETAIL_SCALE }
}

/// What every step is compared with, and the mean step of each bag, less that and scaled, and a constant: `[bags, width + 1]`.
fn prepared(bags: &[Bag], width: usize) -> (Vec<f32>, Vec<f32>) {
    let mean = |bag: &Bag| {
        let mut sum = vec![0.0; width];
        for step in bag.rows(0..bag.steps()).chunks_exact(width) {
            sum.iter_mut().zip(step).for_each(|(sum, x)| *sum += x);
        }
        let steps = bag.steps().max(1) as f32;
        sum.iter_mut().for_each(|sum| *sum /= steps);
        sum
    };
    let means: Vec<Vec<f32>> = bags.par_iter().map(mean).collect();
    // What comes along is in no recording of the user's, so that nothing held out is seen by it.
    let has_shipped = bags.iter().any(|bag| bag.scene == Scene::Shipped);
    let counts = |bag: &Bag| !has_shipped || bag.scene == Scene::Shipped;
    let mut middle = vec![0.0; width];
    let counted: Vec<&Vec<f32>> =
        bags.iter().zip(&means).filter(|(bag, _)| counts(bag)).map(|(_, mean)| mean).collect();
    for mean in &counted {
        middle.iter_mut().zip(*mean).for_each(|(middle, x)| *middle += x / counted.len() as f32);
    }
    let rows = means
        .iter()
        .flat_map(|mean| {
            let scaled = mean.iter().zip(&middle).enumerate().map(|(at, (x, m))| scale(at) * (x - m));
            scaled.chain([scale(width)])
        })
        .collect();
    (middle, rows)
}

/// What each bag weighs for a class where a fold is held out: those in which it plays as much as the others, within either each scene
/// by its share. Bags of which nothing is known, and the fold's, weigh nothing.
fn balanced(bags: &[Bag], class: usize, held_out: Option<usize>) -> Vec<f32> {
    let place = |bag: &Bag| {
        let is_held_out = bag.fold.is_some() && bag.fold == held_out;
        let plays = bag.truth[class].filter(|_| !is_held_out)?;
        Some((usize::from(plays), bag.scene as usize))
    };
    let mut counts = [[0_usize; 3]; 2];
    bags.iter().filter_map(place).for_each(|(plays, scene)| counts[plays][scene] += 1);
    let total = |plays: usize| -> f32 {
        counts[plays].iter().zip(SHARES).filter(|(count, _)| **count > 0).map(|(_, share)| share).sum()
    };
    let totals = [total(0), total(1)];
    let sides = totals.iter().filter(|total| **total > 0.0).count().max(1) as f32;
    let weight = |bag: &Bag| {
        place(bag)
            .map_or(0.0, |(plays, scene)| SHARES[scene] / totals[plays] / counts[plays][scene] as f32 / sides)
    };
    bags.iter().map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made::bags;

    #[test]
    fn a_readout_learns_what_it_was_not_shown() {
        let (taught, asked) = (bags(90, 1), bags(60, 2));
        let readouts = fit(&taught, 0, &|_, _| ());
        assert_eq!(readouts, fit(&taught, 0, &|_, _| ()), "the same bags, the same readout");
        let mut readout = readouts[0].clone();
        let is_right = |bag: &&Bag| {
            let said = readout.posterior(bag);
            said.iter().zip(&bag.truth).all(|(p, plays)| (*p > 0.5) == (*plays == Some(true)))
        };
        let right = asked.iter().filter(is_right).count();
        assert!(right > 54, "{right} of 60");
        // Calibration moves one class's logits and no other's.
        let before = readout.posterior(&asked[0]);
        readout.classes[1].calibrate(1.0, -30.0);
        let after = readout.posterior(&asked[0]);
        assert!(after[0] == before[0] && after[1] < 1e-6, "{before:?} {after:?}");
    }

    #[test]
    fn each_fold_is_taught_without_its_own() {
        let mut bags = bags(80, 1);
        for bag in &mut bags[..20] {
            (bag.scene, bag.fold) = (Scene::Shipped, None);
        }
        let all = fit(&bags, 4, &|_, _| ());
        for (fold, readout) in all.iter().take(4).enumerate() {
            let kept: Vec<Bag> = bags.iter().filter(|bag| bag.fold != Some(fold)).cloned().collect();
            let alone = fit(&kept, 0, &|_, _| ()).remove(0);
            for bag in &bags {
                for (a, b) in readout.posterior(bag).iter().zip(alone.posterior(bag)) {
                    assert!((a - b).abs() < 1e-3, "fold {fold}: {a} {b}");
                }
            }
        }
    }

    #[test]
    fn scenes_weigh_what_they_should_whatever_their_number() {
        let mut bags = bags(60, 4);
        (0..30).for_each(|at| bags[at].scene = Scene::Shipped);
        (30..36).for_each(|at| bags[at].scene = Scene::Mixed);
        bags[59].truth[0] = None;
        let weights = balanced(&bags, 0, Some(2));
        let sum = |of: &dyn Fn(&Bag) -> bool| -> f32 {
            bags.iter().zip(&weights).filter(|(bag, _)| of(bag)).map(|(_, weight)| weight).sum()
        };
        let near = |a: f32, b: f32| assert!((a - b).abs() < 1e-5, "{a} for {b}");
        near(sum(&|bag| bag.truth[0] == Some(true)), 0.5);
        near(sum(&|bag| bag.truth[0] == Some(false)), 0.5);
        near(
            sum(&|bag| bag.truth[0] == Some(true) && bag.scene == Scene::Alone),
            0.5 * SHARES[0] / SHARES.iter().sum::<f32>(),
        );
        near(sum(&|bag| bag.fold == Some(2) || bag.truth[0].is_none()), 0.0);
    }

    #[test]
    fn heads_of_packages_say_the_same() {
        for (width, classes, heads) in [(EMBEDDING, 3, 1), (EMBEDDING + 40, 3, 1), (EMBEDDING + 40, 130, 2)] {
            let mut rng = fastrand::Rng::with_seed(5);
            let mut number = || rng.f32() - 0.5;
            let evidence = |_| Evidence {
                weight: (0..width).map(|_| number()).collect(),
                bias: 0.3,
                slope: 1.5,
                offset: -0.2,
            };
            let readout = Readout { width, classes: (0..classes).map(evidence).collect() };
            let step: Vec<f32> = (0..width).map(|i| i as f32 / width as f32).collect();
            let made = readout.heads();
            assert_eq!(
                (made.len(), made.iter().map(|(_, classes)| classes).sum::<usize>()),
                (heads, classes)
            );
            let mut at = 0;
            for (head, count) in &made {
                let through = |layer: &Dense, x: &[f32]| -> Vec<f32> {
                    let rows = layer.weight.chunks_exact(layer.inputs).zip(&layer.bias);
                    rows.map(|(row, bias)| bias + row.iter().zip(x).map(|(w, x)| w * x).sum::<f32>())
                        .collect()
                };
                let read = head.input.as_ref().map_or_else(|| step.clone(), |input| through(input, &step));
                assert!(head.convolutions.iter().all(|layer| layer.weight.iter().all(|w| *w == 0.0)));
                let (activity, attention) = (through(&head.activity, &read), through(&head.attention, &read));
                for class in 0..*count {
                    let own = &readout.classes[at + class];
                    let evidence = own.of(&step);
                    assert!((attention[class] - ATTENTION * evidence).abs() < 1e-4);
                    assert!((activity[class] - (1.5 * evidence - 0.2)).abs() < 1e-4);
                }
                at += count;
            }
        }
    }
}
