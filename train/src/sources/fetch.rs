//! Getting the packages that hold SoundFonts, recordings and scores: through the registries' own clients, unpacked, never installed.

use super::packages::{CHART_PROGRAM, FONTS, Notation, Package, Registry, SCORES};
use super::{archives, collections, qt_resources};
use anyhow::{Context, Result, bail, ensure};
use std::{fs, path::Path, process::Command};

/// Fetches and unpacks every package that a SoundFont, a collection or a score comes from and that is not there yet; returns
/// how many are new.
///
/// # Errors
/// A client is missing or fails; the message says which package and what to do. What was fetched before stays.
pub fn fetch(packages: &Path) -> Result<usize> {
    let mut fetched = 0;
    let fonts = FONTS.iter().map(|f| (f.package, f.path));
    let collections = collections::all().map(|c| (c.package, c.folder));
    let scores = SCORES.iter().map(|s| match s.notation {
        Notation::Charts => (s.package, CHART_PROGRAM),
        Notation::Midi(folder) => (s.package, folder),
    });
    for (package, path) in fonts.chain(collections).chain(scores) {
        let folder = package.folder(packages);
        if !folder.exists() {
            eprintln!("fetching {}", package.name);
            unpack(package, &folder).with_context(|| format!("fetching {}", package.name))?;
            fetched += 1;
        }
        let path = folder.join(path);
        if let Some(inside) = path.ancestors().find(|a| a.with_extension("rcc").is_file() && !a.exists()) {
            qt_resources::unpack(&inside.with_extension("rcc"), inside)?;
        }
        archives::unpack_around(&path)?;
        ensure!(
            path.exists(),
            "{} is not in its package: remove {} and try again",
            path.display(),
            folder.display()
        );
    }
    Ok(fetched)
}

/// Unpacks into a folder beside the final one and renames it, so that a kill leaves no half package.
fn unpack(package: Package, folder: &Path) -> Result<()> {
    let work = folder.with_extension("partial");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    let (download, content) = (work.join("download"), work.join("content"));
    fs::create_dir_all(&download)?;
    fs::create_dir_all(&content)?;
    match package.registry {
        Registry::Debian => {
            run(
                Command::new("apt-get").args(["download", package.name]).current_dir(&download),
                "run apt-get update",
            )?;
            let archive = only_file(&download)?;
            run(Command::new("dpkg-deb").arg("-x").args([&archive, &content]), "install dpkg")?;
        }
        Registry::Npm => {
            run(
                Command::new("npm").args(["pack", "--silent", package.name]).current_dir(&download),
                "install npm",
            )?;
            let archive = only_file(&download)?;
            run(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&content), "install tar")?;
        }
    }
    fs::rename(&content, folder).with_context(|| format!("renaming to {}", folder.display()))?;
    fs::remove_dir_all(&work)?;
    Ok(())
}

fn only_file(folder: &Path) -> Result<std::path::PathBuf> {
    let file = fs::read_dir(folder)?.next().context("the client downloaded nothing")?;
    Ok(file?.path())
}

fn run(command: &mut Command, remedy: &str) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.stdout(std::process::Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("{program} failed ({status}); {remedy} and try again"),
        Err(error) => bail!("{program} cannot be run ({error}); {remedy} and try again"),
    }
}
