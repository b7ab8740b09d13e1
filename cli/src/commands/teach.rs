//! `rollcall teach`: from arguments to a package, with its worth on the terminal.

use super::outcome::{Outcome, report_note};
use crate::args::TeachArgs;
use crate::teach::{self, Mode, Progress, Report, Request};
use anstyle::Style;
use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{io::Write, sync::Mutex};

const HEAD: Style = Style::new().bold();

pub(super) fn run(args: &TeachArgs) -> Result<Outcome> {
    let folder = match &args.folder {
        Some(folder) => folder.clone(),
        None => {
            let examples = rollcall_files::examples_folder().filter(|folder| folder.is_dir());
            examples.context("no FOLDER is given, and the plugin has saved no examples yet: give a folder with a folder for each class")?
        }
    };
    let request = Request {
        folder,
        labels: args.labels.clone(),
        base: args.base.clone(),
        mode: if args.only { Mode::Only } else { Mode::Add },
        group: args.group.clone(),
        negatives: args.negatives.clone(),
        output: args.output.clone(),
        cache: args.cache.clone(),
        jobs: args.jobs.map(usize::from),
        most: args.most as usize,
        seed: args.seed,
    };
    let bars = Bars::new(args.quiet);
    let taught = teach::teach(&request, &|progress| bars.set(progress));
    bars.finish();
    let taught = taught?;
    print(&taught.report)?;
    if !args.quiet {
        taught.report.notes.iter().for_each(|note| report_note(note));
    }
    writeln!(
        anstream::stdout(),
        "\n{}: open it in the plugin (Open, or drop the folder), or `rollcall analyze --model {} FILE`",
        taught.folder.display(),
        taught.folder.display()
    )?;
    Ok(Outcome::Done)
}

fn print(report: &Report) -> Result<()> {
    let mut out = anstream::stdout().lock();
    let rows = report.rows();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([Report::HEADS[column].len()]).max().unwrap_or(0)
    };
    let widths: [usize; 6] = std::array::from_fn(width);
    let line = |row: &[&str]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    writeln!(out, "{HEAD}{}{HEAD:#}", line(&Report::HEADS))?;
    for row in &rows {
        writeln!(out, "{}", line(&row.each_ref().map(String::as_str)))?;
    }
    if !report.confusions.is_empty() {
        writeln!(out, "\n{HEAD}By recordings that were held out{HEAD:#}")?;
        for sentence in &report.confusions {
            writeln!(out, "  {sentence}")?;
        }
    }
    Ok(())
}

/// One bar after another; none where standard error is no terminal.
struct Bars {
    is_quiet: bool,
    now: Mutex<(&'static str, ProgressBar)>,
}

impl Bars {
    fn new(is_quiet: bool) -> Self {
        Self { is_quiet, now: Mutex::new(("", ProgressBar::hidden())) }
    }

    fn set(&self, progress: Progress<'_>) {
        let (stage, done, of, name) = match progress {
            Progress::Heard { done, of, name } => ("recordings heard", done as u64, of as u64, name),
            Progress::Mixed { done_s, of_s } => ("seconds of mixes heard", done_s as u64, of_s as u64, ""),
            Progress::Fitted { done, of } => ("classes learned", done as u64, of as u64, ""),
        };
        let mut now = self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if now.0 != stage {
            now.1.finish_and_clear();
            let target =
                if self.is_quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
            let style = ProgressStyle::with_template(
                "{bar:30.green} {pos} of {len} {prefix}, {eta} left  {wide_msg}",
            )
            .expect("a template that is tested");
            let bar = ProgressBar::with_draw_target(Some(of), target).with_style(style).with_prefix(stage);
            *now = (stage, bar);
        }
        now.1.set_message(name.to_owned());
        now.1.set_position(done.max(now.1.position()));
    }

    fn finish(&self) {
        self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner).1.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_sound() {
        let bars = Bars::new(true);
        bars.set(Progress::Heard { done: 1, of: 2, name: "a.wav" });
        bars.set(Progress::Mixed { done_s: 1.0, of_s: 2.0 });
        bars.set(Progress::Fitted { done: 1, of: 2 });
        bars.finish();
    }
}
