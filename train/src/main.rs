//! `rollcall-train`: makes data, trains, evaluates and exports Rollcall's models.

use clap::{Parser, Subcommand};
use rollcall_train::{data, export, fit};

/// Makes data, trains, evaluates and exports Rollcall's models.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Data(data::command::DataArgs),
    Fit(fit::command::FitArgs),
    Export(export::command::ExportArgs),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Data(args) => data::command::run(args),
        Command::Fit(args) => fit::command::run(args),
        Command::Export(args) => export::command::run(args),
    }
}
