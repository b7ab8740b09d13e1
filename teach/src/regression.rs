//! Logistic regression with a ridge, several at once over the same examples, by accelerated gradients (Nesterov; restarts after
//! O'Donoghue and Candès, "Adaptive restart for accelerated gradient schemes", 2015).

use rollcall_head::gemm::{Mat, multiply};
use rollcall_head::loss::sigmoid;

/// Steps; from then on the answers move in their third digit.
const STEPS: usize = 160;
/// Losses are a fraction as steep as they can be where answers are sure: steps begin so much longer, and are shortened by each that
/// went too far.
const HOPE: f32 = 6.0;
const CAUTION: f32 = 1.4;
/// Rounds of the power iteration that finds how steep the losses can be, and what it may have fallen short by.
const ROUNDS: usize = 5;
const SLACK: f32 = 1.3;

/// Examples, and what is asked of them.
pub(crate) struct Problem<'a> {
    /// `[examples, inputs]`.
    pub(crate) rows: &'a [f32],
    /// How many numbers an example has.
    pub(crate) inputs: usize,
    /// Whether it holds, 0 or 1: `[examples, questions]`.
    pub(crate) holds: &'a [f32],
    /// What an example weighs; those of a question add up to 1, or all are 0: `[examples, questions]`.
    pub(crate) weights: &'a [f32],
    /// Questions.
    pub(crate) questions: usize,
    /// What half the square of a weight costs.
    pub(crate) ridge: f32,
}

impl Problem<'_> {
    /// The weights that cost least, `[inputs, questions]`: the mean of the logistic losses and the ridge.
    pub(crate) fn solve(&self) -> Vec<f32> {
        let steepest = self.steepest();
        let mut steep: Vec<f32> = steepest.iter().map(|most| most / HOPE).collect();
        let count = self.inputs * self.questions;
        let (mut now, mut ahead) = (vec![0.0; count], vec![0.0; count]);
        let mut ages = vec![1.0_f32; self.questions];
        for _ in 0..STEPS {
            let gradient = self.gradient(&ahead);
            let mut against = vec![0.0_f32; self.questions];
            let next: Vec<f32> = (0..count)
                .map(|at| {
                    let question = at % self.questions;
                    let next = ahead[at] - gradient[at] / steep[question];
                    against[question] += gradient[at] * (next - now[at]);
                    next
                })
                .collect();
            let momentum: Vec<f32> = ages
                .iter_mut()
                .zip(&against)
                .zip(steep.iter_mut().zip(&steepest))
                .map(|((age, against), (steep, most))| {
                    let mut before = *age;
                    // Uphill: what was gathered is let go.
                    if *against > 0.0 {
                        (before, *steep) = (1.0, (*steep * CAUTION).min(*most));
                    }
                    *age = (1.0 + (1.0 + 4.0 * before * before).sqrt()) / 2.0;
                    (before - 1.0) / *age
                })
                .collect();
            for at in 0..count {
                ahead[at] = next[at] + momentum[at % self.questions] * (next[at] - now[at]);
            }
            now = next;
        }
        now
    }

    /// `[examples, questions]` of `[inputs, questions]`.
    fn logits(&self, weights: &[f32]) -> Vec<f32> {
        let examples = self.rows.len() / self.inputs;
        let mut logits = vec![0.0; examples * self.questions];
        let rows = Mat::new(self.rows, examples, self.inputs);
        multiply(&mut logits, rows, Mat::new(weights, self.inputs, self.questions), false);
        logits
    }

    /// The transpose of the rows times `[examples, questions]`, and the ridge times `weights`.
    fn back(&self, errors: &[f32], weights: &[f32]) -> Vec<f32> {
        let examples = self.rows.len() / self.inputs;
        let mut gradient: Vec<f32> = weights.iter().map(|w| w * self.ridge).collect();
        let rows = Mat::new(self.rows, examples, self.inputs).t();
        multiply(&mut gradient, rows, Mat::new(errors, examples, self.questions), true);
        gradient
    }

    fn gradient(&self, weights: &[f32]) -> Vec<f32> {
        let mut errors = self.logits(weights);
        for ((error, holds), weight) in errors.iter_mut().zip(self.holds).zip(self.weights) {
            *error = weight * (sigmoid(*error) - holds);
        }
        self.back(&errors, weights)
    }

    /// A bound of each loss's curvature: a quarter of the largest eigenvalue of the weighted examples, and the ridge.
    fn steepest(&self) -> Vec<f32> {
        let mut vectors = vec![1.0 / (self.inputs as f32).sqrt(); self.inputs * self.questions];
        let mut lengths = vec![0.0; self.questions];
        for _ in 0..ROUNDS {
            let mut errors = self.logits(&vectors);
            errors.iter_mut().zip(self.weights).for_each(|(error, weight)| *error *= weight / 4.0);
            vectors = self.back(&errors, &vectors);
            let length = |question: usize| {
                let own = vectors.iter().skip(question).step_by(self.questions);
                own.map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE)
            };
            lengths = (0..self.questions).map(length).collect();
            // To length 1 again: how much longer it became is how steep it is.
            vectors.iter_mut().enumerate().for_each(|(at, x)| *x /= lengths[at % self.questions]);
        }
        lengths.into_iter().map(|length| (length * SLACK).max(self.ridge)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    /// Examples of three numbers, the last of them 1, with two questions: the first number's sign, and the second's with noise.
    fn examples(count: usize) -> (Vec<f32>, Vec<f32>) {
        let mut rng = Rng::with_seed(3);
        let (mut rows, mut holds) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (a, b) = (rng.f32() * 4.0 - 2.0, rng.f32() * 4.0 - 2.0);
            rows.extend([a, b, 1.0]);
            holds.extend([
                f32::from(u8::from(a > 0.5)),
                f32::from(u8::from(rng.f32() < sigmoid(2.0 * b - 1.0))),
            ]);
        }
        (rows, holds)
    }

    #[test]
    fn at_the_end_nothing_is_to_be_gained() {
        let (rows, holds) = examples(2_000);
        let weights = vec![1.0 / 2_000.0; 4_000];
        let problem =
            Problem { rows: &rows, inputs: 3, holds: &holds, weights: &weights, questions: 2, ridge: 1e-3 };
        let solved = problem.solve();
        let left = problem.gradient(&solved).iter().fold(0.0_f32, |most, g| most.max(g.abs()));
        assert!(left < 1e-4, "{left} of {solved:?}");
        // The second question's own weights: 0, 2 and -1.
        let own = [solved[1], solved[3], solved[5]];
        for (found, expected) in own.iter().zip([0.0, 2.0, -1.0]) {
            assert!((found - expected).abs() < 0.25, "{own:?}");
        }
        // What weighs nothing teaches nothing, and questions do not see each other.
        let half: Vec<f32> = (0..4_000).map(|at| if at < 2_000 { 1.0 / 1_000.0 } else { 0.0 }).collect();
        let first = Problem { weights: &half, ..problem }.solve();
        let holds: Vec<f32> = holds[..2_000].to_vec();
        let alone = Problem {
            rows: &rows[..3_000],
            inputs: 3,
            holds: &holds,
            weights: &half[..2_000],
            questions: 2,
            ridge: 1e-3,
        };
        for (a, b) in first.iter().zip(alone.solve()) {
            assert!((a - b).abs() < 1e-3, "{a} {b}");
        }
        // A question of no example at all has no answer but 0.
        let nothing = vec![0.0; 2_000];
        assert!(Problem { weights: &nothing, ..alone }.solve().iter().all(|w| *w == 0.0));
    }
}
