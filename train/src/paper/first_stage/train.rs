//! The loop of the first stage: seeded, stopped early, resumable, and equal to the last bit on any number of threads.

use super::encoder::Encoder;
use super::recipe::{Optimiser, Training};
use super::{Batch, Corpus, Example, Objective, Score};
use crate::base::lock::Lock;
use crate::base::seed;
use crate::base::whole;
use crate::nn::adam::StepSize;
use crate::nn::params::Layout;
use crate::nn::state::State;
use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::{fs, io::Write as _, path::Path};

/// One row of the learning curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1; 0 is before training.
    pub epoch: usize,
    /// Mean of the batches' losses while training; before training that of validation.
    pub train_loss: f64,
    /// Loss on validation after the epoch: what stops the run.
    pub valid_loss: f64,
    /// The objective's measure on validation.
    pub valid_measure: f64,
}

/// A finished run.
#[derive(Clone, Debug)]
pub struct Pretrained {
    /// All parameters at the epoch of the best validation loss; the encoder's come first.
    pub values: Vec<f32>,
    /// Every epoch, from the one before training.
    pub curve: Vec<Epoch>,
}

impl Pretrained {
    /// The epoch that was kept.
    ///
    /// # Panics
    /// Never: a run has at least the epoch before training.
    #[must_use]
    pub fn best(&self) -> Epoch {
        self.curve[best(&self.curve)]
    }
}

/// What a watcher sees.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// So many of so many batches of an epoch are done, at this loss.
    Batch(usize, usize, f32),
    /// An epoch is done.
    Epoch(Epoch),
}

/// The first epoch of the least validation loss.
fn best(curve: &[Epoch]) -> usize {
    (0..curve.len()).min_by(|&a, &b| curve[a].valid_loss.total_cmp(&curve[b].valid_loss)).unwrap_or(0)
}

/// What is trained, on what, and how.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// VGGish.
    pub encoder: &'a Encoder,
    /// The task on top of it.
    pub objective: &'a dyn Objective,
    /// Parameters of both.
    pub layout: &'a Layout,
    /// The loop's settings.
    pub training: &'a Training,
    /// Seed of weights, order and noise.
    pub seed: u64,
}

