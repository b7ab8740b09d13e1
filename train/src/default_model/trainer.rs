//! The loop: make a batch while the last one is learned, step, average, save.

use super::clips::{Clips, Example, made};
use super::loss::{Parts, taught, whole};
use super::network::{Network, Said};
use super::run::Recipe;
use crate::mix::Mixer;
use crate::nn::adam::{Adam, StepSize};
use crate::nn::block::Statistics;
use crate::nn::state::State;
use crate::teacher::ClassTable;
use anyhow::Result;
use rayon::prelude::*;
use std::{fs::OpenOptions, io::Write, path::Path, time::Instant};

/// Gradients are scaled down to this global norm.
const CLIP_NORM: f32 = 5.0;
/// Share of a new batch in the running statistics.
const MOMENTUM: f32 = 0.02;
/// Batches that the average's own statistics are measured on.
const MEASURED: u64 = 12;
/// Clips that the normalisations begin by.
pub const FIRST_CLIPS: u64 = 16;
/// Clips that only measure have these numbers on.
const BESIDE: u64 = 1 << 40;

/// Trains from `state` to the recipe's end, saving into `folder` as it goes.
///
/// # Errors
/// The pool, the teacher or the disk.
pub fn train(
    net: &Network,
    mut state: State,
    clips: &Clips<'_>,
    table: &ClassTable,
    recipe: &Recipe,
    folder: &Path,
) -> Result<State> {
    state.adam = state.adam.paced(&net.layout, "conv", recipe.convolutions);
    let path = folder.join("state.safetensors");
    let mut log = OpenOptions::new().create(true).append(true).open(folder.join("log.csv"))?;
    let mut batch = draw(clips, recipe, state.step * recipe.batch as u64)?;
    let (mut sum, mut begun) = (Parts::default(), Instant::now());
    while state.step < recipe.steps {
        let next = (state.step + 1) * recipe.batch as u64;
        let (following, learned) =
            rayon::join(|| draw(clips, recipe, next), || learn(net, &state.values, &batch, table, recipe));
        let Learned { gradient, parts, statistics } = learned;
        let size = StepSize { rate: recipe.rate_at(state.step), decay: recipe.decay, clip_norm: CLIP_NORM };
        let norm = state.adam.step(&mut state.values, &gradient, size);
        net.run_on(&mut state.values, &statistics, MOMENTUM);
        average(&mut state, recipe);
        state.step += 1;
        batch = following?;
        add(&mut sum, &parts, 1.0);
        const TOLD: u64 = 20;
        if state.step.is_multiple_of(TOLD) {
            let clips_s = TOLD as f32 * recipe.batch as f32 / begun.elapsed().as_secs_f32();
            let mean = scaled(&sum, 1.0 / TOLD as f32);
            let loss = whole(&mean, recipe.shares());
            let Parts { events, features, order, head, head_order } = mean;
            let line = format!(
                "{},{loss:.4},{events:.4},{features:.4},{order:.4},{head:.4},{head_order:.4},{norm:.3},{clips_s:.2}",
                state.step
            );
            writeln!(log, "{line}")?;
            eprintln!("{line}");
            (sum, begun) = (Parts::default(), Instant::now());
        }
        if state.step.is_multiple_of(recipe.every) || state.step == recipe.steps {
            state.save(&net.layout, &path)?;
        }
    }
    Ok(state)
}

