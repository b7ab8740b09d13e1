//! The plugin's window in a host for Windows, under Wine on a screen that nobody sees.

use super::wine::Wine;
use crate::{python, report::Report, shell};
use anyhow::Result;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Opens it, looks at it, resizes and closes it.
///
/// # Errors
/// The host does not compile, or the tests' Python is missing.
pub(super) fn check(folder: &Path, report: &mut Report) -> Result<()> {
    let wine = Wine::ensure()?;
    let compile = |source: &str, options: &[&str]| -> Result<PathBuf> {
        let program = shell::target().join("windows").join(source).with_extension("exe");
        let mut compile = shell::command("x86_64-w64-mingw32-gcc", &["-std=c11", "-O1", "-static", "-o"]);
        shell::run(compile.arg(&program).arg(format!("tests/hosts/{source}")).args(options))?;
        Ok(program)
    };
    let host = compile("windows_window.c", &["-municode", "-lopengl32", "-lgdi32"])?;
    let gl = compile("windows_gl.c", &["-lopengl32", "-lgdi32"])?;
    let python = python::ensure(python::REFERENCES)?;
    let pictures = shell::target().join("suites");
    fs::create_dir_all(&pictures)?;
    let mut watch = shell::command(&python.display().to_string(), &["tests/hosts/windows_window.py"]);
    wine.surroundings(&mut watch);
    watch.args([&host, &gl]).arg(folder).arg(pictures);
    let broken = shell::run(&mut watch).err().map(|error| format!("{error:#}"));
    report.rule(
        "the window opens, draws (looked at), follows its host's size, closes and opens again",
        broken.into_iter().collect(),
    );
    Ok(())
}
