//! A model package on disk: graphs, manifest, model card, checked by the engine that will load it.

use crate::nn::graphs;
use crate::nn::head::GROUPS;
use crate::nn::vggish::{COLUMN_HOPS, Vggish};
use anyhow::Context;
use rollcall_engine::OPENMIC_CLASSES;
use rollcall_engine::package::{
    EVENTS, EventTable, FileEntry, FrontEnd, HeadNormalisation, Kind, Manifest, PostProcessing, SCHEMA,
    Scores, Training,
};
use rollcall_import::onnx::Storage;
use sha2::{Digest, Sha256};
use std::{fs, path::Path};

/// What a package says of itself beyond its weights.
#[derive(Clone, Debug)]
pub struct Label {
    /// Short name, `a-z 0-9 -`.
    pub name: String,
    /// Version of the weights.
    pub version: String,
    /// One line for a person.
    pub description: String,
    /// Licence of the weights.
    pub licence: String,
    /// Made from what.
    pub origin: String,
    /// Command and seed.
    pub training: Training,
    /// Threshold of each class.
    pub thresholds: Vec<f32>,
    /// Measured scores by name.
    pub scores: Scores,
    /// Seconds that the head pooled over in training.
    pub memory_s: f32,
    /// `MODEL_CARD.md`.
    pub card: String,
    /// What else its embedding tells.
    pub events: Option<(rollcall_import::Dense, EventTable)>,
}

/// Writes the package into `folder`, then loads it as a user would.
///
/// # Errors
/// The disk, or anything the engine finds wrong with it.
pub fn write(
    net: &Vggish,
    values: &[f32],
    storage: Storage,
    label: Label,
    folder: &Path,
) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let mut files = Vec::new();
    let mut contents = vec![
        ("columns.onnx", graphs::columns(net, values, storage)),
        ("dense.onnx", graphs::dense(net, values, storage)),
        ("head.onnx", graphs::head(net, values, storage)),
        ("MODEL_CARD.md", label.card.clone().into_bytes()),
    ];
    contents.extend(label.events.iter().map(|(layer, _)| (EVENTS, graphs::events(layer, storage))));
    for (name, bytes) in contents {
        let sha256 = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        files.push(FileEntry { name: name.into(), bytes: bytes.len() as u64, sha256 });
        fs::write(folder.join(name), bytes)
            .with_context(|| format!("writing {name} to {}", folder.display()))?;
    }
    let manifest = Manifest {
        schema: SCHEMA.into(),
        name: label.name,
        version: label.version,
        description: label.description,
        licence: label.licence,
        origin: label.origin,
        kind: Kind::Stream,
        classes: OPENMIC_CLASSES.map(String::from).to_vec(),
        thresholds: label.thresholds.iter().map(|t| (t * 1000.0).round() / 1000.0).collect(),
        update_hops: COLUMN_HOPS,
        memory_s: label.memory_s,
        head_normalisation: HeadNormalisation::Group { groups: GROUPS },
        front_end: FrontEnd::VGGISH,
        post_processing: PostProcessing::Unit { low: 0.0, high: net.shape.unit_high },
        events: label.events.map(|(_, table)| table),
        training: label.training,
        scores: label.scores.into_iter().map(|(k, v)| (k, (v * 10_000.0).round() / 10_000.0)).collect(),
        files,
    };
    fs::write(folder.join("manifest.toml"), toml::to_string(&manifest)?).context("writing manifest.toml")?;
    let package = rollcall_models::read_dir(folder)?;
    rollcall_models::shared(package)?;
    Ok(())
}