impl Run<'_> {
    /// One step of training: forward, backward, follow. Returns the loss.
    ///
    /// # Errors
    /// A gradient that is not finite.
    pub fn step(&self, state: &mut State, batch: &Batch) -> anyhow::Result<f32> {
        let (loss, gradient) = self.gradient(&mut state.values, batch);
        let rate = self.training.rate;
        match self.training.optimiser {
            Optimiser::Adam => {
                let size = StepSize { rate, decay: 0.0, clip_norm: f32::INFINITY };
                let norm = state.adam.step(&mut state.values, &gradient, size);
                ensure!(
                    norm.is_finite(),
                    "the gradient is not finite any more (loss {loss}): lower the rate"
                );
            }
            Optimiser::Sgd => {
                ensure!(loss.is_finite(), "the loss is {loss}: lower the rate");
                state.values.iter_mut().zip(&gradient).for_each(|(v, g)| *v -= rate * g);
            }
        }
        Ok(loss)
    }

    /// Loss of a batch and its gradient over all parameters. Running statistics in `values` move on.
    pub fn gradient(&self, values: &mut [f32], batch: &Batch) -> (f32, Vec<f32>) {
        let trace = self.encoder.forward(values, &batch.inputs);
        let mut gradient = vec![0.0; values.len()];
        let step = self.objective.step(values, trace.embedding(), batch, &mut gradient);
        self.encoder.backward(values, &trace, step.embedding, &mut gradient);
        (step.loss, gradient)
    }

    /// Trains on `corpus.train` until the loss on `corpus.valid` stops falling.
    ///
    /// `folder` gets `curve.csv` (a row an epoch, as it goes) and `state.safetensors` (its `average` holds the best epoch). A
    /// run that was killed goes on from its last epoch, with the same result to the last bit; a finished one is read back.
    ///
    /// # Errors
    /// Too few examples, a loss that is not finite, or the disk.
    pub fn pretrain(
        &self,
        corpus: &Corpus,
        folder: &Path,
        watch: &mut dyn FnMut(Progress),
    ) -> anyhow::Result<Pretrained> {
        for (name, part) in [("training", &corpus.train), ("validation", &corpus.valid)] {
            ensure!(part.len() >= 2, "{} {name} patches are too few: at least 2", part.len());
        }
        let _alone = Lock::take(folder).with_context(|| folder.display().to_string())?;
        let path = folder.join("state.safetensors");
        let begun = path.exists();
        let mut state = if begun {
            State::load(self.layout, &path)?
        } else {
            State::new(self.layout, self.layout.initialise(self.seed))
        };
        let mut curve = Curve::open(&folder.join("curve.csv"), state.step as usize, begun)?;
        if curve.rows.is_empty() {
            let score = self.validate(&state.values, corpus);
            let (train_loss, valid_loss) = (score.loss, score.loss);
            curve.push(Epoch { epoch: 0, train_loss, valid_loss, valid_measure: score.measure })?;
            state.save(self.layout, &path)?;
        }
        while (state.step as usize) < self.training.epochs
            && state.step as usize - best(&curve.rows) < self.training.patience.max(1)
        {
            let epoch = state.step as usize + 1;
            let train_loss = self.epoch(&mut state, corpus, watch)?;
            let score = self.validate(&state.values, corpus);
            ensure!(score.loss.is_finite(), "the validation loss is {}: lower the rate", score.loss);
            curve.push(Epoch { epoch, train_loss, valid_loss: score.loss, valid_measure: score.measure })?;
            if best(&curve.rows) == epoch {
                state.average.copy_from_slice(&state.values);
            }
            state.step += 1;
            state.save(self.layout, &path)?;
            watch(Progress::Epoch(curve.rows[epoch]));
        }
        Ok(Pretrained { values: state.average, curve: curve.rows })
    }

    fn epoch(
        &self,
        state: &mut State,
        corpus: &Corpus,
        watch: &mut dyn FnMut(Progress),
    ) -> anyhow::Result<f64> {
        let mut rng = seed::rng(self.seed, &format!("epoch/{}", state.step));
        let mut order: Vec<&Example> = corpus.train.iter().collect();
        rng.shuffle(&mut order);
        let size = self.training.batch.clamp(2, order.len());
        let (batches, mut sum) = (order.len() / size, 0.0);
        // What is left over after the last whole batch comes in another epoch: batch statistics of a few say little.
        for (done, examples) in order.chunks_exact(size).enumerate() {
            let batch = self.objective.batch(examples, true, &mut rng);
            let loss = self.step(state, &batch)?;
            sum += f64::from(loss);
            watch(Progress::Batch(done + 1, batches, loss));
        }
        Ok(sum / batches as f64)
    }

    /// The same batches with the same noise every time.
    fn validate(&self, values: &[f32], corpus: &Corpus) -> Score {
        let examples: Vec<&Example> = corpus.valid.iter().collect();
        let size = self.training.batch.clamp(2, examples.len());
        let mut rng = seed::rng(0, "validation");
        let (mut mean, batches) = (Score::default(), (examples.len() / size) as f64);
        for examples in examples.chunks_exact(size) {
            let batch = self.objective.batch(examples, false, &mut rng);
            let score = self.objective.score(values, &self.encoder.embed(values, &batch.inputs), &batch);
            mean.loss += score.loss / batches;
            mean.measure += score.measure / batches;
        }
        mean
    }
}

/// The learning curve on disk.
struct Curve {
    file: fs::File,
    rows: Vec<Epoch>,
}

impl Curve {
    /// Opens the curve of a run whose state has done `epochs`; later rows were lost with a kill and are taken off.
    fn open(path: &Path, epochs: usize, begun: bool) -> anyhow::Result<Self> {
        let mut rows: Vec<Epoch> = Vec::new();
        if begun {
            let mut reader =
                csv::Reader::from_path(path).with_context(|| format!("reading {}", path.display()))?;
            for row in reader.deserialize().take(epochs + 1) {
                rows.push(row.with_context(|| format!("{}: row {}", path.display(), rows.len() + 1))?);
            }
            let whole = rows.len() == epochs + 1 && rows.iter().enumerate().all(|(i, r)| r.epoch == i);
            ensure!(
                whole,
                "{} does not have the {epochs} epochs of the state beside it: remove the folder and train again",
                path.display()
            );
        }
        let mut text = String::from("epoch,train_loss,valid_loss,valid_measure\n");
        rows.iter().for_each(|row| text.push_str(&line(row)));
        whole::write(path, text)?;
        Ok(Self { file: fs::File::options().append(true).open(path)?, rows })
    }

    fn push(&mut self, row: Epoch) -> anyhow::Result<()> {
        self.file.write_all(line(&row).as_bytes()).context("writing the learning curve")?;
        self.rows.push(row);
        Ok(())
    }
}

fn line(row: &Epoch) -> String {
    // Debug of an f64 is the shortest text that reads back as the same number.
    format!("{},{:?},{:?},{:?}\n", row.epoch, row.train_loss, row.valid_loss, row.valid_measure)
}
