//! The error that Python sees.

use pyo3::{PyErr, create_exception, exceptions::PyException};

create_exception!(rollcall, RollcallError, PyException, "Whatever the engine refuses.");

pub(crate) fn refused(error: impl std::fmt::Display) -> PyErr {
    RollcallError::new_err(error.to_string())
}
