//! A run's network as a model package on disk, checked by the engine that will load it.

use crate::nn::graphs;
use crate::nn::head::GROUPS;
use crate::nn::stack::COLUMN_HOPS;
use crate::nn::vggish::Vggish;
use anyhow::Context;
use rollcall_engine::OPENMIC_CLASSES;
use rollcall_engine::package::{EVENTS, EventTable, HEAD, HeadNormalisation, Kind, PostProcessing};
use rollcall_import::{Body, Label, onnx::Storage, seal};
use std::{fs, path::Path};

/// Writes the package into `folder`, then loads it as a user would. `memory_s`: seconds that the head pools over unless a user says
/// otherwise; `events`: what else the embedding tells. Thresholds and scores are written with three and four decimals.
///
/// # Errors
/// The disk, or anything the engine finds wrong with it.
pub fn write(
    net: &Vggish,
    values: &[f32],
    storage: Storage,
    label: Label,
    memory_s: f32,
    events: Option<(rollcall_import::Dense, EventTable)>,
    folder: &Path,
) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let mut files = vec![
        ("columns.onnx".to_owned(), graphs::columns(net, values, storage)),
        ("dense.onnx".to_owned(), graphs::dense(net, values, storage)),
        (HEAD.to_owned(), graphs::head(net, values, storage)),
    ];
    files.extend(events.iter().map(|(layer, _)| (EVENTS.to_owned(), graphs::events(layer, storage))));
    let body = Body {
        kind: Kind::Stream,
        classes: OPENMIC_CLASSES.map(String::from).to_vec(),
        looks: Default::default(),
        update_hops: COLUMN_HOPS,
        memory_s,
        head_normalisation: HeadNormalisation::Group { groups: GROUPS },
        post_processing: PostProcessing::Unit { low: 0.0, high: net.shape.unit_high },
        events: events.map(|(_, table)| table),
        added: Vec::new(),
        files,
    };
    Ok(seal(body, label.rounded(), folder)?)
}
