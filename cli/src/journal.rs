//! A journal of a batch: what is done, what failed and why, so that a killed run goes on where it stopped.
//!
//! One JSON object a line, each brought to the disk before the batch goes on. The first says how the batch listens
//! and what it writes: results of different settings never mix. A line that a kill cut short is dropped.

use crate::{analyze::Analysis, inputs::Input};
use anyhow::{Context, Result, bail, ensure};
use rollcall_engine::timeline::Range;
use rollcall_files::{Doing, Place, told};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::UNIX_EPOCH,
};

/// Version of the format.
const SCHEMA: &str = "rollcall.journal/2";
/// Characters of a value in a message: those of a hash say which it is.
const MAX_VALUE: usize = 12;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
enum Record {
    Batch {
        schema: String,
        run: Value,
    },
    /// Before the first result of a file gets its name: whatever is there from now on is ours.
    Begun {
        file: String,
    },
    Done {
        file: String,
        stamp: Stamp,
        /// How many channels have results of their own, if they have.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channels: Option<usize>,
        heard: Heard,
    },
    Failed {
        file: String,
        reason: String,
    },
}

/// What tells whether a file is still the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    bytes: u64,
    modified_ns: u64,
}

/// What a report needs of one result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// Seconds analysed.
    pub duration_s: f64,
    /// By class, where there is any range.
    pub classes: BTreeMap<String, ClassHeard>,
    /// What is to be said about the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What a report needs of one class in one result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassHeard {
    /// Seconds in ranges.
    pub seconds: f64,
    /// The longest range: start and end in seconds.
    pub longest_s: (f64, f64),
}

impl Heard {
    /// Of a file's analyses: one, or one of each channel. A class is heard as long as in the channel where it is heard longest.
    pub fn of(analyses: &[Analysis]) -> Self {
        let mut all = Self::default();
        for analysis in analyses {
            let heard = Self::of_ranges(&analysis.timeline.ranges);
            all.duration_s = analysis.timeline.duration_s;
            for (class, heard) in heard {
                let longest = all.classes.entry(class).or_default();
                if heard.seconds > longest.seconds {
                    *longest = heard;
                }
            }
            for note in &analysis.notes {
                if !all.notes.contains(note) {
                    all.notes.push(note.clone());
                }
            }
        }
        all
    }

    /// Who was heard in these ranges.
    pub fn of_ranges(ranges: &[Range]) -> BTreeMap<String, ClassHeard> {
        let mut classes: BTreeMap<String, ClassHeard> = BTreeMap::new();
        for range in ranges {
            let heard = classes.entry(range.class.clone()).or_default();
            heard.seconds += range.duration_s();
            if range.duration_s() > heard.longest_s.1 - heard.longest_s.0 {
                heard.longest_s = (range.start_s, range.end_s);
            }
        }
        classes
    }
}

/// A file that is done.
#[derive(Debug)]
struct Finished {
    stamp: Stamp,
    channels: Option<usize>,
    heard: Heard,
}

/// A journal in use by this process alone.
#[derive(Debug)]
pub struct Journal {
    file: Mutex<File>,
    path: PathBuf,
    done: HashMap<String, Finished>,
    begun: HashSet<String>,
}

