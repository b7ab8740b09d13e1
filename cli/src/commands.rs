//! The commands: from parsed arguments to an exit code.

mod analyze;
mod batch;
mod diff;
mod evaluate;
mod extras;
mod identity;
mod model;
mod outcome;
mod plot;
mod progress;
mod sink;
mod teach;

use crate::args::{Cli, Command, When};
use anstream::ColorChoice;
use anyhow::{Context, Result};
use clap::CommandFactory;
use outcome::{Outcome, is_closed_pipe, report_error, sentence};
use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

/// Does what the command line says. Errors are printed here.
pub fn run(cli: Cli) -> ExitCode {
    ExitCode::from(code(cli))
}

/// As [`run`]; the exit code as a number, for a caller that is no program of its own.
pub fn code(cli: Cli) -> u8 {
    match cli.color {
        When::Auto => {}
        When::Always => ColorChoice::Always.write_global(),
        When::Never => ColorChoice::Never.write_global(),
    }
    let outcome = match cli.command {
        Command::Analyze(args) => analyze::run(&args),
        Command::Plot(args) => plot::run(*args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Teach(args) => teach::run(&args),
        Command::Model(command) => model::run(&command),
        Command::Completions { shell } => completions(shell),
        Command::Man { folder } => man(&folder),
    };
    match outcome {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::SomeFailed) => 1,
        Ok(Outcome::Unwritten) => 3,
        Err(error) if is_closed_pipe(&error) => 1,
        Err(error) => {
            report_error(&sentence(&error));
            2
        }
    }
}

fn completions(shell: clap_complete::Shell) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "rollcall", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Outcome::Done)
}

fn man(folder: &Path) -> Result<Outcome> {
    fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), folder))
        .with_context(|| format!("{}: cannot be written", folder.display()))?;
    Ok(Outcome::Done)
}
