//! `rollcall-train`: makes data, trains, evaluates and exports Rollcall's models.

use clap::{Parser, Subcommand};
use rollcall_train::{data, datasets, export, fit, report, second};

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
    Datasets(datasets::command::DataSetsArgs),
    Fit(fit::command::FitArgs),
    Second(Box<second::command::SecondArgs>),
    Report(report::command::ReportArgs),
    Export(export::command::ExportArgs),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Data(args) => data::command::run(args),
        Command::Datasets(args) => datasets::command::run(args),
        Command::Fit(args) => fit::command::run(args),
        Command::Second(args) => second::command::run(*args),
        Command::Report(args) => report::command::run(args),
        Command::Export(args) => export::command::run(args),
    }
}