impl Journal {
    /// Begins a journal, or goes on with one. `run` is everything that shapes the results.
    ///
    /// # Errors
    /// Another process uses it, it is no journal, or one of a batch with other settings.
    pub fn open(path: &Path, run: &Value) -> Result<Self> {
        let context = || format!("--journal {}", path.display());
        ensure!(!Place::is_stream(path), "--journal {}: is no file; a journal is read again", path.display());
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(|error| told(error, Doing::Writing))
            .with_context(context)?;
        ensure!(file.try_lock().is_ok(), "--journal {}: another rollcall is writing it", path.display());
        let mut text = String::new();
        file.read_to_string(&mut text).with_context(context)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64).and_then(|()| file.seek(SeekFrom::End(0))).with_context(context)?;
        let journal = Self {
            file: Mutex::new(file),
            path: path.to_owned(),
            done: HashMap::new(),
            begun: HashSet::new(),
        };
        journal.replay(&text[..whole], run)
    }

    fn replay(mut self, text: &str, run: &Value) -> Result<Self> {
        let mut lines = text.lines().enumerate().map(|(index, line)| {
            serde_json::from_str::<Record>(line).with_context(|| {
                format!("--journal {}: line {} is no record of a journal", self.path.display(), index + 1)
            })
        });
        match lines.next().transpose()? {
            None => {
                let first = Record::Batch { schema: SCHEMA.to_owned(), run: run.clone() };
                self.append(&first)?;
                return Ok(self);
            }
            Some(Record::Batch { schema, run: theirs }) if schema == SCHEMA => {
                if let Some(difference) = difference(&theirs, run) {
                    bail!(
                        "--journal {}: belongs to a batch with another {difference}; use another journal, or the same options",
                        self.path.display()
                    );
                }
            }
            Some(_) => bail!("--journal {}: is no journal of this version ({SCHEMA})", self.path.display()),
        }
        let records = lines.collect::<Result<Vec<Record>>>()?;
        for record in records {
            match record {
                Record::Batch { .. } => {}
                Record::Begun { file } => drop(self.begun.insert(file)),
                Record::Done { file, stamp, channels, heard } => {
                    drop(self.done.insert(file, Finished { stamp, channels, heard }));
                }
                Record::Failed { file, .. } => drop(self.done.remove(&file)),
            }
        }
        Ok(self)
    }

    /// What was heard in a file that is done, unchanged since, with all its results in place: `are_there` says so of those of a
    /// channel, or of the whole file. A stream is never done: what comes from it may always be something else.
    pub fn done(
        &self,
        input: &Input,
        stamp: Stamp,
        are_there: impl Fn(Option<&str>) -> bool,
    ) -> Option<&Heard> {
        let done = self.done.get(&name(input)).filter(|done| done.stamp == stamp && !input.is_stdin())?;
        let is_there = match done.channels {
            None => are_there(None),
            Some(channels) => (1..=channels).all(|number| are_there(Some(&number.to_string()))),
        };
        is_there.then_some(&done.heard)
    }

    /// Whether results that are there came from this batch.
    pub fn is_ours(&self, input: &Input) -> bool {
        self.begun.contains(&name(input))
    }

    /// Results of this file will now be written.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn begin(&self, input: &Input) -> Result<()> {
        self.append(&Record::Begun { file: name(input) })
    }

    /// All results of this file are on the disk: of so many channels, if each has its own. `stamp` is from before it was read, so
    /// that a file that changes meanwhile is not done.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn finish(&self, input: &Input, stamp: Stamp, channels: Option<usize>, heard: &Heard) -> Result<()> {
        self.append(&Record::Done { file: name(input), stamp, channels, heard: heard.clone() })
    }

    /// This file failed; the next run tries again.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn fail(&self, input: &Input, reason: &str) -> Result<()> {
        self.append(&Record::Failed { file: name(input), reason: reason.to_owned() })
    }

    fn append(&self, record: &Record) -> Result<()> {
        let line = serde_json::to_string(record)? + "\n";
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes())
            .and_then(|()| file.sync_data())
            .with_context(|| format!("--journal {}: cannot be written", self.path.display()))
    }
}

/// What a file is called here: of a name that is no text, its bytes too, so that no two files share one.
fn name(input: &Input) -> String {
    match rollcall_results::name(&input.path) {
        (text, None) => text,
        (text, Some(bytes)) => format!("{text} ({bytes})"),
    }
}

impl Stamp {
    /// Of a file as it is now.
    pub fn of(input: &Input) -> Self {
        let Ok(metadata) = fs::metadata(&input.path) else {
            return Self::default();
        };
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self {
            bytes: metadata.len(),
            modified_ns: modified.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)),
        }
    }
}

/// The first thing that two batches do not have in common, by its option, with both values.
fn difference(theirs: &Value, ours: &Value) -> Option<String> {
    let (Value::Object(theirs), Value::Object(ours)) = (theirs, ours) else {
        return (theirs != ours).then(|| String::from("kind"));
    };
    let names: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
    let name = names.into_iter().find(|name| theirs.get(*name) != ours.get(*name))?;
    Some(match (theirs.get(name), ours.get(name)) {
        (Some(theirs @ Value::Object(_)), Some(ours @ Value::Object(_))) => {
            format!("{name} {}", difference(theirs, ours)?)
        }
        (theirs, ours) => format!("{name} ({}, now {})", short(theirs), short(ours)),
    })
}

