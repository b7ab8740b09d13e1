//! What an export is made from: the weights of a run, and how they came about.

use crate::default_model::network::Network;
use crate::default_model::run::Bound;
use crate::default_model::weights;
use crate::mix::length::Length;
use crate::nn::graphs;
use crate::nn::vggish::{Shape, Vggish};
use anyhow::Result;
use rollcall_engine::OPENMIC_CLASSES;
use std::path::Path;

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
    /// Reads the folder of a run of `rollcall-train learn`.
    ///
    /// # Errors
    /// No finished run in it, or a file of it that cannot be read.
    pub fn read(run: &Path) -> Result<Self> {
        let Bound { recipe, start, pool, teacher, .. } = Bound::load(run)?;
        let shape = Shape { hidden: vec![recipe.hidden], ..Shape::compact(OPENMIC_CLASSES.len()) };
        let network = Network::new(shape);
        let trained = weights::load(&network.layout, &run.join(weights::WEIGHTS))?;
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
}
