//! What the network is taught by a clip that the teacher has heard: to hear what the teacher hears, and to name the 20 classes.
//!
//! - AudioSet's 527 classes: binary cross-entropy to the teacher's probabilities, its least value taken off;
//! - the teacher's embedding: one less the cosine;
//! - the order among the 20: Kullback-Leibler divergence of softened logits (Hinton et al. 2015), each class by its greatest member;
//! - the head: binary cross-entropy on the pooled posterior (where windows are labelled, over the memory that ships) and on windows,
//!   and the order among its pooled posteriors.
//!
//! Where the truth is known it corrects the teacher: who plays is at least likely, who does not hardly. Where only the teacher
//! knows, AudioSet's classes and the order stay its own, and the head learns what its word is worth
//! ([`Calibration::in_music`](crate::teacher::calibration::Calibration::in_music)): of drums that it gives 0.1, that they play; of a
//! rock song, that it has drums ([`ClassTable::by_genre`]).

use super::network::Said;
use crate::judge::meter;
use crate::nn::loss::{Target, attention_bce, logit, sigmoid};
use crate::teacher::{ClassTable, Heard};
use rollcall_engine::OPENMIC_CLASSES;

const CLASSES: usize = OPENMIC_CLASSES.len();

/// A class that plays is at least this likely, whatever the teacher says.
const PLAYS: f32 = 0.6;
/// A class that does not play is at most this likely.
const RESTS: f32 = 0.05;
/// A class that the teacher cannot tell is believed to play from this on.
const SURE: f32 = 0.5;
/// Softens the order among the classes.
const TEMPERATURE: f32 = 2.0;
/// What is added to the teacher's logit of a class that plays, or does not, before its order is taken.
const RAISED: f32 = 3.0;
const LOWERED: f32 = -1.5;

/// Shares of the parts in the whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// Of the embedding's cosine distance.
    pub features: f32,
    /// Of the order, of the events as of the head.
    pub order: f32,
    /// Of the head's cross-entropies.
    pub head: f32,
    /// Of the head's cross-entropies, what goes to single windows.
    pub windows: f32,
}

impl Shares {
    /// As measured to serve (models/EXPERIMENTS.md).
    pub const DEFAULT: Self = Self { features: 3.0, order: 2.0, head: 0.5, windows: 0.4 };
}

/// The parts of a clip's loss, each before its share.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts {
    /// Sum over AudioSet's classes.
    pub events: f32,
    /// One less the cosine.
    pub features: f32,
    /// Divergence of the order that the events give.
    pub order: f32,
    /// Sum of the head's cross-entropies over the classes.
    pub head: f32,
    /// Divergence of the order that the head gives.
    pub head_order: f32,
}

/// Loss of one clip and its gradient, in the shape of what was said.
///
/// `truth.clip_weight` 0 means that only the teacher knows a class; `likely`: each class's probability by what it heard.
#[must_use]
pub fn taught(
    said: &Said,
    heard: &Heard,
    likely: &[f32; CLASSES],
    truth: &Target,
    table: &ClassTable,
    shares: Shares,
) -> (Parts, Said) {
    let known = truth.truth();
    let mut parts = Parts::default();
    let targets = corrected(heard, &known, table);
    let mut d_events: Vec<f32> = said.events.iter().zip(&targets).map(|(x, y)| sigmoid(*x) - y).collect();
    parts.events = said.events.iter().zip(&targets).map(|(x, y)| excess(*x, *y)).sum();

    let (distance, mut d_features) = cosine(&said.features, &heard.embedding);
    parts.features = distance;
    d_features.iter_mut().for_each(|d| *d *= shares.features);

    let wanted = table.greatest(&heard.logits);
    let wanted: [f32; CLASSES] = std::array::from_fn(|c| {
        heard.logits[wanted[c]]
            + match known[c] {
                Some(true) => RAISED,
                Some(false) => LOWERED,
                None => 0.0,
            }
    });
    let members = table.greatest(&said.events);
    let (divergence, d_order) = order(&members.map(|m| said.events[m]), &wanted);
    parts.order = divergence;
    for (member, d) in members.into_iter().zip(d_order) {
        d_events[member] += shares.order * d;
    }

    let by_genre = table.by_genre(&heard.probabilities());
    let likely = std::array::from_fn(|c| likely[c].max(by_genre[c]));
    let wanted = std::array::from_fn(|c| match known[c] {
        None => wanted[c].max(logit(by_genre[c].max(1e-6))),
        Some(_) => wanted[c],
    });
    let (d_activity, d_attention) = head(said, &likely, truth, table, shares, &wanted, &mut parts);
    (parts, Said { events: d_events, features: d_features, activity: d_activity, attention: d_attention })
}

/// The whole of the parts.
#[must_use]
pub fn whole(parts: &Parts, shares: Shares) -> f32 {
    parts.events
        + shares.features * parts.features
        + shares.order * (parts.order + shares.head * parts.head_order)
        + shares.head * parts.head
}

