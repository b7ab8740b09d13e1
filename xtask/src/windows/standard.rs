//! Rust's standard library for Windows where the compiler has none: built from Debian's package of its sources, of the compiler's own
//! version, into a copy of the toolchain under `target/`.
//!
//! Building it needs features that the compiler gives to its own library alone (`RUSTC_BOOTSTRAP`); nothing else is built so.

use super::compiler::{GNU, compiler};
use crate::{machine, shell, trixie};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Debian's suite that has the sources of the newest compilers.
const SUITE: &str = "trixie-backports";
const PACKAGE: &str = "rust-src";
/// What is built: the library, what unwinds, and what tests stand on.
const BUILD: &str = "-Zbuild-std=std,panic_unwind,test";

/// Where a standard library for a target is.
#[derive(Clone, Debug)]
pub(crate) enum Standard {
    /// In the compiler's own toolchain.
    Installed,
    /// In a copy of it, which has this folder.
    Made(PathBuf),
    /// Nowhere: why.
    Missing(String),
}

/// Looks for it, and makes it where that is possible.
///
/// # Errors
/// It can be made, and something went wrong in that.
pub(crate) fn ensure(target: &str) -> Result<Standard> {
    let folder =
        shell::read(&mut shell::command("rustc", &["--print", "target-libdir", "--target", target]))?;
    if fs::read_dir(folder.trim()).is_ok_and(|mut entries| entries.next().is_some()) {
        return Ok(Standard::Installed);
    }
    if target != GNU || !machine::is_debian() {
        return Ok(Standard::Missing(format!("`rustup target add {target}` installs it")));
    }
    let version = release()?;
    let place = shell::target().join("windows/standard");
    let (toolchain, stamp) = (place.join("toolchain"), place.join("made-for.txt"));
    let wanted = format!("{} {version} {BUILD}\n", sysroot()?.display());
    // Written last: one that was cut short is made again.
    if fs::read_to_string(&stamp).is_ok_and(|made_for| made_for == wanted) {
        return Ok(Standard::Made(toolchain));
    }
    let sources = match sources(&place, &version)? {
        Ok(sources) => sources,
        Err(why) => return Ok(Standard::Missing(why)),
    };
    copy_toolchain(&toolchain, &sources)?;
    build(&place.join("build"), &toolchain, target)?;
    for used in ["build", "sources"] {
        fs::remove_dir_all(place.join(used))?;
    }
    fs::write(stamp, wanted)?;
    Ok(Standard::Made(toolchain))
}

/// The compiler's version: `1.95.0`.
fn release() -> Result<String> {
    let said = shell::read(&mut shell::command("rustc", &["-vV"]))?;
    let release = said.lines().find_map(|line| line.strip_prefix("release: "));
    release.map(str::to_owned).context("rustc names no release")
}

fn sysroot() -> Result<PathBuf> {
    Ok(shell::read(&mut shell::command("rustc", &["--print", "sysroot"]))?.trim().into())
}

/// The folder with the sources of this version, or why they are not to be had.
fn sources(place: &Path, version: &str) -> Result<Result<PathBuf, String>> {
    if place.exists() {
        fs::remove_dir_all(place)?;
    }
    let folder = place.join("sources");
    let listed = trixie::listed(&folder, SUITE);
    let Ok(archives) = listed else {
        return Ok(Err(format!("no archive with Debian's {SUITE} answers here")));
    };
    let there = shell::read(trixie::apt(&folder, "apt-cache").args(["madison", PACKAGE]))?;
    let Some(package) = package_of(&there, version) else {
        return Ok(Err(format!("Debian's {SUITE} has no {PACKAGE} {version}, which this compiler needs")));
    };
    let name = format!("{PACKAGE}={package}");
    shell::run_patiently(trixie::apt(&folder, "apt-get").args(["download", &name]).current_dir(archives))?;
    ensure!(trixie::unpack(&folder, &folder)? == 1, "apt did not download {name}");
    let sources = folder.join(format!("usr/src/rustc-{version}"));
    ensure!(sources.join("library/Cargo.lock").is_file(), "{name} has no {}", sources.display());
    Ok(Ok(sources))
}

/// The package's version that holds these sources, of what `apt-cache madison` says.
fn package_of(said: &str, version: &str) -> Option<String> {
    let versions = said.lines().filter_map(|line| line.split('|').nth(1)).map(str::trim);
    let is_it =
        |package: &&str| package.strip_prefix(version).is_some_and(|rest| rest.starts_with(['+', '-', '~']));
    versions.into_iter().find(is_it).map(str::to_owned)
}

/// The compiler finds its libraries by where it lies itself, so program and driver are copies; everything else is linked to.
fn copy_toolchain(toolchain: &Path, sources: &Path) -> Result<()> {
    let from = sysroot()?;
    let host = shell::host()?;
    fs::create_dir_all(toolchain.join("bin"))?;
    fs::create_dir_all(toolchain.join("lib/rustlib/src"))?;
    fs::copy(from.join("bin/rustc"), toolchain.join("bin/rustc"))?;
    for entry in fs::read_dir(from.join("lib"))? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if name.to_string_lossy().starts_with("librustc_driver") {
            fs::copy(&path, toolchain.join("lib").join(&name))?;
        } else if path.is_file() {
            link(&path, &toolchain.join("lib").join(&name))?;
        }
    }
    link(&from.join("lib/rustlib").join(&host), &toolchain.join("lib/rustlib").join(&host))?;
    link(sources, &toolchain.join("lib/rustlib/src/rust"))
}

fn link(to: &Path, at: &Path) -> Result<()> {
    shell::read(shell::command("ln", &["-sfn"]).args([to, at])).map(drop)
}

/// Builds the library with an empty crate above it, and puts it where the compiler looks for that of its targets.
fn build(folder: &Path, toolchain: &Path, target: &str) -> Result<()> {
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "#![no_std]\n")?;
    let manifest = "[package]\nname = \"nothing\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";
    fs::write(folder.join("Cargo.toml"), manifest)?;
    let mut cargo = shell::command("cargo", &["build", "--release", "--quiet", BUILD, "--target", target]);
    compiler(&mut cargo, Some(toolchain), target);
    cargo.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", folder.join("target")).current_dir(folder);
    shell::run(&mut cargo)?;
    let libraries = toolchain.join("lib/rustlib").join(target).join("lib");
    fs::create_dir_all(&libraries)?;
    for entry in fs::read_dir(folder.join("target").join(target).join("release/deps"))? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        let is_library = path.extension().is_some_and(|extension| extension == "rlib");
        if is_library && !name.to_string_lossy().starts_with("libnothing") {
            fs::copy(&path, libraries.join(name))?;
        }
    }
    fs::remove_file(toolchain.join("lib/rustlib/src/rust"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_are_the_compiler_s_own() {
        let said = " rust-src | 1.97.1+dfsg1-1~bpo13+1 | http://x trixie-backports/main amd64 Packages\n \
                    rust-src | 1.95.0+dfsg1-2~bpo13+1 | http://x trixie-backports/main amd64 Packages\n";
        assert_eq!(package_of(said, "1.95.0").as_deref(), Some("1.95.0+dfsg1-2~bpo13+1"));
        assert_eq!(package_of(said, "1.95"), None);
        assert_eq!(package_of(said, "1.97.0-nightly"), None);
        assert_eq!(package_of("", "1.95.0"), None);
    }
}
