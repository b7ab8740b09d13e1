//! `rollcall analyze`: from arguments to a batch.

use super::batch::Batch;
use super::extras::Extras;
use super::identity;
use super::outcome::{Outcome, report_error, sentence};
use super::sink::sweep;
use crate::{
    analyze::Listener,
    args::{AnalyzeArgs, OutputArgs},
    inputs::{self, Input, Separator, read_list},
    journal::Journal,
    model,
    output::{AtomicFile, Plan, Target},
    report::Report,
    settings::Choices,
};
use anyhow::{Context, Result, ensure};
use rollcall_files::{Doing, is_full, told};
use rollcall_results::Channels;
use std::{
    io::{self, Write},
    num::NonZero,
    path::Path,
    sync::Mutex,
    thread,
    time::Instant,
};

/// A batch of up to this many files tells its failures when they happen: at its end they are still on the screen. A longer
/// one counts them beside its bar and lists them at the end.
const SCREENFUL: usize = 10;

pub(super) fn run(args: &AnalyzeArgs) -> Result<Outcome> {
    let mut choices = Choices::from_args(&args.choices)?;
    if let Some(path) = &args.choices.settings {
        choices = choices.over(Choices::load(path)?);
    }
    let engine = choices.engine()?;
    if let Some(path) = &args.choices.save_settings {
        save(&choices, path, args.output.force)?;
    }
    let inputs = gather(args)?;
    if inputs.is_empty() {
        ensure!(
            args.choices.save_settings.is_some(),
            "nothing to analyse; give files, folders, or `-` for a stream"
        );
        return Ok(Outcome::Done);
    }
    let channels = Channels::from(args.choices.channels);
    let plan = Plan::new(&args.output, &inputs, channels == Channels::Each)?;
    let model = model::Origin::find(args.choices.model.as_deref())?.load()?;
    let ranges = choices.ranges(&model)?;
    if let Some(duration_s) = args.choices.duration {
        ensure!(duration_s > 0.0, "--duration is {duration_s} s, but must be more than 0");
    }
    let machine = thread::available_parallelism().map_or(1, NonZero::get);
    let cores = args.jobs.map_or(machine, usize::from);
    let jobs = cores.min(inputs.len());
    let listener = Listener {
        model,
        engine,
        ranges,
        start_s: args.choices.start.unwrap_or(0.0),
        duration_s: args.choices.duration,
        keep_partial: args.keep_partial,
        // Cores that have no file of their own share those there are.
        threads: cores / jobs,
        is_ranked: args.events,
        keeps_embeddings: plan.embeddings.is_some(),
        is_pictured: plan.has_pictures(),
    };
    let extras = Extras::new(&args.output)?;
    let is_each = matches!(plan.target, Target::Each(..));
    ensure!(
        is_each || !args.output.skip_existing,
        "--skip-existing: needs results in files of their own; add --out-dir DIR or --beside"
    );
    let journal = match &args.output.journal {
        None => None,
        Some(path) => {
            ensure!(is_each, "--journal: needs results in files of their own; add --out-dir DIR or --beside");
            Some(Journal::open(path, &identity::of(&listener, channels, &plan, &extras))?)
        }
    };
    if let Err(error) = probe(&plan) {
        // There may be room at another time or on another machine: the call itself is right.
        if !error.chain().any(|cause| cause.downcast_ref().is_some_and(is_full)) {
            return Err(error);
        }
        report_error(&sentence(&error));
        return Ok(Outcome::Unwritten);
    }
    sweep(&plan, &inputs)?;
    let report = args.output.report.as_deref().map(|path| report_file(path, &args.output)).transpose()?;
    let began = Instant::now();
    let batch = Batch {
        listener,
        plan,
        journal,
        is_quiet: args.quiet,
        is_long: inputs.len() > SCREENFUL,
        channels,
        extras,
        is_skipping: args.output.skip_existing,
        analysed_s: Mutex::new(0.0),
        probed: Mutex::default(),
    };
    let outcome = batch.run(&inputs, jobs, report)?;
    if args.bench {
        batch.tell_speed(began.elapsed().as_secs_f64(), cores.min(machine));
    }
    Ok(outcome)
}

/// A batch that goes on where it was, by its journal or by its results, writes its report again.
fn report_file(path: &Path, args: &OutputArgs) -> Result<AtomicFile> {
    let is_forced = args.force || ((args.journal.is_some() || args.skip_existing) && Report::is_one(path));
    AtomicFile::create(path, is_forced).with_context(|| format!("--report {}", path.display()))
}

/// Finds a place that cannot be written before any work.
fn probe(plan: &Plan) -> Result<()> {
    if let Target::Each(_, Some(folder)) = &plan.target {
        AtomicFile::probe(folder).with_context(|| format!("--out-dir {}", folder.display()))?;
    }
    Ok(())
}

/// All inputs, from the command line and the list.
fn gather(args: &AnalyzeArgs) -> Result<Vec<Input>> {
    let names = &args.inputs;
    let mut listed = Vec::new();
    if let Some(list) = &args.files_from {
        let is_stream = |path: &Path| path.as_os_str() == inputs::STDIN;
        let is_taken = is_stream(list) && names.iter().any(|name| is_stream(name));
        ensure!(!is_taken, "standard input cannot be both a list (--files-from -) and a stream (-)");
        let separator = if args.null { Separator::Null } else { Separator::Line };
        listed = read_list(list, separator)
            .map_err(|error| told(error, Doing::Reading))
            .with_context(|| format!("--files-from {}", list.display()))?;
    }
    Ok(inputs::expand(names, &listed))
}

fn save(choices: &Choices, path: &Path, is_forced: bool) -> Result<()> {
    let text = choices.clone().over(Choices::defaults()).to_toml();
    if path.as_os_str() == "-" {
        return Ok(io::stdout().write_all(text.as_bytes())?);
    }
    let write = || -> io::Result<()> {
        let mut file = AtomicFile::create(path, is_forced)?;
        file.write_all(text.as_bytes())?;
        file.commit()
    };
    write().with_context(|| format!("--save-settings {}", path.display()))
}
