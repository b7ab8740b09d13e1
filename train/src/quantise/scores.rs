//! Scores and thresholds of a package on validation, heard through the engine's own network.

use crate::default_model::validation::{Report, ValidationSet, answer};
use crate::mix::length::SKIP_COLUMNS;
use crate::nn::conv::Scratch;
use crate::nn::head::WIDTH;
use crate::nn::loss::sigmoid;
use crate::nn::stack::BANDS;
use crate::nn::vggish::Vggish;
use anyhow::Result;
use rollcall_engine::package::{EVENTS, EventTable};
use rollcall_engine::{Another, Model};
use rollcall_import::Tensors;
use std::path::Path;

/// Scores the package in `folder`, which `model` was loaded from; `net` and `values` have its head. `quiet`: as for
/// [`ValidationSet::score`].
///
/// # Errors
/// Files of the package.
///
/// # Panics
/// The network fails on a spectrogram, which was tried when it was loaded.
pub fn score(
    model: &Model,
    (net, values): (&Vggish, &[f32]),
    folder: &Path,
    set: &ValidationSet,
    quiet: f64,
) -> Result<Report> {
    let events = model.events().map(|table| Events::read(folder, table)).transpose()?;
    let hear = |log_mel: &[f32], _: &mut Scratch| {
        let found = model.represent(log_mel.as_chunks::<BANDS>().0).expect("it ran on silence");
        // What the trainer leaves out at the beginning; at the end the stream's delay leaves out as much.
        let rows = &found[SKIP_COLUMNS.min(found.len())..];
        let head = net.top.head.forward(values, rows.as_flattened());
        let of = |logits: &[f32]| -> Vec<f32> { logits.iter().map(|x| sigmoid(*x)).collect() };
        let mut said = answer(&of(&head.activity), &of(&head.attention), net.shape.classes);
        if let Some(events) = &events {
            let share = events.share_of_classes(rows, net.shape.unit_high);
            said.leave(share);
        }
        said
    };
    Ok(set.score_by(net.shape.classes, quiet, &hear))
}

/// What tells that somebody plays who is none of the classes.
struct Events<'a> {
    weights: Vec<f32>,
    bias: Vec<f32>,
    table: &'a EventTable,
}

impl<'a> Events<'a> {
    fn read(folder: &Path, table: &'a EventTable) -> Result<Self> {
        let (tensors, count) = (Tensors::open(&folder.join(EVENTS))?, table.names.len());
        let weights = tensors.get("events.weight", count * WIDTH)?;
        Ok(Self { weights, bias: tensors.get("events.bias", count)?, table })
    }

    /// What a clip's posteriors are multiplied by. Embeddings beyond what goes to 1 count as that.
    fn share_of_classes(&self, representations: &[[f32; WIDTH]], unit_high: f32) -> f32 {
        let mean: [f32; WIDTH] = std::array::from_fn(|i| {
            let sum = representations.iter().map(|row| row[i] * unit_high).sum::<f32>();
            sum / representations.len().max(1) as f32
        });
        let logit = |event: &usize| {
            let row = &self.weights[event * WIDTH..][..WIDTH];
            self.bias[*event] + row.iter().zip(&mean).map(|(w, m)| w * m).sum::<f32>()
        };
        let greatest =
            |events: &mut dyn Iterator<Item = &usize>| events.map(logit).fold(f32::NEG_INFINITY, f32::max);
        let other = greatest(&mut self.table.others.iter().flat_map(|other| &other.events));
        let class = greatest(&mut self.table.classes.iter().flatten());
        Another::share_of_classes(self.table.another.probability(other, class))
    }
}
