//! Scores as a table for the terminal.

use anstyle::{AnsiColor, Style};
use rollcall_evaluate::{AVERAGES, Evaluation, METRICS};
use std::io::{self, Write};

const HEAD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const NAME: Style = AnsiColor::Cyan.on_default();

/// A table for reading, with ANSI colours; whoever writes it to something else than a terminal strips them.
///
/// # Errors
/// `out` cannot be written.
pub fn write_table(evaluation: &Evaluation, out: &mut dyn Write) -> io::Result<()> {
    let scores = &evaluation.scores;
    let columns = evaluation.columns();
    let longest = evaluation.rows().map(|(name, _)| name.len()).max().unwrap_or(0);
    writeln!(
        out,
        "{HEAD}{} against {}{HEAD:#}  {FAINT}{} files, {} of them with ranges{FAINT:#}",
        evaluation.sources.0, evaluation.sources.1, scores.files, scores.files_with_ranges
    )?;
    if scores.files_in_part > 0 {
        writeln!(
            out,
            "{FAINT}{} files were analysed in part: annotated ranges are scored within that part, labels of whole files as \
             they are{FAINT:#}",
            scores.files_in_part
        )?;
    }
    write!(out, "{HEAD}{:longest$}  known   pos   at{HEAD:#}", "")?;
    for &column in &columns {
        write!(out, "{HEAD}  {:>7}{HEAD:#}", METRICS[column].title)?;
    }
    writeln!(out)?;
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    for (name, row) in evaluation.rows() {
        let at = row.threshold.map_or_else(String::new, |threshold| format!("{threshold:.2}"));
        write!(out, "{NAME}{name:longest$}{NAME:#}  {:>5} {:>5} {at:>4}", row.known, row.positives)?;
        for &column in &columns {
            write!(out, "  {:>7}", number(row.values[column]))?;
        }
        writeln!(out)?;
        if !AVERAGES.contains(&name) {
            continue;
        }
        for (end, label) in [(0, "from"), (1, "to")] {
            write!(out, "{FAINT}{label:>width$}", width = longest + 18)?;
            for &column in &columns {
                let interval = row.intervals[column].map(|interval| [interval.low, interval.high][end]);
                write!(out, "  {:>7}", number(interval))?;
            }
            writeln!(out, "{FAINT:#}")?;
        }
    }
    writeln!(out)?;
    for &column in &columns {
        writeln!(out, "{FAINT}{:>8}  {}{FAINT:#}", METRICS[column].title, METRICS[column].what)?;
    }
    writeln!(out, "{FAINT}{}{FAINT:#}", evaluation.rules_text())
}
