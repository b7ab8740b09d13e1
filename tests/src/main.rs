//! `rollcall-host`: runs a CLAP or VST3 plugin without a DAW, and holds it to what it should do.

mod cli;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod interpose;

use clap::Parser;
use std::{path::PathBuf, process::ExitCode};

/// Runs a CLAP or VST3 plugin without a DAW, in a process of its own, and holds it to what it should do.
///
/// Exit codes: 0 every claim held; 1 one did not, or the plugin crashed, hung or refused; 2 the call itself is wrong.
#[derive(Parser)]
#[command(name = "rollcall-host", version)]
enum Command {
    /// List plugins, ports, parameters and features of a file.
    Inspect(cli::inspect::Options),
    /// Feed audio and record what comes back.
    Run(Box<cli::run::Options>),
    /// Rates x block sizes x layouts x modes, each in a process of its own.
    Matrix(cli::matrix::Options),
    /// What validators check: layouts, units, parameters and states, even cost, sleep.
    Check(cli::check::Options),
    /// Random runs from a seed; the first failure is made as small as possible.
    Fuzz(cli::fuzz::Options),
    /// What the other commands start: runs the plan in a folder.
    #[command(hide = true)]
    Child {
        /// The folder.
        folder: PathBuf,
    },
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Inspect(options) => cli::inspect::run(&options),
        Command::Run(options) => cli::run::run(&options),
        Command::Matrix(options) => cli::matrix::run(&options),
        Command::Check(options) => cli::check::run(&options),
        Command::Fuzz(options) => cli::fuzz::run(&options),
        Command::Child { folder } => rollcall_host::child(&folder).map(|()| true).map_err(Into::into),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("rollcall-host: {error:#}");
            ExitCode::from(2)
        }
    }
}
