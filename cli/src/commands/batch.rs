//! Many files, each from its path to its results.

use super::extras::Extras;
use super::outcome::{Outcome, is_closed_pipe, report_error, report_note, sentence};
use super::progress::Progress;
use super::sink::{Old, Sinks, check_each, write_each};
use crate::{
    analyze::{Analysis, Listener, in_order},
    decode::Audio,
    existing::{self, Existing, Wanted},
    inputs::Input,
    journal::{Heard, Journal, Stamp},
    output::{AtomicFile, FormatName, Plan, Target},
    report::{Failure, Report},
};
use anyhow::{Context, Result, anyhow, bail, ensure};
use rollcall_files::{Place, is_hopeless};
use rollcall_results::Channels;
use std::{
    collections::HashMap,
    io::{self, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

pub(super) struct Batch {
    pub(super) listener: Listener,
    pub(super) plan: Plan,
    pub(super) journal: Option<Journal>,
    pub(super) is_quiet: bool,
    /// More files than a screen has lines to spare.
    pub(super) is_long: bool,
    /// Which channels are heard.
    pub(super) channels: Channels,
    /// What is made besides results.
    pub(super) extras: Extras,
    /// Whether results that are there stay, if the same model answered.
    pub(super) is_skipping: bool,
    /// Seconds of audio analysed by this run.
    pub(super) analysed_s: Mutex<f64>,
    /// Why nothing can be written into a folder, if so: asked once.
    pub(super) probed: Mutex<HashMap<PathBuf, Option<String>>>,
}

/// How one file went, if it did not fail.
enum Fate {
    /// With what a shared output and the report need: one analysis, or one of each channel.
    Analysed(Vec<Analysis>),
    /// The journal says that it was done before.
    DoneBefore(Heard),
    /// Its results could not be written, and those of no other file could be.
    Unwritable(anyhow::Error),
}

/// What is to be done about one file.
enum Seen {
    /// Nothing.
    Done(Heard),
    /// All of it, with results that are there treated so.
    ToDo(Old),
}

impl Batch {
    pub(super) fn run(
        &self,
        inputs: &[Input],
        jobs: usize,
        report_file: Option<AtomicFile>,
    ) -> Result<Outcome> {
        let progress = Progress::new(inputs.len(), self.is_quiet);
        let mut sinks = Sinks::new(&self.plan)?;
        let mut report = Report::new(inputs.len());
        let mut fatal = None;
        // Where results cannot be written any more, there is no use in making them.
        let is_stopped = AtomicBool::new(false);
        in_order(
            inputs,
            jobs,
            |input| {
                ensure!(!is_stopped.load(Ordering::Relaxed), "not analysed");
                let fate = self.one(input, &progress);
                if matches!(fate, Ok(Fate::Unwritable(_))) {
                    is_stopped.store(true, Ordering::Relaxed);
                }
                fate
            },
            |index, fate| {
                progress.file_done();
                if fatal.is_some() {
                    return;
                }
                let fate = fate.unwrap_or_else(|panic| {
                    Err(anyhow!("the program failed ({panic}); please report this, with the file if you can"))
                });
                let taken = progress.aside(|| self.take(&inputs[index], fate, &mut sinks, &mut report));
                progress.failed(report.failures().len());
                fatal = taken.err();
                is_stopped.store(fatal.is_some(), Ordering::Relaxed);
            },
        );
        progress.finish();
        let end = match fatal {
            Some(error) => Err(error),
            None => sinks.finish().and_then(|()| write_report(report_file, &report)),
        };
        self.list_failures(&report);
        if let Err(error) = end {
            return self.unwritten(error, inputs.len(), &report);
        }
        self.conclude(inputs.len(), &report);
        Ok(if report.failures().is_empty() { Outcome::Done } else { Outcome::SomeFailed })
    }

    /// The end of a batch whose results cannot be written any more.
    fn unwritten(&self, error: anyhow::Error, files: usize, report: &Report) -> Result<Outcome> {
        if is_closed_pipe(&error) {
            return Err(error);
        }
        let again = match (&self.journal, &self.plan.target) {
            (Some(_), _) => "; mend that and give the same command again: it goes on where it stopped",
            (None, Target::Each(..)) => "; mend that and go on with --skip-existing",
            (None, _) => "",
        };
        let error = sentence(&error);
        report_error(&format!("{error}; {} of {files} files are done{again}", report.done()));
        Ok(Outcome::Unwritten)
    }

    /// One file, from its path to its results (or to what the shared output will need).
    fn one(&self, input: &Input, progress: &Progress) -> Result<Fate> {
        if let Some(problem) = &input.problem {
            bail!("{problem}");
        }
        // What changes while it is read is not what was read.
        let stamp = Stamp::of(input);
        let mut is_forced = self.plan.is_forced;
        if let Some(journal) = &self.journal {
            let is_there =
                |channel: Option<&str>| self.plan.files(input, channel).iter().all(|(_, path)| path.exists());
            if let Some(heard) = journal.done(input, stamp, is_there) {
                return Ok(Fate::DoneBefore(heard.clone()));
            }
            is_forced |= journal.is_ours(input);
        }
        let mut old = if is_forced { Old::Replaced } else { Old::Refused };
        if !self.plan.is_each_channel {
            match self.look(input, None, old)? {
                Seen::Done(heard) => return Ok(Fate::DoneBefore(heard)),
                Seen::ToDo(seen) => old = seen,
            }
        }
        self.extras.check(&self.plan, input, old == Old::Replaced)?;
        self.extras.places(&self.plan, input).iter().try_for_each(|path| self.check_place(path))?;
        let bar = progress.file(&input.to_string());
        let audio = if input.is_stdin() {
            Audio::from_stream(Box::new(io::stdin()))?
        } else {
            Audio::open(&input.path)?
        };
        // Only now it is known how many results there will be.
        let channels = self.plan.is_each_channel.then(|| audio.format().channels);
        if channels.is_some() {
            match self.look(input, channels, old)? {
                Seen::Done(heard) => return Ok(Fate::DoneBefore(heard)),
                Seen::ToDo(seen) => old = seen,
            }
        }
        let (name, file_bytes) = rollcall_results::name(&input.path);
        let mut go_on = |done_s, total_s| {
            bar.set(done_s, total_s);
            ControlFlow::Continue(())
        };
        let mut analyses = self.listener.analyze_channels(audio, name, self.channels, &mut go_on)?;
        analyses.iter_mut().for_each(|analysis| analysis.file_bytes.clone_from(&file_bytes));
        let analysed_s: f64 = analyses.iter().map(|analysis| analysis.timeline.duration_s).sum();
        *self.analysed_s.lock().unwrap_or_else(PoisonError::into_inner) += analysed_s;
        match self.write(input, &mut analyses, (stamp, channels), old) {
            Err(error) if self.is_hopeless(&error) => Ok(Fate::Unwritable(error)),
            Err(error) => Err(error),
            Ok(()) => Ok(Fate::Analysed(analyses)),
        }
    }

    /// Looks at where an input's results will be: of the file, or of each of so many channels. Fails before the work if they could
    /// not be written after it.
    fn look(&self, input: &Input, channels: Option<usize>, mut old: Old) -> Result<Seen> {
        let numbers: Vec<String> = (1..=channels.unwrap_or(0)).map(|number| number.to_string()).collect();
        let of_each = numbers.iter().map(|number| Some(number.as_str()));
        let all = of_each.chain(channels.is_none().then_some(None)).collect::<Vec<Option<&str>>>();
        if self.is_skipping && !input.is_stdin() {
            let sha256 = self.listener.model.package().sha256();
            let one = self.channel_name();
            let look = |channel: &Option<&str>| {
                let wanted = Wanted { sha256, channel: channel.or(one) };
                existing::look(&self.plan.files(input, *channel), wanted)
            };
            let mut seen = all.iter().map(look).collect::<Result<Vec<_>>>()?;
            if seen.iter().all(|seen| matches!(seen, Existing::All(_)))
                && let Some(Existing::All(heard)) = seen.pop()
            {
                return Ok(Seen::Done(heard));
            }
            old = if seen.contains(&Existing::Outdated) { Old::Replaced } else { Old::Kept };
        }
        for channel in all {
            if old == Old::Refused {
                check_each(&self.plan, input, channel)?;
            }
            self.plan.files(input, channel).iter().try_for_each(|(_, path)| self.check_place(path))?;
        }
        Ok(Seen::ToDo(old))
    }

    /// What results call the one channel that is heard, if it is one.
    fn channel_name(&self) -> Option<&'static str> {
        match self.channels {
            Channels::Mono | Channels::Each => None,
            Channels::Left => Some("left"),
            Channels::Right => Some("right"),
            Channels::Mid => Some("mid"),
            Channels::Side => Some("side"),
        }
    }

    fn check_place(&self, path: &Path) -> Result<()> {
        let Some(folder) = Place::folder(path) else { return Ok(()) };
        let mut probed = self.probed.lock().unwrap_or_else(PoisonError::into_inner);
        let problem = probed
            .entry(folder)
            .or_insert_with_key(|folder| AtomicFile::probe(folder).err().map(|error| error.to_string()));
        match problem {
            Some(problem) => bail!("{}: {problem}", path.display()),
            None => Ok(()),
        }
    }

    /// Writes an input's own files, and books that in the journal.
    fn write(
        &self,
        input: &Input,
        analyses: &mut [Analysis],
        (stamp, channels): (Stamp, Option<usize>),
        old: Old,
    ) -> Result<()> {
        if let Some(journal) = &self.journal {
            journal.begin(input)?;
        }
        for analysis in &mut *analyses {
            write_each(&self.plan, input, analysis, old)?;
        }
        self.extras.write(&self.plan, input, analyses, old == Old::Replaced)?;
        match &self.journal {
            Some(journal) if analyses.iter().all(|analysis| analysis.incomplete.is_none()) => {
                // With tags in the file itself, what is done is the file with its tags.
                let stamp = if self.extras.changes_input() { Stamp::of(input) } else { stamp };
                journal.finish(input, stamp, channels, &Heard::of(analyses))
            }
            _ => Ok(()),
        }
    }

    /// Whether an error of writing will come again with every other file: a disk is full, on which all of them or the journal are.
    fn is_hopeless(&self, error: &anyhow::Error) -> bool {
        let is_one_place = self.journal.is_some() || matches!(self.plan.target, Target::Each(_, Some(_)));
        let is_full = |cause: &(dyn std::error::Error + 'static)| {
            cause.downcast_ref::<io::Error>().is_some_and(is_hopeless)
        };
        is_one_place && error.chain().any(is_full)
    }

    /// Books one file, in the order of the files.
    fn take(&self, input: &Input, fate: Result<Fate>, sinks: &mut Sinks, report: &mut Report) -> Result<()> {
        let (file, _) = rollcall_results::name(&input.path);
        let reason = match fate {
            Ok(Fate::DoneBefore(heard)) => {
                report.add(&file, &heard);
                return Ok(());
            }
            Ok(Fate::Unwritable(error)) => return Err(error),
            Ok(Fate::Analysed(mut analyses)) => {
                analyses.iter_mut().try_for_each(|analysis| sinks.take(analysis))?;
                let heard = Heard::of(&analyses);
                match analyses.iter_mut().find_map(|analysis| analysis.incomplete.take()) {
                    None => {
                        report.add(&file, &heard);
                        self.tell_notes(input, &heard);
                        return Ok(());
                    }
                    Some(problem) => format!("{problem} (that part is kept)"),
                }
            }
            Err(error) => sentence(&error),
        };
        if !self.is_long {
            report_error(&format!("{input}: {reason}"));
        }
        report.fail(Failure { file, reason: reason.clone() });
        self.journal.as_ref().map_or(Ok(()), |journal| journal.fail(input, &reason))
    }

    /// What is to be said about a file, where its result does not say it to whoever is watching.
    fn tell_notes(&self, input: &Input, heard: &Heard) {
        let is_shown = matches!(self.plan.target, Target::Stdout(FormatName::Summary));
        if !self.is_quiet && !self.is_long && !is_shown {
            heard.notes.iter().for_each(|note| report_note(&format!("{input}: {note}")));
        }
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
        if report.noted() > 0 && self.is_long && !self.is_quiet {
            let _ = writeln!(out, "{} of them with notes, in their results and in --report", report.noted());
        }
        if report.done() > 1 && !self.is_quiet {
            let _ = writeln!(out, "{report}");
        }
    }

    pub(super) fn tell_speed(&self, elapsed_s: f64, cores: usize) {
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

fn write_report(file: Option<AtomicFile>, report: &Report) -> Result<()> {
    let Some(mut file) = file else { return Ok(()) };
    let mut write = || -> Result<()> {
        serde_json::to_writer_pretty(&mut file, report)?;
        Ok(writeln!(file)?)
    };
    write().and_then(|()| Ok(file.commit()?)).context("--report, though all results are written")
}