/// The average of the weights, with running statistics of its own.
///
/// # Errors
/// The pool.
pub fn settled(net: &Network, state: &State, mixer: &Mixer, recipe: &Recipe) -> Result<Vec<f32>> {
    let mut values = state.average.clone();
    let mut measured: Vec<Vec<Statistics>> = Vec::new();
    for batch in 0..MEASURED {
        let first = BESIDE + batch * recipe.batch as u64;
        let numbers = (first..first + recipe.batch as u64).into_par_iter();
        let clips: Vec<Vec<f32>> =
            numbers.map(|n| Ok(made(mixer, recipe.seed, n)?.1)).collect::<Result<_>>()?;
        let views: Vec<&[f32]> = clips.iter().map(Vec::as_slice).collect();
        measured.push(net.forward(&values, &views, None).1.statistics());
    }
    let count = measured.len() as f32;
    let merged: Vec<Statistics> = (0..net.blocks.len())
        .map(|b| {
            let channels = measured[0][b].mean.len();
            let over =
                |of: &dyn Fn(&Statistics) -> f32| measured.iter().map(|m| of(&m[b])).sum::<f32>() / count;
            let mean: Vec<f32> = (0..channels).map(|c| over(&|s| s.mean[c])).collect();
            let variance =
                (0..channels).map(|c| over(&|s| s.variance[c] + (s.mean[c] - mean[c]).powi(2))).collect();
            Statistics { mean, variance }
        })
        .collect();
    net.run_on(&mut values, &merged, 1.0);
    Ok(values)
}

/// The state of a run's beginning.
///
/// # Errors
/// The pool or the teacher.
pub fn begin(
    net: &Network,
    plain: &crate::nn::vggish::Vggish,
    weights: &[f32],
    clips: &Clips<'_>,
    recipe: &Recipe,
) -> Result<State> {
    let first: Vec<Example> = (0..FIRST_CLIPS)
        .into_par_iter()
        .map(|i| clips.draw(recipe.seed, BESIDE + i))
        .collect::<Result<_>>()?;
    let views: Vec<&[f32]> = first.iter().map(|e| e.log_mel.as_slice()).collect();
    let values = net.begin_as(plain, weights, recipe.seed, &views);
    Ok(State { adam: Adam::new(&net.layout), ..State::new(&net.layout, values) })
}

fn draw(clips: &Clips<'_>, recipe: &Recipe, first: u64) -> Result<Vec<Example>> {
    (first..first + recipe.batch as u64).into_par_iter().map(|i| clips.draw(recipe.seed, i)).collect()
}

struct Learned {
    gradient: Vec<f32>,
    parts: Parts,
    statistics: Vec<Statistics>,
}

/// Gradient and mean losses of a batch.
fn learn(net: &Network, values: &[f32], batch: &[Example], table: &ClassTable, recipe: &Recipe) -> Learned {
    let views: Vec<&[f32]> = batch.iter().map(|e| e.log_mel.as_slice()).collect();
    let (said, trace) = net.forward(values, &views, None);
    let share = 1.0 / batch.len() as f32;
    let mut mean = Parts::default();
    let mut upstream = Vec::with_capacity(batch.len());
    for (said, example) in said.iter().zip(batch) {
        let (parts, mut d) =
            taught(said, &example.heard, &example.likely, &example.truth, table, recipe.shares());
        add(&mut mean, &parts, share);
        let Said { events, features, activity, attention } = &mut d;
        for part in [events, features, activity, attention] {
            part.iter_mut().for_each(|d| *d *= share);
        }
        upstream.push(d);
    }
    let gradient = net.backward(values, &trace, &upstream);
    Learned { gradient, parts: mean, statistics: trace.statistics() }
}

/// The mean of all weights since the rate began to fall; before that, the weights themselves.
fn average(state: &mut State, recipe: &Recipe) {
    let State { values, average, step, .. } = state;
    let since = if recipe.averages(*step) {
        *step - (0..=*step).rev().take_while(|s| recipe.averages(*s)).last().unwrap_or(*step)
    } else {
        0
    };
    let share = 1.0 / (since + 1) as f32;
    average.iter_mut().zip(values.iter()).for_each(|(a, v)| *a += share * (v - *a));
}

fn add(to: &mut Parts, from: &Parts, share: f32) {
    to.events += share * from.events;
    to.features += share * from.features;
    to.order += share * from.order;
    to.head += share * from.head;
    to.head_order += share * from.head_order;
}

fn scaled(parts: &Parts, by: f32) -> Parts {
    let mut out = Parts::default();
    add(&mut out, parts, by);
    out
}
