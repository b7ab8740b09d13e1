//! `rollcall-host matrix`.

use super::output::{Reports, show};
use anyhow::Result;
use clap::Args;
use rollcall_host::{Assertion, Blocks, Case, Launcher, Mode, Signal, matrix::Matrix};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Options {
    /// A .clap file or a .vst3 bundle.
    plugin: PathBuf,
    /// Which plugin of the file, by id or name.
    #[arg(long)]
    id: Option<String>,
    /// Sample rates.
    #[arg(long, value_delimiter = ',', value_name = "HZ")]
    rates: Vec<f64>,
    /// Block schedules, each as for `run`; may be given many times.
    #[arg(long, value_name = "BLOCKS")]
    blocks: Vec<Blocks>,
    /// Main channels, with +S for a sidechain: 1,2,2+S. The plugin's own layout by default.
    #[arg(long, value_delimiter = ',', value_name = "N[+S]", value_parser = layout)]
    layouts: Vec<(u32, bool)>,
    /// Seconds of audio for each cell.
    #[arg(long, default_value_t = 1.0, value_name = "S")]
    seconds: f64,
    /// What is fed, as for `run`.
    #[arg(long, default_value = "noise", value_name = "SIGNAL")]
    input: Signal,
    /// Seed of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A claim that must hold in every cell, as for `run`.
    #[arg(long = "assert", value_name = "CLAIM")]
    assertions: Vec<Assertion>,
    #[command(flatten)]
    reports: Reports,
}

fn layout(text: &str) -> Result<(u32, bool), String> {
    let (channels, sidechain) = text.strip_suffix("+S").map_or((text, false), |channels| (channels, true));
    Ok((channels.parse().map_err(|_| format!("`{text}` is no layout: 2 or 2+S"))?, sidechain))
}

pub(crate) fn run(options: &Options) -> Result<bool> {
    let mut matrix = Matrix {
        seconds: options.seconds,
        signal: options.input.clone(),
        seed: options.seed,
        ..Matrix::default()
    };
    if !options.rates.is_empty() {
        matrix.rates_hz.clone_from(&options.rates);
    }
    if !options.blocks.is_empty() {
        matrix.blocks.clone_from(&options.blocks);
    }
    if !options.layouts.is_empty() {
        matrix.layouts = options.layouts.iter().copied().map(Some).collect();
    }
    matrix.modes = vec![Mode::Realtime, Mode::Offline];
    let launcher = Launcher::current()?;
    let mut cases = Vec::new();
    for (name, plan) in matrix.plans(&options.plugin, options.id.as_deref()) {
        let ran = launcher.run(&plan)?;
        let case = Case::new(name, plan, ran, &options.assertions);
        show(&case, false);
        cases.push(case);
    }
    options.reports.write("matrix", &cases)?;
    let failed = cases.iter().filter(|case| !case.passed()).count();
    println!("{} passed, {failed} failed", cases.len() - failed);
    Ok(failed == 0)
}
