//! `rollcall-train experiment`: the paper's comparison, and its table; sizes of the dense layers.

use crate::default_model::sizes::{self, SizesArgs};
use crate::paper::comparison::{Config, Experiment, Finished, Representation, Sources};
use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

/// Arguments of `rollcall-train experiment`.
#[derive(Debug, Args)]
pub struct ExperimentArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Compare representations as the paper does: first stage, embeddings, second stage, scores; goes on where it stopped.
    Paper(Box<PaperArgs>),
    /// Compare sizes of the dense layers on the convolutions of a package; prints a table.
    Sizes(SizesArgs),
}

#[derive(Debug, Args)]
struct PaperArgs {
    #[command(flatten)]
    sources: Sources,
    /// Settings (TOML). Default: the paper's.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Only these representations. Default: all that can be had from what is there.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAME")]
    only: Vec<Representation>,
    /// Folder of results.
    #[arg(long, value_name = "DIR", default_value = "cache/experiment")]
    out: PathBuf,
    /// Print the settings and stop.
    #[arg(long)]
    show: bool,
}

/// Two-sided 95 % quantiles of Student's t for 1 to 9 degrees of freedom.
const T_95: [f64; 9] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/// Runs `rollcall-train experiment`.
///
/// # Errors
/// Settings or data that cannot be used, or a run that fails.
pub fn run(args: ExperimentArgs) -> Result<()> {
    match args.action {
        Action::Paper(args) => paper(&args),
        Action::Sizes(args) => sizes::run(&args),
    }
}

fn paper(args: &PaperArgs) -> Result<()> {
    let config = match &args.config {
        Some(path) => {
            let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            toml::from_str(&text).with_context(|| format!("reading {}", path.display()))?
        }
        None => Config::paper(),
    };
    if args.show {
        print!("{}", toml::to_string(&config)?);
        return Ok(());
    }
    ensure!(!config.seeds.is_empty(), "at least one seed is wanted");
    let available = args.sources.available();
    if let Some(lacking) = args.only.iter().find(|r| !available.contains(r)) {
        anyhow::bail!("{} lacks its data: see `rollcall-train experiment paper --help`", lacking.slug());
    }
    let wanted = if args.only.is_empty() { available } else { args.only.clone() };
    let table = args.out.join("summary.md");
    let experiment = Experiment { config, sources: args.sources.clone(), out: args.out.clone() };
    let mut finished: Vec<Finished> = Vec::new();
    experiment.run(&wanted, &mut |run| {
        println!("{}", line(run));
        finished.push(run.clone());
    })?;
    let text = summary(&finished);
    fs::write(&table, &text).with_context(|| format!("writing {}", table.display()))?;
    print!("\n{text}");
    Ok(())
}

fn line(run: &Finished) -> String {
    let test = &run.stage2.test;
    let first = run.stage1.as_ref().map_or(String::new(), |(_, chance, best, epochs)| {
        format!(
            "  (stage 1: epoch {} of {epochs}, measure {:.3}, chance {chance:.3})",
            best.epoch, best.valid_measure
        )
    });
    format!(
        "{:<14} seed {}  macro F1 {:.3} (both), {:.3} (positives)  mAP {:.3}  AUC {:.3}{first}",
        run.representation.slug(),
        run.stage2.seed,
        test.macro_f1_both,
        test.macro_f1_positives,
        test.mean_average_precision,
        test.mean_roc_auc
    )
}

/// Mean over seeds with the half width of its 95 % interval.
fn interval(values: &[f64]) -> String {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let Some(t) = values.len().checked_sub(2).map(|d| T_95.get(d).copied().unwrap_or(1.96)) else {
        return format!("{mean:.3}");
    };
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    format!("{mean:.3} ± {:.3}", t * deviation / n.sqrt())
}

/// A table in Markdown: a row a representation.
fn summary(finished: &[Finished]) -> String {
    let mut rows: BTreeMap<usize, Vec<&Finished>> = BTreeMap::new();
    for run in finished {
        let at = Representation::ALL.iter().position(|r| *r == run.representation).unwrap_or(0);
        rows.entry(at).or_default().push(run);
    }
    let mut text = String::from(
        "| representation | seeds | macro F1, both | macro F1, positives | mAP | ROC AUC | stage 1: measure (chance) |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for (at, runs) in rows {
        let of = |score: fn(&Finished) -> f64| interval(&runs.iter().map(|r| score(r)).collect::<Vec<_>>());
        let first: Vec<_> = runs.iter().filter_map(|r| r.stage1.as_ref()).collect();
        let measure = match first.first() {
            Some((_, chance, ..)) => {
                format!(
                    "{} ({chance:.3})",
                    interval(&first.iter().map(|f| f.2.valid_measure).collect::<Vec<_>>())
                )
            }
            None => "-".to_owned(),
        };
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {measure} |",
            Representation::ALL[at].slug(),
            runs.len(),
            of(|r| r.stage2.test.macro_f1_both),
            of(|r| r.stage2.test.macro_f1_positives),
            of(|r| r.stage2.test.mean_average_precision),
            of(|r| r.stage2.test.mean_roc_auc),
        )
        .expect("a String takes everything");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::interval;

    #[test]
    fn intervals_of_worked_examples() {
        // t(2) = 4.303; deviation of 0.4, 0.5, 0.6 is 0.1: 4.303 * 0.1 / sqrt(3) = 0.248
        assert_eq!(interval(&[0.4, 0.5, 0.6]), "0.500 ± 0.248");
        assert_eq!(interval(&[0.7]), "0.700");
    }
}
