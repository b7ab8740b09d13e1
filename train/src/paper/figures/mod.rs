//! What the runs under a folder found, as the paper's figures 2 and 3 and as a table.
//!
//! A folder of runs holds `REPRESENTATION/seed-N/scores.json` ([`super::second_stage::Outcome`]).
#![forbid(unsafe_code)]

mod draw;
mod figure;
mod runs;
mod table;

pub use runs::{Runs, Summary};

use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Reads all finished runs under `folder` and writes `scores.csv`, and `figure2` and `figure3` as SVG and PNG, into it; a figure of
/// which no representation has run is left out. Returns what was written.
///
/// # Errors
/// No finished run, one that cannot be read, or the disk.
pub fn write(folder: &Path) -> Result<Vec<PathBuf>> {
    let runs = Runs::read(folder)?;
    ensure!(!runs.is_empty(), "no finished run in {}: expected NAME/seed-N/scores.json", folder.display());
    let mut written = Vec::new();
    let mut put = |name: &str, bytes: &[u8]| -> Result<()> {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
        written.push(path);
        Ok(())
    };
    put("scores.csv", &table::csv(&runs)?)?;
    for number in [2, 3] {
        if let Some(figure) = figure::Figure::of(&runs, number) {
            put(&format!("figure{number}.svg"), draw::svg(&figure)?.as_bytes())?;
            put(&format!("figure{number}.png"), &draw::png(&figure)?)?;
        }
    }
    Ok(written)
}