/// A value for a message.
fn short(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::from("not given"),
        Some(Value::String(text)) => text.chars().take(MAX_VALUE).collect(),
        Some(Value::Array(values)) => {
            values.iter().map(|value| short(Some(value))).collect::<Vec<_>>().join(",")
        }
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};
    use serde_json::json;

    #[test]
    fn a_journal_survives_a_cut_anywhere_in_its_last_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let audio = folder.path().join("a.wav");
        fs::write(&audio, "audio").expect("a file");
        let input = Input { path: audio.clone(), relative: "a.wav".into(), problem: None };
        let run = json!({ "model": "m", "settings": { "memory_s": 3.0 } });
        let heard = Heard { duration_s: 2.0, ..Heard::default() };
        let stamp = Stamp::of(&input);
        {
            let journal = Journal::open(&path, &run).expect("a journal");
            assert!(Journal::open(&path, &run).expect_err("in use").to_string().contains("another rollcall"));
            journal.begin(&input).expect("room");
            journal.finish(&input, stamp, None, &heard).expect("room");
        }
        let whole = fs::read(&path).expect("a journal");
        let reopen = || Journal::open(&path, &run).expect("a journal");
        assert_eq!(reopen().done(&input, stamp, |_| true), Some(&heard));
        assert_eq!(reopen().done(&input, stamp, |_| false), None);
        let last = whole[..whole.len() - 1].iter().rposition(|&byte| byte == b'\n').expect("lines") + 1;
        for cut in [last, last + 1, whole.len() - 1] {
            fs::write(&path, &whole[..cut]).expect("a cut journal");
            let journal = reopen();
            assert_eq!(journal.done(&input, stamp, |_| true), None);
            assert!(journal.is_ours(&input));
            journal.finish(&input, stamp, None, &heard).expect("room");
            drop(journal);
            assert!(reopen().done(&input, stamp, |_| true).is_some());
        }
        fs::write(&audio, "other audio").expect("a file");
        assert_eq!(reopen().done(&input, Stamp::of(&input), |_| true), None, "the file has changed");
        let other = Journal::open(&path, &json!({ "model": "other", "settings": { "memory_s": 3.0 } }));
        let other = other.expect_err("another model").to_string();
        assert!(other.contains("another model (m, now other)"), "{other}");
        fs::write(&path, "no journal\n").expect("a file");
        assert!(Journal::open(&path, &run).expect_err("text").to_string().contains("line 1"));
    }

    #[test]
    fn a_batch_says_which_option_is_another() {
        let run = |memory: f32, voice: f32| json!({ "--memory": memory, "--threshold": { "piano": 0.4, "voice": voice } });
        assert_eq!(difference(&run(3.0, 0.438), &run(3.0, 0.438)), None);
        assert_eq!(difference(&run(3.0, 0.5), &run(5.0, 0.5)).unwrap(), "--memory (3.0, now 5.0)");
        assert_eq!(difference(&run(3.0, 0.5), &run(3.0, 0.25)).unwrap(), "--threshold voice (0.5, now 0.25)");
        let formats = |formats: &[&str]| json!({ "--format": formats, "--duration": Value::Null });
        assert_eq!(
            difference(&formats(&["json"]), &formats(&["json", "csv"])).unwrap(),
            "--format (json, now json,csv)"
        );
        assert_eq!(
            difference(&formats(&[]), &json!({ "--format": [], "--duration": 2.0 })).unwrap(),
            "--duration (not given, now 2.0)"
        );
    }

    proptest! {
        /// Numbers of 32 and of 64 bits, and any text: what a batch says of itself is what it finds again.
        #[test]
        fn a_header_comes_back_as_it_was(
            narrow in vec(any::<f32>().prop_filter("a number", |x| x.is_finite()), 20),
            wide in vec(any::<f64>().prop_filter("a number", |x| x.is_finite()), 4),
            text in any::<String>(),
        ) {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("journal");
            let run = json!({ "--threshold": narrow, "--start": wide, "--model": text });
            drop(Journal::open(&path, &run).expect("a new journal"));
            Journal::open(&path, &run).expect("the same batch");
        }
    }
}