/// Gradients of the head's two logits.
fn head(
    said: &Said,
    likely: &[f32; CLASSES],
    truth: &Target,
    table: &ClassTable,
    shares: Shares,
    wanted: &[f32; CLASSES],
    parts: &mut Parts,
) -> (Vec<f32>, Vec<f32>) {
    // A class that only the teacher knows is as likely as its word makes it over the whole clip, and nothing a window. Of one that it
    // cannot tell, only that it surely plays or surely does not is learned.
    let mut target = truth.clone();
    let told = table.told();
    for c in (0..CLASSES).filter(|&c| truth.clip_weight[c] == 0.0) {
        if told[c] || likely[c] < RESTS || likely[c] > SURE {
            (target.clip[c], target.clip_weight[c]) = (likely[c], 1.0);
        }
    }
    let graded = attention_bce(&said.activity, &said.attention, &target, shares.windows, meter::memory());
    parts.head = graded.loss * CLASSES as f32;
    let scale = shares.head * CLASSES as f32;
    let mut activity: Vec<f32> = graded.activity.iter().map(|d| d * scale).collect();
    let mut attention: Vec<f32> = graded.attention.iter().map(|d| d * scale).collect();

    let posterior: [f32; CLASSES] = std::array::from_fn(|c| graded.posterior[c].clamp(1e-6, 1.0 - 1e-6));
    let logits = posterior.map(logit);
    let (divergence, d) = order(&logits, wanted);
    parts.head_order = divergence;
    let steps = said.activity.len() / CLASSES;
    for c in 0..CLASSES {
        let d_posterior = shares.head * shares.order * d[c] / (posterior[c] * (1.0 - posterior[c]));
        let at = |t: usize| t * CLASSES + c;
        let total: f32 = (0..steps).map(|t| sigmoid(said.attention[at(t)])).sum::<f32>().max(1e-12);
        for t in 0..steps {
            let (a, w) = (sigmoid(said.activity[at(t)]), sigmoid(said.attention[at(t)]));
            activity[at(t)] += d_posterior * w / total * a * (1.0 - a);
            attention[at(t)] += d_posterior * (a - posterior[c]) / total * w * (1.0 - w);
        }
    }
    (activity, attention)
}

/// The teacher's probabilities with what is known written in: of a class that plays the greatest member is raised, of one that
/// does not all are cut.
fn corrected(heard: &Heard, known: &[Option<bool>], table: &ClassTable) -> Vec<f32> {
    let mut targets = heard.probabilities();
    for (c, greatest) in table.greatest(&heard.logits).into_iter().enumerate() {
        match known[c] {
            Some(true) => targets[greatest] = targets[greatest].max(PLAYS),
            Some(false) => table.members(c).iter().for_each(|&m| targets[m] = targets[m].min(RESTS)),
            None => {}
        }
    }
    targets
}

/// Binary cross-entropy of a logit to a probability, less the probability's own entropy: 0 where they agree.
fn excess(x: f32, y: f32) -> f32 {
    let entropy = |p: f32| if p > 0.0 { -p * p.ln() } else { 0.0 };
    // softplus(x) - x y, without overflow.
    x.max(0.0) - x * y + (-x.abs()).exp().ln_1p() - entropy(y) - entropy(1.0 - y)
}

/// One less the cosine of two vectors, and its gradient by the first.
fn cosine(a: &[f32], b: &[f32]) -> (f32, Vec<f32>) {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
    let (size_a, size_b) = (dot(a, a).sqrt().max(1e-6), dot(b, b).sqrt().max(1e-6));
    let cosine = dot(a, b) / (size_a * size_b);
    let d = a.iter().zip(b).map(|(a, b)| cosine * a / (size_a * size_a) - b / (size_a * size_b));
    (1.0 - cosine, d.collect())
}

/// Divergence of the softened order of `logits` from the wanted one, and its gradient.
fn order(logits: &[f32; CLASSES], wanted: &[f32; CLASSES]) -> (f32, [f32; CLASSES]) {
    let (p, q) = (softened(wanted), softened(logits));
    let divergence = p.iter().zip(&q).map(|(p, q)| p * (p.max(1e-12).ln() - q.max(1e-12).ln())).sum();
    (divergence, std::array::from_fn(|c| (q[c] - p[c]) / TEMPERATURE))
}

