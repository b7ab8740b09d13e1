//! `cargo xtask release`: from a tag to what people download. Each step is a command of its own, which a person or a machine of CI runs on
//! its system; a dry run takes every step that this machine can, and lists the others.

mod archive;
mod changelog;
mod finish;
mod system;

use crate::{cross::profile, metadata, shell, wheel};
use anyhow::{Context, Result, bail, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};
use system::System;

/// Where steps put their files, under `target/`, and where a dry run does.
const FILES: &str = "release-files";
const DRY: &str = "release-dry-run";

/// What others may use from a registry.
const CRATES: [&str; 5] =
    ["rollcall-classes", "rollcall-unify", "rollcall-kernels", "rollcall-engine", "rollcall-host"];

const USAGE: &str = "\
cargo xtask release STEP

  build [SYSTEM]    archive of plugin, programs and licences for linux, windows or macos (this system, if none is named)
  wheel             the Python package for this system
  crates            package what others may use, and compile it from its packages
  finish [TAG]      SHA256SUMS of all files, and NOTES.md, the CHANGELOG's part of this version
  publish TAG       put all of it on GitHub, by `gh`
  --dry-run [quick] all that this machine can, into target/release-dry-run/, and a list of what it can't; with quick, what is
                    compiled for another system is not optimised much, in a third of the time

The steps put their files into target/release-files/.";

/// Takes a step.
///
/// # Errors
/// It fails, or there is no such step.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let folder = shell::target().join(FILES);
    match words.as_slice() {
        ["build"] => build(System::own()?, &[], &folder).map(told),
        ["build", name] => build(System::named(name)?, &[], &folder).map(told),
        ["wheel"] => python(&folder).map(told),
        ["crates"] => verified_crates(),
        ["finish"] => finish::finish(&folder, None),
        ["finish", tag] => finish::finish(&folder, Some(tag)),
        ["publish", tag] => finish::publish(&folder, tag),
        ["--dry-run"] => dry_run(&[]),
        ["--dry-run", "quick"] => dry_run(&profile::quick()?),
        _ => bail!("{USAGE}"),
    }
}

fn told(file: PathBuf) {
    println!("{}", file.display());
}

/// Plugin, programs and licences for a system, in an archive in this folder.
fn build(system: System, settings: &[String], folder: &Path) -> Result<PathBuf> {
    let built = system.build(settings)?;
    let name = format!("rollcall-{}-{}", metadata::version()?, system.name());
    let file = folder.join(format!("{name}.zip"));
    fs::create_dir_all(folder)?;
    archive::pack(&file, &name, &built)?;
    Ok(file)
}

/// The Python package for this system, in this folder.
fn python(folder: &Path) -> Result<PathBuf> {
    let wheel = wheel::build()?;
    fs::create_dir_all(folder)?;
    let file = folder.join(wheel.file_name().context("a wheel has a name")?);
    fs::copy(&wheel, &file)?;
    Ok(file)
}

/// All together, so that those that stand on others find them.
fn crates(options: &[&str]) -> Result<()> {
    let mut cargo = shell::command("cargo", &["package", "--locked"]);
    CRATES.iter().for_each(|name| {
        cargo.args(["-p", name]);
    });
    shell::run(cargo.args(options))
}

/// The same, compiled from their packages: in a folder of this run alone, for cargo takes a package of a known name and version for one
/// that never changes, and would compile what it held the last time.
fn verified_crates() -> Result<()> {
    let folder = shell::target().join(format!("crates-{}", std::process::id()));
    let made = crates(&["--target-dir", &folder.display().to_string()]);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    made
}

/// Every step that this machine can take; with these settings of cargo for what is compiled for another system.
///
/// # Errors
/// One that it can fails.
fn dry_run(settings: &[String]) -> Result<()> {
    let folder = shell::target().join(DRY);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut left = Vec::new();
    for system in System::ALL {
        match system.missing()? {
            None => {
                build(system, if system == System::own()? { &[] } else { settings }, &folder)?;
            }
            Some(why) => left.push(format!("the archive for {}: {why}", system.name())),
        }
    }
    python(&folder)?;
    left.push("wheels of other systems: `cargo xtask release wheel` there".to_owned());
    // Nobody's clone is without changes while a release is prepared; CI compiles the packages, too.
    crates(&["--no-verify", "--allow-dirty"])?;
    for name in CRATES {
        let package = format!("{name}-{}.crate", metadata::version()?);
        let from = shell::target().join("package").join(&package);
        ensure!(from.is_file(), "cargo made no {}", from.display());
        fs::copy(from, folder.join(package))?;
    }
    left.push("compiling the crates from their packages: `cargo xtask release crates`".to_owned());
    finish::finish(&folder, None)?;
    left.push("publishing: `cargo xtask release publish TAG`, with the rights to it".to_owned());
    left.push("a signature by a certificate: Windows and macOS warn of programs without one; README says what to do".to_owned());
    println!("\nIn {}:", folder.display());
    for file in finish::files(&folder)? {
        let bytes = fs::metadata(&file)?.len();
        println!("{:8.1} MB  {}", bytes as f64 / 1e6, file.file_name().unwrap_or_default().display());
    }
    println!("\nNot done here:");
    left.iter().for_each(|what| println!("  - {what}"));
    Ok(())
}
