//! The weights of a head: the paper's second stage (section 4.2) on a user's bags, begun from the head of the base package.

use crate::bags::Bag;
use crate::weights;
use fastrand::Rng;
use rollcall_head::{
    adam::{Adam, StepSize},
    attention::{Head, WIDTH},
    dense::Dense,
    loss::{WHOLE_CLIP, attention_bce},
    params::{Init, Layout},
};
use rollcall_import::AttentionHead;

/// Steps of the optimiser.
pub const ITERATIONS: usize = 240;
/// Bags in one of them, half of them with a class that plays.
const BATCH: usize = 48;
/// Steps that are drawn of a bag each time.
const DRAWN: usize = 5;
/// Rate of the first steps; it falls to a tenth along half a cosine.
const RATE: f32 = 4e-3;
/// Share of the rate at which the layers move that the base package has trained.
const PACE: f32 = 0.3;
/// How far the weights of the detail are drawn apart in the beginning.
const DETAIL_SPREAD: f32 = 0.1;
const DECAY: f32 = 2e-2;
const CLIP_NORM: f32 = 2.0;
/// Share of the loss that each step has by itself.
const STEP_SHARE: f32 = 0.3;

/// A head and where its parameters lie.
#[derive(Clone, Debug)]
pub struct Net {
    /// The names and places.
    pub layout: Layout,
    /// What makes the head's 128 of the representation and the detail after it, where there is a detail.
    pub input: Option<Dense>,
    /// The head.
    pub head: Head,
}

impl Net {
    /// Of so many classes, on embeddings with so many numbers of detail.
    pub fn new(classes: usize, detail: usize) -> Self {
        let mut layout = Layout::default();
        let zero = Init::Constant(0.0);
        let input = (detail > 0).then(|| Dense::new(&mut layout, "input", WIDTH + detail, WIDTH, zero));
        let head = Head::new(&mut layout, classes);
        Self { layout, input, head }
    }

    /// Values to begin with: the layers before the last of the base package's head, where it normalises in groups as the paper does.
    pub fn begin(&self, base: Option<&AttentionHead>, seed: u64) -> Vec<f32> {
        let mut values = self.layout.initialise(seed);
        if let Some(input) = &self.input {
            // The embedding as it is; each detail in a direction drawn by chance, for half of the paths from 0 would be one.
            let mut rng = Rng::with_seed(seed ^ 0x6465_7461);
            let weight = &mut values[input.weight.clone()];
            for (at, w) in weight.iter_mut().enumerate() {
                let (from, to) = (at / WIDTH, at % WIDTH);
                *w = match from < WIDTH {
                    true => f32::from(u8::from(from == to)),
                    false => (rng.f32() - 0.5) * DETAIL_SPREAD,
                };
            }
        }
        if let Some(base) = base {
            weights::restore_body(&self.head, base, &mut values);
        }
        values
    }

    /// Attention-pooled posterior of each class in a bag.
    pub fn posterior(&self, values: &[f32], bag: &Bag) -> Vec<f32> {
        let rows = bag.rows(0..bag.steps());
        let trace = self.head.forward(values, &self.read(values, &rows));
        attention_bce(&trace.activity, &trace.attention, &bag.target(bag.steps()), 0.0, WHOLE_CLIP).posterior
    }

    /// What the head reads of rows.
    fn read<'a>(&self, values: &[f32], rows: &'a [f32]) -> std::borrow::Cow<'a, [f32]> {
        match &self.input {
            Some(input) => input.forward(values, rows).into(),
            None => rows.into(),
        }
    }

    /// Moves the logits of a class's activity: `slope` times, then `offset` more.
    pub fn calibrate(&self, values: &mut [f32], class: usize, slope: f32, offset: f32) {
        let (layer, classes) = (&self.head.activity, self.head.classes);
        values[layer.weight.clone()].iter_mut().skip(class).step_by(classes).for_each(|w| *w *= slope);
        let bias = &mut values[layer.bias.start + class];
        *bias = *bias * slope + offset;
    }
}

/// Bags to draw from: those of each class, and those in which none plays.
struct Draws<'a> {
    with: Vec<Vec<&'a Bag>>,
    without: Vec<&'a Bag>,
}

