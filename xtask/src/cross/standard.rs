//! Rust's standard library for a target that the compiler has none for: built from Debian's package of its sources, of the compiler's own
//! version, into a copy of the toolchain under `target/`, one for all targets.
//!
//! Building it needs features that the compiler gives to its own library alone (`RUSTC_BOOTSTRAP`); nothing else is built so.

use super::compiler::{compiler, is_native, tools};
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
    // A Mac or a Windows of one processor builds for the other with what rustup has for it.
    if is_native(target) && shell::succeeds("rustup", &["target", "add", target]) {
        return Ok(Standard::Installed);
    }
    if tools(target).is_none() || is_native(target) || !machine::is_debian() {
        return Ok(Standard::Missing(format!("`rustup target add {target}` installs it")));
    }
    let place = shell::target().join("cross");
    let toolchain = place.join("toolchain");
    if let Err(why) = ensure_toolchain(&place, &toolchain)? {
        return Ok(Standard::Missing(why));
    }
    if !libraries(&toolchain, target).is_dir() {
        build(&place.join("build"), &toolchain, target)?;
    }
    Ok(Standard::Made(toolchain))
}

/// Where the compiler looks for the libraries of a target.
fn libraries(toolchain: &Path, target: &str) -> PathBuf {
    toolchain.join("lib/rustlib").join(target).join("lib")
}

/// The copy of this compiler with the sources in it, or why they are not to be had. Of another compiler nothing is kept.
fn ensure_toolchain(place: &Path, toolchain: &Path) -> Result<Result<(), String>> {
    let version = release()?;
    let stamp = place.join("made-for.txt");
    let wanted = format!("{} {version} {BUILD}\n", sysroot()?.display());
    // Written last: one that was cut short is made again.
    if fs::read_to_string(&stamp).is_ok_and(|made_for| made_for == wanted) {
        return Ok(Ok(()));
    }
    if place.exists() {
        fs::remove_dir_all(place)?;
    }
    let sources = match sources(&place.join("sources"), &version)? {
        Ok(sources) => sources,
        Err(why) => return Ok(Err(why)),
    };
    copy_toolchain(toolchain, &sources)?;
    fs::write(stamp, wanted)?;
    Ok(Ok(()))
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

/// The folder with the library's sources of this version, in `library/`, or why they are not to be had.
fn sources(folder: &Path, version: &str) -> Result<Result<PathBuf, String>> {
    let listed = trixie::listed(folder, SUITE);
    let Ok(archives) = listed else {
        return Ok(Err(format!("no archive with Debian's {SUITE} answers here")));
    };
    let there = shell::read(trixie::apt(folder, "apt-cache").args(["madison", PACKAGE]))?;
    let Some(package) = package_of(&there, version) else {
        return Ok(Err(format!("Debian's {SUITE} has no {PACKAGE} {version}, which this compiler needs")));
    };
    let name = format!("{PACKAGE}={package}");
    shell::run_patiently(trixie::apt(folder, "apt-get").args(["download", &name]).current_dir(archives))?;
    ensure!(trixie::unpack(folder, folder)? == 1, "apt did not download {name}");
    let sources = folder.join(format!("usr/src/rustc-{version}"));
    let library = sources.join("library");
    ensure!(library.join("Cargo.lock").is_file(), "{name} has no {}", library.display());
    // The compiler's own sources are five sixths of it, and nothing is built of them.
    let kept = folder.join("rust");
    fs::create_dir_all(&kept)?;
    fs::rename(library, kept.join("library"))?;
    fs::remove_dir_all(folder.join("usr"))?;
    Ok(Ok(kept))
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
    compiler(&mut cargo, Some(toolchain), target)?;
    cargo.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", folder.join("target")).current_dir(folder);
    shell::run(&mut cargo)?;
    let built = folder.join("libraries");
    fs::create_dir_all(&built)?;
    for entry in fs::read_dir(folder.join("target").join(target).join("release/deps"))? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        let is_library = path.extension().is_some_and(|extension| extension == "rlib");
        if is_library && !name.to_string_lossy().starts_with("libnothing") {
            fs::copy(&path, built.join(name))?;
        }
    }
    // Last, and at once: what is there is whole.
    let libraries = libraries(toolchain, target);
    fs::create_dir_all(libraries.parent().context("a folder lies in another")?)?;
    fs::rename(built, libraries)?;
    fs::remove_dir_all(folder)?;
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
