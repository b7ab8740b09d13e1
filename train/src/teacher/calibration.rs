//! What a teacher's probabilities mean: a logistic curve for each class, fitted to bands and mixes of the pool whose players
//! are known.
//!
//! AudioSet's raters named what stands out, and in balanced training a rare class's probability stays low: the teacher
//! says 0.1 of drums that anybody hears. Uncalibrated, its certain labels would be of one class a segment at most, and who
//! learns its probabilities learns that a rock band is a guitar.
//!
//! In mixes each class plays as often as every other, in real music a mandolin hardly ever: [`Calibration::in_music`].

use super::Teacher;
use crate::base::logistic::Logistic;
use crate::base::seed;
use crate::base::stem::{Kind, Split};
use crate::base::threads::parallel;
use crate::mix::length::Length;
use crate::mix::{Composition, Mixer};
use crate::pool::Pool;
use anyhow::{Context, Result, ensure};
use rollcall_engine::OPENMIC_CLASSES;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Name of the table in the pool's folder.
const FILE: &str = "teacher.csv";
/// Name of the table for real music, in the pool's folder.
pub const MUSIC_FILE: &str = "teacher-in-music.csv";
/// Bands, and as many mixes, that the curves are fitted to.
const CLIPS: usize = 500;
/// Excerpts of real music from which it is estimated how often a class plays there.
const EXCERPTS: usize = 600;
/// Nobody plays less often than this, nor more often than in all but this share.
const RAREST: f64 = 0.003;

/// The [`Logistic`] curve of one class.
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
        calibration.save(&path)?;
        Ok(calibration)
    }

    /// The same for real music, in which classes play as often as they do there: as it was saved, else made and saved.
    ///
    /// # Errors
    /// As [`Calibration::of`]; a pool without music.
    pub fn in_music(pool: &Path, teacher: &Teacher) -> Result<Self> {
        let path = pool.join(MUSIC_FILE);
        if path.exists() {
            return Self::load(&path);
        }
        let examples = hear(pool, teacher)?;
        let calibration = Self::fit(&examples).moved(&often(&examples), &hear_music(pool, teacher)?);
        calibration.save(&path)?;
        Ok(calibration)
    }

    /// The curves for material in which classes play with other frequencies than the `often` that they were fitted at: those are
    /// estimated from what the teacher says of it, by expectation and maximisation (Saerens, Latinne, Decaestecker 2002,
    /// "Adjusting the outputs of a classifier to new a priori probabilities").
    fn moved(mut self, often: &[f64; 20], heard: &[[f32; 20]]) -> Self {
        let odds = |share: f64| (share / (1.0 - share)).ln();
        for (class, curve) in self.0.iter_mut().enumerate() {
            let fitted = Logistic { slope: curve.slope, offset: curve.offset };
            let at =
                |share: f64| Logistic { offset: fitted.offset + odds(share) - odds(often[class]), ..fitted };
            let mut share = often[class];
            for _ in 0..200 {
                let mean = heard.iter().map(|says| at(share).at(says[class])).sum::<f64>()
                    / heard.len().max(1) as f64;
                share = mean.clamp(RAREST, 1.0 - RAREST);
            }
            curve.offset = at(share).offset;
        }
        self
    }

    fn save(&self, path: &Path) -> Result<()> {
        let mut writer = csv::Writer::from_path(path).with_context(|| path.display().to_string())?;
        self.0.iter().try_for_each(|curve| writer.serialize(curve))?;
        writer.flush().with_context(|| path.display().to_string())
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

    /// Fits the curves. A class with hardly any examples stays as the teacher has it.
    fn fit(examples: &[Example]) -> Self {
        let curve = |(class, name): (usize, &str)| {
            let known = examples.iter().filter_map(|(p, truth)| Some((p[class], truth[class]?)));
            let known: Vec<(f32, bool)> = known.collect();
            let Logistic { slope, offset } = Logistic::fit(&known).unwrap_or(Logistic::IDENTITY);
            Curve { class: name.to_owned(), slope, offset }
        };
        Self(OPENMIC_CLASSES.into_iter().enumerate().map(curve).collect())
    }

    /// Probability of each class by the curves.
    #[must_use]
    pub fn read(&self, probability: &[f32; 20]) -> [f32; 20] {
        std::array::from_fn(|c| {
            let Curve { slope, offset, .. } = self.0[c];
            Logistic { slope, offset }.at(probability[c]) as f32
        })
    }
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
        Ok((teacher.judge(&teacher.listen(&composed.samples)?), composed.target.truth()))
    };
    parallel(2 * CLIPS, one).into_iter().collect()
}

