//! What an export is made from: the weights of a run, and how they came about.

use crate::default_model::network::Network;
use crate::default_model::run::Bound;
use crate::default_model::weights;
use crate::mix::length::Length;
use crate::nn::graphs;
use crate::nn::vggish::{Shape, Vggish};
use anyhow::Result;
use rollcall_engine::OPENMIC_CLASSES;
use rollcall_engine::package::TrainingRun;
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
    /// Seed of the first run.
    pub seed: u64,
    /// The runs, in order.
    pub runs: Vec<TrainingRun>,
    /// What was done, in a sentence for each run.
    pub done: String,
    /// From the mean column to what the teacher's embedding would be: no package has it.
    pub features: rollcall_import::Dense,
    /// Where the weights come from, in a sentence.
    pub origin: String,
}

impl Trained {
    /// Reads the folder of a run of `rollcall-train learn`; with others, the mean of their weights (Wortsman et al. 2022, "Model soups").
    ///
    /// # Errors
    /// No finished run in one of them, a file that cannot be read, or networks of different shapes.
    pub fn read(run: &Path, others: &[PathBuf]) -> Result<Self> {
        let bounds = std::iter::once(run).chain(others.iter().map(PathBuf::as_path));
        let bounds = bounds.map(|folder| Ok((folder, Bound::load(folder)?))).collect::<Result<Vec<_>>>()?;
        let recipe = &bounds[0].1.recipe;
        let shape = Shape { hidden: vec![recipe.hidden], ..Shape::compact(OPENMIC_CLASSES.len()) };
        let network = Network::new(shape);
        let mut trained = vec![0.0; network.layout.len()];
        let share = 1.0 / bounds.len() as f32;
        for (folder, _) in &bounds {
            let weights = weights::load(&network.layout, &folder.join(weights::WEIGHTS))?;
            trained.iter_mut().zip(weights).for_each(|(mean, value)| *mean += share * value);
        }
        let (net, values) = network.folded(&trained);
        let mean = if others.is_empty() { "" } else { "The mean of the weights of these runs. " };
        Ok(Self {
            net,
            values,
            events: graphs::layer(&network.events, &trained),
            features: graphs::layer(&network.features, &trained),
            length: Length { columns: recipe.columns },
            seed: recipe.seed,
            runs: bounds.iter().map(|(_, bound)| told(bound)).collect(),
            done: format!(
                "{mean}{}",
                bounds.iter().map(|(_, bound)| done(bound)).collect::<Vec<_>>().join(" ")
            ),
            origin: format!("{mean}Trained by rollcall-train learn on the data named in MODEL_CARD.md"),
        })
    }
}

/// A run as the manifest tells of it.
fn told(Bound { recipe, start, pool, teacher, .. }: &Bound) -> TrainingRun {
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
    TrainingRun { command, start: start.clone(), pool: pool.clone(), teacher: teacher.clone() }
}

/// A run as the card tells of it.
fn done(Bound { recipe, start, pool, teacher, .. }: &Bound) -> String {
    format!(
        "From {start}: {} steps of {} clips of {:.2} s, each clip heard by the teacher (network {teacher}), on the pool {pool}.",
        recipe.steps,
        recipe.batch,
        recipe.columns as f32 * 0.16
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::default_model::run::Recipe;

    fn run(folder: &Path, seed: u64, start: &str, fill: f32) {
        let recipe = Recipe {
            seed,
            steps: 10,
            batch: 16,
            columns: 40,
            hidden: 8,
            rate: 1e-3,
            convolutions: 0.6,
            decay: 1e-4,
            head: 0.5,
            variation: 0.5,
            every: 5,
        };
        let network =
            Network::new(Shape { hidden: vec![recipe.hidden], ..Shape::compact(OPENMIC_CLASSES.len()) });
        let [start, pool, teacher] = [start, "aa", "bb"].map(str::to_owned);
        let bound = Bound { recipe, start, pool, teacher, calibration: String::new() };
        bound.hold(folder, false).unwrap();
        let mut values = network.layout.initialise(1);
        values[network.events.bias.clone()].fill(fill);
        weights::save(&network.layout, &values, &folder.join(weights::WEIGHTS)).unwrap();
    }

    #[test]
    fn every_run_is_told_with_its_start_and_its_pool() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        run(folders[0].path(), 3, "rollcall-default 1.1.0 cc", 1.0);
        run(folders[1].path(), 4, "weights dd", 3.0);
        let trained = Trained::read(folders[0].path(), &[folders[1].path().to_owned()]).unwrap();
        let told: Vec<(&str, &str)> =
            trained.runs.iter().map(|run| (run.start.as_str(), run.pool.as_str())).collect();
        assert_eq!(told, [("rollcall-default 1.1.0 cc", "aa"), ("weights dd", "aa")]);
        assert!(trained.runs[1].command.ends_with("--seed 4"), "{}", trained.runs[1].command);
        assert!(trained.done.starts_with("The mean of the weights"), "{}", trained.done);
        assert!(trained.events.bias.iter().all(|b| (b - 2.0).abs() < 1e-3), "the mean of 1 and 3");
    }
}
