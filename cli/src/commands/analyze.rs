//! `rollcall analyze`.

use super::{
    Outcome,
    progress::Progress,
    report_error,
    sink::{Sink, check_each, sweep, write_each},
};
use crate::{
    analyze::{Analysis, Listener, in_order},
    args::AnalyzeArgs,
    decode::Audio,
    inputs::{self, Input},
    journal::{Heard, Journal},
    model,
    output::{AtomicFile, Plan, Target},
    report::{Failure, Report},
    settings::Choices,
};
use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    num::NonZero,
    ops::ControlFlow,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
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
    let plan = Plan::new(&args.output, &inputs)?;
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
        is_pictured: plan.has_pictures(),
    };
    let journal = match &args.output.journal {
        None => None,
        Some(path) => {
            let is_each = matches!(plan.target, Target::Each(..));
            ensure!(is_each, "--journal: needs results in files of their own; add --out-dir DIR or --beside");
            Some(Journal::open(path, &identity(&listener, &plan))?)
        }
    };
    sweep(&plan, &inputs)?;
    let report =
        args.output.report.as_deref().map(|path| report_file(path, args.output.force)).transpose()?;
    let began = Instant::now();
    let batch = Batch {
        listener,
        plan,
        journal,
        is_quiet: args.quiet,
        is_long: inputs.len() > SCREENFUL,
        analysed_s: Mutex::new(0.0),
    };
    let outcome = batch.run(&inputs, jobs, report)?;
    if args.bench {
        batch.tell_speed(began.elapsed().as_secs_f64(), cores.min(machine));
    }
    Ok(outcome)
}

/// Everything that shapes the results, for the journal.
fn identity(listener: &Listener, plan: &Plan) -> Value {
    let formats = match &plan.target {
        Target::Each(formats, _) => &formats[..],
        Target::Stdout(_) | Target::File(..) => &[],
    };
    let formats: Vec<&str> = formats.iter().chain(&plan.pictures).map(|format| format.suffix()).collect();
    json!({
        "model": listener.model.package().sha256(),
        "engine": listener.engine,
        "ranges": listener.ranges,
        "start": listener.start_s,
        "duration": listener.duration_s,
        "keep-partial": listener.keep_partial,
        "format": formats,
        "version": env!("CARGO_PKG_VERSION"),
    })
}

fn report_file(path: &Path, is_forced: bool) -> Result<AtomicFile> {
    AtomicFile::create(path, is_forced).with_context(|| format!("--report {}", path.display()))
}

