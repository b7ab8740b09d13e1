//! `rollcall-train experiment sizes`: which size of the dense layers is worth its bytes.
//!
//! The convolutions of a package stay as they are; for each size, dense layers and head are trained anew on what these
//! make of the same clips, which costs minutes rather than days, and scored on the same validation clips.

use super::validation::ValidationSet;
use super::{clips, warm};
use crate::base::stem::Split;
use crate::base::threads::{parallel_with, sharded};
use crate::mix::Mixer;
use crate::mix::length::{Length, SKIP_COLUMNS};
use crate::nn::adam::{Adam, StepSize};
use crate::nn::conv::{Map, Scratch};
use crate::nn::loss::{Target, WHOLE_CLIP, attention_bce};
use crate::nn::stack::Flatten;
use crate::nn::vggish::{Shape, Vggish};
use crate::pool::Pool;
use anyhow::{Context, Result};
use clap::Args;
use fastrand::Rng;
use rollcall_engine::OPENMIC_CLASSES;
use std::path::PathBuf;

/// Arguments of `rollcall-train experiment sizes`.
#[derive(Debug, Args)]
pub struct SizesArgs {
    /// Stem pool.
    #[arg(long, default_value = "cache/pool")]
    pool: PathBuf,
    /// The package whose convolutions are kept.
    #[arg(long, default_value = "models/default")]
    model: PathBuf,
    /// Training clips of 3.2 s.
    #[arg(long, default_value_t = 4_000)]
    clips: u64,
    /// How often each is seen.
    #[arg(long, default_value_t = 8)]
    epochs: usize,
    /// Validation clips a scene.
    #[arg(long, default_value_t = 200)]
    validation_clips: usize,
    /// Seed of clips and weights.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

const LENGTH: Length = Length { columns: 20 };
/// Clips a step.
const BATCH: usize = 32;
/// Learning rate of the first step; it falls to zero in a straight line.
const RATE: f32 = 1e-3;
/// Share of the loss that goes to single windows.
const STEP_SHARE: f32 = 0.6;

/// What the convolutions make of a clip, and who plays in it.
struct Heard {
    columns: Map,
    target: Target,
}

/// Trains and scores each size, and prints a row for it.
///
/// # Errors
/// The pool or the package cannot be read.
pub fn run(args: &SizesArgs) -> Result<()> {
    let classes = OPENMIC_CLASSES.len();
    let open = || Pool::open(&args.pool).context("make a pool first: rollcall-train data make");
    let training = Mixer::new(open()?, Split::Train, classes, LENGTH, true)?;
    let set = ValidationSet::draw(&open()?, args.validation_clips, LENGTH)?;

    let given = Vggish::new(Shape::compact(classes));
    let weights = warm::from_package(&given, &args.model)?;
    let prepared = given.prepare(&weights);
    let heard = parallel_with(args.clips as usize, |index, scratch: &mut Scratch| -> Result<Heard> {
        let (composed, log_mel) = clips::made(&training, args.seed, index as u64)?;
        let trace = given.forward(&weights, &prepared, &log_mel, SKIP_COLUMNS, scratch);
        Ok(Heard { columns: trace.into_columns(), target: composed.target })
    });
    let heard: Vec<Heard> = heard.into_iter().collect::<Result<_>>()?;
    println!("| window | dense layers | MB in 16 bits | solos mAP | mixes mAP | bands mAP | music mAP |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (flatten, hidden) in [
        (Flatten::MeanOverTime, vec![]),
        (Flatten::MeanOverTime, vec![256]),
        (Flatten::MeanOverTime, vec![512]),
        (Flatten::MeanOverTime, vec![1024]),
        (Flatten::All, vec![512]),
    ] {
        let net = Vggish::new(Shape { flatten, hidden, ..given.shape.clone() });
        let mut values = net.layout.initialise(args.seed);
        // The convolutions come first in either layout.
        let convolutions = net.top.dense[0].weight.start;
        values[..convolutions].copy_from_slice(&weights[..convolutions]);
        train(&net, &mut values, &heard, args.epochs, args.seed);
        let scores = set.score(&net, &values, 0.0).scores;
        let of =
            |scene: &str| scores.get(&format!("{scene}.map")).map_or("-".into(), |map| format!("{map:.3}"));
        let sizes: Vec<String> =
            net.top.dense.iter().map(|d| d.inputs).chain([128]).map(|n| n.to_string()).collect();
        let window = if flatten == Flatten::All { "all" } else { "mean over time" };
        let megabytes =
            net.top.dense.iter().map(|d| d.weight.len() + d.bias.len()).sum::<usize>() as f64 * 2e-6;
        println!(
            "| {window} | {} | {megabytes:.1} | {} | {} | {} | {} |",
            sizes.join("-"),
            of("solos"),
            of("mixes"),
            of("bands"),
            of("music"),
        );
    }
    Ok(())
}

/// Trains dense layers and head; the convolutions have no gradient and, without decay, stay.
fn train(net: &Vggish, values: &mut [f32], heard: &[Heard], epochs: usize, seed: u64) {
    let mut adam = Adam::new(&net.layout);
    let mut rng = Rng::with_seed(seed);
    let mut order: Vec<usize> = (0..heard.len()).collect();
    let steps = heard.len().div_ceil(BATCH) * epochs;
    for epoch in 0..epochs {
        rng.shuffle(&mut order);
        for (number, batch) in order.chunks(BATCH).enumerate() {
            let mut gradient = vec![0.0; net.layout.len()];
            sharded(batch.len(), &mut gradient, |i, gradient, (): &mut ()| {
                let Heard { columns, target } = &heard[batch[i]];
                let trace = net.top.forward(values, net.shape.flatten.windows(columns, SKIP_COLUMNS));
                let mut graded = attention_bce(
                    &trace.head.activity,
                    &trace.head.attention,
                    target,
                    STEP_SHARE,
                    WHOLE_CLIP,
                );
                let scale = 1.0 / batch.len() as f32;
                graded.activity.iter_mut().chain(&mut graded.attention).for_each(|d| *d *= scale);
                let upstream = (graded.activity.as_slice(), graded.attention.as_slice());
                net.top.backward(values, &trace, upstream, gradient);
            });
            let done = epoch * heard.len().div_ceil(BATCH) + number;
            let rate = RATE * (1.0 - done as f32 / steps as f32);
            adam.step(values, &gradient, StepSize { rate, decay: 0.0, clip_norm: 1.0 });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clips that the level of every feature tells apart, of one class that plays in half of them and one that never does.
    #[test]
    fn dense_layers_learn_and_convolutions_stay() {
        let shape = Shape { channels: [4; 6], hidden: vec![8], ..Shape::compact(2) };
        let net = Vggish::new(shape);
        let clip = |plays: bool| {
            let mut columns = Map::zeros(LENGTH.columns, 4, 4);
            (0..LENGTH.columns).for_each(|t| columns.row_mut(t).fill(if plays { 1.0 } else { 0.2 }));
            let mut target = Target::nobody(2, LENGTH.windows());
            if plays {
                target.clip[0] = 1.0;
                target.steps.iter_mut().step_by(2).for_each(|step| *step = 1.0);
            }
            Heard { columns, target }
        };
        let heard: Vec<Heard> = (0..64).map(|i| clip(i % 2 == 0)).collect();
        let before = net.layout.initialise(1);
        let mut values = before.clone();
        train(&net, &mut values, &heard, 100, 1);
        let convolutions = ..net.top.dense[0].weight.start;
        assert_eq!(values[convolutions], before[convolutions]);
        for Heard { columns, target } in &heard[..2] {
            let trace = net.top.forward(&values, net.shape.flatten.windows(columns, SKIP_COLUMNS));
            let heard =
                attention_bce(&trace.head.activity, &trace.head.attention, target, STEP_SHARE, WHOLE_CLIP)
                    .posterior;
            let right = |class: usize| (heard[class] > 0.5) == (target.clip[class] > 0.5);
            assert!(right(0) && right(1), "{heard:?} for {:?}", target.clip);
        }
    }
}
