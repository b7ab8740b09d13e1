//! `rollcall`: the program. Everything it does is in the library beside it.
#![forbid(unsafe_code)]

use clap::Parser;
use std::process::ExitCode;

rollcall_no_process::starts_none!();

fn main() -> ExitCode {
    rollcall::commands::run(rollcall::args::Cli::parse())
}
