//! `rollcall-train sealed-test`: open the sealed test for a release.

use crate::default_model::compare::Contender;
use crate::default_model::sealed::ledger::{Entry, Ledger, release, weights};
use crate::default_model::sealed::{Heard, hear, record};
use crate::teacher::Teacher;
use anyhow::Result;
use std::path::PathBuf;

/// Hear the sealed test with a release, once: date and figures go into its card and a ledger, and a second time is refused.
#[derive(Clone, Debug, clap::Args)]
pub struct SealedArgs {
    /// Folder of the release's package; its card and manifest are rewritten.
    #[arg(long, default_value = "models/default")]
    pub model: PathBuf,
    /// Folder of labelled recordings with the sealed players.
    #[arg(long)]
    pub recordings: PathBuf,
    /// Pool of the sealed part, made by `rollcall-train data make --part sealed`.
    #[arg(long, default_value = "cache/sealed")]
    pub pool: PathBuf,
    /// Folder of a teacher to be heard beside it (thresholds of one half).
    #[arg(long)]
    pub teacher: Option<PathBuf>,
    /// The table of all openings.
    #[arg(long, default_value = "models/SEALED.csv")]
    pub ledger: PathBuf,
}

/// Carries the command out.
///
/// # Errors
/// A release that was heard already, a package, the recordings, or the disk. Nothing is printed before it is written down.
pub fn run(args: &SealedArgs) -> Result<()> {
    let package = rollcall_models::read_dir(&args.model)?;
    let manifest = package.manifest().clone();
    let mut ledger = Ledger::open(&args.ledger)?;
    ledger.admit(&manifest)?;
    let mut contenders = vec![Contender::Package(rollcall_models::shared(package)?)];
    if let Some(folder) = &args.teacher {
        contenders.push(Contender::untuned(Teacher::open(folder)?));
    }
    let heard = hear(&contenders, &args.recordings, &args.pool)?;
    let date = record::today();
    ledger.add(Entry {
        release: release(&manifest),
        weights: weights(&manifest),
        date: date.clone(),
        figures: told(&heard),
    })?;
    record::into_card(&args.model, &release(&manifest), &date, &heard)?;
    println!("{}", heard.tables);
    Ok(())
}

fn told(heard: &Heard) -> String {
    let figures: Vec<String> =
        heard.figures.iter().map(|(name, value)| format!("{name} = {value:.4}")).collect();
    figures.join("; ")
}

#[cfg(test)]
mod tests;
