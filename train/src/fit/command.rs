//! `rollcall-train fit`: train the default model on a stem pool.

use super::{
    mixer::Mixer,
    trainer::{Recipe, train},
    validation::ValidationSet,
    warm,
};
use crate::data::pool::{Pool, Split};
use crate::nn::vggish::{Shape, Vggish};
use anyhow::Context;
use rollcall_engine::OPENMIC_CLASSES;
use std::path::PathBuf;

/// Train on clips mixed on the fly; goes on where the last run in the same folder stopped.
#[derive(Clone, Debug, clap::Args)]
pub struct FitArgs {
    /// Stem pool made by `rollcall-train data make`.
    #[arg(long, default_value = "cache/pool")]
    pub pool: PathBuf,
    /// Folder of the run: state, recipe, log.
    #[arg(long, default_value = "cache/runs/default")]
    pub run: PathBuf,
    /// Seed of weights and clips.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Steps in all.
    #[arg(long, default_value_t = 6000)]
    pub steps: u64,
    /// Clips a step.
    #[arg(long, default_value_t = 24)]
    pub batch: usize,
    /// Columns of 160 ms a clip (8 or more).
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(8..=400))]
    pub columns: u64,
    /// Learning rate.
    #[arg(long, default_value_t = 1e-3)]
    pub rate: f32,
    /// Validate and save after this many steps.
    #[arg(long, default_value_t = 200)]
    pub every: u64,
    /// Start a new run from this model package's weights rather than from chance.
    #[arg(long)]
    pub from: Option<PathBuf>,
}

/// Carries the command out.
///
/// # Errors
/// The pool or the disk.
pub fn run(args: FitArgs) -> anyhow::Result<()> {
    let recipe = Recipe {
        seed: args.seed,
        steps: args.steps,
        batch: args.batch,
        columns: args.columns as usize,
        rate: args.rate,
        decay: 0.02,
        step_share: 0.6,
        every: args.every,
        validation_clips: 300,
    };
    let open = || Pool::open(&args.pool).with_context(|| "make a pool first: rollcall-train data make");
    let classes = OPENMIC_CLASSES.len();
    let training = Mixer::new(open()?, Split::Train, classes, recipe.length(), true)?;
    eprintln!("{} classes to train on", training.classes_present());
    let set = ValidationSet::draw(&open()?, recipe.validation_clips, recipe.length())?;
    let net = Vggish::new(Shape::compact(classes));
    let start = match &args.from {
        Some(folder) => warm::from_package(&net, folder)?,
        None => net.layout.initialise(recipe.seed),
    };
    let report = train(&net, start, &training, &set, &recipe, &args.run)?;
    for (class, (solo, mix)) in OPENMIC_CLASSES.iter().zip(report.solo_ap.iter().zip(&report.mix_ap)) {
        let show = |ap: &Option<f64>| ap.map_or("-".into(), |v| format!("{v:.3}"));
        println!("{class:<18} solo AP {:>6}  mix AP {:>6}", show(solo), show(mix));
    }
    Ok(())
}
