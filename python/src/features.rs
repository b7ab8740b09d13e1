//! What the network saw and made of it, step by step: for those who go on computing.

use crate::arrays::{floats, from_bytes};
use pyo3::{prelude::*, types::PyBytes};
use rollcall_engine::{
    EngineError, HOP_SAMPLES, SAMPLE_RATE_HZ, Step,
    audio::{Intake, Resampler},
    logmel::LogMel,
};

/// Samples of silence before the first: so hop `h` of the log-mel is centred on `h` x 10 ms + 5 ms, as the engine's are, and the
/// window of the step at `k` x 160 ms is hops 16 `k` - 48 to 16 `k` + 47.
const LEAD_IN: usize = 120;

/// Rows of numbers: a row a step, but for the log-mel, which has one a hop.
#[pyclass(frozen, skip_from_py_object, module = "rollcall")]
#[derive(Clone, Default)]
pub(crate) struct Features {
    embedding: Vec<f32>,
    attention: Vec<f32>,
    posterior: Vec<f32>,
    instant: Vec<f32>,
    level_dbfs: Vec<f32>,
    log_mel: Vec<f32>,
    another: Vec<f32>,
}

#[pymethods]
impl Features {
    #[new]
    fn new(rows: [Vec<u8>; 7]) -> PyResult<Self> {
        let [embedding, attention, posterior, instant, level_dbfs, log_mel, another] =
            rows.map(|bytes| from_bytes(&bytes));
        Ok(Self {
            embedding: embedding?,
            attention: attention?,
            posterior: posterior?,
            instant: instant?,
            level_dbfs: level_dbfs?,
            log_mel: log_mel?,
            another: another?,
        })
    }

    /// Embedding, attention, posterior, instant, level, log-mel and another instrument's probability, as [`Features::new`] takes them.
    fn rows<'py>(&self, py: Python<'py>) -> [Bound<'py, PyBytes>; 7] {
        let Self { embedding, attention, posterior, instant, level_dbfs, log_mel, another } = self;
        [embedding, attention, posterior, instant, level_dbfs, log_mel, another]
            .map(|rows| floats(py, rows.iter()))
    }
}

/// Gathers them.
pub(crate) struct Gathering {
    features: Features,
    intake: Intake,
    resampler: Resampler,
    log_mel: LogMel,
}

impl Gathering {
    /// Of audio of this rate and so many channels.
    ///
    /// # Errors
    /// A rate that the engine does not take either.
    pub(crate) fn new(sample_rate_hz: u32, channels: usize) -> Result<Self, EngineError> {
        let mut log_mel = LogMel::new();
        log_mel.push(&[0.0; LEAD_IN], &mut |_, _| {});
        let (intake, resampler) = (Intake::new(channels), Resampler::new(sample_rate_hz)?);
        Ok(Self { features: Features::default(), intake, resampler, log_mel })
    }

    /// Takes the engine's next step.
    pub(crate) fn step(&mut self, step: &Step) {
        let Features { embedding, attention, posterior, instant, level_dbfs, another, .. } =
            &mut self.features;
        embedding.extend(&step.embedding);
        attention.extend(&step.attention);
        posterior.extend(&step.posterior);
        instant.extend(&step.instant);
        level_dbfs.push(step.level_dbfs);
        another.push(step.another.map_or(f32::NAN, |another| another.probability));
    }

    /// Takes interleaved frames.
    pub(crate) fn push(&mut self, interleaved: &[f32]) {
        let Self { features, intake, resampler, log_mel } = self;
        intake.push(interleaved, &mut |mono| {
            resampler.push(mono, &mut |samples| {
                log_mel.push(samples, &mut |hop, _| features.log_mel.extend(hop));
            });
        });
    }

    /// The audio has ended after `duration_s` seconds: the hops that are centred in it, the last filled up with silence.
    pub(crate) fn finish(self, duration_s: f64) -> Features {
        let Self { mut features, mut resampler, mut log_mel, .. } = self;
        let bands = rollcall_engine::MEL_BANDS;
        let rows = (duration_s * (SAMPLE_RATE_HZ as usize / HOP_SAMPLES) as f64).round() as usize * bands;
        resampler.flush(&mut |samples| log_mel.push(samples, &mut |hop, _| features.log_mel.extend(hop)));
        while features.log_mel.len() < rows {
            log_mel.push(&[0.0; HOP_SAMPLES], &mut |hop, _| features.log_mel.extend(hop));
        }
        features.log_mel.truncate(rows);
        features
    }
}
