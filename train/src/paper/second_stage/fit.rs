//! The loop of the second stage: resumable, seeded, and equal to the last bit on any number of threads.

use super::curve::{Curve, Epoch};
use super::recipe::Recipe;
use super::scores::Scores;
use super::set::{Clip, EmbeddingSet, Part};
use crate::base::binding;
use crate::base::lock::Lock;
use crate::base::seed;
use crate::base::threads::parallel;
use crate::base::whole;
use crate::nn::adam::StepSize;
use crate::nn::head::Head;
use crate::nn::loss::{Target, WHOLE_CLIP, attention_bce};
use crate::nn::params::Layout;
use crate::nn::state::State;
use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::{fs, path::Path};

/// Clips whose gradients one thread sums. The sums are added up in the order of the clips, so that the number of threads
/// changes nothing.
const CHUNK: usize = 32;
/// Epochs between two states on disk: at most so much work is lost with a kill.
const SAVE_EVERY: usize = 10;

/// What a finished run found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Seed of weights and order.
    pub seed: u64,
    /// Epochs trained.
    pub epochs: usize,
    /// The epoch that was kept, from 1: the first of the best macro F1 (both classes) on validation.
    pub best_epoch: usize,
    /// Its scores on validation, by which it was chosen: flattering.
    pub valid: Scores,
    /// Its scores on the test part.
    pub test: Scores,
}

/// What binds a folder to a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Binding {
    seed: u64,
    set_sha256: String,
    clips: [usize; 3],
    recipe: Recipe,
}

/// Trains the head on `set.train`, keeps the best epoch on `set.valid`, and scores it on `set.test`.
///
/// `folder` gets `run.toml` (recipe, seed, hash of the set), `curve.csv` (a row an epoch, as it goes), `state.safetensors`
/// (its `average` is the best epoch's head), `test.csv` (posteriors) and `scores.json` ([`Outcome`]). A run that was killed
/// goes on where it stopped, with the same result to the last bit; a finished one is read back. `watch` sees every epoch
/// that is trained now.
///
/// # Errors
/// A set that fails [`EmbeddingSet::check`], a folder that holds another run, a loss that is not finite, or the disk.
pub fn fit(
    set: &EmbeddingSet,
    recipe: &Recipe,
    seed: u64,
    folder: &Path,
    watch: &mut dyn FnMut(Epoch),
) -> anyhow::Result<Outcome> {
    set.check()?;
    ensure!(recipe.epochs > 0 && recipe.batch > 0, "epochs and batch must be at least 1: {recipe:?}");
    let _alone = Lock::take(folder).with_context(|| folder.display().to_string())?;
    bind(set, recipe, seed, folder)?;
    let scores_path = folder.join("scores.json");
    if scores_path.exists() {
        let text = fs::read_to_string(&scores_path)?;
        return serde_json::from_str(&text)
            .with_context(|| format!("{}: remove it to score the run again", scores_path.display()));
    }
    let (layout, head) = network(set.classes.len());
    let path = folder.join("state.safetensors");
    let mut state = if path.exists() {
        State::load(&layout, &path)?
    } else {
        State::new(&layout, layout.initialise(seed))
    };
    let mut curve = Curve::open(&folder.join("curve.csv"), state.step as usize)?;
    while (state.step as usize) < recipe.epochs {
        let train_loss = train_epoch(set, recipe, seed, &head, &mut state)?;
        let (valid_loss, posteriors) = forward(&head, &state.values, &set.valid);
        let scores = Scores::of(&set.classes, &set.valid, &posteriors, recipe.threshold);
        let epoch = Epoch {
            epoch: state.step as usize,
            train_loss,
            valid_loss,
            valid_f1_both: scores.macro_f1_both,
            valid_f1_positives: scores.macro_f1_positives,
        };
        if curve.best().is_none_or(|best| epoch.valid_f1_both > best.valid_f1_both) {
            state.average.copy_from_slice(&state.values);
        }
        curve.push(epoch)?;
        if epoch.epoch.is_multiple_of(SAVE_EVERY) || epoch.epoch == recipe.epochs {
            state.save(&layout, &path)?;
        }
        watch(epoch);
    }
    let best = curve.best().context("a finished run has epochs")?;
    let score = |part: Part| {
        let (_, posteriors) = forward(&head, &state.average, set.part(part));
        (Scores::of(&set.classes, set.part(part), &posteriors, recipe.threshold), posteriors)
    };
    let ((valid, _), (test, posteriors)) = (score(Part::Valid), score(Part::Test));
    write_posteriors(set, &posteriors, &folder.join("test.csv"))?;
    let outcome = Outcome { seed, epochs: recipe.epochs, best_epoch: best.epoch, valid, test };
    let text = serde_json::to_string_pretty(&outcome)?;
    whole::write(&scores_path, text.as_bytes())?;
    // As a later call will read it: text may round the last bit of a number.
    Ok(serde_json::from_str(&text)?)
}

