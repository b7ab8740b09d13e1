//! `rollcall`: the program. Everything it does is in the library beside it.
#![forbid(unsafe_code)]

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    rollcall::commands::run(rollcall::args::Cli::parse())
}
