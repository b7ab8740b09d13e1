//! Which releases have opened the sealed test: a table that is kept with the models.

use crate::base::whole;
use anyhow::{Context, Result, bail};
use rollcall_engine::package::{MODEL_CARD, Manifest};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// One opening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Name and version of the package.
    pub release: String,
    /// SHA-256 over its files but the card.
    pub weights: String,
    /// Year-month-day, UTC.
    pub date: String,
    /// Figures as `name = value`, `; ` between.
    pub figures: String,
}

/// The table.
#[derive(Clone, Debug)]
pub struct Ledger {
    path: PathBuf,
    /// All openings, oldest first.
    pub entries: Vec<Entry>,
}

impl Ledger {
    /// Reads the table; one that is not there is empty.
    ///
    /// # Errors
    /// A file that is no such table.
    pub fn open(path: &Path) -> Result<Self> {
        let mut entries = Vec::new();
        if path.exists() {
            let mut reader = csv::Reader::from_path(path).with_context(|| path.display().to_string())?;
            entries =
                reader.deserialize().collect::<Result<_, _>>().with_context(|| path.display().to_string())?;
        }
        Ok(Self { path: path.to_owned(), entries })
    }

    /// Whether a package may be heard.
    ///
    /// # Errors
    /// Its release, or another with the same weights, was heard already.
    pub fn admit(&self, manifest: &Manifest) -> Result<()> {
        let (release, weights) = (release(manifest), weights(manifest));
        let seen = self.entries.iter().find(|entry| entry.release == release || entry.weights == weights);
        if let Some(Entry { release: before, date, .. }) = seen {
            let what = if *before == release {
                "this release".into()
            } else {
                format!("{before}, with the same weights")
            };
            bail!(
                "{release}: the sealed test was opened for {what} on {date} and says nothing new; its figures are in {} and in the card",
                self.path.display()
            );
        }
        Ok(())
    }

    /// Adds an opening and writes the table.
    ///
    /// # Errors
    /// The disk.
    pub fn add(&mut self, entry: Entry) -> Result<()> {
        self.entries.push(entry);
        let mut writer = csv::Writer::from_writer(Vec::new());
        self.entries.iter().try_for_each(|entry| writer.serialize(entry))?;
        let text = writer.into_inner().context("writing to memory")?;
        whole::write(&self.path, text)
    }
}

/// What a release is called.
pub fn release(manifest: &Manifest) -> String {
    format!("{} {}", manifest.name, manifest.version)
}

/// SHA-256 over the hashes of all files but the card.
pub fn weights(manifest: &Manifest) -> String {
    let mut hash = Sha256::new();
    for file in manifest.files.iter().filter(|file| file.name != MODEL_CARD) {
        hash.update(file.name.as_bytes());
        hash.update(file.sha256.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
