//! What an export is made from: the weights of a run, and how they came about.

use crate::default_model::network::Network;
use crate::default_model::run::Bound;
use crate::default_model::weights;
use crate::mix::length::Length;
use crate::nn::graphs;
use crate::nn::vggish::{Shape, Vggish};
use anyhow::Result;
use rollcall_engine::OPENMIC_CLASSES;
use std::path::{Path, PathBuf};

/// A run's weights, and how they came about.
pub struct Trained {
    /// The network as it ships.
    pub net: Vggish,
    /// Its weights.
    pub values: Vec<f32>,
    /// The layer from the mean embedding to AudioSet's events.
    pub events: rollcall_import::Dense,
    /// What shipped thresholds are tuned at.
    pub length: Length,
    /// Seed of the run.
    pub seed: u64,
    /// The command that trained it.
    pub command: String,
    /// What was done, in a sentence.
    pub done: String,
    /// Where the weights come from, in a sentence.
    pub origin: String,
}

impl Trained {
    /// Reads the folder of a run of `rollcall-train learn`; with others, the mean of their weights (Wortsman et al. 2022, "Model soups").
    ///
    /// # Errors
    /// No finished run in one of them, a file that cannot be read, or networks of different shapes.
    pub fn read(run: &Path, others: &[PathBuf]) -> Result<Self> {
        let Bound { recipe, start, pool, teacher, .. } = Bound::load(run)?;
        let shape = Shape { hidden: vec![recipe.hidden], ..Shape::compact(OPENMIC_CLASSES.len()) };
        let network = Network::new(shape);
        let mut trained = weights::load(&network.layout, &run.join(weights::WEIGHTS))?;
        let mut seeds = Vec::new();
        for other in others {
            let more = weights::load(&network.layout, &other.join(weights::WEIGHTS))?;
            trained.iter_mut().zip(more).for_each(|(sum, value)| *sum += value);
            seeds.push(Bound::load(other)?.recipe.seed.to_string());
        }
        let mut mean = String::new();
        if !others.is_empty() {
            trained.iter_mut().for_each(|sum| *sum /= (1 + others.len()) as f32);
            mean = format!(
                " The weights are the mean of this run's and of those with seed {}.",
                seeds.join(", ")
            );
        }
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
            events: graphs::layer(&network.events, &trained),
            length: Length { columns: recipe.columns },
            seed: recipe.seed,
            command,
            done: format!(
                "{} steps of {} clips of {:.2} s were done, each clip heard by the teacher (network {teacher}), on the pool {pool}.{mean}",
                recipe.steps,
                recipe.batch,
                recipe.columns as f32 * 0.16
            ),
            origin: format!(
                "Begun from {start}; trained by rollcall-train learn on the data named in MODEL_CARD.md"
            ),
        })
    }
}
