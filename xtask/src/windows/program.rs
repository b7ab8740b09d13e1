//! The program for Windows under Wine: the same numbers as here, and Windows' habits.

use super::{console, habits, wine::Wine};
use crate::{cross::documents::apart, demo::RECORDING, report::Report, shell};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{fs, path::Path};

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

/// The same file: the same numbers, to the last digit, and the same embeddings, to the last bit.
fn same_numbers(wine: &Wine, folder: &Path, report: &mut Report) -> Result<()> {
    let words = ["analyze", RECORDING, "--format", "json", "--force", "--embeddings"];
    let own = ["build", "--release", "--locked", "--workspace", "--bin", "rollcall"];
    shell::run(&mut shell::command("cargo", &own))?;
    let program = shell::target().join("release/rollcall").display().to_string();
    let files = ["here.npy", "there.npy"].map(|name| shell::target().join("windows").join(name));
    fs::create_dir_all(shell::target().join("windows"))?;
    let here = shell::command(&program, &words).arg(&files[0]).output();
    let here: Value = serde_json::from_slice(&here.context("rollcall does not start")?.stdout)
        .context("`rollcall` printed something other than JSON")?;
    let there = Wine::read(wine.program(&folder.join("rollcall.exe")).args(words).arg(Wine::path(&files[1])));
    let broken = match there.and_then(|there| Ok(serde_json::from_slice::<Value>(&there)?)) {
        Ok(there) => apart(&there, &here, 0.0),
        Err(error) => Some(format!("{error:#}")),
    };
    report.rule(
        format!("rollcall.exe says of {RECORDING} what `rollcall` says, to the last digit"),
        broken.into_iter().collect(),
    );
    let [here, there] = files.map(fs::read);
    let broken = (here? != there.unwrap_or_default()).then(|| "see target/windows/*.npy".to_owned());
    report.rule("and its embeddings are those of here, to the last bit", broken.into_iter().collect());
    Ok(())
}
