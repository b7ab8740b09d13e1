//! Python for the oracles: virtual environments under `target/`, with exactly the packages that a requirements file pins.

use crate::shell;
use anyhow::{Context, Result};
use std::{fs, path::PathBuf};

/// What one purpose needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Environment {
    /// Folder under `target/`.
    folder: &'static str,
    /// Requirements file, from the root. Every line has a version and its hashes.
    requirements: &'static str,
}

/// The references that the tests and the golden data are held to.
pub(crate) const REFERENCES: Environment =
    Environment { folder: "python", requirements: "xtask/python/tests.txt" };

/// What builds the Python package.
pub(crate) const WHEEL: Environment =
    Environment { folder: "python-wheel", requirements: "xtask/python/wheel.txt" };

/// What Python is called, and where an environment has its own.
const PYTHON: (&str, &str) =
    if cfg!(windows) { ("python", "Scripts/python.exe") } else { ("python3", "bin/python") };

/// Makes the environment, or finds it made from the same requirements. Returns its interpreter.
///
/// # Errors
/// Python is missing, or a package cannot be had.
pub(crate) fn ensure(environment: Environment) -> Result<PathBuf> {
    let folder = shell::target().join(environment.folder);
    let python = folder.join(PYTHON.1);
    let requirements = fs::read_to_string(shell::root().join(environment.requirements))
        .with_context(|| format!("cannot read {}", environment.requirements))?;
    // Written last: an environment that was cut short is made again.
    let stamp = folder.join("made-from.txt");
    if python.exists() && fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == requirements) {
        return Ok(python);
    }
    let folder = folder.to_str().context("the path of the target folder is not UTF-8")?;
    shell::run(&mut shell::command(PYTHON.0, &["-m", "venv", "--clear", folder]))?;
    let mut install = shell::command(
        python.to_str().context("the path of the target folder is not UTF-8")?,
        &[
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--require-hashes",
            "-r",
        ],
    );
    shell::run(install.arg(environment.requirements))?;
    fs::write(stamp, requirements)?;
    Ok(python)
}
