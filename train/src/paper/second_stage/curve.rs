//! The learning curve: a row an epoch, written as it goes, so that it can be drawn while the run goes on.

use crate::base::whole;
use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::{fs::File, io::Write as _, path::Path};

/// One epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// Mean of the batches' losses while training.
    pub train_loss: f64,
    /// Loss on validation after the epoch.
    pub valid_loss: f64,
    /// Macro F1 over both classes on validation after the epoch: what chooses the epoch.
    pub valid_f1_both: f64,
    /// Macro F1 over positives only on validation after the epoch.
    pub valid_f1_positives: f64,
}

/// The file that the rows go to.
pub(super) struct Curve {
    file: File,
    rows: Vec<Epoch>,
}

impl Curve {
    /// Opens the curve of a run that has done `epochs` epochs. Rows beyond them come from work that was lost with a kill,
    /// and are taken off.
    pub(super) fn open(path: &Path, epochs: usize) -> anyhow::Result<Self> {
        let mut rows: Vec<Epoch> = Vec::new();
        if epochs > 0 {
            let mut reader =
                csv::Reader::from_path(path).with_context(|| format!("reading {}", path.display()))?;
            for row in reader.deserialize().take(epochs) {
                rows.push(row.with_context(|| format!("{}: row {}", path.display(), rows.len() + 1))?);
            }
        }
        ensure!(
            rows.len() == epochs && rows.iter().enumerate().all(|(i, row)| row.epoch == i + 1),
            "{} has {} epochs in order, but the state has {epochs}: remove the run's folder and train again",
            path.display(),
            rows.len()
        );
        let mut text = String::from("epoch,train_loss,valid_loss,valid_f1_both,valid_f1_positives\n");
        rows.iter().for_each(|row| text.push_str(&line(row)));
        whole::write(path, text)?;
        let file = File::options().append(true).open(path)?;
        Ok(Self { file, rows })
    }

    pub(super) fn push(&mut self, row: Epoch) -> anyhow::Result<()> {
        self.file.write_all(line(&row).as_bytes()).context("writing the learning curve")?;
        self.rows.push(row);
        Ok(())
    }

    /// The first epoch of the best macro F1 so far.
    pub(super) fn best(&self) -> Option<Epoch> {
        let better = |best: Option<Epoch>, row: &Epoch| match best {
            Some(best) if best.valid_f1_both >= row.valid_f1_both => Some(best),
            _ => Some(*row),
        };
        self.rows.iter().fold(None, better)
    }
}

fn line(row: &Epoch) -> String {
    // Debug of an f64 is the shortest text that reads back as the same number.
    format!(
        "{},{:?},{:?},{:?},{:?}\n",
        row.epoch, row.train_loss, row.valid_loss, row.valid_f1_both, row.valid_f1_positives
    )
}
