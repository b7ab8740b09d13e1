//! offline: the engine as a Python package. This is the part that Python loads; `rollcall/__init__.py` is what people call,
//! and what speaks NumPy: here audio comes in through Python's buffer protocol and goes out as bytes.
#![forbid(unsafe_code)]

use pyo3::{buffer::PyBuffer, create_exception, exceptions::PyException, prelude::*, types::PyBytes};
use rollcall_engine::{
    COLUMN_HOPS, Engine, HOP_SAMPLES, InputFormat, SAMPLE_RATE_HZ, Settings, Step,
    timeline::{RangeSettings, TimelineBuilder},
};
use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

create_exception!(rollcall, RollcallError, PyException, "Whatever the engine refuses.");

/// Samples of a block between two looks at whether the user wants to stop (Ctrl-C).
const BLOCK_SAMPLES: usize = 1 << 20;
/// Seconds of one column of the network.
const COLUMN_S: f64 = (COLUMN_HOPS * HOP_SAMPLES) as f64 / SAMPLE_RATE_HZ as f64;

/// Memory, update, attack and release in seconds.
type EngineChoice = (f64, f64, f64, f64);
/// Time, activities as 32-bit floats, level in dBFS.
type PyStep<'py> = (f64, Bound<'py, PyBytes>, f32);

/// A model package.
#[pyclass(frozen, module = "rollcall")]
struct Model(Arc<rollcall_engine::Model>);

#[pymethods]
impl Model {
    #[new]
    fn new(py: Python<'_>, folder: Option<PathBuf>) -> PyResult<Self> {
        let load = || {
            let package = match &folder {
                None => rollcall_models::embedded(),
                Some(folder) => rollcall_models::read_dir(folder),
            };
            rollcall_models::shared(package?)
        };
        py.detach(load).map(Self).map_err(refused)
    }

    #[getter]
    fn name(&self) -> &str {
        &self.0.manifest().name
    }

    #[getter]
    fn version(&self) -> &str {
        &self.0.manifest().version
    }

    #[getter]
    fn sha256(&self) -> &str {
        self.0.package().sha256()
    }

    #[getter]
    fn classes(&self) -> Vec<String> {
        self.0.classes().to_vec()
    }

    #[getter]
    fn thresholds(&self) -> Vec<f32> {
        self.0.thresholds().to_vec()
    }
}

/// What was found in one recording.
#[pyclass(frozen, module = "rollcall")]
struct Timeline(rollcall_engine::timeline::Timeline);

#[pymethods]
impl Timeline {
    #[getter]
    fn times<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes: Vec<u8> = self.0.times_s.iter().flat_map(|time_s| time_s.to_ne_bytes()).collect();
        PyBytes::new(py, &bytes)
    }

    #[getter]
    fn activity<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes: Vec<u8> = self.0.activity.iter().flatten().flat_map(|value| value.to_ne_bytes()).collect();
        PyBytes::new(py, &bytes)
    }

    #[getter]
    fn classes(&self) -> Vec<String> {
        self.0.classes.clone()
    }

    #[getter]
    fn clip(&self) -> BTreeMap<String, f32> {
        self.0.clip.clone()
    }

    #[getter]
    fn ranges(&self) -> Vec<(String, f64, f64, f32, f32)> {
        let fields = |range: &rollcall_engine::timeline::Range| {
            (range.class.clone(), range.start_s, range.end_s, range.mean, range.peak)
        };
        self.0.ranges.iter().map(fields).collect()
    }

    #[getter]
    fn duration(&self) -> f64 {
        self.0.duration_s
    }

    fn to_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.0).map_err(refused)
    }
}

/// Audio as it comes. Python may call from any of its threads; one at a time is heard.
#[pyclass(frozen, module = "rollcall")]
struct Listener(Mutex<Engine>);

#[pymethods]
impl Listener {
    #[new]
    fn new(model: &Model, sample_rate: u32, channels: usize, settings: EngineChoice) -> PyResult<Self> {
        engine(model, sample_rate, channels, settings).map(|engine| Self(Mutex::new(engine)))
    }

    fn push<'py>(&self, py: Python<'py>, samples: PyBuffer<f32>) -> PyResult<Vec<PyStep<'py>>> {
        let samples = samples.to_vec(py)?;
        let mut steps = Vec::new();
        py.detach(|| self.engine().push(&samples, &mut |step| steps.push(step.clone()))).map_err(refused)?;
        Ok(told(py, &steps))
    }

    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Vec<PyStep<'py>>> {
        let mut steps = Vec::new();
        py.detach(|| self.engine().flush(&mut |step| steps.push(step.clone()))).map_err(refused)?;
        Ok(told(py, &steps))
    }

    fn clip(&self) -> Vec<f32> {
        self.engine().clip()
    }
}