fn softened(logits: &[f32; CLASSES]) -> [f32; CLASSES] {
    let greatest = logits.iter().fold(f32::MIN, |m, x| m.max(*x));
    let powers = logits.map(|x| ((x - greatest) / TEMPERATURE).exp());
    let sum: f32 = powers.iter().sum();
    powers.map(|p| p / sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::params::normal;
    use crate::teacher::{EVENTS, FEATURES};
    use fastrand::Rng;

    fn drawn(n: usize, rng: &mut Rng) -> Vec<f32> {
        (0..n).map(|_| normal(rng)).collect()
    }

    fn clip(rng: &mut Rng) -> (Said, Heard, Target) {
        let windows = 3;
        let said = Said {
            events: drawn(EVENTS, rng),
            features: drawn(FEATURES, rng),
            activity: drawn(windows * CLASSES, rng),
            attention: drawn(windows * CLASSES, rng),
        };
        let heard = Heard { logits: drawn(EVENTS, rng), embedding: drawn(FEATURES, rng) };
        let mut truth = Target::nobody(CLASSES, windows);
        truth.clip[3] = 1.0;
        truth.clip_weight[5..].fill(0.0);
        truth.step_weight.iter_mut().enumerate().for_each(|(i, w)| *w = f32::from(u8::from(i % CLASSES < 5)));
        (said, heard, truth)
    }

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        let mut rng = Rng::with_seed(1);
        let (said, heard, truth) = clip(&mut rng);
        let table = ClassTable::in_order();
        let (shares, likely) = (Shares::DEFAULT, std::array::from_fn(|c| c as f32 / 20.0));
        let loss =
            |said: &Said| f64::from(whole(&taught(said, &heard, &likely, &truth, &table, shares).0, shares));
        let (_, gradient) = taught(&said, &heard, &likely, &truth, &table, shares);
        type Part = fn(&mut Said) -> &mut Vec<f32>;
        let parts: [(Part, &Vec<f32>); 4] = [
            (|s| &mut s.events, &gradient.events),
            (|s| &mut s.features, &gradient.features),
            (|s| &mut s.activity, &gradient.activity),
            (|s| &mut s.attention, &gradient.attention),
        ];
        for (part, gradient) in parts {
            for _ in 0..40 {
                let i = rng.usize(..gradient.len());
                let moved = |by: f32| {
                    let mut said = said.clone();
                    part(&mut said)[i] += by;
                    loss(&said)
                };
                let numeric = (moved(5e-3) - moved(-5e-3)) / 1e-2;
                assert!((numeric - f64::from(gradient[i])).abs() < 2e-2, "{i}: {numeric} {}", gradient[i]);
            }
        }
    }

    #[test]
    fn who_agrees_with_teacher_and_truth_has_nothing_to_learn_of_events() {
        let mut rng = Rng::with_seed(2);
        let (mut said, heard, mut truth) = clip(&mut rng);
        let table = ClassTable::in_order();
        truth.clip_weight.fill(0.0);
        said.events = heard.logits.clone();
        said.features = heard.embedding.iter().map(|x| 3.0 * x).collect();
        let (parts, d) = taught(&said, &heard, &[0.2; CLASSES], &truth, &table, Shares::DEFAULT);
        assert!(
            parts.events.abs() < 1e-3 && parts.features.abs() < 1e-5 && parts.order.abs() < 1e-5,
            "{parts:?}"
        );
        assert!(d.events.iter().chain(&d.features).all(|d| d.abs() < 1e-4));
    }

    /// Of a class that only the teacher knows the head is pushed towards what its word is worth, whatever its own probability is.
    #[test]
    fn the_head_learns_what_the_teachers_word_is_worth() {
        let mut rng = Rng::with_seed(4);
        let (mut said, mut heard, mut truth) = clip(&mut rng);
        let table = ClassTable::in_order();
        heard.logits.fill(-2.2);
        truth.clip_weight.fill(0.0);
        truth.step_weight.fill(0.0);
        // The head says 0.3 of everything.
        said.activity.fill(-0.85);
        let shares = Shares { order: 0.0, ..Shares::DEFAULT };
        let mut likely = [0.3; CLASSES];
        (likely[0], likely[1]) = (0.8, 0.01);
        let (_, d) = taught(&said, &heard, &likely, &truth, &table, shares);
        let push = |c: usize| (0..3).map(|t| -d.activity[t * CLASSES + c]).sum::<f32>();
        assert!(
            push(0) > 0.05 && push(1) < -0.05 && push(2).abs() < 0.01,
            "{} {} {}",
            push(0),
            push(1),
            push(2)
        );
    }

    #[test]
    fn the_truth_corrects_the_teacher() {
        let mut rng = Rng::with_seed(3);
        let (_, mut heard, _) = clip(&mut rng);
        let table = ClassTable::in_order();
        heard.logits.fill(-3.0);
        let (plays, rests) = (table.members(3), table.members(4));
        heard.logits[rests[0]] = 4.0;
        let mut known = [None; CLASSES];
        (known[3], known[4]) = (Some(true), Some(false));
        let targets = corrected(&heard, &known, &table);
        assert_eq!((targets[plays[0]], targets[rests[0]]), (PLAYS, RESTS));
        assert!((targets[table.members(6)[0]] - sigmoid(-3.0)).abs() < 1e-6, "unknown stays the teacher's");
    }
}
