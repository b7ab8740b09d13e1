//! Packages of Debian 13 beside the machine's own Debian: unpacked under `target/`, not installed. Qtractor's scanner, which has VST3
//! there, is one; the sources of Rust's standard library (`cross/standard.rs`) are another.

use crate::shell;
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) const SUITE: &str = "trixie";
/// The package with the scanner: itself alone, since the scanner needs nothing of what the program around it needs.
const PROGRAM: &str = "qtractor";
/// The libraries that the scanner links, with all that they need: the C library too.
const LIBRARIES: &[&str] = &["libqt6core6t64", "libstdc++6"];
/// Debian's keys, of this release and the next ones.
pub(crate) const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The folder that the packages are unpacked in, as they would lie in `/`. Made once.
///
/// # Errors
/// This is not Debian, or the archive has nothing for us.
pub(crate) fn ensure() -> Result<PathBuf> {
    let folder = shell::target().join(SUITE);
    let (root, stamp) = (folder.join("root"), folder.join("made-from.txt"));
    let wanted = format!("{PROGRAM} {}\n", LIBRARIES.join(" "));
    // Written last: a folder that was cut short is made again.
    if fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == wanted) {
        return Ok(root);
    }
    make(&folder, &root).context(
        "Qtractor of Debian 13 cannot be had, and Debian 12 builds it without VST3. Please see to it that `apt-get update` works \
         here, from an archive that has trixie too, and then this command again",
    )?;
    fs::write(stamp, wanted)?;
    Ok(root)
}

fn make(folder: &Path, root: &Path) -> Result<()> {
    let archives = listed(folder, SUITE)?;
    shell::run_patiently(
        apt(folder, "apt-get").args(["install", "--yes", "--download-only"]).args(LIBRARIES),
    )?;
    shell::run_patiently(apt(folder, "apt-get").args(["download", PROGRAM]).current_dir(archives))?;
    let unpacked = unpack(folder, root)?;
    ensure!(unpacked > LIBRARIES.len(), "apt left {unpacked} packages");
    Ok(())
}

/// Begins a folder with a suite's list of packages; returns where packages are put.
///
/// # Errors
/// The archive cannot be reached, or has no such suite.
pub(crate) fn listed(folder: &Path, suite: &str) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let archives = folder.join("archives");
    for made in [&archives.join("partial"), &folder.join("lists/partial"), &folder.join("none")] {
        fs::create_dir_all(made)?;
    }
    // No package is installed there: so each one is missing.
    fs::write(folder.join("status"), "")?;
    // Of all lists only the one of the packages: what else a machine may be set up to fetch, its apt-file's lists for one, is
    // not needed here and can be what an archive has wrong.
    let source = format!("deb [signed-by={KEYS} target=Packages] {} {suite} main\n", archive()?);
    fs::write(folder.join("sources.list"), source)?;
    shell::run_patiently(apt(folder, "apt-get").arg("update"))?;
    Ok(archives)
}

/// Unpacks what is in a folder's archives into a root, and removes the archives and lists. Returns how many there were.
///
/// # Errors
/// A package is broken, or there is no room.
pub(crate) fn unpack(folder: &Path, root: &Path) -> Result<usize> {
    fs::create_dir_all(root)?;
    let mut unpacked = 0;
    for entry in fs::read_dir(folder.join("archives"))? {
        let package = entry?.path();
        if package.extension().is_some_and(|extension| extension == "deb") {
            shell::read(shell::command("dpkg-deb", &["--extract"]).arg(&package).arg(root))?;
            unpacked += 1;
        }
    }
    ["archives", "lists"].iter().try_for_each(|used| fs::remove_dir_all(folder.join(used)))?;
    Ok(unpacked)
}

/// The archive that this machine itself installs from: that of its own release, by its own lists of sources.
pub(crate) fn archive() -> Result<String> {
    let system = fs::read_to_string("/etc/os-release").context("cannot read /etc/os-release")?;
    let name = system.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let name = name.context("/etc/os-release has no VERSION_CODENAME")?;
    // Without what the archives say of themselves: that is not here before the first `apt-get update`.
    let mut list = shell::command("apt-get", &["-o", "APT::Get::IndexTargets::ReleaseInfo=false"]);
    list.args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Component: main"]);
    let list = shell::read(list.arg(format!("Release: {name}")))?;
    list.lines().next().map(str::to_owned).with_context(|| format!("apt has no source with {name} main"))
}

/// A program of apt's with lists, state and cache of its own: it sees nothing but that suite and touches nothing of the machine's.
pub(crate) fn apt(folder: &Path, program: &str) -> Command {
    let mut command = shell::command(program, &["-qq"]);
    let places = [
        ("Dir::Etc::sourcelist", "sources.list"),
        ("Dir::Etc::sourceparts", "none"),
        ("Dir::Etc::preferencesparts", "none"),
        ("Dir::State", ""),
        ("Dir::State::status", "status"),
        ("Dir::Cache", ""),
    ];
    for (option, place) in places {
        command.arg("-o").arg(format!("{option}={}", folder.join(place).display()));
    }
    let settings = [
        "Acquire::Retries=3",
        "APT::Install-Recommends=false",
        // The downloading user of root's apt may not write here.
        "APT::Sandbox::User=root",
    ];
    settings.iter().for_each(|setting| {
        command.args(["-o", setting]);
    });
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
