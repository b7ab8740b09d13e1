//! The teacher's network in tract, and its folder.

use super::classes::ClassTable;
use super::front_end::{BANDS, BINS, FrontEnd, SAMPLE_RATE_HZ};
use super::runtime::Runtime;
use super::{FILES, TeacherError};
use crate::audio::resample::resample;
use rollcall_engine::SAMPLE_RATE_HZ as ENGINE_RATE_HZ;
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use tract_onnx::prelude::*;

/// AudioSet classes.
pub const EVENTS: usize = 527;
/// Length of the teacher's embedding.
pub const FEATURES: usize = 384;

/// What the teacher makes of a piece of audio.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// One logit for each AudioSet class, `[527]`.
    pub logits: Vec<f32>,
    /// The layer before, `[384]`.
    pub embedding: Vec<f32>,
}

impl Heard {
    /// Probability of each AudioSet class, `[527]`.
    #[must_use]
    pub fn probabilities(&self) -> Vec<f32> {
        self.logits.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect()
    }
}

/// An AudioSet network ready to hear. May be shared by threads.
pub struct Teacher {
    front_end: FrontEnd,
    table: ClassTable,
    path: PathBuf,
    model: InferenceModel,
    /// onnxruntime in place of tract.
    runtime: Option<Runtime>,
    /// A plan for each number of frames that came up; tract plans fixed shapes best.
    plans: Mutex<HashMap<usize, Arc<TypedSimplePlan>>>,
}

impl Teacher {
    /// Reads a teacher's folder.
    ///
    /// # Errors
    /// A file that is missing or is not what it should be.
    pub fn open(folder: &Path) -> Result<Self, TeacherError> {
        let [network, basis, classes] = FILES.map(|name| folder.join(name));
        let front_end = FrontEnd::new(&read_basis(&basis)?);
        let text = fs::read_to_string(&classes)
            .map_err(|source| TeacherError::Io { path: classes.clone(), source })?;
        let table = ClassTable::new(&text).map_err(|(found, expected)| TeacherError::Content {
            path: classes,
            found,
            expected,
        })?;
        let bytes =
            fs::read(&network).map_err(|source| TeacherError::Io { path: network.clone(), source })?;
        let model = tract_onnx::onnx()
            .with_ignore_value_info(true)
            .model_for_read(&mut bytes.as_slice())
            .map_err(|e| TeacherError::Network { path: network.clone(), reason: format!("{e:#}") })?;
        Ok(Self { front_end, table, path: network, model, runtime: None, plans: Mutex::default() })
    }

    /// The same with its network run by onnxruntime, whose library this is (`libonnxruntime.so`, as in PyPI's `onnxruntime`).
    ///
    /// # Errors
    /// A library that cannot be loaded, or that refuses the network.
    pub fn run_by(self, library: &Path) -> Result<Self, TeacherError> {
        let model =
            fs::read(&self.path).map_err(|source| TeacherError::Io { path: self.path.clone(), source })?;
        Ok(Self { runtime: Some(Runtime::new(library, model)?), ..self })
    }

    /// What the teacher hears in mono samples at 32 kHz. It was trained on 10 s; one frame is the least. Each new length
    /// costs a plan (about 0.2 s), so cut audio to few different lengths.
    ///
    /// # Errors
    /// Fewer than 514 samples, or a network that fails.
    pub fn hear(&self, samples_32k: &[f32]) -> Result<Heard, TeacherError> {
        self.hear_log_mel(&self.front_end.log_mel(samples_32k)?)
    }

    /// The same from the front-end's `[128, frames]`.
    ///
    /// # Errors
    /// A network that fails.
    pub fn hear_log_mel(&self, log_mel: &[f32]) -> Result<Heard, TeacherError> {
        let frames = log_mel.len() / BANDS;
        let run = || -> TractResult<Heard> {
            let plan = self.plan(frames)?;
            let input = Tensor::from_shape(&[1, 1, BANDS, frames], log_mel)?;
            let outputs = plan.run(tvec!(input.into_tvalue()))?;
            let flat = |t: &TValue| -> TractResult<Vec<f32>> {
                Ok(t.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
            };
            Ok(Heard { logits: flat(&outputs[0])?, embedding: flat(&outputs[1])? })
        };
        let failed = |reason: String| TeacherError::Network { path: self.path.clone(), reason };
        let heard = match &self.runtime {
            Some(runtime) => runtime.hear(log_mel).map_err(|e| failed(e.to_string()))?,
            None => run().map_err(|e| failed(format!("{e:#}")))?,
        };
        if heard.logits.len() != EVENTS || heard.embedding.len() != FEATURES {
            let found = format!("{} logits, {} features", heard.logits.len(), heard.embedding.len());
            return Err(failed(format!("{found} instead of {EVENTS} and {FEATURES}")));
        }
        Ok(heard)
    }

    /// What it hears in mono samples at 16 kHz: the one way in which it is asked, whatever rate a recording has, so that what is taught,
    /// calibrated and compared is the same.
    ///
    /// # Errors
    /// Too few samples, or a network that fails.
    pub fn listen(&self, samples: &[f32]) -> anyhow::Result<Heard> {
        Ok(self.hear(&resample(samples, ENGINE_RATE_HZ, SAMPLE_RATE_HZ)?)?)
    }

    /// Probability of each of our 20 classes, as the network has it: low, see [`super::calibration`].
    #[must_use]
    pub fn judge(&self, heard: &Heard) -> [f32; 20] {
        self.table.judge(&heard.probabilities())
    }

    /// Which AudioSet classes are which of ours.
    #[must_use]
    pub fn table(&self) -> &ClassTable {
        &self.table
    }

    /// Whether it can tell of each class.
    #[must_use]
    pub fn told(&self) -> [bool; 20] {
        self.table.told()
    }

    /// Front-end, to look at what the network sees.
    #[must_use]
    pub fn front_end(&self) -> &FrontEnd {
        &self.front_end
    }

    fn plan(&self, frames: usize) -> TractResult<Arc<TypedSimplePlan>> {
        // A panic elsewhere leaves the map whole: entries are put in complete.
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = plans.get(&frames) {
            return Ok(Arc::clone(plan));
        }
        let mut model = self.model.clone();
        model.set_input_fact(0, f32::fact([1, 1, BANDS, frames]).into())?;
        for output in 0..model.outputs.len() {
            model.set_output_fact(output, InferenceFact::default())?;
        }
        let plan = model.into_optimized()?.into_runnable()?;
        plans.insert(frames, Arc::clone(&plan));
        Ok(plan)
    }
}

/// `[128, 513]` from a `.npy` file.
fn read_basis(path: &Path) -> Result<Vec<f32>, TeacherError> {
    let bytes = fs::read(path).map_err(|source| TeacherError::Io { path: path.to_owned(), source })?;
    let content = |found: String| TeacherError::Content {
        path: path.to_owned(),
        found,
        expected: format!("a .npy file of [{BANDS}, {BINS}] 32-bit floats in C order"),
    };
    let array = npyz::NpyFile::new(&bytes[..]).map_err(|e| content(e.to_string()))?;
    if array.shape() != [BANDS as u64, BINS as u64] || array.order() != npyz::Order::C {
        return Err(content(format!("{:?} in {:?} order", array.shape(), array.order())));
    }
    array.into_vec::<f32>().map_err(|e| content(e.to_string()))
}
