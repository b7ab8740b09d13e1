//! A journal of a batch: what is done, what failed and why, so that a killed run goes on where it stopped.
//!
//! One JSON object a line, each brought to the disk before the batch goes on. The first says how the batch listens
//! and what it writes: results of different settings never mix. A line that a kill cut short is dropped.

use crate::{analyze::Analysis, inputs::Input};
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::UNIX_EPOCH,
};

/// Version of the format.
const SCHEMA: &str = "rollcall.journal/1";

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
        heard: Heard,
    },
    Failed {
        file: String,
        reason: String,
    },
}

/// What tells whether a file is still the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
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
    /// Of an analysis.
    pub fn of(analysis: &Analysis) -> Self {
        let mut classes: BTreeMap<String, ClassHeard> = BTreeMap::new();
        for range in &analysis.timeline.ranges {
            let heard = classes.entry(range.class.clone()).or_default();
            heard.seconds += range.duration_s();
            if range.duration_s() > heard.longest_s.1 - heard.longest_s.0 {
                heard.longest_s = (range.start_s, range.end_s);
            }
        }
        Self { duration_s: analysis.timeline.duration_s, classes }
    }
}

/// A journal in use by this process alone.
#[derive(Debug)]
pub struct Journal {
    file: Mutex<File>,
    path: PathBuf,
    done: HashMap<String, (Stamp, Heard)>,
    begun: HashSet<String>,
}

impl Journal {
    /// Begins a journal, or goes on with one. `run` is everything that shapes the results.
    ///
    /// # Errors
    /// Another process uses it, it is no journal, or one of a batch with other settings.
    pub fn open(path: &Path, run: &Value) -> Result<Self> {
        let context = || format!("--journal {}", path.display());
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(path).with_context(context)?;
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
                Record::Done { file, stamp, heard } => drop(self.done.insert(file, (stamp, heard))),
                Record::Failed { file, .. } => drop(self.done.remove(&file)),
            }
        }
        Ok(self)
    }

    /// What was heard in a file that is done, unchanged since, with all its results in place.
    pub fn done<'a>(&self, input: &Input, mut results: impl Iterator<Item = &'a Path>) -> Option<&Heard> {
        let (stamp, heard) = self.done.get(&name(input))?;
        (stamp_of(input) == *stamp && results.all(Path::exists)).then_some(heard)
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

    /// All results of this file are on the disk.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn finish(&self, input: &Input, heard: &Heard) -> Result<()> {
        self.append(&Record::Done { file: name(input), stamp: stamp_of(input), heard: heard.clone() })
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

fn name(input: &Input) -> String {
    input.path.to_string_lossy().into_owned()
}

fn stamp_of(input: &Input) -> Stamp {
    let Ok(metadata) = fs::metadata(&input.path) else {
        return Stamp::default();
    };
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Stamp {
        bytes: metadata.len(),
        modified_ns: modified.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)),
    }
}

/// The first thing that two batches do not have in common.
fn difference(theirs: &Value, ours: &Value) -> Option<String> {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            let names: HashSet<&String> = theirs.keys().chain(ours.keys()).collect();
            let mut names: Vec<&String> = names.into_iter().collect();
            names.sort();
            names.into_iter().find(|name| theirs.get(*name) != ours.get(*name)).cloned()
        }
        (theirs, ours) => (theirs != ours).then(|| String::from("kind")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_journal_survives_a_cut_anywhere_in_its_last_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let audio = folder.path().join("a.wav");
        fs::write(&audio, "audio").expect("a file");
        let input = Input { path: audio.clone(), relative: "a.wav".into(), problem: None };
        let run = json!({ "model": "m", "settings": { "memory_s": 3.0 } });
        let heard = Heard { duration_s: 2.0, classes: BTreeMap::new() };
        {
            let journal = Journal::open(&path, &run).expect("a journal");
            assert!(Journal::open(&path, &run).expect_err("in use").to_string().contains("another rollcall"));
            journal.begin(&input).expect("room");
            journal.finish(&input, &heard).expect("room");
        }
        let whole = fs::read(&path).expect("a journal");
        let reopen = || Journal::open(&path, &run).expect("a journal");
        assert_eq!(reopen().done(&input, [audio.as_path()].into_iter()), Some(&heard));
        assert_eq!(reopen().done(&input, [Path::new("no such result")].into_iter()), None);
        let last = whole[..whole.len() - 1].iter().rposition(|&byte| byte == b'\n').expect("lines") + 1;
        for cut in [last, last + 1, whole.len() - 1] {
            fs::write(&path, &whole[..cut]).expect("a cut journal");
            let journal = reopen();
            assert_eq!(journal.done(&input, [].into_iter()), None);
            assert!(journal.is_ours(&input));
            journal.finish(&input, &heard).expect("room");
            drop(journal);
            assert!(reopen().done(&input, [].into_iter()).is_some());
        }
        fs::write(&audio, "other audio").expect("a file");
        assert_eq!(reopen().done(&input, [].into_iter()), None, "the file has changed");
        let other = Journal::open(&path, &json!({ "model": "other", "settings": { "memory_s": 3.0 } }));
        assert!(other.expect_err("another model").to_string().contains("another model"));
        fs::write(&path, "no journal\n").expect("a file");
        assert!(Journal::open(&path, &run).expect_err("text").to_string().contains("line 1"));
    }
}
