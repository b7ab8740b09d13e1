//! Writing a package's folder: its files with their hashes, its manifest, and a look at it as the program that loads it has one.

use crate::ImportError;
use rollcall_engine::OPENMIC_CLASSES;
use rollcall_engine::package::{
    EventTable, FileEntry, FrontEnd, HeadNormalisation, Kind, MANIFEST, MODEL_CARD, Manifest, PostProcessing,
    SCHEMA, Scores, Training,
};
use sha2::{Digest, Sha256};
use std::{fs, path::Path};

/// What a package says of itself beyond its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Short name, `a-z 0-9 -`.
    pub name: String,
    /// Version of the weights.
    pub version: String,
    /// One line for a person.
    pub description: String,
    /// Licence of the weights.
    pub licence: String,
    /// Who made it from what.
    pub origin: String,
    /// Command and seed.
    pub training: Training,
    /// Threshold of each class, 0..=1.
    pub thresholds: Vec<f32>,
    /// Measured scores by name.
    pub scores: Scores,
    /// `MODEL_CARD.md`.
    pub card: String,
}

impl Label {
    /// The same with thresholds of three decimals and scores of four, which is more than clips can tell.
    #[must_use]
    pub fn rounded(mut self) -> Self {
        self.thresholds.iter_mut().for_each(|t| *t = (*t * 1000.0).round() / 1000.0);
        self.scores.values_mut().for_each(|v| *v = (*v * 10_000.0).round() / 10_000.0);
        self
    }
}

/// What a package computes.
#[derive(Clone, Debug)]
pub struct Body {
    /// How its network takes a spectrogram.
    pub kind: Kind,
    /// Hops between two steps.
    pub update_hops: usize,
    /// Seconds that the head pools over unless a user says otherwise.
    pub memory_s: f32,
    /// Of its head.
    pub head_normalisation: HeadNormalisation,
    /// Of its embedding.
    pub post_processing: PostProcessing,
    /// The events that it can tell.
    pub events: Option<EventTable>,
    /// Names and contents of its files, without card and manifest.
    pub files: Vec<(&'static str, Vec<u8>)>,
}

/// Writes the package into `folder`, which is there, then loads it as a user would.
///
/// # Errors
/// The disk, or anything the engine finds wrong with the package.
pub fn seal(body: Body, label: Label, folder: &Path) -> Result<(), ImportError> {
    let Body {
        kind,
        update_hops,
        memory_s,
        head_normalisation,
        post_processing,
        events,
        files: mut contents,
    } = body;
    contents.push((MODEL_CARD, label.card.into_bytes()));
    let mut files = Vec::new();
    for (name, bytes) in contents {
        let path = folder.join(name);
        fs::write(&path, &bytes).map_err(ImportError::io(&path))?;
        files.push(FileEntry {
            name: name.into(),
            bytes: bytes.len() as u64,
            sha256: hex(Sha256::digest(&bytes).as_ref()),
        });
    }
    let manifest = Manifest {
        schema: SCHEMA.into(),
        looks: Default::default(),
        name: label.name,
        version: label.version,
        description: label.description,
        licence: label.licence,
        origin: label.origin,
        kind,
        classes: OPENMIC_CLASSES.map(String::from).to_vec(),
        thresholds: label.thresholds,
        update_hops,
        memory_s,
        head_normalisation,
        front_end: FrontEnd::VGGISH,
        post_processing,
        events,
        training: label.training,
        scores: label.scores,
        files,
    };
    let text = toml::to_string(&manifest).expect("a manifest has only what TOML can say");
    let path = folder.join(MANIFEST);
    fs::write(&path, text).map_err(ImportError::io(&path))?;
    let refused = |source| ImportError::Package { path: folder.into(), source };
    let package = rollcall_models::read_dir(folder).map_err(refused)?;
    rollcall_models::shared(package).map_err(refused)?;
    Ok(())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
