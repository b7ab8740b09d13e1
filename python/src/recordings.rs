//! Whole recordings: arrays and files, heard as the program hears files.

use crate::arrays;
use crate::choice::{EngineChoice, RangeChoice, engine_settings, range_settings};
use crate::errors::refused;
use crate::features::{Features, Gathering};
use crate::model::Model;
use crate::timeline::Timeline;
use pyo3::{buffer::PyBuffer, exceptions::PyValueError, prelude::*};
use rollcall_engine::{EngineError, InputFormat};
use rollcall_media::Audio;
use rollcall_results::{Analysis, AnalyzeError, Channels, Heard, Listener};
use std::{
    num::NonZero,
    ops::ControlFlow,
    path::PathBuf,
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

fn listener(
    model: &Model,
    engine: EngineChoice,
    ranges: RangeChoice,
    part: (f64, Option<f64>),
    threads: Option<usize>,
    is_ranked: bool,
) -> PyResult<Listener> {
    Ok(Listener {
        engine: engine_settings(engine)?,
        ranges: range_settings(model, ranges)?,
        model: Arc::clone(model.inner()),
        start_s: part.0,
        duration_s: part.1,
        keep_partial: false,
        threads: threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get)),
        is_ranked,
        keeps_embeddings: false,
        is_pictured: false,
    })
}

/// Gathers the features of each signal, if they are wanted.
struct Witness {
    format: InputFormat,
    gatherings: Option<Vec<Gathering>>,
    failure: Option<EngineError>,
}

impl Witness {
    /// `format` is that of each signal.
    fn new(format: InputFormat, is_wanted: bool) -> Self {
        Self { format, gatherings: is_wanted.then(Vec::new), failure: None }
    }

    fn see(&mut self, number: usize, heard: Heard<'_>) {
        let Self { format, gatherings: Some(gatherings), failure } = self else { return };
        if gatherings.len() == number {
            match Gathering::new(format.sample_rate_hz, format.channels) {
                Ok(gathering) => gatherings.push(gathering),
                Err(error) => drop(failure.get_or_insert(error)),
            }
        }
        match (gatherings.get_mut(number), heard) {
            (Some(gathering), Heard::Signal(frames)) => gathering.push(frames),
            (Some(gathering), Heard::Step(step)) => gathering.step(step),
            (None, _) => {}
        }
    }

    fn timelines(self, analyses: Vec<Analysis>) -> Result<Vec<Timeline>, AnalyzeError> {
        if let Some(error) = self.failure {
            return Err(error.into());
        }
        let mut gatherings = self.gatherings.map(Vec::into_iter);
        let timeline = |analysis: Analysis| {
            let gathering = gatherings.as_mut().map(Iterator::next);
            let duration_s = analysis.timeline.duration_s;
            // Of a recording without a frame nothing was gathered.
            let features =
                gathering.map(|one| one.map_or_else(Features::default, |one| one.finish(duration_s)));
            Ok(Timeline::new(analysis, features)?)
        };
        analyses.into_iter().map(timeline).collect()
    }
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
    is_ranked: bool,
) -> PyResult<Timeline> {
    let format = InputFormat { sample_rate_hz: format.0, channels: format.1 };
    let listener = listener(model, settings, ranges, (0.0, None), None, is_ranked)?;
    let samples = arrays::samples(py, &samples)?;
    let mut interrupt = None;
    let hear = || -> Result<Vec<Timeline>, AnalyzeError> {
        let mut witness = Witness::new(format, has_features);
        let mut see = |number, heard: Heard<'_>| witness.see(number, heard);
        let mut hearing = listener.begin(file, format, Channels::Mono, 0.0)?;
        // Any cut gives the same bits; between two blocks Python may say that it wants to stop.
        for block in samples.chunks(BLOCK_SAMPLES / format.channels * format.channels) {
            hearing.push(block, &mut see)?;
            if let Err(error) = Python::attach(|py| py.check_signals()) {
                interrupt = Some(error);
                return Err(AnalyzeError::Stopped);
            }
        }
        let analyses = hearing.finish(None, &mut see)?;
        witness.timelines(analyses)
    };
    let mut outcome = py.detach(hear).map_err(refused);
    if let Some(error) = interrupt {
        outcome = Err(error);
    }
    Ok(outcome?.pop().expect("the mean of all channels is one signal"))
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
    is_ranked: bool,
    stop: Stop,
) -> PyResult<Vec<Timeline>> {
    let chosen = channels_named(channels)?;
    let listener = Listener { keep_partial, ..listener(model, settings, ranges, part, threads, is_ranked)? };
    let (name, file_bytes) = rollcall_results::name(&path);
    let mut interrupt = None;
    let mut go_on = |_, _| match Python::attach(|py| py.check_signals()) {
        Ok(()) if stop.0.load(Ordering::Relaxed) => ControlFlow::Break(()),
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            interrupt = Some(error);
            ControlFlow::Break(())
        }
    };
    let hear = || -> Result<Vec<Timeline>, AnalyzeError> {
        let audio = Audio::open(&path)?;
        let (sample_rate_hz, channels) = (audio.format().sample_rate_hz, audio.format().channels);
        let channels = if chosen == Channels::Mono { channels } else { 1 };
        let mut witness = Witness::new(InputFormat { sample_rate_hz, channels }, has_features);
        let mut see = |number, heard: Heard<'_>| witness.see(number, heard);
        let mut analyses = listener.analyze_before(audio, name.clone(), chosen, &mut go_on, &mut see)?;
        analyses.iter_mut().for_each(|analysis| analysis.file_bytes.clone_from(&file_bytes));
        witness.timelines(analyses)
    };
    let outcome = py.detach(hear);
    match interrupt {
        Some(error) => Err(error),
        None => outcome.map_err(|error| refused(format!("{name}: {error}"))),
    }
}

fn channels_named(name: &str) -> PyResult<Channels> {
    let known = [
        ("mono", Channels::Mono),
        ("left", Channels::Left),
        ("right", Channels::Right),
        ("mid", Channels::Mid),
        ("side", Channels::Side),
        ("each", Channels::Each),
    ];
    let found = known.iter().find(|(known, _)| *known == name);
    let names = || known.map(|(name, _)| name).join(", ");
    let wrong = || PyValueError::new_err(format!("channels is '{name}', but must be one of: {}", names()));
    found.map(|(_, channels)| *channels).ok_or_else(wrong)
}
