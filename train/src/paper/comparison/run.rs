//! One representation and seed after the other, and what they found.

use super::clips::LabelledClips;
use super::config::{Config, Representation, Sources};
use super::corpora;
use crate::base::{binding, whole};
use crate::nn::params::Layout;
use crate::paper::first_stage::{
    Align, Corpus, Denoise, Encoder, Epoch, Events, Noise, Objective, Progress, Run, Textual, WordVectors,
};
use crate::paper::second_stage::represent::log_mel_steps;
use crate::paper::second_stage::{self, Outcome};
use crate::teacher::EVENTS;
use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// Name of the measure, chance on it, the best epoch, epochs done.
type StageOne = (String, f64, Epoch, usize);

/// Configuration, data and folder of results.
pub struct Experiment {
    /// What shapes it.
    pub config: Config,
    /// Where everything is.
    pub sources: Sources,
    /// Folder of results: `REPRESENTATION/seed-N/`.
    pub out: PathBuf,
}

/// By [`corpora::kind`], kept over all runs: 24 KB a patch.
type Corpora = HashMap<&'static str, Corpus>;

/// A finished run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finished {
    /// What it represented sound by.
    pub representation: Representation,
    /// The first stage, where there was one: what was measured, its chance, the epoch that was kept, epochs trained.
    pub stage1: Option<StageOne>,
    /// Scores of the second stage.
    pub stage2: Outcome,
}

