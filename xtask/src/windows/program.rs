//! The program for Windows under Wine: the same numbers as here, and Windows' habits.

use super::{console, habits, wine::Wine};
use crate::{cross::answers, report::Report};
use anyhow::Result;
use std::path::Path;

/// The program.
///
/// # Errors
/// Wine is missing, or this system's own program fails.
pub(super) fn check(folder: &Path, report: &mut Report) -> Result<()> {
    let wine = Wine::ensure()?;
    let program = folder.join("rollcall.exe");
    let there = |words: &[&str], embeddings: &Path| {
        Wine::read(wine.program(&program).args(words).arg(Wine::path(embeddings)))
    };
    answers::check("rollcall.exe", there, report)?;
    habits::check(&wine, &program, report)?;
    console::check(&wine, &program, report)
}
