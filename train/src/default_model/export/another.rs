//! "Another instrument": the table of AudioSet's events that a package carries, and the constants by which it tells that somebody
//! plays who is none of the 20, fitted on validation.

use super::trained::Trained;
use crate::base::threads::parallel_with;
use crate::default_model::validation::{Answer, Report, ValidationSet, answer};
use crate::mix::length::SKIP_COLUMNS;
use crate::nn::conv::Scratch;
use crate::nn::head::WIDTH;
use crate::nn::loss::sigmoid;
use crate::nn::stack::PreparedConvs;
use crate::teacher::ClassTable;
use anyhow::{Context, Result};
use rollcall_engine::package::{AnotherBy, EventTable, OtherInstrument};
use rollcall_engine::{Another, OPENMIC_CLASSES};

/// A run's events layer with what a package says of it.
pub struct Events<'a> {
    layer: rollcall_import::Dense,
    audioset: &'a ClassTable,
    another: AnotherBy,
}

impl<'a> Events<'a> {
    /// Fits the constants on the validation set.
    ///
    /// # Errors
    /// No validation clip of an instrument outside of the 20, or none but those.
    pub fn fit(trained: &Trained, audioset: &'a ClassTable, set: &ValidationSet) -> Result<Self> {
        let mut events = Self {
            layer: trained.events.clone(),
            audioset,
            another: AnotherBy { offset: 0.0, other: 0.0, class: 0.0 },
        };
        let prepared = trained.net.prepare(&trained.values);
        let clips: Vec<_> = set.others_alone().collect();
        let looked = parallel_with(clips.len(), |i, scratch: &mut Scratch| {
            (events.hear(trained, &prepared, &clips[i].0.log_mel, scratch).0, clips[i].1)
        });
        events.another = fit(&looked)
            .context("validation needs instruments outside of the 20, and others: make the whole pool")?;
        Ok(events)
    }

    /// What the decision looks at in a clip, and what the head says of it.
    fn hear(
        &self,
        trained: &Trained,
        prepared: &PreparedConvs,
        log_mel: &[f32],
        scratch: &mut Scratch,
    ) -> (Greatest, Answer) {
        let (net, values) = (&trained.net, &trained.values);
        let trace = net.forward(values, prepared, log_mel, SKIP_COLUMNS, scratch);
        let embeddings = trace.top.embedding();
        let steps = (embeddings.len() / WIDTH) as f32;
        let mut mean = [0.0; WIDTH];
        embeddings
            .chunks_exact(WIDTH)
            .for_each(|e| mean.iter_mut().zip(e).for_each(|(m, e)| *m += e / steps));
        let rows = self.layer.weight.chunks_exact(WIDTH).zip(&self.layer.bias);
        let logits: Vec<f32> =
            rows.map(|(row, bias)| bias + row.iter().zip(&mean).map(|(w, m)| w * m).sum::<f32>()).collect();
        let of = |logits: &[f32]| -> Vec<f32> { logits.iter().map(|x| sigmoid(*x)).collect() };
        let said = answer(&of(&trace.top.head.activity), &of(&trace.top.head.attention), net.shape.classes);
        (Greatest::of(&logits, self.audioset), said)
    }

    /// Scores the run as the engine shows it: less of the 20 where another instrument explains what is heard.
    pub fn score(&self, trained: &Trained, set: &ValidationSet, quiet: f64) -> Report {
        let prepared = trained.net.prepare(&trained.values);
        set.score_by(trained.net.shape.classes, quiet, &|log_mel, scratch| {
            let (greatest, mut said) = self.hear(trained, &prepared, log_mel, scratch);
            let share = Another::share_of_classes(greatest.another(self.another));
            said.leave(share);
            said
        })
    }

    /// For the package.
    pub fn into_package(self) -> (rollcall_import::Dense, EventTable) {
        (self.layer, table(self.audioset, self.another))
    }
}

