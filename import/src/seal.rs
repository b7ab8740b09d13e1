//! Writing a package's folder: its files with their hashes, its manifest, and a look at it as the program that loads it has one.

use crate::ImportError;
use crate::hash::hex;
use rollcall_engine::package::{
    AddedHead, EventTable, FileEntry, FrontEnd, HeadNormalisation, Kind, Look, MANIFEST, MODEL_CARD,
    Manifest, PostProcessing, SCHEMA, Scores, Training,
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fs, io, path::Path};

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
    /// Names of its classes.
    pub classes: Vec<String>,
    /// How classes beyond the 20 are shown.
    pub looks: BTreeMap<String, Look>,
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
    /// Heads of classes that were added to its own.
    pub added: Vec<AddedHead>,
    /// Names and contents of its files, without card and manifest.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Writes the package into `folder`, which is there, then loads it as a user would.
///
/// # Errors
/// The disk, or anything the engine finds wrong with the package.
pub fn seal(body: Body, label: Label, folder: &Path) -> Result<(), ImportError> {
    let Body {
        kind,
        classes,
        looks,
        update_hops,
        memory_s,
        head_normalisation,
        post_processing,
        events,
        added,
        files: mut contents,
    } = body;
    contents.push((MODEL_CARD.to_owned(), label.card.into_bytes()));
    let mut files = Vec::new();
    for (name, bytes) in contents {
        let path = folder.join(&name);
        fs::write(&path, &bytes).map_err(ImportError::io(&path))?;
        files.push(FileEntry {
            name,
            bytes: bytes.len() as u64,
            sha256: hex(Sha256::digest(&bytes).as_ref()),
        });
    }
    let manifest = Manifest {
        schema: SCHEMA.into(),
        looks,
        name: label.name,
        version: label.version,
        description: label.description,
        licence: label.licence,
        origin: label.origin,
        kind,
        classes,
        thresholds: label.thresholds,
        update_hops,
        memory_s,
        head_normalisation,
        front_end: FrontEnd::VGGISH,
        post_processing,
        events,
        added,
        training: label.training,
        scores: label.scores,
        files,
    };
    write_manifest(&manifest, folder)
}

fn write_manifest(manifest: &Manifest, folder: &Path) -> Result<(), ImportError> {
    let text = toml::to_string(manifest).expect("a manifest has only what TOML can say");
    let path = folder.join(MANIFEST);
    fs::write(&path, text).map_err(ImportError::io(&path))?;
    let refused = |source| ImportError::Package { path: folder.into(), source };
    let package = rollcall_models::read_dir(folder).map_err(refused)?;
    rollcall_models::shared(package).map_err(refused)?;
    Ok(())
}

/// Makes a folder, which must not exist or be empty, and what `fill` writes into it: all of it or nothing.
///
/// # Errors
/// A folder that is in use, the disk, or what `fill` finds.
pub fn in_new_folder<T>(
    folder: &Path,
    fill: impl FnOnce(&Path) -> Result<T, ImportError>,
) -> Result<T, ImportError> {
    let in_use = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file();
    if in_use {
        let source = io::Error::new(io::ErrorKind::AlreadyExists, "is there already: name another folder");
        return Err(ImportError::Io { path: folder.into(), source });
    }
    let work = folder.with_extension("partial");
    if work.exists() {
        fs::remove_dir_all(&work).map_err(ImportError::io(&work))?;
    }
    fs::create_dir_all(&work).map_err(ImportError::io(&work))?;
    let written = match fill(&work) {
        Ok(written) => written,
        Err(error) => {
            // The first error is the one worth telling.
            let _ = fs::remove_dir_all(&work);
            return Err(error);
        }
    };
    if folder.exists() {
        fs::remove_dir(folder).map_err(ImportError::io(folder))?;
    }
    fs::rename(&work, folder).map_err(ImportError::io(folder))?;
    Ok(written)
}
