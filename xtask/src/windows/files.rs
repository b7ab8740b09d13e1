//! What is built for Windows, and what it is held against.

use crate::{bundle, shell};
use anyhow::Result;
use std::path::PathBuf;

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
