//! A package with a user's own classes, by the program's own numbers.

use crate::errors::refused;
use pyo3::prelude::*;
use rollcall::teach::{Mode, Progress, Request, teach as program};
use std::path::PathBuf;

/// What is asked for, as `rollcall teach` has it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Wanted {
    folder: PathBuf,
    output: PathBuf,
    labels: Option<PathBuf>,
    base: Option<PathBuf>,
    only: bool,
    group: Option<String>,
    negatives: Vec<PathBuf>,
    cache: Option<PathBuf>,
    jobs: Option<usize>,
    most: Option<usize>,
    seed: u64,
}

/// Teaches, and returns the report as JSON. `progress(stage, done, of)` is called now and then; what it raises is passed over.
#[pyfunction]
#[pyo3(signature = (wanted, progress))]
pub(crate) fn teach(py: Python<'_>, wanted: Wanted, progress: Option<Py<PyAny>>) -> PyResult<String> {
    let request = Request {
        folder: wanted.folder,
        labels: wanted.labels,
        base: wanted.base,
        mode: if wanted.only { Mode::Only } else { Mode::Add },
        group: wanted.group,
        negatives: wanted.negatives,
        output: wanted.output,
        cache: wanted.cache,
        jobs: wanted.jobs.map(|jobs| jobs.max(1)),
        most: wanted.most.unwrap_or(rollcall::teach::MOST_RECORDINGS).max(1),
        seed: wanted.seed,
    };
    let tell = |now: Progress<'_>| {
        let Some(progress) = &progress else { return };
        let (stage, done, of) = match now {
            Progress::Heard { done, of, .. } => ("recordings", done as f64, of as f64),
            Progress::Mixed { done_s, of_s } => ("mixes", done_s, of_s),
            Progress::Fitted { done, of } => ("heads", done as f64, of as f64),
        };
        Python::attach(|py| {
            let _ = progress.call1(py, (stage, done, of));
        });
    };
    let taught = py.detach(|| program(&request, &tell)).map_err(|error| refused(format!("{error:#}")))?;
    serde_json::to_string(&taught.report).map_err(refused)
}
