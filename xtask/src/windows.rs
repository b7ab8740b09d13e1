//! Windows: the bundles and programs built here, and run under Wine by `cargo xtask windows`.

mod checks;
mod files;
mod screen;
mod wine;

use crate::{
    cross::{Target, profile, shipped::BUILDS},
    machine, notices,
    report::Report,
    shell,
};
use anyhow::{Context, Result, bail};
use files::{FILES, GNU};
use std::{fs, path::Path};

/// How it is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// As it ships.
    Release,
    /// Not optimised much, with the same numbers: for tests.
    Quick,
}

/// Builds plugin and programs for a target of Windows into `target/bundled/TARGET/`.
///
/// # Errors
/// There is no standard library for it here, or the build fails.
pub(crate) fn bundle(target: &str, arguments: &[String]) -> Result<()> {
    machine::ensure(machine::Need::CommandLine)?;
    let target = Target::need(target)?;
    let folder = shell::target().join("bundled").join(&target.name);
    build(&target, Build::Release, &folder, arguments)?;
    notices::write(&folder, &target.name)?;
    for (_, file) in FILES {
        let bytes = fs::metadata(folder.join(file)).with_context(|| format!("{file} is missing"))?.len();
        println!("{:6.1} MB  {}", bytes as f64 / 1e6, folder.join(file).display());
    }
    Ok(())
}

/// Builds the files, and puts them where they belong in a folder.
fn build(target: &Target, build: Build, folder: &Path, arguments: &[String]) -> Result<()> {
    let settings = quick_settings(build)?;
    for (workspace, what) in BUILDS {
        let words = [&["build", "--release", "--locked"], what].concat();
        shell::run(target.cargo(workspace, &words)?.args(&settings).args(arguments))?;
    }
    for (built, file) in FILES {
        let (from, to) = (shell::target().join(&target.name).join("release").join(built), folder.join(file));
        fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
        fs::copy(&from, &to).with_context(|| format!("{} was not built", from.display()))?;
    }
    Ok(())
}

/// What turns the one profile into a quick one.
fn quick_settings(build: Build) -> Result<Vec<String>> {
    if build == Build::Release { Ok(Vec::new()) } else { profile::quick() }
}

/// What is quickly built. The harness loads plugins of both formats under Wine and finds out what they do badly, and files are
/// written as Windows has them. Program and plugin take ten minutes of a processor more: [`run`].
///
/// # Errors
/// Something cannot be built, or Wine is missing.
pub(crate) fn check() -> Result<Report> {
    let target = match Target::find(GNU)? {
        Ok(target) => target,
        Err(why) => return Ok(Report::not_run(format!("no standard library for Windows here: {why}"))),
    };
    let mut report = Report::default();
    checks::tests(&target, &quick_settings(Build::Quick)?, &mut report)?;
    Ok(report)
}

/// `cargo xtask windows`: builds what ships, and shows everything that can be shown here; with `quick`, of what is built without
/// optimising much; with `harness`, of that alone.
///
/// # Errors
/// Something cannot be built, or a check fails.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let is_quick = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => false,
        ["quick"] => true,
        ["harness"] => return crate::report::print(check()?),
        _ => bail!("`cargo xtask windows` takes nothing, `quick` or `harness`"),
    };
    machine::ensure_for(&["window".to_owned()])?;
    let target = Target::need(GNU)?;
    let folder = if is_quick {
        let folder = shell::target().join("windows/quick");
        build(&target, Build::Quick, &folder, &[])?;
        folder
    } else {
        bundle(GNU, &[])?;
        shell::target().join("bundled").join(GNU)
    };
    let settings = quick_settings(if is_quick { Build::Quick } else { Build::Release })?;
    let mut report = Report::default();
    checks::tests(&target, &settings, &mut report)?;
    checks::headless(&folder, &mut report)?;
    checks::window(&folder, &mut report)?;
    crate::report::print(report)
}
