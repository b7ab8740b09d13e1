//! Comma-separated values (RFC 4180): one row a step, or one row a range.

use crate::analyze::Analysis;
use std::io::{self, Write};

pub(super) fn write_steps(analysis: &mut Analysis, is_first: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    let timeline = &analysis.timeline;
    if is_first {
        table
            .write_record(["file", "time_s"].into_iter().chain(timeline.classes.iter().map(String::as_str)))
            .map_err(plain)?;
    }
    for row in analysis.rows.read()? {
        let row = row?;
        table.write_field(&timeline.file).map_err(plain)?;
        table.write_field(row.time_s.to_string()).map_err(plain)?;
        table.write_record(row.activity.iter().map(f32::to_string)).map_err(plain)?;
    }
    table.flush()
}

/// The error of the output itself, where that is what failed: a closed pipe must stay one.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Begins with a row about the file itself: no class, from when to when it was analysed, and who was listened for. A file in which
/// nobody was heard has that row alone, and a class without a range was listened for: `rollcall evaluate` counts both as 0.
pub(super) fn write_ranges(analysis: &Analysis, is_first: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    if is_first {
        let header = ["file", "class", "start_s", "end_s", "mean", "peak", "classes"];
        table.write_record(header).map_err(plain)?;
    }
    let timeline = &analysis.timeline;
    let (start_s, classes) = (timeline.settings.start_s, timeline.classes.join(";"));
    let (from, to) = (start_s.to_string(), (start_s + timeline.duration_s).to_string());
    table.write_record([&timeline.file, "", &from, &to, "", "", &classes]).map_err(plain)?;
    for range in &timeline.ranges {
        table
            .write_record([
                &timeline.file,
                &range.class,
                &range.start_s.to_string(),
                &range.end_s.to_string(),
                &range.mean.to_string(),
                &range.peak.to_string(),
                "",
            ])
            .map_err(plain)?;
    }
    table.flush()
}
