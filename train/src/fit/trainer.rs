//! The loop: draw, forward, backward, step, average, validate, save.

use super::checkpoint::State;
use super::clip::{Length, SKIP_COLUMNS};
use super::mixer::Mixer;
use super::thresholds::QUIET;
use super::validation::{Report, ValidationSet};
use crate::nn::adam::StepSize;
use crate::nn::conv::Scratch;
use crate::nn::loss::attention_bce;
use crate::nn::vggish::Vggish;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::Write,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

/// What shapes a run; together with the pool it makes every number again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Seed of weights and clips.
    pub seed: u64,
    /// Steps in all; the learning rate falls to zero over the last quarter.
    pub steps: u64,
    /// Clips a step.
    pub batch: usize,
    /// Columns of 160 ms a clip.
    pub columns: usize,
    /// Learning rate after the warm-up of 200 steps.
    pub rate: f32,
    /// Decoupled weight decay.
    pub decay: f32,
    /// Share of the loss that goes to single windows rather than the pooled clip.
    pub step_share: f32,
    /// Validate and save after this many steps.
    pub every: u64,
    /// Clips a scene in the validation set.
    pub validation_clips: usize,
}

const WARM_UP_STEPS: u64 = 200;
/// Share of the steps over which the rate falls to zero.
const COOL_DOWN: f32 = 0.25;
const CLIP_NORM: f32 = 1.0;
/// Keeps about the last 1000 steps.
const AVERAGE: f32 = 0.999;

/// Runs `work(i, scratch)` for `0..count` on all cores and gathers the results in order.
pub fn parallel<T: Send>(count: usize, work: impl Fn(usize, &mut Scratch) -> T + Sync) -> Vec<T> {
    let (next, threads) = (AtomicUsize::new(0), thread::available_parallelism().map_or(1, usize::from));
    let mut results: Vec<(usize, T)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(count))
            .map(|_| {
                scope.spawn(|| {
                    let (mut scratch, mut done) = (Scratch::default(), Vec::new());
                    loop {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        if i >= count {
                            return done;
                        }
                        done.push((i, work(i, &mut scratch)));
                    }
                })
            })
            .collect();
        workers.into_iter().flat_map(|w| w.join().expect("a worker's panic goes on")).collect()
    });
    results.sort_by_key(|r| r.0);
    results.into_iter().map(|r| r.1).collect()
}

impl Recipe {
    fn rate_at(&self, step: u64) -> f32 {
        let warm = ((step + 1) as f32 / WARM_UP_STEPS as f32).min(1.0);
        let left = self.steps.saturating_sub(step) as f32 / (self.steps as f32 * COOL_DOWN);
        self.rate * warm * left.min(1.0)
    }

    /// Length of a clip.
    pub fn length(&self) -> Length {
        Length { columns: self.columns }
    }
}

/// Loss and gradient of one batch; the gradient is that of the raw weights. Sums over clips in a fixed order a thread, so
/// a run on the same number of threads repeats bit for bit only with one thread; the clips themselves always do.
fn batch_gradient(
    net: &Vggish,
    values: &[f32],
    mixer: &Mixer,
    recipe: &Recipe,
    step: u64,
) -> anyhow::Result<(f32, Vec<f32>)> {
    let prepared = net.prepare(values);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let parts = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let prepared = &prepared;
                scope.spawn(move || -> anyhow::Result<(f32, Vec<f32>)> {
                    let (mut scratch, mut gradient, mut loss) =
                        (Scratch::default(), vec![0.0; net.layout.len()], 0.0);
                    for i in (worker..recipe.batch).step_by(threads) {
                        let clip = mixer.draw(recipe.seed, step * recipe.batch as u64 + i as u64)?;
                        let trace = net.forward(values, prepared, &clip.log_mel, SKIP_COLUMNS, &mut scratch);
                        let (a, w) = (&trace.top.head.activity, &trace.top.head.attention);
                        let mut graded = attention_bce(a, w, &clip.target, recipe.step_share);
                        let scale = 1.0 / recipe.batch as f32;
                        graded.activity.iter_mut().chain(&mut graded.attention).for_each(|d| *d *= scale);
                        loss += graded.loss * scale;
                        let upstream = (graded.activity.as_slice(), graded.attention.as_slice());
                        net.backward(values, prepared, &trace, upstream, &mut gradient, &mut scratch);
                    }
                    Ok((loss, gradient))
                })
            })
            .collect();
        workers.into_iter().map(|w| w.join().expect("a worker's panic goes on")).collect::<Vec<_>>()
    });
    let (mut loss, mut gradient) = (0.0, vec![0.0; net.layout.len()]);
    for part in parts {
        let (l, g) = part?;
        loss += l;
        gradient.iter_mut().zip(g).for_each(|(a, b)| *a += b);
    }
    net.unprepare(values, &mut gradient);
    Ok((loss, gradient))
}

