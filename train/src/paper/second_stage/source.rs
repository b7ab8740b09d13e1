//! OpenMIC-2018 as a set of embeddings: from its own features, or from its audio, clip by clip, each kept on disk.

use super::represent::{Embedder, log_mel_steps, spectrogram};
use super::{Clip, EmbeddingSet};
use crate::base::threads::parallel_with;
use crate::base::whole;
use crate::nn::conv::Scratch;
use crate::nn::head::WIDTH;
use crate::sources::datasets::openmic::OpenMic;
use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;
use rollcall_engine::OPENMIC_CLASSES;
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// Seed of the drawn validation part and of the random network: the same for every run, so that seeds differ in the head alone.
const SEED: u64 = 1;
/// Clips that are embedded between two looks at the progress bar.
const CHUNK: usize = 16;

/// The representations of the paper's figure 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// OpenMIC's own features: AudioSet VGGish, whitened, 8 bit.
    VggishPp,
    /// AudioSet VGGish from --vggish, scaled to 0..1.
    VggishNorm,
    /// VGGish with random weights, scaled to 0..1.
    VggishRandom,
    /// Mean and deviation of the log-mel over each 0.96 s, scaled to 0..1.
    LogMel,
}

impl Kind {
    /// Name of its folder, by which figures know it.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::VggishPp => "vggish-pp",
            Self::VggishNorm => "vggish-norm",
            Self::VggishRandom => "vggish-random",
            Self::LogMel => "log-mel",
        }
    }
}

/// OpenMIC in one representation.
pub struct Represented {
    /// Its clips.
    pub set: EmbeddingSet,
    /// What went to 0 and to 1, where the representation was scaled.
    pub unit: Option<(f32, f32)>,
}

/// OpenMIC with its training part split for validation.
pub struct OpenMicSource {
    openmic: OpenMic,
    folder: PathBuf,
    train: Vec<String>,
    valid: Vec<String>,
    vggish: Option<PathBuf>,
}

impl OpenMicSource {
    /// Opens the folder.
    ///
    /// # Errors
    /// A set that is not whole, or a split that is not of it.
    pub fn open(folder: &Path, split: Option<&Path>, vggish: Option<&Path>) -> Result<Self> {
        let openmic = OpenMic::open(folder)?;
        let (train, valid) = openmic.validation(split, SEED)?;
        Ok(Self { openmic, folder: folder.into(), train, valid, vggish: vggish.map(Path::to_path_buf) })
    }

    /// The representations that can be had from what is there.
    #[must_use]
    pub fn available(&self) -> Vec<Kind> {
        let audio = self.folder.join("audio").is_dir();
        let mut kinds = vec![Kind::VggishPp];
        if audio && self.vggish.is_some() {
            kinds.push(Kind::VggishNorm);
        }
        if audio {
            kinds.extend([Kind::VggishRandom, Kind::LogMel]);
        }
        kinds
    }

    /// The set in one representation; what comes from audio is kept in `folder/clips/KEY.f32`, so that a killed command goes
    /// on. Labels are cut at 0.5 (AttentionMIC, `data_utils.py`).
    ///
    /// # Errors
    /// Features or recordings that are missing or cannot be read, or the disk.
    pub fn set(
        &self,
        kind: Kind,
        folder: &Path,
        bar: &dyn Fn(&str, u64) -> ProgressBar,
    ) -> Result<Represented> {
        let mut steps = match kind {
            Kind::VggishPp => self.openmic.features()?,
            Kind::LogMel => self.embed(kind, folder, bar, &|hops, _| log_mel_steps(hops))?,
            Kind::VggishRandom => {
                let embedder = Embedder::random(SEED);
                self.embed(kind, folder, bar, &|hops, scratch| embedder.embed(hops, scratch))?
            }
            Kind::VggishNorm => {
                let Some(path) = &self.vggish else {
                    bail!("vggish-norm needs the published weights: --vggish FILE.pth (torchvggish's)")
                };
                let embedder = Embedder::imported(&rollcall_import::Vggish::read(path)?);
                self.embed(kind, folder, bar, &|hops, scratch| embedder.embed(hops, scratch))?
            }
        };
        let mut clips = |keys: &[String]| -> Result<Vec<Clip>> {
            let clip = |key: &String| {
                let labels = &self.openmic.labels[key];
                Ok(Clip {
                    key: key.clone(),
                    steps: steps.remove(key).with_context(|| format!("{key} has no representation"))?,
                    truth: labels.truth.map(|t| f32::from(u8::from(t >= 0.5))).to_vec(),
                    known: labels.known.to_vec(),
                })
            };
            keys.iter().map(clip).collect()
        };
        let mut set = EmbeddingSet {
            classes: OPENMIC_CLASSES.map(String::from).to_vec(),
            train: clips(&self.train)?,
            valid: clips(&self.valid)?,
            test: clips(&self.openmic.test)?,
        };
        let unit = if kind == Kind::VggishPp { None } else { Some(set.normalise()?) };
        Ok(Represented { set, unit })
    }

    fn embed(
        &self,
        kind: Kind,
        folder: &Path,
        bar: &dyn Fn(&str, u64) -> ProgressBar,
        represent: &(dyn Fn(&[f32], &mut Scratch) -> Vec<f32> + Sync),
    ) -> Result<HashMap<String, Vec<f32>>> {
        let audio: Vec<(String, PathBuf)> = self.openmic.audio()?.into_iter().collect();
        let kept = folder.join("clips");
        fs::create_dir_all(&kept).with_context(|| format!("making {}", kept.display()))?;
        let progress = bar(&format!("embedding, {}", kind.slug()), audio.len() as u64);
        let mut all = HashMap::with_capacity(audio.len());
        for chunk in audio.chunks(CHUNK) {
            let steps = parallel_with(chunk.len(), |i, scratch: &mut Scratch| -> Result<Vec<f32>> {
                let (key, path) = &chunk[i];
                let file = kept.join(format!("{key}.f32"));
                if let Some(steps) = read_kept(&file) {
                    return Ok(steps);
                }
                let steps = represent(&spectrogram(path)?, scratch);
                whole::write(&file, bytemuck::cast_slice::<f32, u8>(&steps))?;
                Ok(steps)
            });
            for ((key, _), steps) in chunk.iter().zip(steps) {
                all.insert(key.clone(), steps?);
            }
            progress.inc(chunk.len() as u64);
        }
        progress.finish_and_clear();
        Ok(all)
    }
}

/// What an earlier run kept, unless it is not there or of no whole number of steps.
fn read_kept(path: &Path) -> Option<Vec<f32>> {
    let bytes = fs::read(path).ok()?;
    let values: Vec<f32> = bytes.as_chunks().0.iter().map(|b| f32::from_ne_bytes(*b)).collect();
    (!values.is_empty() && bytes.len() % 4 == 0 && values.len().is_multiple_of(WIDTH)).then_some(values)
}