impl<'a> Draws<'a> {
    fn new(bags: &[&'a Bag], classes: usize) -> Self {
        let plays = |bag: &Bag, class: usize| bag.truth[class] == Some(true);
        let with = (0..classes)
            .map(|class| bags.iter().copied().filter(|bag| plays(bag, class)).collect())
            .collect();
        let none = |bag: &&&Bag| (0..classes).all(|class| !plays(bag, class));
        Self { with, without: bags.iter().filter(none).copied().collect() }
    }

    /// A batch: classes take turns in its first half.
    fn batch(&self, number: usize, rng: &mut Rng) -> Vec<&'a Bag> {
        let turns: Vec<&Vec<&Bag>> = self.with.iter().filter(|bags| !bags.is_empty()).collect();
        let half = if self.without.is_empty() { BATCH } else { BATCH / 2 };
        let positives = (0..half).filter_map(|i| {
            let bags = turns.get((number * half + i) % turns.len().max(1))?;
            Some((i, *bags))
        });
        let mut batch: Vec<&Bag> = positives.map(|(_, bags)| bags[rng.usize(..bags.len())]).collect();
        while batch.len() < BATCH && !self.without.is_empty() {
            batch.push(self.without[rng.usize(..self.without.len())]);
        }
        batch
    }
}

/// Trains a head from `values` on bags. The same arguments give the same values on any machine with the same arithmetic.
pub fn fit(net: &Net, mut values: Vec<f32>, bags: &[&Bag], seed: u64) -> Vec<f32> {
    let draws = Draws::new(bags, net.head.classes);
    let mut adam =
        Adam::new(&net.layout).paced(&net.layout, "head.conv", PACE).paced(&net.layout, "head.norm", PACE);
    let mut rng = Rng::with_seed(seed);
    let mut gradient = vec![0.0; net.layout.len()];
    for iteration in 0..ITERATIONS {
        let batch = draws.batch(iteration, &mut rng);
        gradient.fill(0.0);
        learn(net, &values, &batch, &mut rng, &mut gradient);
        let turn = iteration as f32 / ITERATIONS as f32 * std::f32::consts::PI;
        let rate = RATE * (0.1 + 0.9 * (1.0 + turn.cos()) / 2.0);
        adam.step(&mut values, &gradient, StepSize { rate, decay: DECAY, clip_norm: CLIP_NORM });
    }
    values
}

/// Adds the gradient of a batch's mean loss.
fn learn(net: &Net, values: &[f32], batch: &[&Bag], rng: &mut Rng, gradient: &mut [f32]) {
    let mut rows = Vec::new();
    let mut lengths = Vec::new();
    for bag in batch {
        let steps = bag.steps();
        let mut order: Vec<usize> = (0..steps).collect();
        rng.shuffle(&mut order);
        order.truncate(DRAWN);
        lengths.push(order.len());
        rows.extend(bag.rows(order.into_iter()));
    }
    let read = net.read(values, &rows);
    let trace = net.head.forward(values, &read);
    let share = 1.0 / batch.len() as f32;
    let (mut activity, mut attention, mut first) = (Vec::new(), Vec::new(), 0);
    for (bag, steps) in batch.iter().zip(lengths) {
        let logits = first..first + steps * net.head.classes;
        first = logits.end;
        let target = bag.target(steps);
        let graded = attention_bce(
            &trace.activity[logits.clone()],
            &trace.attention[logits],
            &target,
            STEP_SHARE,
            WHOLE_CLIP,
        );
        activity.extend(graded.activity.iter().map(|d| d * share));
        attention.extend(graded.attention.iter().map(|d| d * share));
    }
    let back = net.head.backward(values, &read, &trace, (&activity, &attention), gradient);
    if let Some(input) = &net.input {
        input.backward(values, &rows, &back, gradient);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made::bags;

    #[test]
    fn a_head_learns_what_it_was_not_shown() {
        let (taught, asked) = (bags(90, 1), bags(60, 2));
        let net = Net::new(2, 0);
        let mut values = fit(&net, net.begin(None, 1), &taught.iter().collect::<Vec<_>>(), 1);
        assert_eq!(values, fit(&net, net.begin(None, 1), &taught.iter().collect::<Vec<_>>(), 1));
        let right = |values: &[f32]| {
            let is_right = |bag: &&Bag| {
                let said = net.posterior(values, bag);
                said.iter().zip(&bag.truth).all(|(p, plays)| (*p > 0.5) == (*plays == Some(true)))
            };
            asked.iter().filter(is_right).count()
        };
        assert!(right(&values) > 54, "{} of 60", right(&values));
        // Calibration moves one class's logits and no other's.
        let before = net.posterior(&values, &asked[0]);
        net.calibrate(&mut values, 1, 1.0, -30.0);
        let after = net.posterior(&values, &asked[0]);
        assert!(after[0] == before[0] && after[1] < 1e-6, "{before:?} {after:?}");
    }
}
