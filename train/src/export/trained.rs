//! What an export is made from: the weights of a run of either trainer, and how they came about.

use super::graphs;
use crate::default_model::network::Network;
use crate::default_model::run::Bound;
use crate::default_model::{WEIGHTS, weights};
use crate::fit::checkpoint::State;
use crate::fit::clip::Length;
use crate::fit::trainer::Recipe;
use crate::nn::vggish::{Shape, Vggish};
use anyhow::{Context, Result};
use rollcall_engine::OPENMIC_CLASSES;
use std::{fs, path::Path};

/// A run's weights, and how they came about.
pub(super) struct Trained {
    /// The network as it ships.
    pub(super) net: Vggish,
    /// Its weights.
    pub(super) values: Vec<f32>,
    /// The layer from the mean embedding to AudioSet's events, of a run that has it.
    pub(super) events: Option<rollcall_import::Dense>,
    /// What shipped thresholds are tuned at.
    pub(super) length: Length,
    /// Clips a scene of the validation set, unless the export says otherwise.
    pub(super) validation_clips: usize,
    /// Seed of the run.
    pub(super) seed: u64,
    /// The commands after the pool was made, each on a line of its own; the last is the training itself.
    pub(super) commands: Vec<String>,
    /// What was done, in a sentence.
    pub(super) done: String,
    /// Where the weights come from, in a sentence.
    pub(super) origin: String,
}

impl Trained {
    /// Reads a run's folder.
    ///
    /// # Errors
    /// No run of either kind in it, or a file of it that cannot be read.
    pub(super) fn read(run: &Path) -> Result<Self> {
        if run.join(WEIGHTS).exists() { Self::learned(run) } else { Self::fitted(run) }
    }

    /// Of `rollcall-train learn`.
    fn learned(run: &Path) -> Result<Self> {
        let Bound { recipe, start, pool, teacher } = Bound::load(run)?;
        let shape = Shape { hidden: vec![recipe.hidden], ..Shape::compact(OPENMIC_CLASSES.len()) };
        let network = Network::new(shape);
        let trained = weights::load(&network.layout, &run.join(WEIGHTS))?;
        let (net, values) = network.folded(&trained);
        let command = format!(
            "rollcall-train learn --teacher FOLDER --from START --steps {} --batch {} --columns {} --hidden {} --rate {} \
             --convolutions {} --head {} --variation {} --seed {}",
            recipe.steps,
            recipe.batch,
            recipe.columns,
            recipe.hidden,
            recipe.rate,
            recipe.convolutions,
            recipe.head,
            recipe.variation,
            recipe.seed
        );
        Ok(Self {
            net,
            values,
            events: Some(graphs::layer(&network.events, &trained)),
            length: Length { columns: recipe.columns },
            validation_clips: 300,
            seed: recipe.seed,
            commands: vec![command],
            done: format!(
                "{} steps of {} clips of {:.2} s were done, each clip heard by the teacher (network {teacher}), on the pool {pool}.",
                recipe.steps,
                recipe.batch,
                recipe.columns as f32 * 0.16
            ),
            origin: format!(
                "Begun from {start}; trained by rollcall-train learn on the data named in MODEL_CARD.md"
            ),
        })
    }

    /// Of `rollcall-train fit`.
    fn fitted(run: &Path) -> Result<Self> {
        let recipe = fs::read_to_string(run.join("recipe.toml")).with_context(|| {
            format!("{} is no finished run: train one with rollcall-train learn or fit", run.display())
        })?;
        let recipe: Recipe = toml::from_str(&recipe)?;
        let net = Vggish::new(Shape::compact(OPENMIC_CLASSES.len()));
        let state = State::load(&net.layout, &run.join("state.safetensors"))?;
        let start = fs::read_to_string(run.join("start.txt")).unwrap_or_else(|_| "random weights".into());
        let command = format!(
            "rollcall-train fit --steps {} --batch {} --columns {} --rate {} --seed {}",
            recipe.steps, recipe.batch, recipe.columns, recipe.rate, recipe.seed
        );
        Ok(Self {
            net,
            values: state.average,
            events: None,
            length: recipe.length(),
            validation_clips: recipe.validation_clips,
            seed: recipe.seed,
            commands: vec!["rollcall-train data label --teacher FOLDER".into(), command],
            done: format!(
                "{} steps of {} clips of {:.2} s were done.",
                state.step,
                recipe.batch,
                recipe.columns as f32 * 0.16
            ),
            origin: format!(
                "Begun from {start}; trained by rollcall-train fit on the data named in MODEL_CARD.md"
            ),
        })
    }
}