/// How often each class plays in examples, of those in which it is known.
fn often(examples: &[Example]) -> [f64; 20] {
    std::array::from_fn(|class| {
        let known: Vec<bool> = examples.iter().filter_map(|(_, truth)| truth[class]).collect();
        let plays = known.iter().filter(|plays| **plays).count();
        (plays as f64 / known.len().max(1) as f64).clamp(RAREST, 1.0 - RAREST)
    })
}

/// What the teacher says of the classes in excerpts of the training part's real music.
fn hear_music(pool: &Path, teacher: &Teacher) -> Result<Vec<[f32; 20]>> {
    let is_music = |kind| kind == Kind::Music;
    let open = Pool::open(pool)?;
    let mixer = Mixer::of(open, Split::Train, &is_music, OPENMIC_CLASSES.len(), Length::TEN_SECONDS, false)?;
    ensure!(mixer.has_pieces(), "{}: no real music to learn from", pool.display());
    let one = |index: usize| {
        let composed = mixer.piece(&mut seed::rng(1, &format!("calibration/music/{index}")))?;
        Ok(teacher.judge(&teacher.listen(&composed.samples)?))
    };
    parallel(EXCERPTS, one).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Classes with the same curve: one that plays in half of the music keeps it, one that plays in a twentieth is believed less.
    #[test]
    fn a_class_is_believed_as_often_as_it_plays() {
        let curve = |name: &str| Curve { class: name.to_owned(), slope: 1.0, offset: 2.0 };
        let calibration = Calibration(OPENMIC_CLASSES.map(curve).to_vec());
        // What is stated where it plays and where it does not: 0.27 and 0.02, a posteriori 0.73 and 0.13 at even odds.
        let heard = |plays: bool| if plays { 0.27 } else { 0.02 };
        let music: Vec<[f32; 20]> = (0..200)
            .map(|i| std::array::from_fn(|class| heard(if class == 0 { i % 2 == 0 } else { i % 20 == 0 })))
            .collect();
        let moved = calibration.clone().moved(&[0.5; 20], &music);
        let (before, after) = (calibration.read(&[0.27; 20]), moved.read(&[0.27; 20]));
        assert!((after[0] - before[0]).abs() < 0.15, "{} {}", before[0], after[0]);
        assert!(after[1] < before[1] - 0.2, "{} {}", before[1], after[1]);
        assert!(moved.read(&[0.9; 20])[1] > after[1], "a surer word is still believed more");
    }

    #[test]
    fn each_class_has_its_curve_and_one_without_examples_stays() {
        // The first class plays where the teacher says 0.3, the second in no clip.
        let example = |plays: bool| {
            let says = if plays { 0.3 } else { 0.1 };
            ([says; 20], std::iter::once(Some(plays)).chain([Some(false); 19]).collect())
        };
        let examples: Vec<Example> = (0..100).map(|i| example(i % 2 == 0)).collect();
        let read = Calibration::fit(&examples).read(&[0.3; 20]);
        assert!(read[0] > 0.95, "{}", read[0]);
        assert!((read[1] - 0.3).abs() < 1e-6, "{}", read[1]);
    }

    #[test]
    fn a_foreign_table_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        std::fs::write(&path, "class,slope,offset\nkazoo,1,0\n").unwrap();
        assert!(Calibration::load(&path).unwrap_err().to_string().contains("anew"));
    }
}
