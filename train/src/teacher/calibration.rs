//! What a teacher's probabilities mean: a logistic curve for each class, fitted to bands and mixes of the pool whose players
//! are known.
//!
//! AudioSet's raters named what stands out, and in balanced training a rare class's probability stays low: the teacher
//! says 0.1 of drums that anybody hears. Uncalibrated, its certain labels would be of one class a segment at most, and who
//! learns its probabilities learns that a rock band is a guitar.
//!
//! In mixes each class plays as often as every other, in real music a mandolin hardly ever; so there only those are believed
//! that come first in what it says: [`Calibration::in_music`].

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
pub const FILE: &str = "teacher.csv";
/// Bands, and as many mixes, that the curves are fitted to.
const CLIPS: usize = 500;
/// So many classes, the first in what the teacher says, are believed as in a mix: of real solos and of excerpts of records nine in
/// ten have the right one among its first three.
const FIRST: usize = 3;

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

    /// Probability of each class in real music: by the curves for the three that come first in what the teacher says, and never less
    /// than it says; its own word for the others.
    #[must_use]
    pub fn in_music(&self, probability: &[f32; 20]) -> [f32; 20] {
        let believed = self.read(probability);
        let mut order: [usize; 20] = std::array::from_fn(|class| class);
        order.sort_by(|a, b| probability[*b].total_cmp(&probability[*a]));
        let mut likely = *probability;
        for &class in &order[..FIRST] {
            likely[class] = likely[class].max(believed[class]);
        }
        likely
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes first is believed as in a mix, what comes after stays as it was said; nothing is believed less than it was said.
    #[test]
    fn in_music_the_first_are_believed() {
        let curve = |name: &str| Curve { class: name.to_owned(), slope: 1.0, offset: 2.0 };
        let mut curves = OPENMIC_CLASSES.map(curve).to_vec();
        curves[2].offset = -2.0;
        let calibration = Calibration(curves);
        let mut says = [0.01; 20];
        (says[0], says[1], says[2], says[3]) = (0.5, 0.2, 0.3, 0.1);
        let likely = calibration.in_music(&says);
        assert!((likely[0] - 0.88).abs() < 0.01 && (likely[1] - 0.65).abs() < 0.01, "{likely:?}");
        assert_eq!(
            (likely[2], likely[3], likely[4]),
            (0.3, 0.1, 0.01),
            "the third in its own word, the fourth after it"
        );
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
