//! A model package.

use crate::errors::refused;
use pyo3::prelude::*;
use std::{path::PathBuf, sync::Arc};

/// A model package.
#[pyclass(frozen, module = "rollcall")]
pub(crate) struct Model(Arc<rollcall_engine::Model>);

impl Model {
    pub(crate) fn inner(&self) -> &Arc<rollcall_engine::Model> {
        &self.0
    }
}

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
