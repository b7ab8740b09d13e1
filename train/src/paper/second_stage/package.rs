//! A model package of a finished second stage: AudioSet's published VGGish, the post-processing that the head was trained
//! on, and the head of the seed that did best on validation.

use super::fit::{Outcome, network, posteriors};
use super::set::EmbeddingSet;
use super::source::Kind;
use crate::nn::graphs::attention_head;
use crate::nn::state::State;
use anyhow::{Context, Result, ensure};
use rollcall_engine::package::Training;
use rollcall_import::{Label, Pca, Representation, Vggish, onnx::Storage, write_package};
use rollcall_metrics::{Scored, best_threshold};
use std::path::{Path, PathBuf};

/// What stands before the head.
pub struct Front<'a> {
    /// Published weights of VGGish (torchvggish's .pth).
    pub vggish: &'a Path,
    /// AudioSet's PCA, for [`Kind::VggishPp`].
    pub pca: Option<&'a Path>,
    /// Least and greatest value among the training clips, for [`Kind::VggishNorm`].
    pub unit: Option<(f32, f32)>,
}

/// Writes the package of a representation's runs into `runs/package` and returns that folder; none where the representation
/// is not the published network's, or the file that it needs was not given. A package that is there stays.
///
/// # Errors
/// A file that is not what it should be, the disk, or anything the engine finds wrong with the package.
pub fn write(
    kind: Kind,
    set: &EmbeddingSet,
    runs: &Path,
    outcomes: &[Outcome],
    front: &Front,
) -> Result<Option<PathBuf>> {
    let representation = match (kind, front.pca, front.unit) {
        (Kind::VggishPp, Some(path), _) => Representation::Whitened(Pca::read(path)?),
        (Kind::VggishNorm, _, Some((low, high))) => Representation::Unit { low, high },
        _ => return Ok(None),
    };
    let folder = runs.join("package");
    if folder.exists() {
        return Ok(Some(folder));
    }
    let best = outcomes.iter().max_by(|a, b| a.valid.macro_f1_both.total_cmp(&b.valid.macro_f1_both));
    let best = best.context("no run is finished")?;
    let (layout, head) = network(set.classes.len());
    let state = State::load(&layout, &runs.join(format!("seed-{}/state.safetensors", best.seed)))?;
    let said = posteriors(&head, &state.average, &set.valid);
    let thresholds: Vec<f32> = (0..set.classes.len())
        .map(|class| {
            let known = set.valid.iter().zip(&said).filter(|(clip, _)| clip.known[class] > 0.0);
            let scored: Scored = known.map(|(clip, said)| (said[class], clip.truth[class] >= 0.5)).collect();
            best_threshold(&scored)
        })
        .collect();
    let vggish = Vggish::read(front.vggish)?;
    ensure!(vggish.dense.last().is_some_and(|d| d.outputs == 128), "a VGGish of 128 outputs is wanted");
    let command =
        format!("rollcall-train second --openmic DIR --representation {} --vggish FILE", kind.slug());
    let scores = [
        ("test.macro_f1_both", best.test.macro_f1_both),
        ("test.macro_f1_positives", best.test.macro_f1_positives),
        ("test.map", best.test.mean_average_precision),
        ("test.roc_auc", best.test.mean_roc_auc),
    ];
    let card = card(kind, best, &command, &scores);
    let label = Label {
        name: format!("openmic-{}", kind.slug()),
        version: "1".into(),
        description: "VGGish as published, with an attention head trained on OpenMIC-2018".into(),
        licence: "VGGish: as its publisher states; head: CC BY 4.0, as OpenMIC-2018".into(),
        origin: "AudioSet's VGGish; its head trained by rollcall-train second on OpenMIC-2018".into(),
        training: Training { command, seed: best.seed, provisional: false, runs: Vec::new() },
        thresholds,
        scores: scores.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
        card,
    };
    let head = attention_head(&head, None, &state.average);
    write_package(&vggish, &representation, &head, Storage::Single, label, &folder)?;
    Ok(Some(folder))
}

fn card(kind: Kind, best: &Outcome, command: &str, scores: &[(&str, f64)]) -> String {
    let rows: String = scores.iter().map(|(name, value)| format!("| {name} | {value:.3} |\n")).collect();
    format!(
        "# Model card: openmic-{slug}\n\nVGGish as AudioSet's authors published it, representation `{slug}`, and the paper's \
         attention head, trained on OpenMIC-2018 (section 4.2).\n\n```sh\n{command}\n```\n\nSeed {seed} of those that were \
         trained did best on validation; its epoch {epoch} of {epochs} was kept. The thresholds are those of the best F1 on \
         validation. Scores on OpenMIC's test part, at 0.5: `both` is macro F1 over both classes, `positives` over positives \
         only.\n\n| score | value |\n| --- | --- |\n{rows}",
        slug = kind.slug(),
        seed = best.seed,
        epoch = best.best_epoch,
        epochs = best.epochs,
    )
}
