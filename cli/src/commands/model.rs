//! `rollcall model list | inspect | info | verify | import | diff`.

use super::outcome::{Outcome, report_error};
use crate::{
    args::{ImportArgs, ModelCommand},
    model::{self, Origin},
};
use anstyle::Style;
use anyhow::Result;
use rollcall_engine::{
    Model, Package,
    package::{HeadNormalisation, Kind, PostProcessing},
};
use std::{io::Write, path::Path};

const HEAD: Style = Style::new().bold();

pub(super) fn run(command: &ModelCommand) -> Result<Outcome> {
    match command {
        ModelCommand::List { folders } => list(folders),
        ModelCommand::Inspect { folder } => inspect(folder.as_deref()),
        ModelCommand::Info { folder } => info(folder.as_deref()),
        ModelCommand::Verify { folder } => verify(folder.as_deref()),
        ModelCommand::Import(args) => import(args),
        ModelCommand::Diff(args) => super::diff::run(args),
    }
}

fn list(folders: &[std::path::PathBuf]) -> Result<Outcome> {
    let mut outcome = Outcome::Done;
    let mut rows = Vec::new();
    for origin in model::list(folders) {
        match origin.read() {
            Ok(package) => {
                let manifest = package.manifest();
                let provisional = if manifest.training.provisional { " (provisional)" } else { "" };
                let name = format!("{}{provisional}", manifest.name);
                rows.push([
                    name,
                    manifest.version.clone(),
                    manifest.classes.len().to_string(),
                    origin.to_string(),
                ]);
            }
            Err(error) => {
                report_error(&super::outcome::sentence(&error));
                outcome = Outcome::SomeFailed;
            }
        }
    }
    let heads = ["name", "version", "classes", "where"];
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).chain([heads[column].len()]).max().unwrap_or(0)
    };
    let (name, version, classes) = (width(0), width(1), width(2));
    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "{HEAD}{:name$}  {:version$}  {:classes$}  {}{HEAD:#}",
        heads[0], heads[1], heads[2], heads[3]
    )?;
    for [a, b, c, d] in &rows {
        writeln!(out, "{a:name$}  {b:version$}  {c:>classes$}  {d}")?;
    }
    Ok(outcome)
}

/// The package, or `None` after its error was reported.
fn read(origin: &Origin) -> Option<Package> {
    origin.read().inspect_err(|error| report_error(&super::outcome::sentence(error))).ok()
}

fn inspect(folder: Option<&Path>) -> Result<Outcome> {
    let origin = Origin::find(folder)?;
    let Some(package) = read(&origin) else {
        return Ok(Outcome::SomeFailed);
    };
    let manifest = package.manifest();
    let mut out = anstream::stdout().lock();
    writeln!(out, "{HEAD}{} {}{HEAD:#}  {}", manifest.name, manifest.version, manifest.description)?;
    let kind = match manifest.kind {
        Kind::Patch => "patch: a zero border round each window of 0.96 s (AudioSet VGGish)",
        Kind::Stream => "stream: every column of 160 ms computed once",
    };
    let normalisation = match manifest.head_normalisation {
        HeadNormalisation::Group { groups } => format!("group normalisation, {groups} groups"),
        HeadNormalisation::Batch => String::from("batch normalisation"),
    };
    let post = match &manifest.post_processing {
        PostProcessing::None => String::from("none"),
        PostProcessing::Unit { low, high } => format!("scaled to 0..1 from {low}..{high}"),
        PostProcessing::Pca8 => String::from("PCA whitening, 8 bit"),
    };
    let training = &manifest.training;
    let provisional = if training.provisional { ", provisional: to be replaced by a better one" } else { "" };
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    for (name, value) in [
        ("where", origin.to_string()),
        ("sha256", package.sha256().to_owned()),
        ("size", format!("{:.1} MB in {} files", bytes as f64 / 1e6, manifest.files.len())),
        ("licence", manifest.licence.clone()),
        ("origin", manifest.origin.clone()),
        ("kind", kind.to_owned()),
        ("head", normalisation),
        ("embedding", post),
        (
            "trained on",
            format!("a step each {} ms, {} s of memory", manifest.update_hops * 10, manifest.memory_s),
        ),
        ("training", format!("{} (seed {}{provisional})", training.command, training.seed)),
    ] {
        writeln!(out, "  {name:<11} {value}")?;
    }
    for run in &training.runs {
        writeln!(
            out,
            "  {:<11} {} (START: {}; pool {}, teacher {})",
            "run", run.command, run.start, run.pool, run.teacher
        )?;
    }
    let provisional = if training.provisional { " (provisional)" } else { "" };
    writeln!(out, "\n{HEAD}class              threshold{provisional}{HEAD:#}")?;
    for (class, threshold) in manifest.classes.iter().zip(&manifest.thresholds) {
        writeln!(out, "  {class:<18} {threshold:.2}")?;
    }
    if !manifest.scores.is_empty() {
        writeln!(out, "\n{HEAD}score{HEAD:#}")?;
        let longest = manifest.scores.keys().map(String::len).max().unwrap_or(0);
        for (name, score) in &manifest.scores {
            writeln!(out, "  {name:<longest$}  {score:.4}")?;
        }
    }
    writeln!(out, "\n{HEAD}file{HEAD:#}")?;
    for file in &manifest.files {
        writeln!(out, "  {:<20} {:>12} bytes  {}", file.name, file.bytes, &file.sha256)?;
    }
    Ok(Outcome::Done)
}