/// The head of the second stage and where its parameters lie.
pub(super) fn network(classes: usize) -> (Layout, Head) {
    let mut layout = Layout::default();
    let head = Head::new(&mut layout, classes);
    (layout, head)
}

/// Refuses a folder that holds another run, and marks an empty one.
fn bind(set: &EmbeddingSet, recipe: &Recipe, seed: u64, folder: &Path) -> anyhow::Result<()> {
    let clips = Part::ALL.map(|part| set.part(part).len());
    let wanted = Binding { seed, set_sha256: set.sha256(), clips, recipe: recipe.clone() };
    binding::hold(folder, "run.toml", &wanted, &[])
}

/// One pass over the training clips in an order that seed and epoch alone decide. Returns the mean of the losses.
fn train_epoch(
    set: &EmbeddingSet,
    recipe: &Recipe,
    seed: u64,
    head: &Head,
    state: &mut State,
) -> anyhow::Result<f64> {
    let mut order: Vec<usize> = (0..set.train.len()).collect();
    seed::rng(seed, &format!("epoch/{}", state.step)).shuffle(&mut order);
    let (mut sum, mut batches) = (0.0, 0);
    for batch in order.chunks(recipe.batch) {
        let clips: Vec<&Clip> = batch.iter().map(|&i| &set.train[i]).collect();
        let (loss, gradient) = batch_gradient(head, &state.values, &clips);
        ensure!(
            loss.is_finite(),
            "the loss became {loss} in epoch {}: lower the rate ({})",
            state.step + 1,
            recipe.rate
        );
        let size = StepSize { rate: recipe.rate, decay: recipe.decay, clip_norm: f32::INFINITY };
        state.adam.step(&mut state.values, &gradient, size);
        (sum, batches) = (sum + loss, batches + 1);
    }
    state.step += 1;
    Ok(sum / f64::from(batches))
}

/// Known labels of some clips: the loss is the mean over them (AttentionMIC takes it over a whole batch).
fn known<'a>(clips: impl IntoIterator<Item = &'a Clip>) -> f32 {
    clips.into_iter().flat_map(|clip| &clip.known).sum::<f32>().max(1.0)
}

/// Loss, the mean over the batch's known labels, and its gradient.
fn batch_gradient(head: &Head, values: &[f32], clips: &[&Clip]) -> (f64, Vec<f32>) {
    let all_known = known(clips.iter().copied());
    let chunks: Vec<&[&Clip]> = clips.chunks(CHUNK).collect();
    let parts = parallel(chunks.len(), |i| {
        let mut gradient = vec![0.0; values.len()];
        let rows: Vec<f32> = chunks[i].iter().flat_map(|clip| &clip.steps).copied().collect();
        let trace = head.forward(values, &rows);
        let (mut loss, mut first) = (0.0, 0);
        let (mut activity, mut attention) = (Vec::new(), Vec::new());
        for clip in chunks[i] {
            let logits = first..first + clip.len() * head.classes;
            first = logits.end;
            let graded = attention_bce(
                &trace.activity[logits.clone()],
                &trace.attention[logits],
                &target(clip),
                0.0,
                WHOLE_CLIP,
            );
            let share = head.classes as f32 / all_known;
            loss += f64::from(graded.loss * share);
            activity.extend(graded.activity.iter().map(|d| d * share));
            attention.extend(graded.attention.iter().map(|d| d * share));
        }
        head.backward(values, &rows, &trace, (&activity, &attention), &mut gradient);
        (loss, gradient)
    });
    let mut sum = (0.0, vec![0.0; values.len()]);
    for (loss, gradient) in parts {
        sum.0 += loss;
        sum.1.iter_mut().zip(gradient).for_each(|(a, b)| *a += b);
    }
    sum
}

