//! Predictions against references, by the program's own numbers.

use crate::errors::refused;
use crate::timeline::Timeline;
use anyhow::{Result, ensure};
use pyo3::prelude::*;
use rollcall_evaluate::{
    Evaluation, Prediction, Reference, Rules, Span, Thresholds, Unlisted, evaluate as score, of_timeline,
    pair, read_predictions, read_references, write_csv, write_json,
};
use rollcall_media::EXTENSIONS;
use rollcall_metrics::{Bootstrap, Empty, EventRule};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// What was said: a file or folder, or timelines.
#[derive(FromPyObject)]
pub(crate) enum Said {
    Path(PathBuf),
    Timelines(Vec<Py<Timeline>>),
}

/// What is so: a file or folder, or for each file its ranges or its labels.
#[derive(FromPyObject)]
pub(crate) enum Truth {
    Path(PathBuf),
    Known(Vec<(String, Known)>),
}

/// What is known of one file: start, end and class of its ranges; or whether a class plays at all.
#[derive(FromPyObject)]
pub(crate) enum Known {
    Labels(BTreeMap<String, bool>),
    Ranges(Vec<(f64, f64, String)>),
}

/// How to score, as `rollcall evaluate` has it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Options {
    threshold: Option<f64>,
    thresholds: BTreeMap<String, f64>,
    map: BTreeMap<String, Option<String>>,
    unlisted: String,
    annotated: Option<Vec<String>>,
    partial: bool,
    segment: f64,
    collar: f64,
    length_share: f64,
    onset_only: bool,
    undefined_when_empty: bool,
    rounds: u32,
    level: f64,
    seed: u64,
}

impl Options {
    fn rules(&self) -> Result<Rules> {
        let in_range = |name: &str, value: f64, low: f64, high: f64| {
            ensure!((low..=high).contains(&value), "{name} is {value}, but must be {low} to {high}");
            Ok(value)
        };
        ensure!(self.rounds <= 1_000_000, "rounds is {}, but must be 0 to 1000000", self.rounds);
        Ok(Rules {
            segment_s: in_range("segment", self.segment, 0.001, 3600.0)?,
            event: EventRule {
                collar_s: in_range("collar", self.collar, 0.0, 60.0)?,
                share_of_length: in_range("length_share", self.length_share, 0.0, 1.0)?,
                is_offset_checked: !self.onset_only,
            },
            empty: if self.undefined_when_empty { Empty::Undefined } else { Empty::Zero },
            bootstrap: Bootstrap {
                rounds: self.rounds as usize,
                level: in_range("level", self.level, 0.01, 0.999)?,
                seed: self.seed,
            },
        })
    }

    fn unlisted(&self) -> Result<Unlisted> {
        match (&self.annotated, self.unlisted.as_str()) {
            (Some(classes), _) => Ok(Unlisted::AbsentIf(classes.iter().cloned().collect())),
            (None, "absent") => Ok(Unlisted::Absent),
            (None, "unknown") => Ok(Unlisted::Unknown),
            (None, other) => anyhow::bail!("unlisted is '{other}', but must be 'absent' or 'unknown'"),
        }
    }
}

/// Scores predictions against references; returns the program's JSON and CSV.
#[pyfunction]
pub(crate) fn evaluate(
    py: Python<'_>,
    said: Said,
    truth: Truth,
    options: Options,
) -> PyResult<(String, String)> {
    let run = || -> Result<(String, String)> {
        let rules = options.rules()?;
        let thresholds = Thresholds::new(options.threshold, &options.thresholds)?;
        let (predictions, predictions_name) = match &said {
            Said::Path(path) => (read_predictions(path, &thresholds)?, path.display().to_string()),
            Said::Timelines(timelines) => {
                let read =
                    |timeline: &Py<Timeline>| of_timeline(&timeline.get().document.timeline, &thresholds);
                let read = timelines.iter().map(read).collect::<Result<Vec<Prediction>>>()?;
                ensure!(!read.is_empty(), "there are no predictions");
                (read, "timelines".to_owned())
            }
        };
        let unlisted = options.unlisted()?;
        let (mut references, references_name) = match truth {
            Truth::Path(path) => (read_references(&path, &unlisted)?, path.display().to_string()),
            Truth::Known(files) => (known(files, &unlisted)?, "annotations".to_owned()),
        };
        references.iter_mut().for_each(|reference| reference.rename(&options.map));
        let pairs = pair(predictions, references, options.partial, &EXTENSIONS)?;
        let scores = score(&pairs, &rules)?;
        let evaluation = Evaluation { scores, rules, sources: (predictions_name, references_name) };
        let (mut json, mut csv) = (Vec::new(), Vec::new());
        write_json(&evaluation, &mut json)?;
        write_csv(&evaluation, &mut csv)?;
        Ok((String::from_utf8(json)?, String::from_utf8(csv)?))
    };
    py.detach(run).map_err(|error| refused(format!("{error:#}")))
}

fn known(files: Vec<(String, Known)>, unlisted: &Unlisted) -> Result<Vec<Reference>> {
    ensure!(!files.is_empty(), "there are no references");
    let reference = |(file, known): (String, Known)| {
        let (labels, ranges, unlisted) = match known {
            // A class that a table of labels does not mention is not known, as in OpenMIC-2018's.
            Known::Labels(labels) => (labels, None, Unlisted::Unknown),
            Known::Ranges(ranges) => {
                let span = |(start_s, end_s, class): (f64, f64, String)| Span::new(class, start_s, end_s);
                let ranges = ranges.into_iter().map(span).collect::<Result<Vec<_>>>();
                (
                    BTreeMap::new(),
                    Some(ranges.map_err(|error| error.context(file.clone()))?),
                    unlisted.clone(),
                )
            }
        };
        Ok(Reference { file, labels, unlisted, ranges, left_out: BTreeSet::new() })
    };
    files.into_iter().map(reference).collect()
}