/// What binds who uses the weights; the program's own terms beside them, for the two differ.
fn info(folder: Option<&Path>) -> Result<Outcome> {
    let origin = Origin::find(folder)?;
    let Some(package) = read(&origin) else {
        return Ok(Outcome::SomeFailed);
    };
    let manifest = package.manifest();
    let mut out = anstream::stdout().lock();
    writeln!(out, "{HEAD}{} {}{HEAD:#}  {}", manifest.name, manifest.version, manifest.description)?;
    for (name, value) in [
        ("terms", manifest.licence.as_str()),
        ("origin", manifest.origin.as_str()),
        ("program", "MIT or Apache-2.0, at your choice: the terms above are the weights' alone"),
    ] {
        writeln!(out, "  {name:<8} {value}")?;
    }
    Ok(Outcome::Done)
}

fn verify(folder: Option<&Path>) -> Result<Outcome> {
    let origin = Origin::find(folder)?;
    let Some(package) = read(&origin) else {
        return Ok(Outcome::SomeFailed);
    };
    match Model::load(package) {
        Ok(model) => {
            let manifest = model.manifest();
            let provisional = if manifest.training.provisional { ", provisional" } else { "" };
            writeln!(
                anstream::stdout(),
                "OK: {} {} ({origin}){provisional}",
                manifest.name,
                manifest.version
            )?;
            Ok(Outcome::Done)
        }
        Err(error) => {
            report_error(&format!("{origin}: {error}"));
            Ok(Outcome::SomeFailed)
        }
    }
}

fn import(args: &ImportArgs) -> Result<Outcome> {
    let what = rollcall_import::Imported {
        vggish: args.vggish.clone(),
        pca: args.pca.clone(),
        head: args.head.clone(),
        raw_head: args.raw_head,
        name: args.name.clone(),
        licence: args.licence.clone(),
        half: args.half,
    };
    match rollcall_import::import(&what, &args.folder) {
        Ok(parameters) => {
            let millions = parameters as f64 / 1e6;
            writeln!(anstream::stdout(), "{}: {millions:.1} million parameters", args.folder.display())?;
            let note = match args.head {
                None => "its head is untrained and hears nothing yet: train one with `rollcall-train second`",
                Some(_) => {
                    "its thresholds are provisional, 0.5 for each class: choose your own with --threshold"
                }
            };
            writeln!(anstream::stderr(), "note: {note}")?;
            Ok(Outcome::Done)
        }
        Err(error) => {
            report_error(&error.to_string());
            Ok(Outcome::SomeFailed)
        }
    }
}