fn target(clip: &Clip) -> Target {
    Target { clip: clip.truth.clone(), clip_weight: clip.known.clone(), ..Target::default() }
}

/// The posterior of each clip, `[clips][classes]`.
pub(super) fn posteriors(head: &Head, values: &[f32], clips: &[Clip]) -> Vec<Vec<f32>> {
    forward(head, values, clips).1
}

/// Loss over all known labels, and the posterior of each clip, `[clips][classes]`.
fn forward(head: &Head, values: &[f32], clips: &[Clip]) -> (f64, Vec<Vec<f32>>) {
    let all_known = f64::from(known(clips));
    let graded = parallel(clips.len().div_ceil(CHUNK), |i| {
        let chunk = &clips[i * CHUNK..clips.len().min((i + 1) * CHUNK)];
        let one = |clip: &Clip| {
            let trace = head.forward(values, &clip.steps);
            let graded = attention_bce(&trace.activity, &trace.attention, &target(clip), 0.0, WHOLE_CLIP);
            (f64::from(graded.loss) * head.classes as f64, graded.posterior)
        };
        chunk.iter().map(one).collect::<Vec<_>>()
    });
    let (mut loss, mut posteriors) = (0.0, Vec::with_capacity(clips.len()));
    for (share, posterior) in graded.into_iter().flatten() {
        loss += share / all_known;
        posteriors.push(posterior);
    }
    (loss, posteriors)
}

