//! `rollcall-train report`: figures and table of runs that have finished.

use anyhow::Result;
use clap::Args;
use std::path::PathBuf;

/// Draw the paper's figures 2 and 3 (SVG, PNG) and write the table (CSV) of all finished runs under a folder.
#[derive(Clone, Debug, Args)]
pub struct ReportArgs {
    /// Folder of runs: NAME/seed-N/scores.json, as `second` and `experiment` write them.
    #[arg(default_value = "cache/second")]
    runs: PathBuf,
}

/// Carries the command out.
///
/// # Errors
/// See [`crate::paper::figures::write`].
pub fn run(args: ReportArgs) -> Result<()> {
    for path in crate::paper::figures::write(&args.runs)? {
        println!("{}", path.display());
    }
    Ok(())
}
