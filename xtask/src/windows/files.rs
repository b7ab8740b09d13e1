//! What is built for Windows, and what it is held against.

use crate::{bundle, shell};
use anyhow::Result;
use std::path::{Path, PathBuf};

/// The target that MinGW links for.
pub(super) const GNU: &str = "x86_64-pc-windows-gnu";

/// What cargo calls a file, and where it goes.
pub(super) const FILES: [(&str, &str); 4] = [
    ("rollcall_plugin.dll", "Rollcall.clap"),
    ("rollcall_plugin.dll", "Rollcall.vst3/Contents/x86_64-win/Rollcall.vst3"),
    ("rollcall.exe", "rollcall.exe"),
    ("rollcall-host.exe", "rollcall-host.exe"),
];

/// The same plugin for this system: what Windows' is held against.
pub(super) fn here() -> Result<PathBuf> {
    let bundles = shell::target().join("bundled");
    if !bundles.join("Rollcall.clap").is_file() {
        bundle::run(None, Vec::new())?;
    }
    Ok(bundles)
}

/// The DLLs that a program or library imports, as the linker's own tool lists them.
///
/// # Errors
/// The tool is missing, or this is no such file.
pub(super) fn imports(file: &Path) -> Result<Vec<String>> {
    let said = shell::read(shell::command("x86_64-w64-mingw32-objdump", &["--private-headers"]).arg(file))?;
    let names = said.lines().filter_map(|line| line.trim().strip_prefix("DLL Name: "));
    let mut names: Vec<String> = names.map(str::to_lowercase).collect();
    names.sort();
    names.dedup();
    Ok(names)
}