/// `test.csv`: a row a clip: its key, then the posterior of each class.
fn write_posteriors(set: &EmbeddingSet, posteriors: &[Vec<f32>], path: &Path) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["key"].into_iter().chain(set.classes.iter().map(String::as_str)))?;
    for (clip, posterior) in set.test.iter().zip(posteriors) {
        let numbers = posterior.iter().map(|p| format!("{p:.6}"));
        writer.write_record([clip.key.clone()].into_iter().chain(numbers))?;
    }
    whole::write(path, &writer.into_inner().context("a buffer takes everything")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::head::WIDTH;
    use crate::nn::params::normal;
    use fastrand::Rng;

    /// Clips of 4 steps; a class that is heard adds its own direction to some of them. Of 3 labels one in four is unknown.
    pub(super) fn toy(clips: [usize; 3], seed: u64) -> EmbeddingSet {
        let mut rng = Rng::with_seed(seed);
        let directions: Vec<Vec<f32>> =
            (0..3).map(|_| (0..WIDTH).map(|_| 0.5 * normal(&mut rng)).collect()).collect();
        let mut clip = |key: String| {
            let truth: Vec<f32> = (0..3).map(|_| f32::from(u8::from(rng.bool()))).collect();
            let mut steps: Vec<f32> = (0..4 * WIDTH).map(|_| 0.5 * normal(&mut rng)).collect();
            for (direction, _) in directions.iter().zip(&truth).filter(|(_, heard)| **heard > 0.0) {
                let at = rng.usize(..4) * WIDTH;
                steps[at..at + WIDTH].iter_mut().zip(direction).for_each(|(s, d)| *s += d);
            }
            let known = (0..3).map(|_| f32::from(u8::from(rng.u8(..4) > 0))).collect();
            Clip { key, steps, truth, known }
        };
        let mut part = |name: &str, n: usize| (0..n).map(|i| clip(format!("{name}{i}"))).collect();
        EmbeddingSet {
            classes: ["a", "b", "c"].map(String::from).to_vec(),
            train: part("train", clips[0]),
            valid: part("valid", clips[1]),
            test: part("test", clips[2]),
        }
    }

    fn recipe(epochs: usize) -> Recipe {
        Recipe { epochs, batch: 40, rate: 3e-3, ..Recipe::paper() }
    }

    #[test]
    fn learns_and_keeps_the_best_epoch() {
        let folder = tempfile::tempdir().unwrap();
        let mut seen = Vec::new();
        let outcome =
            fit(&toy([300, 100, 100], 1), &recipe(25), 1, folder.path(), &mut |e| seen.push(e)).unwrap();
        assert_eq!(seen.len(), 25);
        assert!(seen[24].train_loss < 0.5 * seen[0].train_loss, "{seen:?}");
        assert!(outcome.test.macro_f1_both > 0.8, "{:?}", outcome.test);
        assert!(outcome.test.mean_roc_auc > 0.85);
        let best = seen.iter().map(|e| e.valid_f1_both).fold(0.0, f64::max);
        assert!((outcome.valid.macro_f1_both - best).abs() < 1e-12);
        assert_eq!(seen[outcome.best_epoch - 1].valid_f1_both, best);
        let posteriors = fs::read_to_string(folder.path().join("test.csv")).unwrap();
        assert_eq!((posteriors.lines().count(), posteriors.lines().next()), (101, Some("key,a,b,c")));
    }

    /// A kill after the 14th epoch loses four rows of the curve and nothing else.
    #[test]
    fn a_killed_run_goes_on_to_the_same_bits() {
        let set = toy([80, 30, 30], 2);
        let whole = tempfile::tempdir().unwrap();
        let expected = fit(&set, &recipe(16), 3, whole.path(), &mut |_| ()).unwrap();
        let killed = tempfile::tempdir().unwrap();
        let mut kill = |e: Epoch| assert!(e.epoch < 14, "killed");
        let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            fit(&set, &recipe(16), 3, killed.path(), &mut kill)
        }));
        assert!(run.is_err() && !killed.path().join("scores.json").exists());
        let mut first = None;
        let outcome =
            fit(&set, &recipe(16), 3, killed.path(), &mut |e| _ = first.get_or_insert(e.epoch)).unwrap();
        assert_eq!((outcome, first), (expected.clone(), Some(11)));
        for file in ["curve.csv", "test.csv"] {
            let read = |folder: &Path| fs::read(folder.join(file)).unwrap();
            assert!(read(whole.path()) == read(killed.path()), "{file} differs");
        }
        let (layout, _) = network(3);
        let state = |folder: &Path| State::load(&layout, &folder.join("state.safetensors")).unwrap();
        let (a, b) = (state(whole.path()), state(killed.path()));
        assert!(
            (a.values, a.average, a.adam.second) == (b.values, b.average, b.adam.second),
            "weights differ"
        );
        // Finished: read back, nothing trained.
        let again = fit(&set, &recipe(16), 3, killed.path(), &mut |_| panic!("trained again")).unwrap();
        assert_eq!(again, expected);
        let other = fit(&set, &recipe(17), 3, killed.path(), &mut |_| ()).unwrap_err();
        assert!(other.to_string().contains("another run"), "{other}");
    }

    /// The loss that the gradient belongs to: central differences over parameters of every kind. An f32 loss near 1 is
    /// rounded by 6e-8; over a step of 1e-2 that leaves 1e-5 in a difference, and ReLU's kinks a little more.
    #[test]
    fn the_gradient_is_that_of_the_masked_loss() {
        let set = toy([50, 1, 1], 5);
        let (layout, head) = network(3);
        let mut values = layout.initialise(1);
        let clips: Vec<&Clip> = set.train.iter().collect();
        let (loss, gradient) = batch_gradient(&head, &values, &clips);
        assert!((loss - forward(&head, &values, &set.train).0).abs() < 1e-6);
        let mut rng = Rng::with_seed(2);
        for entry in &layout.entries {
            let i = rng.usize(entry.range.clone());
            let (kept, step) = (values[i], 1e-2);
            values[i] = kept + step;
            let above = forward(&head, &values, &set.train).0;
            values[i] = kept - step;
            let below = forward(&head, &values, &set.train).0;
            values[i] = kept;
            let numeric = (above - below) / f64::from(2.0 * step);
            let off = (numeric - f64::from(gradient[i])).abs();
            assert!(off < 2e-4 + 0.05 * numeric.abs(), "{}: {numeric} against {}", entry.name, gradient[i]);
        }
    }
}
