//! Whole recordings: arrays and files.

use crate::{
    arrays,
    channels::{Channels, Pick},
    choice::{EngineChoice, RangeChoice, engine_settings, range_settings},
    hearing::{Hearing, Manner},
    model::Model,
    refused,
    timeline::Timeline,
};
use pyo3::{buffer::PyBuffer, prelude::*};
use rollcall_engine::{EngineError, InputFormat};
use rollcall_media::{Audio, DecodeError};
use std::{
    num::NonZero,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// Samples of a block between two looks at whether the user wants to stop (Ctrl-C).
const BLOCK_SAMPLES: usize = 1 << 20;

/// Ends the analyses that were given it, from any thread.
#[pyclass(frozen, from_py_object, module = "rollcall")]
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

#[pymethods]
impl Stop {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Why there is no timeline.
enum Failure {
    Said(String),
    /// What Python raised meanwhile, as on Ctrl-C.
    Raised(PyErr),
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::Said(error.to_string())
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::Said(error.to_string())
    }
}

fn manner(
    model: &Model,
    engine: EngineChoice,
    ranges: RangeChoice,
    threads: Option<usize>,
    has_features: bool,
) -> PyResult<Manner> {
    Ok(Manner {
        engine: engine_settings(engine)?,
        ranges: range_settings(model, ranges)?,
        model: Arc::clone(model.inner()),
        threads: threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get)),
        has_features,
    })
}

/// Analyses a whole recording: interleaved samples, their rate and channels; thresholds, shortest range and widest gap in seconds.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "Python's own side of it has names for them")]
pub(crate) fn analyze(
    py: Python<'_>,
    model: &Model,
    samples: PyBuffer<f32>,
    format: (u32, usize),
    settings: EngineChoice,
    ranges: RangeChoice,
    file: String,
    has_features: bool,
) -> PyResult<Timeline> {
    let (sample_rate_hz, channels) = format;
    let manner = manner(model, settings, ranges, None, has_features)?;
    let samples = arrays::samples(py, &samples)?;
    let hear = || -> Result<Timeline, Failure> {
        let format = InputFormat { sample_rate_hz, channels };
        let mut hearing = Hearing::new(&manner, format, channels, file, 0.0)?;
        // Any cut gives the same bits; between two blocks Python may say that it wants to stop.
        for block in samples.chunks(BLOCK_SAMPLES / channels.max(1) * channels.max(1)) {
            hearing.push(block)?;
            Python::attach(|py| py.check_signals()).map_err(Failure::Raised)?;
        }
        Ok(hearing.finish(None, Vec::new())?)
    };
    py.detach(hear).map_err(|failure| match failure {
        Failure::Said(text) => refused(text),
        Failure::Raised(error) => error,
    })
}

/// Analyses a file as `rollcall analyze` does: its path, model, settings and ranges as in [`analyze`], first second and seconds
/// to be analysed, which channels, threads (all, if it is not said), and whether what was read of a broken file is kept. One
/// timeline, or one for each channel.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "Python's own side of it has names for them")]
pub(crate) fn analyze_file(
    py: Python<'_>,
    model: &Model,
    path: PathBuf,
    settings: EngineChoice,
    ranges: RangeChoice,
    part: (f64, Option<f64>),
    channels: &str,
    threads: Option<usize>,
    keep_partial: bool,
    has_features: bool,
    stop: Stop,
) -> PyResult<Vec<Timeline>> {
    let manner = manner(model, settings, ranges, threads, has_features)?;
    let channels = Channels::named(channels).map_err(pyo3::exceptions::PyValueError::new_err)?;
    let file = File { path: &path, part, channels, keep_partial };
    py.detach(|| file.hear(&manner, &stop)).map_err(|failure| match failure {
        Failure::Said(text) => refused(format!("{}: {text}", path.display())),
        Failure::Raised(error) => error,
    })
}

struct File<'a> {
    path: &'a Path,
    /// First second, and how many.
    part: (f64, Option<f64>),
    channels: Channels,
    keep_partial: bool,
}

impl File<'_> {
    fn hear(&self, manner: &Manner, stop: &Stop) -> Result<Vec<Timeline>, Failure> {
        let mut audio = Audio::open(self.path)?;
        let (sample_rate_hz, channels) = (audio.format().sample_rate_hz, audio.format().channels);
        let rate = f64::from(sample_rate_hz);
        let start = (self.part.0 * rate).round() as u64;
        if start > 0 {
            audio.skip_to(start)?;
        }
        let mut left = self.part.1.map_or(u64::MAX, |duration_s| (duration_s * rate).round() as u64);
        let picks = self.channels.picks(channels).map_err(Failure::Said)?;
        let hearing = |pick: &Pick| {
            let format = InputFormat { sample_rate_hz, channels: pick.width(channels) };
            let name = rollcall_results::name(self.path).0;
            Hearing::new(manner, format, channels, name, start as f64 / rate)
        };
        let mut hearings = picks.iter().map(hearing).collect::<Result<Vec<_>, _>>()?;
        let (mut is_any, mut scratch) = (false, Vec::new());
        let incomplete = loop {
            if left == 0 {
                break None;
            }
            match audio.next_block() {
                Ok(Some(block)) => {
                    let frames = left.min((block.len() / channels) as u64);
                    let block = &block[..frames as usize * channels];
                    for (hearing, pick) in hearings.iter_mut().zip(&picks) {
                        hearing.push(pick.take(block, channels, &mut scratch))?;
                    }
                    (left, is_any) = (left - frames, true);
                }
                Ok(None) => break None,
                Err(error) if self.keep_partial && is_any => break Some(error.to_string()),
                Err(error) => return Err(error.into()),
            }
            Python::attach(|py| py.check_signals()).map_err(Failure::Raised)?;
            if stop.0.load(Ordering::Relaxed) {
                return Err(Failure::Said("was stopped".to_owned()));
            }
        };
        let notes = audio.notes().to_vec();
        let finish = |hearing: Hearing| Ok(hearing.finish(incomplete.clone(), notes.clone())?);
        hearings.into_iter().map(finish).collect()
    }
}
