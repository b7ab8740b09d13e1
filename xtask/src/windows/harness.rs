//! The tests that know Windows' habits, built for it and run under Wine: those of the harness, of files and of their names in results.

use super::wine::Wine;
use crate::{cross::Target, report::Report, shell, workspaces::Workspace};
use anyhow::{Context, Result};
use std::{fs, path::PathBuf};

/// Builds and runs them.
///
/// # Errors
/// Wine is missing, or the plugins that the harness is tested with do not compile.
pub(super) fn check(target: &Target, settings: &[String], report: &mut Report) -> Result<()> {
    let wine = Wine::ensure()?;
    let badly = badly()?;
    for (what, words) in [
        ("files: names, places, writing", &["-p", "rollcall-files", "--lib"][..]),
        ("results: names that are no text", &["-p", "rollcall-results", "--lib", "name::"]),
        ("the harness and plugins that misbehave", &["-p", "rollcall-host", "--lib", "--test", "badly"]),
    ] {
        let mut cargo =
            target.cargo(Workspace::Main, &[&["test", "--release", "--locked"], words].concat())?;
        cargo.args(settings);
        wine.runner(&mut cargo, &target.name);
        cargo.env("ROLLCALL_BADLY", &badly);
        let broken = shell::run(&mut cargo).err().map(|error| format!("{error:#}"));
        report.rule(format!("tests under Wine: {what}"), broken.into_iter().collect());
    }
    Ok(())
}

/// The misbehaving plugins of the harness's tests, for Windows.
fn badly() -> Result<PathBuf> {
    let folder = shell::target().join("windows/badly");
    for (source, file) in [("clap.c", "Badly.clap"), ("vst3.c", "Badly.vst3/Contents/x86_64-win/Badly.vst3")]
    {
        let file = folder.join(file);
        fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
        let options = ["-std=c11", "-D_DEFAULT_SOURCE", "-O1", "-fno-builtin", "-shared", "-static-libgcc"];
        let mut compile = shell::command("x86_64-w64-mingw32-gcc", &options);
        shell::run(compile.arg(format!("tests/tests/badly/{source}")).arg("-o").arg(file))?;
    }
    Ok(folder)
}
