//! A batch in numbers: hours by instrument, the longest ranges, what failed and why.

use crate::{journal::Heard, time::clock};
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display},
    fs::File,
    io::BufReader,
    path::Path,
};

/// Version of the format.
const SCHEMA: &str = "rollcall.report/1";
const NAME: Style = AnsiColor::Cyan.on_default();

/// The whole batch, as `--report` writes it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    schema: &'static str,
    /// Files asked for.
    files: usize,
    /// Of these, done in this run or, by the journal, before.
    done: usize,
    /// Hours of audio in the files that are done.
    hours: f64,
    /// By class.
    classes: BTreeMap<String, Class>,
    /// What failed, in the order of the files.
    failed: Vec<Failure>,
    /// What is to be said about files that are done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Note>,
}

#[derive(Clone, Debug, Serialize)]
struct Note {
    file: String,
    note: String,
}

#[derive(Clone, Debug, Default, Serialize)]
struct Class {
    /// Hours in ranges.
    hours: f64,
    /// Files with at least one range.
    files: usize,
    longest: Option<Longest>,
}

#[derive(Clone, Debug, Serialize)]
struct Longest {
    file: String,
    start_s: f64,
    end_s: f64,
}

/// A file that failed.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// Its path.
    pub file: String,
    /// Why, and what to do next.
    pub reason: String,
}

impl Report {
    /// Of so many files, nothing done yet.
    pub fn new(files: usize) -> Self {
        let (classes, failed, notes) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { schema: SCHEMA, files, done: 0, hours: 0.0, classes, failed, notes }
    }

    /// Whether a file is a report, which the next run of the same batch may write again.
    pub fn is_one(path: &Path) -> bool {
        let parse = |file| serde_json::from_reader::<_, serde_json::Value>(BufReader::new(file)).ok();
        File::open(path).ok().and_then(parse).is_some_and(|report| report["schema"] == SCHEMA)
    }

    /// A file is done.
    pub fn add(&mut self, file: &str, heard: &Heard) {
        self.done += 1;
        self.hours += heard.duration_s / 3600.0;
        let notes = heard.notes.iter().map(|note| Note { file: file.to_owned(), note: note.clone() });
        self.notes.extend(notes);
        for (name, heard) in &heard.classes {
            let class = self.classes.entry(name.clone()).or_default();
            class.hours += heard.seconds / 3600.0;
            class.files += 1;
            let (start_s, end_s) = heard.longest_s;
            if class.longest.as_ref().is_none_or(|longest| end_s - start_s > longest.end_s - longest.start_s)
            {
                class.longest = Some(Longest { file: file.to_owned(), start_s, end_s });
            }
        }
    }

    /// A file failed.
    pub fn fail(&mut self, failure: Failure) {
        self.failed.push(failure);
    }

    /// What failed so far.
    pub fn failures(&self) -> &[Failure] {
        &self.failed
    }

    /// Files that something is to be said about.
    pub fn noted(&self) -> usize {
        let files: BTreeSet<&String> = self.notes.iter().map(|note| &note.file).collect();
        files.len()
    }

    /// Files that are done.
    pub fn done(&self) -> usize {
        self.done
    }
}

/// For reading: a line a class, the one with the most hours first. With ANSI colours; whoever writes it to something else
/// than a terminal strips them.
impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |hours: f64| clock(hours * 3600.0, 0);
        let total = time(self.hours);
        let mut classes: Vec<(&String, &Class)> = self.classes.iter().collect();
        classes.sort_by(|(_, a), (_, b)| b.hours.total_cmp(&a.hours));
        let name_width = classes.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        write!(f, "{total} of audio")?;
        for (name, Class { hours, files, longest }) in classes {
            let share = 100.0 * hours / self.hours.max(f64::MIN_POSITIVE);
            let width = total.len();
            write!(f, "\n  {NAME}{name:name_width$}{NAME:#}  {:>width$}  {share:3.0} %", time(*hours))?;
            write!(f, "  in {files} file{}", if *files == 1 { "" } else { "s" })?;
            if let Some(Longest { file, start_s, end_s }) = longest {
                write!(f, ", longest {}-{} of {file}", clock(*start_s, 0), clock(*end_s, 0))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::ClassHeard;

    #[test]
    fn hours_add_up_and_the_longest_stays() {
        let heard = |seconds, end_s| Heard {
            duration_s: 3600.0,
            classes: BTreeMap::from([("piano".into(), ClassHeard { seconds, longest_s: (1.0, end_s) })]),
            notes: Vec::new(),
        };
        let mut report = Report::new(3);
        report.add("a", &heard(1800.0, 100.0));
        report.add("b", &heard(900.0, 900.0));
        report.fail(Failure { file: "c".into(), reason: "is empty".into() });
        let json = serde_json::to_value(&report).expect("JSON");
        assert_eq!(json["hours"], 2.0);
        assert_eq!(json["classes"]["piano"]["hours"], 0.75);
        assert_eq!(json["classes"]["piano"]["longest"]["file"], "b");
        assert_eq!((&json["done"], &json["failed"][0]["reason"]), (&2.into(), &"is empty".into()));
        let text = anstream::adapter::strip_str(&report.to_string()).to_string();
        assert_eq!(text, "2:00:00 of audio\n  piano    45:00   38 %  in 2 files, longest 0:01-15:00 of b");
    }
}