impl Listener {
    /// An engine that panicked in the middle of a block goes on with the next one, as after any error.
    fn engine(&self) -> MutexGuard<'_, Engine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told<'py>(py: Python<'py>, steps: &[Step]) -> Vec<PyStep<'py>> {
    let step = |step: &Step| {
        let bytes: Vec<u8> = step.activity.iter().flat_map(|value| value.to_ne_bytes()).collect();
        (step.time_s, PyBytes::new(py, &bytes), step.level_dbfs)
    };
    steps.iter().map(step).collect()
}

/// Analyses a whole recording: interleaved samples, their rate and channels; thresholds, shortest range and widest gap in seconds.
#[pyfunction]
fn analyze(
    py: Python<'_>,
    model: &Model,
    samples: PyBuffer<f32>,
    format: (u32, usize),
    settings: EngineChoice,
    ranges: (Vec<f32>, f64, f64),
    file: String,
) -> PyResult<Timeline> {
    let (sample_rate, channels) = format;
    let mut engine = engine(model, sample_rate, channels, settings)?;
    let ranges = range_settings(model, ranges)?;
    let mut timeline = TimelineBuilder::new(file, &model.0, engine.format(), engine.settings(), ranges, 0.0);
    let samples = samples.to_vec(py)?;
    // Any cut gives the same bits; between two blocks Python may say that it wants to stop.
    for block in samples.chunks(BLOCK_SAMPLES / channels.max(1) * channels.max(1)) {
        py.detach(|| engine.push(block, &mut |step| timeline.push(step))).map_err(refused)?;
        py.check_signals()?;
    }
    py.detach(|| engine.flush(&mut |step| timeline.push(step))).map_err(refused)?;
    let duration_s = engine.counters().frames as f64 / f64::from(sample_rate);
    Ok(Timeline(timeline.finish(duration_s, &engine.clip())))
}

/// Analyses a file as `rollcall analyze` does: its path, model, settings and ranges as in [`analyze`], first second and seconds
/// to be analysed.
#[pyfunction]
fn analyze_file(
    py: Python<'_>,
    model: &Model,
    path: PathBuf,
    settings: EngineChoice,
    ranges: (Vec<f32>, f64, f64),
    part: (f64, Option<f64>),
) -> PyResult<Timeline> {
    let listener = rollcall_results::Listener {
        model: Arc::clone(&model.0),
        engine: engine_settings(settings)?,
        ranges: range_settings(model, ranges)?,
        start_s: part.0,
        duration_s: part.1,
        keep_partial: false,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        is_pictured: false,
    };
    let mut interrupt = None;
    let mut go_on = |_, _| match Python::attach(|py| py.check_signals()) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            interrupt = Some(error);
            ControlFlow::Break(())
        }
    };
    let analyse = || -> Result<_, rollcall_results::AnalyzeError> {
        let audio = rollcall_media::Audio::open(&path)?;
        let analysis = listener.analyze(audio, rollcall_results::name(&path).0, &mut go_on)?;
        Ok(analysis.into_timeline()?)
    };
    let outcome = py.detach(analyse);
    if let Some(error) = interrupt {
        return Err(error);
    }
    outcome.map(Timeline).map_err(|error| refused(format!("{}: {error}", path.display())))
}

fn engine(model: &Model, sample_rate_hz: u32, channels: usize, choice: EngineChoice) -> PyResult<Engine> {
    let settings = engine_settings(choice)?;
    Engine::new(Arc::clone(&model.0), InputFormat { sample_rate_hz, channels }, settings).map_err(refused)
}

fn engine_settings(choice: EngineChoice) -> PyResult<Settings> {
    let (memory_s, update_s, attack_s, release_s) = choice;
    let columns = update_s / COLUMN_S;
    if !(1.0..=6.0).contains(&columns.round()) || (columns - columns.round()).abs() > 1e-6 {
        let text = format!("update is {update_s} s, but must be 0.16, 0.32, 0.48, 0.64, 0.8 or 0.96 s");
        return Err(RollcallError::new_err(text));
    }
    let settings = Settings {
        update_hops: columns.round() as usize * COLUMN_HOPS,
        memory_s: memory_s as f32,
        attack_s: attack_s as f32,
        release_s: release_s as f32,
        ..Settings::default()
    };
    settings.check().map_err(refused)?;
    Ok(settings)
}

fn range_settings(model: &Model, choice: (Vec<f32>, f64, f64)) -> PyResult<RangeSettings> {
    let (thresholds, min_duration_s, merge_gap_s) = choice;
    let wrong = |text: String| Err(RollcallError::new_err(text));
    let classes = model.0.classes().len();
    if thresholds.len() != classes {
        return wrong(format!("there are {} thresholds, but must be {classes}", thresholds.len()));
    }
    if let Some(value) = thresholds.iter().find(|value| !(0.0..=1.0).contains(*value)) {
        return wrong(format!("a threshold is {value}, but must be 0 to 1"));
    }
    for (name, value) in [("min_duration", min_duration_s), ("merge_gap", merge_gap_s)] {
        if !(0.0..=3600.0).contains(&value) {
            return wrong(format!("{name} is {value} s, but must be 0 to 3600 s"));
        }
    }
    Ok(RangeSettings { thresholds, min_duration_s, merge_gap_s })
}

fn refused(error: impl std::fmt::Display) -> PyErr {
    RollcallError::new_err(error.to_string())
}

/// The compiled part of `rollcall`.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("RollcallError", module.py().get_type::<RollcallError>())?;
    module.add_class::<Model>()?;
    module.add_class::<Timeline>()?;
    module.add_class::<Listener>()?;
    module.add_function(wrap_pyfunction!(analyze, module)?)?;
    module.add_function(wrap_pyfunction!(analyze_file, module)?)
}
