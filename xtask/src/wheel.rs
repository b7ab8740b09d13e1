//! `cargo xtask wheel`: the Python package as one file for CPython 3.11 and later, in `target/wheels/`.

use crate::{machine, python, shell};
use anyhow::{Context, Result};
use std::{env, fs, path::PathBuf};

/// Builds it, and says how it is installed.
///
/// # Errors
/// As [`build`].
pub(crate) fn run() -> Result<()> {
    println!("{0}\nInstall it with: pip install {0}", build()?.display());
    Ok(())
}

/// Builds it with a pinned maturin, in an environment that has nothing else. Returns the file.
///
/// # Errors
/// The machine lacks something, or the build fails.
pub(crate) fn build() -> Result<PathBuf> {
    machine::ensure(machine::Need::CommandLine)?;
    let interpreter = python::ensure(python::WHEEL)?;
    let folder = shell::target().join("wheels");
    fs::create_dir_all(&folder)?;
    let mut command =
        shell::command(&interpreter.to_string_lossy(), &["-m", "pip", "wheel", "--quiet", "--no-deps"]);
    // pip hides programs of its environment from a build that is not isolated, unless they are in the path.
    let before = env::var_os("PATH").unwrap_or_default();
    let programs = interpreter.parent().map(PathBuf::from).into_iter().chain(env::split_paths(&before));
    command.env("PATH", env::join_paths(programs)?).env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    command.args(["--no-build-isolation", "--wheel-dir"]).arg(&folder).arg("./python");
    shell::run(&mut command)?;
    let wheels = fs::read_dir(&folder)?.filter_map(Result::ok).map(|entry| entry.path());
    let newest = wheels.max_by_key(|path| path.metadata().and_then(|data| data.modified()).ok());
    newest.with_context(|| format!("no wheel is in {}", folder.display()))
}