/// All inputs, from the command line and the list.
fn gather(args: &AnalyzeArgs) -> Result<Vec<Input>> {
    let names = &args.inputs;
    let mut listed = Vec::new();
    if let Some(list) = &args.files_from {
        let is_stream = |path: &Path| path.as_os_str() == inputs::STDIN;
        let is_taken = is_stream(list) && names.iter().any(|name| is_stream(name));
        ensure!(!is_taken, "standard input cannot be both a list (--files-from -) and a stream (-)");
        listed = inputs::read_list(list).with_context(|| format!("{}: cannot be read", list.display()))?;
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

struct Batch {
    listener: Listener,
    plan: Plan,
    journal: Option<Journal>,
    is_quiet: bool,
    /// More than a [`SCREENFUL`].
    is_long: bool,
    /// Seconds of audio analysed by this run.
    analysed_s: Mutex<f64>,
}

/// How one file went, if it did not fail.
enum Fate {
    /// With what a shared output and the report need.
    Analysed(Box<Analysis>),
    /// The journal says that it was done before.
    DoneBefore(Heard),
}

impl Batch {
    fn run(&self, inputs: &[Input], jobs: usize, report_file: Option<AtomicFile>) -> Result<Outcome> {
        let progress = Progress::new(inputs.len(), self.is_quiet);
        let mut sink = Sink::new(&self.plan)?;
        let mut report = Report::new(inputs.len());
        let mut fatal = None;
        // Where results cannot be written any more, there is no use in making them.
        let is_stopped = AtomicBool::new(false);
        in_order(
            inputs,
            jobs,
            |input| {
                ensure!(!is_stopped.load(Ordering::Relaxed), "not analysed");
                self.one(input, &progress)
            },
            |index, fate| {
                progress.file_done();
                if is_stopped.load(Ordering::Relaxed) {
                    return;
                }
                let fate = fate.unwrap_or_else(|panic| {
                    Err(anyhow!("the program failed ({panic}); please report this, with the file if you can"))
                });
                let taken = progress.aside(|| self.take(&inputs[index], fate, &mut sink, &mut report));
                progress.failed(report.failures().len());
                fatal = taken.err();
                is_stopped.store(fatal.is_some(), Ordering::Relaxed);
            },
        );
        progress.finish();
        if let Some(error) = fatal {
            self.list_failures(&report);
            return Err(error);
        }
        sink.finish()?;
        if let Some(mut file) = report_file {
            serde_json::to_writer_pretty(&mut file, &report)?;
            writeln!(file)?;
            file.commit()?;
        }
        self.list_failures(&report);
        self.conclude(inputs.len(), &report);
        Ok(if report.failures().is_empty() { Outcome::Done } else { Outcome::SomeFailed })
    }

    /// One file, from its path to its results (or to what the shared output will need).
    fn one(&self, input: &Input, progress: &Progress) -> Result<Fate> {
        if let Some(problem) = &input.problem {
            bail!("{problem}");
        }
        let files = self.plan.files(input);
        let mut is_forced = self.plan.is_forced;
        if let Some(journal) = &self.journal {
            if let Some(heard) = journal.done(input, files.iter().map(|(_, path)| path.as_path())) {
                return Ok(Fate::DoneBefore(heard.clone()));
            }
            is_forced |= journal.is_ours(input);
        }
        if !is_forced {
            check_each(&self.plan, input)?;
        }
        let bar = progress.file(&input.to_string());
        let audio = if input.is_stdin() {
            Audio::from_stream(Box::new(io::stdin()))?
        } else {
            Audio::open(&input.path)?
        };
        let name = input.path.to_string_lossy().into_owned();
        let mut analysis = self.listener.analyze(audio, name, &mut |done_s, total_s| {
            bar.set(done_s, total_s);
            ControlFlow::Continue(())
        })?;
        *self.analysed_s.lock().unwrap_or_else(PoisonError::into_inner) += analysis.timeline.duration_s;
        if let Some(journal) = &self.journal {
            journal.begin(input)?;
        }
        write_each(&self.plan, input, &mut analysis, is_forced)?;
        if let Some(journal) = &self.journal
            && analysis.incomplete.is_none()
        {
            journal.finish(input, &Heard::of(&analysis))?;
        }
        Ok(Fate::Analysed(Box::new(analysis)))
    }

    /// Books one file, in the order of the files.
    fn take(&self, input: &Input, fate: Result<Fate>, sink: &mut Sink, report: &mut Report) -> Result<()> {
        let file = input.path.to_string_lossy();
        let reason = match fate {
            Ok(Fate::DoneBefore(heard)) => {
                report.add(&file, &heard);
                return Ok(());
            }
            Ok(Fate::Analysed(mut analysis)) => {
                sink.take(&mut analysis)?;
                match analysis.incomplete.take() {
                    None => {
                        report.add(&file, &Heard::of(&analysis));
                        return Ok(());
                    }
                    Some(problem) => format!("{problem} (that part is kept)"),
                }
            }
            Err(error) => format!("{error:#}"),
        };
        if !self.is_long {
            report_error(&format!("{input}: {reason}"));
        }
        report.fail(Failure { file: file.into_owned(), reason: reason.clone() });
        self.journal.as_ref().map_or(Ok(()), |journal| journal.fail(input, &reason))
    }

    /// What [`Self::take`] has not told.
    fn list_failures(&self, report: &Report) {
        if self.is_long {
            for Failure { file, reason } in report.failures() {
                report_error(&format!("{file}: {reason}"));
            }
        }
    }

    /// For a person, where there was more than one file: how many are done, and who plays for how long in all of them.
    fn conclude(&self, files: usize, report: &Report) {
        if files < 2 || (self.is_quiet && report.failures().is_empty()) {
            return;
        }
        let mut out = anstream::stderr().lock();
        let place = match &self.plan.target {
            Target::Each(_, Some(folder)) => format!(", results in {}", folder.display()),
            _ => String::new(),
        };
        // Nothing can be done where not even errors can be written.
        let _ = writeln!(out, "{} of {files} files done{place}", report.done());
        if report.done() > 1 && !self.is_quiet {
            let _ = writeln!(out, "{report}");
        }
    }

    fn tell_speed(&self, elapsed_s: f64, cores: usize) {
        let analysed_s = *self.analysed_s.lock().unwrap_or_else(PoisonError::into_inner);
        let speed = analysed_s / elapsed_s.max(1e-9);
        let of = if cores == 1 { "1 core" } else { &format!("{cores} cores") };
        // Nothing can be done where not even errors can be written.
        let _ = writeln!(
            anstream::stderr(),
            "bench: {analysed_s:.1} s of audio in {elapsed_s:.2} s: {speed:.1} s/s on {of}, {:.1} s/s a core",
            speed / cores as f64
        );
    }
}
