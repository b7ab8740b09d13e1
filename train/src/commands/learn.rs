//! `rollcall-train learn`: train the default model, by a teacher who hears every clip.

use crate::base::lock::Lock;
use crate::base::stem::Split;
use crate::default_model::clips::Clips;
use crate::default_model::guesses::first_guesses;
use crate::default_model::network::Network;
use crate::default_model::run::{Bound, Recipe};
use crate::default_model::trainer::{begin, settled, train};
use crate::default_model::{warm, weights};
use crate::judge::pages::pieces;
use crate::mix::Mixer;
use crate::mix::length::Length;
use crate::nn::state::State;
use crate::nn::vggish::{Shape, Vggish};
use crate::pool::Pool;
use crate::teacher::Teacher;
use crate::teacher::calibration::Calibration;
use anyhow::{Context, Result};
use rollcall_engine::OPENMIC_CLASSES;
use std::path::PathBuf;

/// Train on clips that are made as they come and that a teacher hears; goes on where the last run in the same folder stopped.
#[derive(Clone, Debug, clap::Args)]
pub struct LearnArgs {
    /// Stem pool made by `rollcall-train data make`.
    #[arg(long, default_value = "cache/pool")]
    pub pool: PathBuf,
    /// Folder of the teacher.
    #[arg(long)]
    pub teacher: PathBuf,
    /// Library of onnxruntime, `libonnxruntime.so` of PyPI's `onnxruntime`: it runs the teacher four times as fast as tract.
    #[arg(long)]
    pub runtime: Option<PathBuf>,
    /// Package to begin from, or the weights.safetensors of another run.
    #[arg(long, default_value = "models/next/weights.safetensors")]
    pub from: PathBuf,
    /// Folder of the run: state, recipe, log.
    #[arg(long, default_value = "cache/runs/default")]
    pub run: PathBuf,
    /// Seed of the clips and of what the package lacks.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Steps in all.
    #[arg(long, default_value_t = 4000)]
    pub steps: u64,
    /// Clips a step.
    #[arg(long, default_value_t = 16)]
    pub batch: usize,
    /// Columns of 160 ms a clip (12 or more).
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u64).range(12..=400))]
    pub columns: u64,
    /// Units of the hidden dense layer.
    #[arg(long, default_value_t = 512)]
    pub hidden: usize,
    /// Learning rate.
    #[arg(long, default_value_t = 1e-3)]
    pub rate: f32,
    /// Share of the rate that the convolutions move at.
    #[arg(long, default_value_t = 0.6)]
    pub convolutions: f32,
    /// Share of the head's losses.
    #[arg(long, default_value_t = 0.5)]
    pub head: f32,
    /// How much is varied in the clips, 0 to 1.
    #[arg(long, default_value_t = 0.5)]
    pub variation: f32,
    /// Save after this many steps.
    #[arg(long, default_value_t = 100)]
    pub every: u64,
    /// Labelled folder: at the end, say how many of the first guesses on its `pages-...` recordings are right.
    #[arg(long)]
    pub recordings: Option<PathBuf>,
    /// Go on with a run with other --steps, or on a pool that has grown; the run's folder keeps what it was before.
    #[arg(long)]
    pub longer: bool,
}

/// Carries the command out.
///
/// # Errors
/// Pool, teacher, package or disk, or a folder that holds another run.
pub fn run(args: LearnArgs) -> Result<()> {
    let recipe = Recipe {
        seed: args.seed,
        steps: args.steps,
        batch: args.batch,
        columns: args.columns as usize,
        hidden: args.hidden,
        rate: args.rate,
        convolutions: args.convolutions,
        decay: 1e-4,
        head: args.head,
        variation: args.variation,
        every: args.every,
    };
    let _alone = Lock::take(&args.run).with_context(|| args.run.display().to_string())?;
    let pool = Pool::open(&args.pool).context("make a pool first: rollcall-train data make")?;
    let length = Length { columns: recipe.columns };
    let mixer = Mixer::new(pool, Split::Train, OPENMIC_CLASSES.len(), length, true)?.varied(recipe.variation);
    let mut teacher = Teacher::open(&args.teacher)?;
    if let Some(library) = &args.runtime {
        teacher = teacher.run_by(library)?;
    }
    let calibration = Calibration::of(&args.pool, &teacher)?;
    Bound::new(recipe.clone(), &args.from, &args.pool, &args.teacher)?.hold(&args.run, args.longer)?;
    let clips = Clips::new(&mixer, &teacher, &calibration);
    let compact = Shape::compact(OPENMIC_CLASSES.len());
    let net = Network::new(Shape { hidden: vec![recipe.hidden], ..compact.clone() });
    let path = args.run.join("state.safetensors");
    let state = if path.exists() {
        State::load(&net.layout, &path)?
    } else if args.from.is_file() {
        State::new(&net.layout, weights::load(&net.layout, &args.from)?)
    } else {
        let plain = Vggish::new(compact);
        begin(&net, &plain, &warm::from_package(&plain, &args.from)?, &clips, &recipe)?
    };
    let state = train(&net, state, &clips, teacher.table(), &recipe, &args.run)?;
    let values = settled(&net, &state, &mixer, &recipe)?;
    weights::save(&net.layout, &values, &args.run.join(weights::WEIGHTS))?;
    println!("{} steps in {}", state.step, args.run.display());
    if let Some(folder) = &args.recordings {
        let guesses =
            first_guesses(&net, &values, &pieces(folder)?, teacher.table()).context("no piece counts")?;
        for (name, of) in [("head", guesses.0), ("AudioSet's classes", guesses.1)] {
            println!(
                "{name}: first guess right in {:.3} of {} pieces, one of the first three in {:.3}",
                of.first, of.counted, of.first_three
            );
        }
    }
    Ok(())
}
