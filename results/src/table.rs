//! Comma-separated values (RFC 4180): one row a step, or one row a range.

use crate::Analysis;
use std::io::{self, Write};

/// One row a step: what identifies it, then an activity for each class.
pub struct StepTable<W: Write>(csv::Writer<W>);

impl<W: Write> StepTable<W> {
    /// A table without a head.
    pub fn new(out: W) -> Self {
        Self(csv::Writer::from_writer(out))
    }

    /// The head: names of the leading columns, then the classes.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn head(&mut self, leading: &[&str], classes: &[String]) -> io::Result<()> {
        self.0.write_record(leading.iter().copied().chain(classes.iter().map(String::as_str))).map_err(plain)
    }

    /// A step: its leading fields, then its activities. Numbers are as short as they can be told exactly.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn row<'a>(
        &mut self,
        leading: impl IntoIterator<Item = &'a str>,
        activity: impl IntoIterator<Item = f32>,
    ) -> io::Result<()> {
        for field in leading {
            self.0.write_field(field).map_err(plain)?;
        }
        self.0.write_record(activity.into_iter().map(|value| value.to_string())).map_err(plain)
    }

    /// Brings it all to where it goes.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// One row a step: file, time, an activity for each class. The head goes before the first file alone.
///
/// # Errors
/// `out` cannot be written, or the rows cannot be read.
pub fn write_steps(analysis: &mut Analysis, is_first: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut table = StepTable::new(out);
    let timeline = &analysis.timeline;
    if is_first {
        table.head(&["file", "time_s"], &timeline.classes)?;
    }
    for row in analysis.rows.read()? {
        let row = row?;
        table.row([timeline.file.as_str(), &row.time_s.to_string()], row.activity)?;
    }
    table.finish()
}

/// One row a range, behind a row about the file itself: no class, from when to when it was analysed, and who was listened for. A
/// file in which nobody was heard has that row alone, and a class without a range was listened for: `rollcall evaluate` counts both
/// as 0. The head goes before the first file alone.
///
/// # Errors
/// `out` cannot be written.
pub fn write_ranges(analysis: &Analysis, is_first: bool, out: &mut dyn Write) -> io::Result<()> {
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

/// The error of the output itself, where that is what failed: a closed pipe must stay one.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