impl Experiment {
    /// Runs what is not finished, seed by seed, and gives each run to `report` as soon as it is there.
    ///
    /// # Errors
    /// A folder of another experiment, data that is missing, or a run that fails.
    pub fn run(&self, representations: &[Representation], report: &mut dyn FnMut(&Finished)) -> Result<()> {
        fs::create_dir_all(&self.out).with_context(|| format!("making {}", self.out.display()))?;
        self.bind()?;
        let (mut clips, mut corpora) = (None, HashMap::new());
        for &seed in &self.config.seeds {
            for &representation in representations {
                let folder = self.out.join(representation.slug()).join(format!("seed-{seed}"));
                let path = folder.join("finished.json");
                if !path.exists() {
                    let clips = match &mut clips {
                        Some(clips) => clips,
                        none => none.insert(self.clips()?),
                    };
                    let finished = self.one(representation, seed, clips, &mut corpora, &folder)?;
                    whole::write(&path, serde_json::to_string_pretty(&finished)?)?;
                }
                let text = fs::read_to_string(&path)?;
                report(&serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))?);
            }
        }
        Ok(())
    }

    /// Writes the configuration, or sees to it that the one that is there is the same.
    fn bind(&self) -> Result<()> {
        // More seeds may come later; everything else must stay.
        binding::hold(&self.out, "experiment.toml", &self.config, &["seeds"])
    }

    fn clips(&self) -> Result<LabelledClips> {
        match (&self.sources.openmic, &self.sources.pool) {
            (Some(openmic), _) => LabelledClips::openmic(openmic),
            (None, Some(pool)) => LabelledClips::pool(pool, &self.config.clips),
            (None, None) => anyhow::bail!("--openmic or --pool is needed"),
        }
    }

    fn one(
        &self,
        representation: Representation,
        seed: u64,
        clips: &LabelledClips,
        corpora: &mut Corpora,
        folder: &Path,
    ) -> Result<Finished> {
        let name = format!("{}, seed {seed}", representation.slug());
        let (mut layout, mut stage1) = (Layout::default(), None);
        let bar = bar(&format!("{name}: embed"), clips.len() as u64);
        let done = |n| bar.inc(n);
        let set = match representation {
            Representation::LogMel => clips.represent(&log_mel_steps, &done)?,
            Representation::VggishNorm => {
                let path = self.sources.vggish.as_deref().context("vggish-norm needs --vggish")?;
                let (encoder, values) = Encoder::imported(&rollcall_import::Vggish::read(path)?);
                clips.represent(&|p| encoder.embed(&values, p), &done)?
            }
            Representation::VggishRandom => {
                let encoder = Encoder::new(&mut layout, &self.config.stage1.encoder);
                let values = layout.initialise(seed);
                clips.represent(&|p| encoder.embed(&values, p), &done)?
            }
            _ => {
                let (encoder, values, facts) = self.first_stage(representation, seed, corpora, folder)?;
                stage1 = Some(facts);
                bar.reset();
                clips.represent(&|p| encoder.embed(&values, p), &done)?
            }
        };
        bar.finish_and_clear();
        let bar = self::bar(&format!("{name}: stage 2"), self.config.stage2.epochs as u64);
        let stage2 = second_stage::fit(&set, &self.config.stage2, seed, folder, &mut |epoch| {
            bar.set_position(epoch.epoch as u64);
            bar.set_message(format!("loss {:.4}, F1 {:.3}", epoch.train_loss, epoch.valid_f1_both));
        })?;
        bar.finish_and_clear();
        Ok(Finished { representation, stage1, stage2 })
    }

    fn first_stage(
        &self,
        representation: Representation,
        seed: u64,
        corpora: &mut Corpora,
        folder: &Path,
    ) -> Result<(Encoder, Vec<f32>, StageOne)> {
        let stage1 = &self.config.stage1;
        let name = format!("{}, seed {seed}", representation.slug());
        let kind = corpora::kind(representation);
        if !corpora.contains_key(kind) {
            let progress = bar(&format!("{name}: corpus"), 0);
            let corpus = corpora::corpus(representation, &self.config, &self.sources, &self.out, &progress)?;
            progress.finish_and_clear();
            corpora.insert(kind, corpus);
        }
        let corpus = &corpora[kind];
        let mut layout = Layout::default();
        let encoder = Encoder::new(&mut layout, &stage1.encoder);
        let objective = self.objective(representation, &mut layout, corpus)?;
        let training = match &stage1.align_training {
            Some(training) if representation == Representation::Align => training,
            _ => &stage1.training,
        };
        let run = Run { encoder: &encoder, objective: &*objective, layout: &layout, training, seed };
        let progress = bar(&format!("{name}: stage 1"), training.epochs as u64);
        let folder = folder.join("stage1");
        let done = run.pretrain(corpus, &folder, &mut |at| match at {
            Progress::Batch(done, all, loss) => progress.set_message(format!("{done}/{all}, loss {loss:.4}")),
            Progress::Epoch(epoch) => progress.set_position(epoch.epoch as u64),
        })?;
        progress.finish_and_clear();
        let chance = objective.chance(training.batch.clamp(2, corpus.valid.len()));
        let facts = (objective.measure().to_owned(), chance, done.best(), done.curve.len() - 1);
        Ok((encoder, done.values, facts))
    }

    fn objective(
        &self,
        representation: Representation,
        layout: &mut Layout,
        corpus: &Corpus,
    ) -> Result<Box<dyn Objective>> {
        let stage1 = &self.config.stage1;
        let denoise = |layout: &mut Layout, noise| {
            Denoise::new(layout, noise, stage1.denoise_kernels, corpus.band_means())
        };
        Ok(match representation {
            Representation::Textual => {
                let path = self.sources.words.as_deref().context("textual needs --words")?;
                Box::new(Textual::new(layout, &corpus.words, &WordVectors::load(path, &corpus.words)?)?)
            }
            Representation::DenoiseAdd => Box::new(denoise(layout, Noise::Additive)),
            Representation::DenoiseMul => Box::new(denoise(layout, Noise::Multiplicative)),
            Representation::Align => Box::new(Align::new(layout, corpus.tags.len(), &stage1.align_sizes)),
            Representation::Detect => Box::new(Events::new(layout, EVENTS)),
            other => anyhow::bail!("{} has no first stage", other.slug()),
        })
    }
}

/// A progress bar on standard error; nothing where that is no terminal.
fn bar(what: &str, length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:<32} {wide_bar} {pos}/{len} {eta} {msg}");
    let bar = ProgressBar::new(length).with_style(style.expect("a template that parses"));
    bar.set_prefix(what.to_owned());
    bar
}
