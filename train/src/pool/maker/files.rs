//! The recordings below a folder.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Audio files below a folder, sorted by path.
pub fn recordings(folder: &Path) -> Result<Vec<PathBuf>> {
    let known = |path: &Path| {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        ["ogg", "oga", "wav", "flac", "mp3", "aiff", "opus", "g722"].contains(&extension.as_str())
    };
    let mut files = Vec::new();
    for entry in WalkDir::new(folder) {
        let entry =
            entry.with_context(|| format!("{}: fetch first: rollcall-train data fetch", folder.display()))?;
        if entry.file_type().is_file() && known(entry.path()) {
            files.push(entry.into_path());
        }
    }
    files.sort();
    ensure!(
        !files.is_empty(),
        "{}: no recordings in it; fetch again: rollcall-train data fetch",
        folder.display()
    );
    Ok(files)
}
