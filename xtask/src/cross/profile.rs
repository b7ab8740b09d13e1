//! The profile that ships, made quick to compile: the numbers are the same, for no level of optimisation reorders floating point.

use crate::{shell, workspaces::Workspace};
use anyhow::Result;
use std::fs;

/// Settings for cargo that turn the one profile into a quick one. Whatever the profile says of single packages, it is said here again:
/// that goes before.
///
/// # Errors
/// A manifest cannot be read.
pub(crate) fn quick() -> Result<Vec<String>> {
    let manifests = Workspace::BOTH.iter().map(|one| fs::read_to_string(shell::root().join(one.manifest())));
    let manifests = manifests.collect::<std::io::Result<Vec<_>>>()?;
    let mut packages: Vec<&str> = Vec::new();
    for line in manifests.iter().flat_map(|text| text.lines()) {
        packages.extend(
            ["s", "z"].iter().find_map(|level| line.strip_suffix(&format!(".opt-level = \"{level}\""))),
        );
    }
    packages.sort_unstable();
    packages.dedup();
    // tract reads a graph once and runs a probe; it is half of what there is to compile.
    let level = |package: &str| if package.starts_with("tract-") { 0 } else { 1 };
    let of = |package: &&str| format!("profile.release.package.{package}.opt-level={}", level(package));
    let settings = std::iter::once("profile.release.opt-level=1".to_owned()).chain(packages.iter().map(of));
    Ok(settings.flat_map(|setting| ["--config".to_owned(), setting]).collect())
}

/// The same for all but one of our crates, which is compiled as it ships.
///
/// # Errors
/// As [`quick`].
pub(crate) fn quick_but(package: &str) -> Result<Vec<String>> {
    let mut settings = quick()?;
    settings.extend(["--config".to_owned(), format!("profile.release.package.{package}.opt-level=3")]);
    Ok(settings)
}
