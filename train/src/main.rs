//! `rollcall-train`: makes data, trains, evaluates and exports Rollcall's models.

use clap::{Parser, Subcommand};
use rollcall_train::{
    compare, data, datasets, default_model, experiment, export, fit, judge, report, second, teacher,
};

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
    Learn(default_model::command::LearnArgs),
    Second(Box<second::command::SecondArgs>),
    Report(report::command::ReportArgs),
    Experiment(experiment::command::ExperimentArgs),
    Export(export::command::ExportArgs),
    /// An AudioSet network that labels what nobody labelled.
    Teacher(teacher::command::TeacherArgs),
    Compare(compare::command::CompareArgs),
    SealedTest(judge::sealed::SealedArgs),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Data(args) => data::command::run(args),
        Command::Datasets(args) => datasets::command::run(args),
        Command::Fit(args) => fit::command::run(args),
        Command::Learn(args) => default_model::command::run(args),
        Command::Second(args) => second::command::run(*args),
        Command::Report(args) => report::command::run(args),
        Command::Experiment(args) => experiment::command::run(args),
        Command::Export(args) => export::command::run(args),
        Command::Teacher(args) => teacher::command::run(args),
        Command::Compare(args) => compare::command::run(args),
        Command::SealedTest(args) => judge::sealed::run(&args),
    }
}
