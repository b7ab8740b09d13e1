//! Finished runs by representation, and what they have in common.

use crate::paper::second_stage::{ClassScores, Outcome};
use anyhow::{Context, Result, bail};
use std::{fs, path::Path};

/// Runs of each representation, in the order in which the paper's figures show them.
pub struct Runs(Vec<(String, Vec<Outcome>)>);

/// A score over several seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Mean over the seeds that have the score.
    pub mean: f64,
    /// 95 % interval of the mean (Student's t); `None` with a single seed.
    pub interval: Option<(f64, f64)>,
    /// Seeds.
    pub seeds: usize,
}

/// Known representations in the order of the figures: folder, label, figure.
const KNOWN: [(&str, &str, u8); 9] = [
    ("vggish-pp", "VGGish (pre-trained, PP)", 2),
    ("vggish-norm", "VGGish (pre-trained, norm.)", 2),
    ("vggish-random", "VGGish (random)", 2),
    ("log-mel", "Log-Mel", 2),
    ("align", "Align", 3),
    ("textual", "Textual", 3),
    ("denoise-add", "Den +", 3),
    ("denoise-mul", "Den \u{d7}", 3),
    ("detect", "Detect (teacher)", 3),
];

/// 97.5 % quantiles of Student's t for 1 to 20 degrees of freedom (Abramowitz and Stegun, table 26.10); beyond, the normal
/// distribution's 1.96 is 4 % less at most.
const T: [f64; 20] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086,
];

impl Runs {
    /// Reads every `NAME/seed-N/scores.json`; unfinished runs have none.
    ///
    /// # Errors
    /// A folder or outcome that cannot be read, or runs over different classes.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut all: Vec<(String, Vec<Outcome>)> = Vec::new();
        for name in names(folder)? {
            let mut outcomes = Vec::new();
            for seed in names(&folder.join(&name))?.iter().filter(|seed| seed.starts_with("seed-")) {
                let path = folder.join(&name).join(seed).join("scores.json");
                if path.is_file() {
                    let text = fs::read_to_string(&path)?;
                    let outcome = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
                    outcomes.push(outcome);
                }
            }
            outcomes.sort_by_key(|outcome: &Outcome| outcome.seed);
            if !outcomes.is_empty() {
                all.push((name, outcomes));
            }
        }
        let place = |name: &str| KNOWN.iter().position(|(known, ..)| *known == name).unwrap_or(KNOWN.len());
        all.sort_by_key(|(name, _)| place(name));
        let classes = |outcome: &Outcome| -> Vec<String> {
            outcome.test.classes.iter().map(|class| class.class.clone()).collect()
        };
        if let Some((_, first)) = all.first() {
            let expected = classes(&first[0]);
            let odd = all.iter().find(|(_, outcomes)| outcomes.iter().any(|o| classes(o) != expected));
            if let Some((name, _)) = odd {
                bail!("{name} has other classes than {}: {expected:?}", all[0].0);
            }
        }
        Ok(Self(all))
    }

    /// Whether nothing has finished.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Folder, label, figure and outcomes of each representation. What the paper does not know goes to figure 3.
    pub fn each(&self) -> impl Iterator<Item = (&str, &str, u8, &[Outcome])> {
        self.0.iter().map(|(name, outcomes)| {
            let known = KNOWN.iter().find(|(known, ..)| known == name);
            let (label, figure) = known.map_or((name.as_str(), 3), |(_, label, figure)| (*label, *figure));
            (name.as_str(), label, figure, &outcomes[..])
        })
    }

    /// Names of the classes.
    #[must_use]
    pub fn classes(&self) -> Vec<&str> {
        self.0.first().map_or(Vec::new(), |(_, outcomes)| {
            outcomes[0].test.classes.iter().map(|class| class.class.as_str()).collect()
        })
    }
}

/// One score of one class over the seeds; `None` where no seed has it.
pub(super) fn class(
    outcomes: &[Outcome],
    class: usize,
    of: fn(&ClassScores) -> Option<f64>,
) -> Option<Summary> {
    summary(outcomes.iter().filter_map(|outcome| of(&outcome.test.classes[class])))
}

/// Mean and interval.
pub(super) fn summary(values: impl Iterator<Item = f64>) -> Option<Summary> {
    let values: Vec<f64> = values.collect();
    let n = values.len();
    if n == 0 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let interval = (n > 1).then(|| {
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
        let half = T.get(n - 2).copied().unwrap_or(1.96) * (variance / n as f64).sqrt();
        (mean - half, mean + half)
    });
    Some(Summary { mean, interval, seeds: n })
}

/// Names of the folders in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        if entry.path().is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_of_a_worked_example() {
        // scipy.stats.t.interval(0.95, 2, loc=2, scale=scipy.stats.sem([1, 2, 3])) = (-0.484, 4.484)
        let found = summary([1.0, 2.0, 3.0].into_iter()).unwrap();
        let (low, high) = found.interval.unwrap();
        assert!((low + 0.484).abs() < 1e-3 && (high - 4.484).abs() < 1e-3 && found.seeds == 3);
        assert_eq!(summary([0.5].into_iter()).unwrap().interval, None);
        assert_eq!(summary(std::iter::empty()), None);
    }
}
