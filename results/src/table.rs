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

/// One row a step: file, time, an activity for each class; behind the file its channel, where each is heard by itself. The head goes before the first file alone.
///
/// # Errors
/// `out` cannot be written, or the rows cannot be read.
pub fn write_steps(analysis: &mut Analysis, is_first: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut table = StepTable::new(out);
    let channel = analysis.one_of_each().map(str::to_owned);
    let timeline = &analysis.timeline;
    if is_first {
        let names = ["file", "channel", "time_s"];
        let names: Vec<&str> =
            names.into_iter().filter(|name| channel.is_some() || *name != "channel").collect();
        table.head(&names, &timeline.classes)?;
    }
    for row in analysis.rows.read()? {
        let row = row?;
        let time_s = row.time_s.to_string();
        let leading = [Some(timeline.file.as_str()), channel.as_deref(), Some(time_s.as_str())];
        table.row(leading.into_iter().flatten(), row.activity)?;
    }
    table.finish()
}

/// One row a range, behind a row about the file itself: no class, from when to when it was analysed, and who was listened for. A
/// file in which nobody was heard has that row alone, and a class without a range was listened for: `rollcall evaluate` counts both
/// as 0. Where each channel is heard by itself, a last column tells which. The head goes before the first file alone.
///
/// # Errors
/// `out` cannot be written.
pub fn write_ranges(analysis: &Analysis, is_first: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    let channel = analysis.one_of_each();
    if is_first {
        let header = ["file", "class", "start_s", "end_s", "mean", "peak", "classes"];
        let last = channel.map(|_| "channel");
        table.write_record(header.into_iter().chain(last)).map_err(plain)?;
    }
    let mut record = |fields: [&str; 7]| table.write_record(fields.into_iter().chain(channel)).map_err(plain);
    let timeline = &analysis.timeline;
    let (start_s, classes) = (timeline.settings.start_s, timeline.classes.join(";"));
    let (from, to) = (start_s.to_string(), (start_s + timeline.duration_s).to_string());
    record([&timeline.file, "", &from, &to, "", "", &classes])?;
    for range in &timeline.ranges {
        let (from, to) = (range.start_s.to_string(), range.end_s.to_string());
        record([
            &timeline.file,
            &range.class,
            &from,
            &to,
            &range.mean.to_string(),
            &range.peak.to_string(),
            "",
        ])?;
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
