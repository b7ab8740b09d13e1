//! `rollcall-train second`: the second stage on OpenMIC-2018 or on any set of embeddings, over several seeds, with its figures.

use crate::paper::figures;
use crate::paper::second_stage::package::{self, Front};
use crate::paper::second_stage::source::{Kind, OpenMicSource, Represented};
use crate::paper::second_stage::{EmbeddingSet, Outcome, Recipe, fit};
use anyhow::{Context, Result, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::{fs, path::PathBuf};

/// Train the attention head on representations of weakly labelled clips (paper, section 4.2), score it, draw figures 2 and 3.
#[derive(Clone, Debug, Args)]
pub struct SecondArgs {
    /// Folder of OpenMIC-2018, as published.
    #[arg(long, value_name = "DIR", required_unless_present = "set")]
    openmic: Option<PathBuf>,
    /// Representations of OpenMIC's clips to train on. Default: all that can be had: vggish-pp from its npz, log-mel and
    /// vggish-random from its audio where that is there, vggish-norm where --vggish is given.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAME")]
    representation: Vec<Kind>,
    /// Published weights of VGGish (torchvggish's .pth), for vggish-norm.
    #[arg(long, value_name = "FILE")]
    vggish: Option<PathBuf>,
    /// AudioSet's PCA (vggish_pca_params.npz): with it and --vggish the best run on vggish-pp becomes a model package. That of
    /// vggish-norm needs --vggish alone.
    #[arg(long, value_name = "FILE", requires = "vggish")]
    pca: Option<PathBuf>,
    /// AttentionMIC's split of the training part (train_val.split). Default: 15 % of the tracks, drawn by seed 1.
    #[arg(long, value_name = "FILE")]
    split: Option<PathBuf>,
    /// A set of embeddings as an archive (X, Y_true, Y_mask, sample_key, part, classes), and the name it goes by in the
    /// figures, e.g. align=align.npz. May be given again.
    #[arg(long, value_name = "NAME=FILE", value_parser = named)]
    set: Vec<(String, PathBuf)>,
    /// Do not scale the sets given by --set to 0..1.
    #[arg(long)]
    as_they_are: bool,
    /// Where the runs and figures go; the same command goes on where it stopped.
    #[arg(long, value_name = "DIR", default_value = "cache/second")]
    out: PathBuf,
    /// Seeds; a run each.
    #[arg(long, value_delimiter = ',', default_value = "1,2,3")]
    seeds: Vec<u64>,
    /// Passes over the training clips.
    #[arg(long, default_value_t = Recipe::paper().epochs)]
    epochs: usize,
    /// Clips a step.
    #[arg(long, default_value_t = Recipe::paper().batch)]
    batch: usize,
    /// Adam's learning rate.
    #[arg(long, default_value_t = Recipe::paper().rate)]
    rate: f32,
}

fn named(text: &str) -> Result<(String, PathBuf), String> {
    let plain = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match text.split_once('=') {
        Some((name, file)) if plain(name) => Ok((name.into(), file.into())),
        _ => Err("expected NAME=FILE, the name of letters, digits and -".into()),
    }
}

/// Carries the command out.
///
/// # Errors
/// A set that is not whole, or the disk.
pub fn run(args: SecondArgs) -> Result<()> {
    ensure!(!args.seeds.is_empty(), "at least one seed is wanted");
    fs::create_dir_all(&args.out).with_context(|| format!("making {}", args.out.display()))?;
    let mut packages = Vec::new();
    if let Some(folder) = &args.openmic {
        let openmic = OpenMicSource::open(folder, args.split.as_deref(), args.vggish.as_deref())?;
        let kinds =
            if args.representation.is_empty() { openmic.available() } else { args.representation.clone() };
        for kind in kinds {
            let runs = args.out.join(kind.slug());
            let Represented { set, unit } = openmic.set(kind, &runs, &bar)?;
            let outcomes = train(kind.slug(), &set, &args)?;
            if let Some(vggish) = &args.vggish {
                let front = Front { vggish, pca: args.pca.as_deref(), unit };
                packages.extend(package::write(kind, &set, &runs, &outcomes, &front)?);
            }
        }
    }
    for (name, path) in &args.set {
        let mut set = EmbeddingSet::load(path)?;
        if !args.as_they_are {
            set.normalise()?;
        }
        train(name, &set, &args)?;
    }
    let written = figures::write(&args.out)?;
    for path in packages.into_iter().chain(written) {
        println!("{}", path.display());
    }
    Ok(())
}

fn train(name: &str, set: &EmbeddingSet, args: &SecondArgs) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    let recipe = Recipe { epochs: args.epochs, batch: args.batch, rate: args.rate, ..Recipe::paper() };
    for &seed in &args.seeds {
        let progress = bar(&format!("{name}, seed {seed}"), recipe.epochs as u64);
        let folder = args.out.join(name).join(format!("seed-{seed}"));
        let outcome = fit(set, &recipe, seed, &folder, &mut |epoch| {
            progress.set_position(epoch.epoch as u64);
            progress.set_message(format!("loss {:.4}, F1 {:.3}", epoch.train_loss, epoch.valid_f1_both));
        })?;
        progress.finish_and_clear();
        println!("{}", line(name, &outcome));
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

fn line(name: &str, outcome: &Outcome) -> String {
    let test = &outcome.test;
    format!(
        "{name:<16} seed {:<3} epoch {:>3}  macro F1 {:.3} (both classes), {:.3} (positives)  mAP {:.3}  AUC {:.3}",
        outcome.seed,
        outcome.best_epoch,
        test.macro_f1_both,
        test.macro_f1_positives,
        test.mean_average_precision,
        test.mean_roc_auc
    )
}

/// A progress bar on standard error; nothing where that is no terminal.
fn bar(what: &str, length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:<28} {wide_bar} {pos}/{len} {eta} {msg}");
    let bar = ProgressBar::new(length).with_style(style.expect("a template that parses"));
    bar.set_prefix(what.to_owned());
    bar
}
