//! Audio as it comes.

use crate::arrays::{floats, samples};
use crate::choice::{EngineChoice, engine_settings};
use crate::errors::refused;
use crate::model::Model;
use pyo3::{buffer::PyBuffer, prelude::*, types::PyBytes};
use rollcall_engine::{Another, Engine, EngineError, InputFormat, Step};
use rollcall_results::ranked_events;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An instrument outside of the classes, and its probability.
type PyAnother = Option<(String, f32)>;
/// Time, activities as 32-bit floats, level in dBFS, another instrument.
type PyStep<'py> = (f64, Bound<'py, PyBytes>, f32, PyAnother);

fn named(model: &rollcall_engine::Model, another: Option<Another>) -> PyAnother {
    let Another { probability, instrument } = another?;
    Some((model.events()?.others.get(instrument)?.name.clone(), probability))
}

struct Running {
    engine: Engine,
    is_finished: bool,
}

/// Audio as it comes. Python may call from any of its threads; one at a time is heard.
#[pyclass(frozen, module = "rollcall")]
pub(crate) struct Listener(Mutex<Running>);

#[pymethods]
impl Listener {
    #[new]
    fn new(
        py: Python<'_>,
        model: &Model,
        sample_rate: u32,
        channels: usize,
        settings: EngineChoice,
    ) -> PyResult<Self> {
        let settings = engine_settings(settings)?;
        let format = InputFormat { sample_rate_hz: sample_rate, channels };
        let model = model.inner();
        let engine = py.detach(|| Engine::new(Arc::clone(model), format, settings)).map_err(refused)?;
        Ok(Self(Mutex::new(Running { engine, is_finished: false })))
    }

    fn push<'py>(&self, py: Python<'py>, block: PyBuffer<f32>) -> PyResult<Vec<PyStep<'py>>> {
        let samples = samples(py, &block)?;
        self.heard(py, |stream, on_step| stream.engine.push(&samples, on_step))
    }

    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Vec<PyStep<'py>>> {
        self.heard(py, |stream, on_step| {
            stream.is_finished = true;
            stream.engine.flush(on_step)
        })
    }

    fn reset(&self, py: Python<'_>) {
        py.detach(|| {
            let mut stream = self.stream();
            stream.engine.reset();
            stream.is_finished = false;
        });
    }

    fn clip(&self, py: Python<'_>) -> Vec<f32> {
        py.detach(|| self.stream().engine.clip())
    }

    fn another(&self, py: Python<'_>) -> PyAnother {
        py.detach(|| {
            let stream = self.stream();
            named(stream.engine.model(), stream.engine.another())
        })
    }

    fn events(&self, py: Python<'_>) -> Vec<(String, f32)> {
        let events = py.detach(|| ranked_events(&self.stream().engine));
        events.into_iter().map(|event| (event.name, event.probability)).collect()
    }

    fn replaced_samples(&self, py: Python<'_>) -> u64 {
        py.detach(|| self.stream().engine.counters().replaced_samples)
    }
}

impl Listener {
    /// An engine that panicked in the middle of a block goes on with the next one, as after any error.
    fn stream(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn heard<'py>(
        &self,
        py: Python<'py>,
        hear: impl Send + FnOnce(&mut Running, &mut dyn FnMut(&Step)) -> Result<(), EngineError>,
    ) -> PyResult<Vec<PyStep<'py>>> {
        let mut steps: Vec<Step> = Vec::new();
        let model = py.detach(|| {
            let mut stream = self.stream();
            if stream.is_finished {
                return Err("the listener was finished; call reset() before other audio".to_owned());
            }
            hear(&mut stream, &mut |step| steps.push(step.clone())).map_err(|error| error.to_string())?;
            Ok(Arc::clone(stream.engine.model()))
        });
        let model = model.map_err(refused)?;
        let told = |step: &Step| {
            (step.time_s, floats(py, step.activity.iter()), step.level_dbfs, named(&model, step.another))
        };
        Ok(steps.iter().map(told).collect())
    }
}
