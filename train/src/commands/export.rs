//! `rollcall-train export`: from a run to a model package, with its scores on validation.

use crate::default_model::export::{Events, Facts, Trained, card, data_table, reliability, write};
use crate::default_model::thresholds::QUIET;
use crate::default_model::validation::ValidationSet;
use crate::default_model::warm;
use crate::nn::vggish::{Shape, Vggish};
use crate::pool::{Pool, terms};
use crate::teacher::Teacher;
use anyhow::Context;
use rollcall_engine::package::Training;
use rollcall_import::{Label, onnx::Storage};
use std::{fs, path::PathBuf};

/// Write the model package of a run: the average of its weights, thresholds tuned on validation, and a model card.
#[derive(Clone, Debug, clap::Args)]
pub struct ExportArgs {
    /// Folder of the run.
    #[arg(long, default_value = "cache/runs/default")]
    run: PathBuf,
    /// Folders of more runs: the mean of their weights and of the run's is exported (Wortsman et al. 2022, "Model soups: averaging weights
    /// of multiple fine-tuned models improves accuracy without increasing inference time").
    #[arg(long)]
    mean_with: Vec<PathBuf>,
    /// Blend the run's weights with those of the package that it began from (Wortsman et al. 2022, "Robust fine-tuning of
    /// zero-shot models"): what a short run on other data gains is kept, and less of what it forgets.
    #[arg(long)]
    blend: Option<PathBuf>,
    /// The run's share of the blend, 0 to 1.
    #[arg(long, default_value_t = 0.5, requires = "blend", value_parser = share)]
    share: f64,
    /// Stem pool that it was trained on: validation clips and the card's table of data come from it.
    #[arg(long, default_value = "cache/pool")]
    pool: PathBuf,
    /// Folder of the teacher, whose events a run of `learn` has learned: with it, the package carries them.
    #[arg(long)]
    teacher: Option<PathBuf>,
    /// Clips a scene of the validation set that thresholds and scores come from.
    #[arg(long, default_value_t = 300)]
    clips: usize,
    /// Hours that the pool was made with, for the card.
    #[arg(long, default_value_t = 24.0)]
    hours: f32,
    /// Folder of the package.
    #[arg(long, default_value = "models/default")]
    out: PathBuf,
    /// Name of the package.
    #[arg(long, default_value = "rollcall-provisional")]
    name: String,
    /// Version of the weights.
    #[arg(long, default_value = "0.1.0")]
    weights_version: String,
    /// What else the card must say of how the run was made.
    #[arg(long)]
    note: Option<String>,
    /// What `rollcall-train compare` printed of this package's weights, for the card.
    #[arg(long)]
    compared: Option<PathBuf>,
    /// Share of the validation clips without an instrument that thresholds are raised to leave quiet, 0 to 1; 0: the best F1 of
    /// each class, whatever noises do.
    #[arg(long, default_value_t = QUIET, value_parser = share)]
    quiet: f64,
    /// The package is finished: not to be replaced by a better one soon.
    #[arg(long)]
    finished: bool,
}

impl ExportArgs {
    /// The command that makes the package again of its runs, without what only names it.
    fn command(&self) -> String {
        let means = " --mean-with RUN".repeat(self.mean_with.len());
        let blend =
            self.blend.as_ref().map_or(String::new(), |_| format!(" --blend PACKAGE --share {}", self.share));
        format!(
            "rollcall-train export --run RUN{means}{blend} --teacher FOLDER --quiet {} --clips {}",
            self.quiet, self.clips
        )
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a share is a number from 0 to 1".into())
}

/// `weights` become so large a share of the blend.
fn blend(weights: &mut [f32], other: &[f32], share: f32) {
    weights.iter_mut().zip(other).for_each(|(w, o)| *w = share * *w + (1.0 - share) * o);
}

/// Seconds that the head pools over unless a user says otherwise.
const MEMORY_S: f32 = 3.0;

/// Carries the command out.
///
/// # Errors
/// The run, the pool, the disk, or anything the engine finds wrong with the package.
pub fn run(args: ExportArgs) -> anyhow::Result<()> {
    let mut trained = Trained::read(&args.run, &args.mean_with)?;
    let clips = args.clips;
    if let Some(package) = &args.blend {
        let plain = Vggish::new(Shape { standardise: false, ..trained.net.shape.clone() });
        let other = warm::from_package(&plain, package)?;
        let (net, values) = trained.net.plain(&trained.values);
        (trained.net, trained.values) = (net, values);
        blend(&mut trained.values, &other, args.share as f32);
    }
    let pool = Pool::open(&args.pool)?;
    let data = data_table(&pool);
    let terms = terms::weights(&terms::sources(&pool));
    let set = ValidationSet::draw(&pool, clips, trained.length)?;
    let teacher = args.teacher.as_deref().map(Teacher::open).transpose()?;
    let events = teacher.as_ref().map(|teacher| Events::fit(&trained, teacher.table(), &set)).transpose()?;
    let report = match &events {
        Some(events) => events.score(&trained, &set, args.quiet),
        None => set.score(&trained.net, &trained.values, args.quiet),
    };
    let compared = args.compared.as_ref().map(|path| {
        fs::read_to_string(path)
            .with_context(|| format!("{}: what `rollcall-train compare` printed", path.display()))
    });
    let compared = compared.transpose()?;
    let training = Training {
        command: args.command(),
        seed: trained.seed,
        provisional: !args.finished,
        runs: trained.runs.clone(),
    };
    let diagram =
        reliability::svg(&format!("{} {}, validation", args.name, args.weights_version), &report.scored)?;
    let facts = Facts {
        name: &args.name,
        version: &args.weights_version,
        is_finished: args.finished,
        hours: args.hours,
        command: &args.command(),
        quiet: args.quiet,
        clips,
        note: args.note.as_deref(),
        compared: compared.as_deref(),
    };
    let label = Label {
        card: card(&facts, &trained, &report, &data),
        name: args.name.clone(),
        version: args.weights_version.clone(),
        description: "VGGish for streams, mean over a window, 512 units, 128-d embedding, attention head"
            .into(),
        licence: terms,
        origin: trained.origin.clone(),
        training,
        thresholds: report.thresholds.clone(),
        scores: report.scores.iter().map(|(k, v)| (format!("valid.{k}"), *v)).collect(),
    };
    let events = events.map(Events::into_package);
    write(&trained.net, &trained.values, Storage::Half, label, MEMORY_S, events, &args.out)?;
    let path = args.out.join(reliability::FILE);
    fs::write(&path, diagram).with_context(|| format!("writing {}", path.display()))?;
    println!("{}", args.out.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blend_lies_between_the_two() {
        let blended = |share| {
            let mut weights = [1.0, -2.0];
            blend(&mut weights, &[3.0, 2.0], share);
            weights
        };
        assert_eq!([0.0, 0.25, 1.0].map(blended), [[3.0, 2.0], [2.5, 1.0], [1.0, -2.0]]);
        assert!(["1.1", "-0.1", "NaN", "half"].iter().all(|text| share(text).is_err()));
    }
}