/// The table of a package whose events are AudioSet's.
fn table(audioset: &ClassTable, another: AnotherBy) -> EventTable {
    let others = audioset.others().iter();
    EventTable {
        names: audioset.names().to_vec(),
        classes: (0..OPENMIC_CLASSES.len()).map(|class| audioset.members(class).to_vec()).collect(),
        another,
        others: others
            .map(|(name, events)| OtherInstrument { name: name.clone(), events: events.clone() })
            .collect(),
    }
}

/// What the decision looks at in a clip: the greatest logit of the other instruments and that of the 20.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Greatest {
    other: f32,
    class: f32,
}

impl Greatest {
    /// Of a clip's logits.
    fn of(logits: &[f32], audioset: &ClassTable) -> Self {
        let class =
            audioset.greatest(logits).into_iter().map(|e| logits[e]).fold(f32::NEG_INFINITY, f32::max);
        let others = audioset.others().iter().flat_map(|(_, events)| events);
        Self { other: others.map(|e| logits[*e]).fold(f32::NEG_INFINITY, f32::max), class }
    }

    /// Probability that somebody plays and is none of the 20.
    fn another(self, by: AnotherBy) -> f32 {
        by.probability(self.other, self.class)
    }
}

/// Pulls the slopes to 0, in examples.
const RIDGE: f64 = 1.0;

/// The likeliest constants for clips in which another instrument plays alone (`true`), or does not: logistic regression by Newton's
/// method. `None` unless there are some of both.
fn fit(clips: &[(Greatest, bool)]) -> Option<AnotherBy> {
    if clips.iter().all(|(_, another)| *another) || clips.iter().all(|(_, another)| !*another) {
        return None;
    }
    let mut weights = [0.0f64; 3];
    for _ in 0..50 {
        let mut gradient = [0.0, RIDGE * weights[1], RIDGE * weights[2]];
        let mut hessian = [[1e-6, 0.0, 0.0], [0.0, RIDGE, 0.0], [0.0, 0.0, RIDGE]];
        for (greatest, another) in clips {
            let x = [1.0, f64::from(greatest.other), f64::from(greatest.class)];
            let p = 1.0 / (1.0 + (-(0..3).map(|i| weights[i] * x[i]).sum::<f64>()).exp());
            for i in 0..3 {
                gradient[i] += (p - f64::from(u8::from(*another))) * x[i];
                (0..3).for_each(|j| hessian[i][j] += p * (1.0 - p) * x[i] * x[j]);
            }
        }
        let step = solve(hessian, gradient);
        (0..3).for_each(|i| weights[i] -= step[i].clamp(-2.0, 2.0));
    }
    let [offset, other, class] = weights.map(|w| w as f32);
    Some(AnotherBy { offset, other, class })
}

/// Solves `a x = b` for a symmetric positive `a`, by Cramer's rule.
fn solve(a: [[f64; 3]; 3], b: [f64; 3]) -> [f64; 3] {
    let determinant = |m: [[f64; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let whole = determinant(a);
    std::array::from_fn(|column| {
        let mut replaced = a;
        (0..3).for_each(|row| replaced[row][column] = b[row]);
        determinant(replaced) / whole
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    #[test]
    fn constants_are_those_that_the_clips_were_drawn_by() {
        let by = AnotherBy { offset: -1.0, other: 1.5, class: -1.2 };
        let mut rng = Rng::with_seed(1);
        let clips: Vec<(Greatest, bool)> = (0..4_000)
            .map(|_| {
                let clip = Greatest { other: 6.0 * rng.f32() - 4.0, class: 6.0 * rng.f32() - 4.0 };
                (clip, rng.f32() < clip.another(by))
            })
            .collect();
        let found = fit(&clips).unwrap();
        for (found, expected) in [(found.offset, -1.0), (found.other, 1.5), (found.class, -1.2)] {
            assert!((found - expected).abs() < 0.15, "{found} {expected}");
        }
        let sure: Vec<_> = clips.iter().map(|(clip, _)| (*clip, clip.other > clip.class)).collect();
        let found = fit(&sure).unwrap();
        assert!(found.other.is_finite() && found.other > 3.0, "{found:?}");
        assert_eq!(fit(&clips[..1]), None);
    }
}
