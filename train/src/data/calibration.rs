//! What a teacher's probabilities mean: a logistic curve for each class (Platt 1999), fitted to bands and mixes of the
//! pool whose players are known.
//!
//! AudioSet's raters named what stands out, and in balanced training a rare class's probability stays low: the teacher
//! says 0.1 of drums that anybody hears. Uncalibrated, its certain labels would be of one class a segment at most.

use super::pool::{Kind, Pool, Split};
use super::resample::resample;
use super::seed;
use crate::fit::clip::Length;
use crate::fit::mixer::{Composition, Mixer};
use crate::fit::trainer::parallel;
use crate::teacher::{self, Teacher};
use anyhow::{Context, Result, ensure};
use rollcall_engine::{OPENMIC_CLASSES, SAMPLE_RATE_HZ};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Name of the table in the pool's folder.
const FILE: &str = "teacher.csv";
/// Bands, and as many mixes, that the curves are fitted to.
const CLIPS: usize = 500;
/// A curve is only as good as its examples: with fewer positives than this a class stays as the teacher has it.
const ENOUGH: usize = 12;
/// The teacher's logits are cut here, so that no single one bends a curve.
const STEEPEST: f64 = 12.0;

/// The curve of one class, `sigmoid(slope * logit + offset)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Curve {
    class: String,
    slope: f64,
    offset: f64,
}

/// What the teacher says of each class, and whether it plays (`None`: not known).
type Example = ([f32; 20], Vec<Option<bool>>);

/// A curve for each class, in the order of [`OPENMIC_CLASSES`].
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration(Vec<Curve>);

impl Calibration {
    /// That of a pool: as it was saved there, else fitted to its training part and saved.
    ///
    /// # Errors
    /// A pool without phrases, a teacher that fails, a table that is none, or the disk.
    pub fn of(pool: &Path, teacher: &Teacher) -> Result<Self> {
        let path = pool.join(FILE);
        if path.exists() {
            return Self::load(&path);
        }
        let calibration = Self::fit(&hear(pool, teacher)?);
        let mut writer = csv::Writer::from_path(&path).with_context(|| path.display().to_string())?;
        calibration.0.iter().try_for_each(|curve| writer.serialize(curve))?;
        writer.flush().with_context(|| path.display().to_string())?;
        Ok(calibration)
    }

    fn load(path: &Path) -> Result<Self> {
        let mut reader = csv::Reader::from_path(path).with_context(|| path.display().to_string())?;
        let curves: Vec<Curve> =
            reader.deserialize().collect::<Result<_, _>>().with_context(|| path.display().to_string())?;
        let ours = curves.iter().map(|c| c.class.as_str()).eq(OPENMIC_CLASSES);
        ensure!(
            ours,
            "{}: not the 20 classes in their order: delete it to have it made anew",
            path.display()
        );
        Ok(Self(curves))
    }

    /// Fits the curves.
    fn fit(examples: &[Example]) -> Self {
        let curve = |(class, name): (usize, &str)| {
            let known = examples.iter().filter_map(|(p, truth)| Some((logit(p[class]), truth[class]?)));
            let known: Vec<(f64, bool)> = known.collect();
            let positives = known.iter().filter(|(_, plays)| *plays).count();
            let (slope, offset) = if positives < ENOUGH { (1.0, 0.0) } else { platt(&known) };
            Curve { class: name.to_owned(), slope, offset }
        };
        Self(OPENMIC_CLASSES.into_iter().enumerate().map(curve).collect())
    }

