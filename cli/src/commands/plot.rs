//! `rollcall plot`: an analysis whose results are pictures.

use super::analyze;
use super::outcome::Outcome;
use crate::{args::PlotArgs, output::FormatName};
use anyhow::{Result, bail};

pub(super) fn run(args: PlotArgs) -> Result<Outcome> {
    let mut args = args.analyze;
    let output = &mut args.output;
    output.format.extend(output.pictures());
    output.plot = None;
    if let Some(other) = output.format.iter().find(|format| !format.is_picture()) {
        bail!("--format: .{} is no picture; `rollcall analyze` writes it", other.suffix());
    }
    if output.output.is_none() && output.out_dir.is_none() && !output.beside {
        output.out_dir = Some(".".into());
    }
    if output.format.is_empty() {
        let named = output.output.as_deref().and_then(FormatName::of_path);
        output.format = vec![named.filter(|format| format.is_picture()).unwrap_or(FormatName::Html)];
    }
    analyze::run(&args)
}
