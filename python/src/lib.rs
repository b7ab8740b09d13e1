//! The engine as a Python package. This is the part that Python loads; `rollcall/__init__.py` is what people call,
//! and what speaks NumPy: here audio comes in through Python's buffer protocol and goes out as bytes.
//!
//! Thread: offline, in programs.
//!
//! No call holds the interpreter's lock while it waits, computes or reads: other Python threads run meanwhile.
#![forbid(unsafe_code)]

mod arrays;
mod choice;
mod errors;
mod features;
mod listener;
mod model;
mod recordings;
mod scores;
mod teach;
mod timeline;

use clap::Parser;
use errors::RollcallError;
use pyo3::prelude::*;

// Of Python's own processes nothing changes: this is about what is linked into this library.
rollcall_no_process::starts_none!();

/// The program itself, with these arguments, the first being its name; returns its exit code.
#[pyfunction]
fn main(py: Python<'_>, arguments: Vec<String>) -> u8 {
    py.detach(|| match rollcall::args::Cli::try_parse_from(arguments) {
        Ok(cli) => rollcall::commands::code(cli),
        Err(error) => {
            // Nothing can be done where not even that can be written.
            let _ = error.print();
            u8::try_from(error.exit_code()).unwrap_or(2)
        }
    })
}

/// The compiled part of `rollcall`.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("RollcallError", module.py().get_type::<RollcallError>())?;
    module.add_class::<model::Model>()?;
    module.add_class::<timeline::Timeline>()?;
    module.add_class::<features::Features>()?;
    module.add_class::<listener::Listener>()?;
    module.add_class::<recordings::Stop>()?;
    module.add_function(wrap_pyfunction!(recordings::analyze, module)?)?;
    module.add_function(wrap_pyfunction!(recordings::analyze_file, module)?)?;
    module.add_function(wrap_pyfunction!(timeline::timeline_from_json, module)?)?;
    module.add_function(wrap_pyfunction!(scores::evaluate, module)?)?;
    module.add_function(wrap_pyfunction!(teach::teach, module)?)?;
    module.add_function(wrap_pyfunction!(main, module)?)
}