/// Writes a new run's recipe, or checks that a run that goes on has this one.
fn bind(recipe: &Recipe, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join("recipe.toml");
    if path.exists() {
        let was: Recipe =
            toml::from_str(&fs::read_to_string(&path)?).with_context(|| path.display().to_string())?;
        anyhow::ensure!(
            was == *recipe,
            "{} holds another run ({was:?}, not {recipe:?}): choose another --run, or the options of that one",
            folder.display()
        );
        return Ok(());
    }
    fs::write(&path, toml::to_string(recipe)?).with_context(|| format!("writing {}", path.display()))
}

/// Trains from the state in `folder` (or, in a new folder, from the weights `start`) to the recipe's end, saving as it goes.
///
/// # Errors
/// The pool or the disk.
pub fn train(
    net: &Vggish,
    start: Vec<f32>,
    mixer: &Mixer,
    set: &ValidationSet,
    recipe: &Recipe,
    folder: &Path,
) -> anyhow::Result<Report> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    bind(recipe, folder)?;
    let path = folder.join("state.safetensors");
    let mut state =
        if path.exists() { State::load(&net.layout, &path)? } else { State::new(&net.layout, start) };
    let mut log = fs::OpenOptions::new().create(true).append(true).open(folder.join("log.csv"))?;
    let (mut started, mut sum, mut last) = (Instant::now(), 0.0, state.step);
    let mut report = Report::default();
    while state.step < recipe.steps {
        let (loss, gradient) = batch_gradient(net, &state.values, mixer, recipe, state.step)?;
        let size = StepSize { rate: recipe.rate_at(state.step), decay: recipe.decay, clip_norm: CLIP_NORM };
        let norm = state.adam.step(&mut state.values, &gradient, size);
        state.step += 1;
        let keep = AVERAGE.min(state.step as f32 / (state.step as f32 + 10.0));
        state.average.iter_mut().zip(&state.values).for_each(|(a, v)| *a = keep * *a + (1.0 - keep) * v);
        sum += loss;
        if state.step % 20 == 0 {
            let rate = (state.step - last) as f32 * recipe.batch as f32 / started.elapsed().as_secs_f32();
            let mean = sum / (state.step - last) as f32;
            eprintln!("step {} loss {mean:.4} norm {norm:.3} {rate:.1} clips/s", state.step);
            (started, sum, last) = (Instant::now(), 0.0, state.step);
        }
        if state.step % recipe.every == 0 || state.step == recipe.steps {
            state.save(&net.layout, &path)?;
            report = set.score(net, &state.average, QUIET);
            let scores: Vec<_> = report.scores.iter().map(|(k, v)| format!("{k}={v:.4}")).collect();
            writeln!(log, "{},{loss:.5},{}", state.step, scores.join(","))?;
            eprintln!("step {} {}", state.step, scores.join(" "));
            (started, sum, last) = (Instant::now(), 0.0, state.step);
        }
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_with_its_own_recipe_only() {
        let folder = tempfile::tempdir().unwrap();
        let mut recipe = Recipe {
            seed: 1,
            steps: 10,
            batch: 4,
            columns: 20,
            rate: 1e-3,
            decay: 0.02,
            step_share: 0.6,
            every: 5,
            validation_clips: 8,
        };
        bind(&recipe, folder.path()).unwrap();
        bind(&recipe, folder.path()).unwrap();
        recipe.rate = 2e-3;
        assert!(bind(&recipe, folder.path()).unwrap_err().to_string().contains("another run"));
    }
}
