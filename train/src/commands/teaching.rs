//! `rollcall-train teaching`: what `rollcall teach` learns beside.

use crate::default_model::export::Trained;
use crate::teaching::{backing, detail, negatives};
use anyhow::Result;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Make what `rollcall teach` learns a user's classes beside.
#[derive(Clone, Debug, Subcommand)]
pub enum TeachingCommand {
    /// Make a layer that shows heads of added classes more than a package's embedding; `negatives` comes after it.
    Detail(DetailArgs),
    /// Make embeddings of the 20 classes' music, by a package and its layer.
    Negatives(NegativesArgs),
    /// Make the audio that recordings are mixed with, of CC0 recordings alone.
    Backing(BackingArgs),
}

/// Who hears what, and where what comes of it goes.
#[derive(Clone, Debug, Args)]
struct Hearing {
    /// The pool.
    #[arg(long, default_value = "cache/pool")]
    pool: PathBuf,
    /// The package that hears it.
    #[arg(long, default_value = "models/default")]
    model: PathBuf,
    /// Folder of the layer, and of the embeddings.
    #[arg(long, default_value = "models/teaching")]
    out: PathBuf,
}

/// Options of `detail`.
#[derive(Clone, Debug, Args)]
pub struct DetailArgs {
    #[command(flatten)]
    hearing: Hearing,
    /// The run that the package was made of.
    #[arg(long)]
    run: PathBuf,
    /// Others, of whose weights with the run's the package holds the mean.
    #[arg(long)]
    mean_with: Vec<PathBuf>,
    /// Clips of 3.84 s.
    #[arg(long, default_value_t = 2_400)]
    clips: usize,
    /// Numbers of a step.
    #[arg(long, default_value_t = 256)]
    outputs: usize,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Options of `negatives`.
#[derive(Clone, Debug, Args)]
pub struct NegativesArgs {
    #[command(flatten)]
    hearing: Hearing,
    /// Clips of 3.84 s.
    #[arg(long, default_value_t = 1_200)]
    clips: usize,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Options of `backing`.
#[derive(Clone, Debug, Args)]
pub struct BackingArgs {
    /// The pool.
    #[arg(long, default_value = "cache/pool")]
    pool: PathBuf,
    /// Folder of `backing.ogg` and its README.
    #[arg(long, default_value = "teach/backing")]
    out: PathBuf,
    /// Pieces of 3.84 s.
    #[arg(long, default_value_t = 40)]
    pieces: usize,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Carries the command out.
///
/// # Errors
/// See [`detail::write`], [`negatives::write`] and [`backing::write`].
pub fn run(command: &TeachingCommand) -> Result<()> {
    match command {
        TeachingCommand::Detail(args) => {
            let Hearing { pool, model, out } = &args.hearing;
            let features = Trained::read(&args.run, &args.mean_with)?.features;
            detail::write(pool, (model, out), &features, args.clips, args.outputs, args.seed)
        }
        TeachingCommand::Negatives(args) => {
            let Hearing { pool, model, out } = &args.hearing;
            let clips = negatives::write(pool, (model, out), args.clips, args.seed)?;
            println!("{}: {clips} clips", out.display());
            Ok(())
        }
        TeachingCommand::Backing(args) => backing::write(&args.pool, &args.out, args.pieces, args.seed),
    }
}
