//! `rollcall-train data`: fetch the packages, make the pool, check it.

use super::check::{Checked, check};
use super::fetch::fetch;
use super::label::label;
use super::maker::{Maker, Plan, summary};
use super::pool::PoolWriter;
use crate::teacher::Teacher;
use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Arguments of `rollcall-train data`.
#[derive(Debug, Args)]
pub struct DataArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Fetch the packages that hold SoundFonts, recordings and scores (Debian's and npm's own clients; nothing is installed).
    Fetch {
        /// Folder to unpack them in.
        #[arg(long, default_value = "cache/packages")]
        out: PathBuf,
    },
    /// Make the pool of stems, or go on making it: what is there already is kept. Packages that are missing are fetched first.
    Make(MakeArgs),
    /// Let a teacher say who plays in the pool's music; what is labelled already is kept.
    Label {
        /// Folder of the pool.
        #[arg(long, default_value = "cache/pool")]
        pool: PathBuf,
        /// Folder of the packages.
        #[arg(long, default_value = "cache/packages")]
        packages: PathBuf,
        /// Folder of the teacher.
        #[arg(long)]
        teacher: PathBuf,
    },
    /// Check that training, validation and TEST share no independence group and no recording.
    Check {
        /// Folders of all pools.
        #[arg(required = true)]
        pools: Vec<PathBuf>,
    },
    /// Show what a pool holds.
    Show {
        /// The pool's folder.
        pool: PathBuf,
    },
}

#[derive(Debug, Args)]
struct MakeArgs {
    /// Folder of the pool.
    #[arg(long, default_value = "cache/pool")]
    out: PathBuf,
    /// Folder of the packages.
    #[arg(long, default_value = "cache/packages")]
    packages: PathBuf,
    /// Folder of labelled recordings with an index.csv.
    #[arg(long)]
    recordings: Option<PathBuf>,
    /// Seed of all chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Hours of training phrases from SoundFonts; everything else is scaled to it. More hours on a later run only
    /// add.
    #[arg(long, default_value_t = 6.0)]
    hours: f32,
    /// Make the TEST part, which nothing is trained or tuned on, instead of training and validation. Use another --out.
    #[arg(long)]
    test: bool,
    /// Only these steps.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    Recordings,
    Packages,
    Soundfonts,
    Bands,
}

/// Runs `rollcall-train data`.
///
/// # Errors
/// Whatever the chosen action runs into, with what to do next.
pub fn run(args: DataArgs) -> Result<()> {
    match args.action {
        Action::Fetch { out } => {
            let fetched = fetch(&out)?;
            eprintln!("{fetched} packages fetched to {}", out.display());
            Ok(())
        }
        Action::Make(make) => run_make(make),
        Action::Label { pool, packages, teacher } => {
            let segments = label(&pool, &packages, &Teacher::open(&teacher)?)?;
            eprintln!("{segments} segments labelled");
            Ok(())
        }
        Action::Check { pools } => {
            let Checked { stems, groups, scores } = check(&pools)?;
            println!(
                "{stems} stems of {groups} groups and {scores} scores: no group, score or recording is in two parts"
            );
            Ok(())
        }
        Action::Show { pool } => {
            print!("{}", summary(&pool)?);
            Ok(())
        }
    }
}

fn run_make(args: MakeArgs) -> Result<()> {
    let plan = Plan {
        packages: args.packages,
        recordings: args.recordings,
        seed: args.seed,
        hours: args.hours,
        test: args.test,
    };
    let mut pool = PoolWriter::open(&args.out)?;
    let mut maker = Maker::new(&plan, &mut pool);
    let chosen = |step| args.only.is_empty() || args.only.contains(&step);
    if [Step::Packages, Step::Soundfonts, Step::Bands].into_iter().any(chosen) {
        fetch(&plan.packages)?;
    }
    if chosen(Step::Recordings) {
        maker.recordings()?;
    }
    if chosen(Step::Packages) {
        maker.packages()?;
    }
    if chosen(Step::Soundfonts) && !plan.test {
        maker.soundfonts()?;
    }
    if chosen(Step::Bands) && !plan.test {
        maker.bands()?;
    }
    drop(pool);
    print!("{}", summary(&args.out)?);
    Ok(())
}
