//! What an earlier run left for a file, for `--skip-existing`: results of the same model stay, those of another are made anew.
//!
//! JSON, Parquet and JAMS say who listened. The other formats do not: beside one of those three they share its fate, alone they are
//! taken for what is wanted.

use crate::{journal::Heard, output::FormatName};
use anyhow::{Result, bail};
use parquet::file::reader::{FileReader, SerializedFileReader};
use rollcall_engine::timeline::Range;
use serde::Deserialize;
use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

/// What is there.
#[derive(Clone, Debug, PartialEq)]
pub enum Existing {
    /// All that is wanted. What was heard is known where one of the results says it.
    All(Heard),
    /// Nothing, or results of another model or of a part: all are to be made.
    Outdated,
    /// Some are missing; those that are there stay.
    Some,
}

/// What a result says of its making.
#[derive(Debug, Deserialize)]
struct Head {
    model: Model,
    #[serde(default)]
    channel: Option<String>,
    #[serde(default)]
    incomplete: Option<String>,
    duration_s: f64,
    #[serde(default)]
    ranges: Vec<Range>,
    #[serde(default)]
    notes: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Model {
    sha256: String,
}

/// Who is to answer, to what.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The model's hash.
    pub sha256: &'a str,
    /// The channel, if it is not the mean of all.
    pub channel: Option<&'a str>,
}

/// Looks at the files of one input's results.
///
/// # Errors
/// A file that is no result of this program: it is not written over.
pub fn look(files: &[(FormatName, PathBuf)], wanted: Wanted<'_>) -> Result<Existing> {
    let there = files.iter().filter(|(_, path)| path.exists()).count();
    let mut heard: Option<Heard> = None;
    for (format, path) in files.iter().filter(|(_, path)| path.exists()) {
        let head = match format {
            FormatName::Json => json(path),
            FormatName::Parquet => columns(path),
            FormatName::Jams => jams(path),
            _ => continue,
        };
        let Some(head) = head else {
            bail!(
                "{} exists already and is no result of this program; use --force to overwrite it",
                path.display()
            );
        };
        let is_same = head.model.sha256 == wanted.sha256
            && head.channel.as_deref() == wanted.channel
            && head.incomplete.is_none();
        if !is_same {
            return Ok(Existing::Outdated);
        }
        if heard.as_ref().is_none_or(|heard| heard.classes.is_empty()) {
            let classes = Heard::of_ranges(&head.ranges);
            heard = Some(Heard { duration_s: head.duration_s, classes, notes: head.notes });
        }
    }
    Ok(match there {
        0 => Existing::Outdated,
        all if all == files.len() => Existing::All(heard.unwrap_or_default()),
        _ => Existing::Some,
    })
}

fn json(path: &Path) -> Option<Head> {
    serde_json::from_reader(BufReader::new(File::open(path).ok()?)).ok()
}

fn columns(path: &Path) -> Option<Head> {
    let reader = SerializedFileReader::new(File::open(path).ok()?).ok()?;
    let pairs = reader.metadata().file_metadata().key_value_metadata()?;
    let head = pairs.iter().find(|pair| pair.key == "rollcall")?.value.as_ref()?;
    serde_json::from_str(head).ok()
}

fn jams(path: &Path) -> Option<Head> {
    #[derive(Deserialize)]
    struct Document {
        annotations: Vec<Annotation>,
        #[serde(default)]
        sandbox: Sandbox,
    }
    #[derive(Deserialize)]
    struct Annotation {
        namespace: String,
        duration: Option<f64>,
        sandbox: Origin,
        data: Vec<Observation>,
    }
    #[derive(Deserialize)]
    struct Origin {
        model_sha256: String,
    }
    #[derive(Deserialize)]
    struct Observation {
        time: f64,
        duration: f64,
        value: String,
        confidence: f32,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Sandbox {
        channel: Option<String>,
        incomplete: Option<String>,
        notes: Vec<String>,
    }
    let document: Document = serde_json::from_reader(BufReader::new(File::open(path).ok()?)).ok()?;
    let Document { annotations, sandbox: Sandbox { channel, incomplete, notes } } = document;
    let segments = annotations.into_iter().find(|annotation| annotation.namespace == "segment_open")?;
    let range = |observation: Observation| {
        let Observation { time, duration, value, confidence } = observation;
        Range { class: value, start_s: time, end_s: time + duration, mean: confidence, peak: confidence }
    };
    Some(Head {
        model: Model { sha256: segments.sandbox.model_sha256 },
        channel,
        incomplete,
        duration_s: segments.duration.unwrap_or(0.0),
        ranges: segments.data.into_iter().map(range).collect(),
        notes,
    })
}
