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

pub(super) fn write_ranges(analysis: &Analysis, is_first: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    if is_first {
        table.write_record(["file", "class", "start_s", "end_s", "mean", "peak"]).map_err(plain)?;
    }
    for range in &analysis.timeline.ranges {
        table
            .write_record([
                &analysis.timeline.file,
                &range.class,
                &range.start_s.to_string(),
                &range.end_s.to_string(),
                &range.mean.to_string(),
                &range.peak.to_string(),
            ])
            .map_err(plain)?;
    }
    table.flush()
}
