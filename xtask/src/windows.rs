//! Windows: the bundles and programs built here, and run under Wine by `cargo xtask windows`.

mod console;
mod files;
mod habits;
mod harness;
mod hosts;
mod imports;
mod plugin;
mod program;
mod python;
mod screen;
mod window;
mod wine;

use crate::{
    cross::{
        MINGW, Target, profile,
        shipped::{Asked, BUILDS, PLUGIN},
    },
    machine, notices,
    report::Report,
    shell,
    workspaces::Workspace,
};
use anyhow::{Context, Result, bail};
use files::FILES;
use std::{fs, path::Path};

/// What the test command builds: the harness with the features of its own tests, and the plugin.
const TESTED: [Asked; 2] = [(Workspace::Main, &["-p", "rollcall-host", "--bin", "rollcall-host"]), PLUGIN];

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
    build(&target, Build::Release, &BUILDS, &folder, arguments)?;
    notices::write(&folder, &target.name)?;
    for (_, file) in FILES {
        let bytes = fs::metadata(folder.join(file)).with_context(|| format!("{file} is missing"))?.len();
        println!("{:6.1} MB  {}", bytes as f64 / 1e6, folder.join(file).display());
    }
    Ok(())
}

/// Builds the files, and puts them where they belong in a folder, which has nothing else then.
fn build(target: &Target, build: Build, asked: &[Asked], folder: &Path, arguments: &[String]) -> Result<()> {
    let settings = quick_settings(build)?;
    for (workspace, what) in asked {
        let words = [&["build", "--release", "--locked"], *what].concat();
        shell::run(target.cargo(*workspace, &words)?.args(&settings).args(arguments))?;
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let is_asked = |(built, _): &(&str, &str)| asked.iter().any(|(_, what)| makes(what, built));
    for (built, file) in FILES.into_iter().filter(is_asked) {
        let (from, to) = (target.folder().join(built), folder.join(file));
        fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
        fs::copy(&from, &to).with_context(|| format!("{} was not built", from.display()))?;
    }
    Ok(())
}

/// What turns the one profile into a quick one.
fn quick_settings(build: Build) -> Result<Vec<String>> {
    if build == Build::Release { Ok(Vec::new()) } else { profile::quick() }
}

/// Whether a file is made by what cargo is asked for.
fn makes(what: &[&str], file: &str) -> bool {
    match file.strip_suffix(".exe") {
        Some(program) => what.windows(2).any(|words| words == ["--bin", program]),
        None => what.contains(&"--lib"),
    }
}

/// What is quickly built. The harness loads plugins of both formats under Wine and finds out what they do badly, files are written as
/// Windows has them, and Rollcall's plugin does in the harness, in pedalboard and in DawDreamer what it does here. The program costs six minutes of a processor more: [`run`].
///
/// # Errors
/// Something cannot be built, or Wine is missing.
pub(crate) fn check() -> Result<Report> {
    let target = match Target::find(MINGW)? {
        Ok(target) => target,
        Err(why) => return Ok(Report::not_run(format!("no standard library for Windows here: {why}"))),
    };
    let mut report = Report::default();
    harness::check(&target, &quick_settings(Build::Quick)?, &mut report)?;
    let folder = shell::target().join("windows/tested");
    build(&target, Build::Quick, &TESTED, &folder, &[])?;
    plugin::check(&folder, &mut report)?;
    hosts::check(&folder, &mut report)?;
    Ok(report)
}

/// `cargo xtask windows`: builds what ships, and shows everything that can be shown here; with `quick`, of what is built without
/// optimising much; with `tested`, what the test command shows.
///
/// # Errors
/// Something cannot be built, or a check fails.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let is_quick = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => false,
        ["quick"] => true,
        ["tested"] => return crate::report::print(check()?),
        _ => bail!("`cargo xtask windows` takes nothing, `quick` or `tested`"),
    };
    machine::ensure_for(&["window".to_owned()])?;
    let target = Target::need(MINGW)?;
    let folder = if is_quick {
        let folder = shell::target().join("windows/quick");
        build(&target, Build::Quick, &BUILDS, &folder, &[])?;
        folder
    } else {
        bundle(MINGW, &[])?;
        shell::target().join("bundled").join(MINGW)
    };
    let settings = quick_settings(if is_quick { Build::Quick } else { Build::Release })?;
    let mut report = Report::default();
    harness::check(&target, &settings, &mut report)?;
    program::check(&folder, &mut report)?;
    plugin::check(&folder, &mut report)?;
    hosts::check(&folder, &mut report)?;
    window::check(&folder, &mut report)?;
    crate::report::print(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_what_is_copied() {
        let made = |asked: &[Asked]| {
            let is_made = |(built, _): &(&str, &str)| asked.iter().any(|(_, what)| makes(what, built));
            FILES.into_iter().filter(is_made).map(|(_, file)| file).collect::<Vec<_>>()
        };
        assert_eq!(made(&BUILDS), FILES.map(|(_, file)| file));
        assert_eq!(made(&TESTED), [FILES[0].1, FILES[1].1, "rollcall-host.exe"]);
    }

    #[test]
    fn every_package_with_a_level_of_its_own_is_quick_too() {
        assert_eq!(quick_settings(Build::Release).expect("none are read"), Vec::<String>::new());
        let settings = quick_settings(Build::Quick).expect("the manifests are there");
        for one in ["tract-core.opt-level=0", "read-fonts.opt-level=1", "egui.opt-level=1"] {
            let one = format!("profile.release.package.{one}");
            assert!(settings.contains(&one), "{one}: {settings:?}");
        }
    }
}
