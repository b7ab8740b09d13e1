//! `rollcall-train`: makes data, trains, evaluates and exports Rollcall's models.

use clap::{Parser, Subcommand};
use rollcall_train::commands::{
    compare, data, datasets, experiment, export, learn, quantise, report, sealed_test, second, teacher,
    teaching,
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
    Data(data::DataArgs),
    Datasets(datasets::DataSetsArgs),
    Learn(learn::LearnArgs),
    Second(Box<second::SecondArgs>),
    Report(report::ReportArgs),
    Experiment(experiment::ExperimentArgs),
    Export(export::ExportArgs),
    Quantise(quantise::QuantiseArgs),
    /// An AudioSet network that labels what nobody labelled.
    Teacher(teacher::TeacherArgs),
    #[command(subcommand)]
    Teaching(teaching::TeachingCommand),
    Compare(compare::CompareArgs),
    SealedTest(sealed_test::SealedArgs),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Data(args) => data::run(args),
        Command::Datasets(args) => datasets::run(args),
        Command::Learn(args) => learn::run(args),
        Command::Second(args) => second::run(*args),
        Command::Report(args) => report::run(args),
        Command::Experiment(args) => experiment::run(args),
        Command::Export(args) => export::run(args),
        Command::Quantise(args) => quantise::run(args),
        Command::Teacher(args) => teacher::run(args),
        Command::Teaching(command) => teaching::run(&command),
        Command::Compare(args) => compare::run(args),
        Command::SealedTest(args) => sealed_test::run(&args),
    }
}
