//! What goes with the files of a release: their hashes, and what is new; and how all of it is published.

use super::changelog;
use crate::{hash::sha256, metadata, shell};
use anyhow::{Context, Result, ensure};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

const SUMS: &str = "SHA256SUMS";
const NOTES: &str = "NOTES.md";

/// Writes hashes and notes. With a tag they are those of a release: the tag must be the version's, and the CHANGELOG tell of it.
///
/// # Errors
/// The tag is another version's, or there is nothing to be finished.
pub(super) fn finish(folder: &Path, tag: Option<&str>) -> Result<()> {
    let version = metadata::version()?;
    if let Some(tag) = tag {
        hold_to_version(tag, &version)?;
    }
    let changelog = fs::read_to_string(shell::root().join("CHANGELOG.md"))?;
    let notes = changelog::part(&changelog, &version, tag.is_some())?;
    for old in [SUMS, NOTES].map(|name| folder.join(name)) {
        if old.exists() {
            fs::remove_file(old)?;
        }
    }
    let files = files(folder)?;
    ensure!(!files.is_empty(), "{} holds no files: `cargo xtask release build` makes them", folder.display());
    fs::write(folder.join(SUMS), sums(&files)?)?;
    fs::write(folder.join(NOTES), format!("{notes}\n"))?;
    Ok(())
}

fn hold_to_version(tag: &str, version: &str) -> Result<()> {
    ensure!(
        tag.strip_prefix('v') == Some(version),
        "the tag is {tag}, but Cargo.toml has version {version}: the tag of that is v{version}"
    );
    Ok(())
}

/// A line for each file, as `sha256sum --check` reads them.
fn sums(files: &[PathBuf]) -> Result<String> {
    let mut lines = String::new();
    for file in files {
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        writeln!(lines, "{}  {}", sha256(bytes), file.file_name().unwrap_or_default().display())?;
    }
    Ok(lines)
}

/// The files in a folder, by their names.
///
/// # Errors
/// There is no such folder.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| {
        format!("{} cannot be read: `cargo xtask release build` makes it", folder.display())
    })?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|path| path.is_file());
    files.sort();
    Ok(files)
}

/// Makes the release of a tag on GitHub, with all files.
///
/// # Errors
/// The release is not finished, or `gh` is missing or refuses.
pub(super) fn publish(folder: &Path, tag: &str) -> Result<()> {
    let version = metadata::version()?;
    hold_to_version(tag, &version)?;
    let notes = folder.join(NOTES);
    ensure!(notes.is_file(), "{} is missing: `cargo xtask release finish {tag}` writes it", notes.display());
    let mut gh = shell::command("gh", &["release", "create", tag, "--verify-tag", "--title"]);
    gh.arg(format!("Rollcall {version}")).arg("--notes-file").arg(&notes);
    gh.args(files(folder)?.into_iter().filter(|file| *file != notes));
    shell::run(&mut gh)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_written_as_sha256sum_reads_them() {
        let place = shell::target().join("release-tests").join(std::process::id().to_string());
        fs::create_dir_all(place.join("folder")).unwrap();
        fs::write(place.join("b.zip"), "abc").unwrap();
        fs::write(place.join("a.zip"), "").unwrap();
        let sums = sums(&files(&place).unwrap()).unwrap();
        assert_eq!(
            sums,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a.zip\n\
             ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b.zip\n"
        );
        fs::remove_dir_all(&place).unwrap();
        assert!(files(&place).unwrap_err().to_string().contains("release build"));
    }

    #[test]
    fn a_tag_is_the_version_s() {
        hold_to_version("v0.1.0", "0.1.0").unwrap();
        for tag in ["0.1.0", "v0.1.1", "v0.1.0-rc1"] {
            assert!(hold_to_version(tag, "0.1.0").unwrap_err().to_string().contains("v0.1.0"), "{tag}");
        }
    }
}