    /// Probability of each class by the curves.
    #[must_use]
    pub fn read(&self, probability: &[f32; 20]) -> [f32; 20] {
        std::array::from_fn(|c| {
            let Curve { slope, offset, .. } = self.0[c];
            sigmoid(slope * logit(probability[c]) + offset) as f32
        })
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn logit(p: f32) -> f64 {
    let p = f64::from(p);
    (p / (1.0 - p)).ln().clamp(-STEEPEST, STEEPEST)
}

/// Slope and offset of the likeliest logistic curve, by Newton's method; targets are drawn in a little, as Platt does, so
/// that separable examples have one, and a slope is never negative: whom the teacher hears more is not less likely.
fn platt(examples: &[(f64, bool)]) -> (f64, f64) {
    let positives = examples.iter().filter(|(_, plays)| *plays).count() as f64;
    let negatives = examples.len() as f64 - positives;
    let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
    let (mut slope, mut offset) = (1.0, 0.0);
    for _ in 0..50 {
        // Gradient and Hessian of the loss, with a ridge that keeps a step finite.
        let (mut g, mut h) = ([0.0; 2], [1e-3, 0.0, 1e-3]);
        for &(x, plays) in examples {
            let p = sigmoid(slope * x + offset);
            let (error, spread) = (p - if plays { high } else { low }, p * (1.0 - p));
            g[0] += error * x;
            g[1] += error;
            h[0] += spread * x * x;
            h[1] += spread * x;
            h[2] += spread;
        }
        let determinant = h[0] * h[2] - h[1] * h[1];
        let step = [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant];
        // Half a step at most where the curve is far off.
        let shrink = 1.0 / (step[0].abs().max(step[1].abs())).max(1.0);
        slope = (slope - shrink * step[0]).max(0.0);
        offset -= shrink * step[1];
        if step[0].abs().max(step[1].abs()) < 1e-9 {
            break;
        }
    }
    (slope, offset)
}

/// What the teacher hears in bands and mixes of the training part, with the truth.
fn hear(pool: &Path, teacher: &Teacher) -> Result<Vec<Example>> {
    let kinds = |kind| matches!(kind, Kind::Phrase | Kind::Band);
    let mixer = Mixer::of(
        Pool::open(pool)?,
        Split::Train,
        &kinds,
        OPENMIC_CLASSES.len(),
        Length::TEN_SECONDS,
        false,
    )?;
    ensure!(mixer.classes_present() > 1, "{}: no phrases to calibrate the teacher by", pool.display());
    let compose = |index: usize| -> Result<Composition> {
        let mut rng = seed::rng(1, &format!("calibration/{index}"));
        let band = index.is_multiple_of(2) && mixer.has_bands();
        let voices = 2 + rng.usize(0..3);
        Ok(if band { mixer.band(&mut rng)? } else { mixer.compose(voices, &mut rng)? })
    };
    let one = |index: usize| {
        let composed = compose(index)?;
        let samples = resample(&composed.samples, SAMPLE_RATE_HZ, teacher::SAMPLE_RATE_HZ)?;
        Ok((teacher.judge(&teacher.hear(&samples)?), composed.target.truth()))
    };
    parallel(2 * CLIPS, |index, _| one(index)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    /// A teacher whose logit is right but for a slope of 2 and an offset of -3 of a class that plays in a third of the clips.
    #[test]
    fn a_curve_undoes_what_the_teacher_gets_wrong() {
        let mut rng = Rng::with_seed(4);
        let mut examples = Vec::new();
        for _ in 0..4_000 {
            let truth_logit = 8.0 * rng.f64() - 5.0;
            let plays = rng.f64() < sigmoid(truth_logit);
            let says = sigmoid(2.0 * truth_logit - 3.0) as f32;
            examples.push(([says; 20], vec![Some(plays); 20]));
        }
        let calibration = Calibration::fit(&examples);
        for truth_logit in [-4.0, -1.0, 0.0, 2.0] {
            let read = calibration.read(&[sigmoid(2.0 * truth_logit - 3.0) as f32; 20]);
            let expected = sigmoid(truth_logit);
            assert!((f64::from(read[3]) - expected).abs() < 0.05, "{} for {expected}", read[3]);
        }
    }

    #[test]
    fn what_has_hardly_any_examples_stays_and_separable_ones_end() {
        let sure = |plays: bool| ([if plays { 0.9 } else { 0.1 }; 20], vec![Some(plays); 20]);
        let few: Vec<_> = (0..ENOUGH).map(|i| sure(i > 3)).collect();
        let read = Calibration::fit(&few).read(&[0.3; 20]);
        assert!((read[0] - 0.3).abs() < 1e-6);
        let many: Vec<_> = (0..100).map(|i| sure(i > 50)).collect();
        let high = Calibration::fit(&many).read(&[0.9; 20]);
        let low = Calibration::fit(&many).read(&[0.1; 20]);
        assert!(high[0] > 0.95 && low[0] < 0.05, "{} and {}", high[0], low[0]);
    }

    #[test]
    fn a_foreign_table_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        std::fs::write(&path, "class,slope,offset\nkazoo,1,0\n").unwrap();
        assert!(Calibration::load(&path).unwrap_err().to_string().contains("anew"));
    }
}
