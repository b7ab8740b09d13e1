//! A run on disk: its recipe, what it is bound to, its state.

use super::loss::Shares;
use crate::base::binding::{self, hash};
use crate::pool;
use crate::teacher::calibration;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What shapes a run. Together with pool, teacher and start package it makes every number again, on processors with tiles
/// and on those without each for itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Seed of what is not begun from a package, and of the clips.
    pub seed: u64,
    /// Steps in all.
    pub steps: u64,
    /// Clips a step.
    pub batch: usize,
    /// Columns of 160 ms a clip.
    pub columns: usize,
    /// Units of the hidden dense layer.
    pub hidden: usize,
    /// Learning rate after the warm-up.
    pub rate: f32,
    /// Share of the rate that the convolutions move at.
    pub convolutions: f32,
    /// Decoupled weight decay.
    pub decay: f32,
    /// Share of the head's losses in the whole.
    pub head: f32,
    /// Share of what is varied in every clip, 0 to 1.
    pub variation: f32,
    /// Save after this many steps.
    pub every: u64,
}

impl Recipe {
    /// Steps over which the rate rises.
    const WARM_UP: f32 = 100.0;
    /// Share of the steps after which the rate falls.
    const FALLS: f32 = 0.5;
    /// Share of the rate that is left at the end.
    const LEFT: f32 = 0.02;

    /// The learning rate of a step: it rises, stays for half of the steps, and falls in a line.
    #[must_use]
    pub fn rate_at(&self, step: u64) -> f32 {
        let (step, steps) = (step as f32, self.steps as f32);
        let fallen = ((step / steps - Self::FALLS) / (1.0 - Self::FALLS)).clamp(0.0, 1.0);
        self.rate * ((step + 1.0) / Self::WARM_UP).min(1.0) * (1.0 - fallen * (1.0 - Self::LEFT))
    }

    /// Whether this step's weights are part of the average that is shipped: those since the rate began to fall.
    #[must_use]
    pub fn averages(&self, step: u64) -> bool {
        step as f32 >= Self::FALLS * self.steps as f32
    }

    /// Shares of the losses.
    #[must_use]
    pub fn shares(&self) -> Shares {
        Shares { head: self.head, ..Shares::DEFAULT }
    }
}

/// What a run's folder says of where the run comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// The recipe.
    pub recipe: Recipe,
    /// Name, version and hash of the package that it began from.
    pub start: String,
    /// Hash of the pool's index.
    pub pool: String,
    /// Hash of the teacher's network.
    pub teacher: String,
    /// Hash of what the teacher's word is worth; empty: a run whose head learned its probabilities as they are.
    #[serde(default)]
    pub calibration: String,
}

const FILE: &str = "run.toml";

impl Bound {
    /// What this run would be bound to.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn new(recipe: Recipe, start: &Path, pool: &Path, teacher: &Path) -> Result<Self> {
        let start = if start.is_file() {
            format!("weights {}", hash(start)?)
        } else {
            let package = rollcall_models::read_dir(start)?;
            let manifest = package.manifest();
            format!("{} {} {}", manifest.name, manifest.version, hash(&start.join("columns.onnx"))?)
        };
        Ok(Self {
            recipe,
            start,
            pool: hash(&pool.join(pool::INDEX))?,
            teacher: hash(&teacher.join("mn04_as.onnx"))?,
            calibration: hash(&pool.join(calibration::FILE))?,
        })
    }

    /// Writes what a new run is bound to, or checks that a run that goes on is bound to the same. `longer`: a run that goes on
    /// may have other steps and another pool; its history of them is kept.
    ///
    /// # Errors
    /// A run in the folder that is bound to something else; the message names it.
    pub fn hold(&self, folder: &Path, longer: bool) -> Result<()> {
        let free: &[&str] = if longer { &["pool", "recipe.every", "recipe.steps"] } else { &[] };
        binding::hold(folder, FILE, self, free)
    }

    /// What a run's folder says.
    ///
    /// # Errors
    /// No run in it.
    pub fn load(folder: &Path) -> Result<Self> {
        let no_run = || format!("{} is no run: make one with rollcall-train learn", folder.display());
        binding::read(folder, FILE).with_context(no_run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound() -> Bound {
        let recipe = Recipe {
            seed: 1,
            steps: 1000,
            batch: 16,
            columns: 40,
            hidden: 512,
            rate: 1e-3,
            convolutions: 0.6,
            decay: 1e-4,
            head: 0.5,
            variation: 0.5,
            every: 100,
        };
        Bound {
            recipe,
            start: "a 1 00".into(),
            pool: "11".into(),
            teacher: "22".into(),
            calibration: "44".into(),
        }
    }

    #[test]
    fn the_rate_rises_stays_and_falls() {
        let recipe = bound().recipe;
        let rates = [0, 99, 500, 750, 1000].map(|step| recipe.rate_at(step));
        for (found, expected) in rates.iter().zip([1e-5, 1e-3, 1e-3, 0.51e-3, 0.02e-3]) {
            assert!((found - expected).abs() < 1e-8, "{rates:?}");
        }
        assert!(!recipe.averages(499) && recipe.averages(500));
    }

    #[test]
    fn a_run_goes_on_as_what_it_was_and_as_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        bound().hold(folder.path(), false).unwrap();
        bound().hold(folder.path(), false).unwrap();
        let mut other = bound();
        other.recipe.steps = 2000;
        other.pool = "33".into();
        let error = other.hold(folder.path(), false).unwrap_err().to_string();
        assert!(error.contains("pool: 11 then, 33 now; recipe.steps: 1000 then, 2000 now"), "{error}");
        other.hold(folder.path(), true).unwrap();
        assert_eq!(Bound::load(folder.path()).unwrap(), other);
        assert!(folder.path().join("run-until-1.toml").exists(), "what it was before is kept");
        other.recipe.rate = 2e-3;
        assert!(
            other.hold(folder.path(), true).unwrap_err().to_string().contains("rate: 0.001 then, 0.002 now")
        );
    }
}
