//! The program for Windows under Wine: the same numbers as here, and Windows' habits.

use super::{console, habits, wine::Wine};
use crate::{cross::documents::apart, demo::RECORDING, report::Report, shell};
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;

/// The program.
///
/// # Errors
/// Wine is missing, or this system's own program fails.
pub(super) fn check(folder: &Path, report: &mut Report) -> Result<()> {
    let wine = Wine::ensure()?;
    same_numbers(&wine, folder, report)?;
    let program = folder.join("rollcall.exe");
    habits::check(&wine, &program, report)?;
    console::check(&wine, &program, report)
}

/// The most that two numbers for one thing may lie apart. The 64-bit functions of two C libraries differ in the last bit here and there; of
/// that mostly nothing is left in 32 bits.
const APART: f64 = 1e-5;

/// The same file: the same ranges, and numbers as near as two C libraries are.
fn same_numbers(wine: &Wine, folder: &Path, report: &mut Report) -> Result<()> {
    let words = ["analyze", RECORDING, "--format", "json"];
    let own = ["build", "--release", "--locked", "--workspace", "--bin", "rollcall"];
    shell::run(&mut shell::command("cargo", &own))?;
    let program = shell::target().join("release/rollcall").display().to_string();
    let here = shell::command(&program, &words).output().context("rollcall does not start")?.stdout;
    let there = Wine::read(wine.program(&folder.join("rollcall.exe")).args(words));
    let here: Value =
        serde_json::from_slice(&here).context("`rollcall` printed something other than JSON")?;
    let broken = match there.and_then(|there| Ok(serde_json::from_slice::<Value>(&there)?)) {
        Ok(there) => apart(&there, &here, APART),
        Err(error) => Some(format!("{error:#}")),
    };
    report.rule(
        format!("rollcall.exe says of {RECORDING} what `rollcall` says, within {APART:e}"),
        broken.into_iter().collect(),
    );
    Ok(())
}
