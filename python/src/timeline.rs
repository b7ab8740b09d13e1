//! What was found in one recording.

use crate::arrays::{bytes, floats};
use crate::choice::{RangeChoice, checked_ranges};
use crate::errors::refused;
use crate::features::Features;
use pyo3::{prelude::*, types::PyBytes};
use rollcall_engine::timeline::{Range, SCHEMA, cut_ranges};
use rollcall_results::{Analysis, Others, Steps, jams, json};
use serde::Deserialize;
use std::{collections::BTreeMap, io};

/// A document of `rollcall analyze --format json`, with all its rows.
#[derive(Clone, Deserialize)]
pub(crate) struct Document {
    #[serde(flatten)]
    pub(crate) timeline: rollcall_engine::timeline::Timeline,
    incomplete: Option<String>,
    channel: Option<String>,
    file_bytes: Option<String>,
    #[serde(default)]
    notes: Vec<String>,
    others: Option<Others>,
}

impl Document {
    /// As the program's writers take it.
    fn analysis(&self, whole_s: f64) -> io::Result<Analysis> {
        let Self { timeline, incomplete, channel, file_bytes, notes, others } = self;
        let mut steps = Steps::new(timeline.clone());
        for (&time_s, row) in timeline.times_s.iter().zip(&timeline.activity) {
            steps.row(time_s, row);
        }
        let posterior = |class: &String| timeline.clip.get(class).copied().unwrap_or(0.0);
        let clip: Vec<f32> = timeline.classes.iter().map(posterior).collect();
        let mut analysis = steps.finish(timeline.duration_s, &clip, incomplete.clone())?;
        // As they are: whoever changed a document meant it.
        analysis.timeline.ranges.clone_from(&timeline.ranges);
        analysis.channel.clone_from(channel);
        analysis.file_bytes.clone_from(file_bytes);
        analysis.notes.clone_from(notes);
        analysis.others.clone_from(others);
        analysis.whole_s = whole_s;
        Ok(analysis)
    }
}

/// Class, start, end, mean and peak.
type PyRange = (String, f64, f64, f32, f32);
/// Instrument, probability, ranges, events.
type PyOthers = (String, f32, Vec<PyRange>, Vec<(String, f32)>);

fn fields(range: &Range) -> PyRange {
    (range.class.clone(), range.start_s, range.end_s, range.mean, range.peak)
}

/// What was found in one recording.
#[pyclass(frozen, module = "rollcall")]
pub(crate) struct Timeline {
    pub(crate) document: Document,
    /// Samples that counted as silence: NaN, infinite, or beyond +60 dBFS.
    #[pyo3(get)]
    replaced_samples: u64,
    /// Seconds of the whole recording, as far as that is known.
    #[pyo3(get)]
    whole_duration: f64,
    features: Option<Features>,
}

impl Timeline {
    pub(crate) fn new(analysis: Analysis, features: Option<Features>) -> io::Result<Self> {
        let Analysis { incomplete, channel, file_bytes, notes, replaced_samples, whole_s, .. } = &analysis;
        let (incomplete, channel, file_bytes) = (incomplete.clone(), channel.clone(), file_bytes.clone());
        let (notes, replaced_samples, whole_duration) = (notes.clone(), *replaced_samples, *whole_s);
        let others = analysis.others.clone();
        let timeline = analysis.into_timeline()?;
        let document = Document { timeline, incomplete, channel, file_bytes, notes, others };
        Ok(Self { document, replaced_samples, whole_duration, features })
    }

    /// By one of the program's writers.
    fn written(
        &self,
        py: Python<'_>,
        write: fn(&mut Analysis, &mut dyn io::Write) -> io::Result<()>,
    ) -> PyResult<String> {
        let text = py.detach(|| -> io::Result<Vec<u8>> {
            let mut text = Vec::new();
            write(&mut self.document.analysis(self.whole_duration)?, &mut text)?;
            Ok(text)
        });
        String::from_utf8(text.map_err(refused)?).map_err(refused)
    }
}

#[pymethods]
impl Timeline {
    #[getter]
    fn times<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.document.timeline.times_s.iter().copied(), f64::to_ne_bytes)
    }

    #[getter]
    fn activity<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        floats(py, self.document.timeline.activity.iter().flatten())
    }

    #[getter]
    fn classes(&self) -> Vec<String> {
        self.document.timeline.classes.clone()
    }

    #[getter]
    fn clip(&self) -> BTreeMap<String, f32> {
        self.document.timeline.clip.clone()
    }

    #[getter]
    fn ranges(&self) -> Vec<PyRange> {
        self.document.timeline.ranges.iter().map(fields).collect()
    }

    /// Instrument, probability, ranges as [`Timeline::ranges`] has them, and events by name.
    #[getter]
    fn others(&self) -> Option<PyOthers> {
        let Others { instrument, probability, ranges, events } = self.document.others.as_ref()?;
        let events = events.iter().map(|event| (event.name.clone(), event.probability)).collect();
        Some((instrument.clone(), *probability, ranges.iter().map(fields).collect(), events))
    }

    #[getter]
    fn duration(&self) -> f64 {
        self.document.timeline.duration_s
    }

    #[getter]
    fn file(&self) -> &str {
        &self.document.timeline.file
    }

    #[getter]
    fn channel(&self) -> Option<&str> {
        self.document.channel.as_deref()
    }

    #[getter]
    fn incomplete(&self) -> Option<&str> {
        self.document.incomplete.as_deref()
    }

    #[getter]
    fn notes(&self) -> Vec<String> {
        self.document.notes.clone()
    }

    /// Threshold of each class, shortest range and widest gap in seconds.
    #[getter]
    fn range_settings(&self) -> RangeChoice {
        let ranges = &self.document.timeline.settings.ranges;
        (ranges.thresholds.clone(), ranges.min_duration_s, ranges.merge_gap_s)
    }

    #[getter]
    fn features(&self) -> Option<Features> {
        self.features.clone()
    }

    /// JSON, as the program writes it but for the end of the line.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        let mut text = self.written(py, json::write)?;
        text.truncate(text.trim_end().len());
        Ok(text)
    }

    /// JAMS, as the program writes it.
    fn to_jams(&self, py: Python<'_>) -> PyResult<String> {
        self.written(py, |analysis, out| jams::write(analysis, out))
    }

    /// The same with ranges cut at other thresholds.
    fn with_ranges(&self, py: Python<'_>, ranges: RangeChoice) -> PyResult<Self> {
        let mut document = self.document.clone();
        let timeline = &mut document.timeline;
        let settings = checked_ranges(ranges, timeline.classes.len())?;
        let start_s = timeline.settings.start_s;
        let span_s = (start_s, start_s + timeline.duration_s);
        py.detach(|| {
            let cut = cut_ranges(&timeline.times_s, &timeline.activity, &settings, timeline.hop_s, span_s);
            timeline.ranges = cut.into_iter().map(|range| range.named(&timeline.classes)).collect();
        });
        timeline.settings.ranges = settings;
        let Self { replaced_samples, whole_duration, ref features, .. } = *self;
        Ok(Self { document, replaced_samples, whole_duration, features: features.clone() })
    }
}

/// Reads what [`Timeline::to_json`] or the program wrote; the rest is what such a document does not hold.
#[pyfunction]
pub(crate) fn timeline_from_json(
    py: Python<'_>,
    text: &str,
    replaced_samples: u64,
    whole_duration: Option<f64>,
    features: Option<Py<Features>>,
) -> PyResult<Timeline> {
    let parse = || serde_json::from_str::<Document>(text);
    let document = py.detach(parse).map_err(|error| refused(format!("is no timeline: {error}")))?;
    let timeline = &document.timeline;
    let (schema, classes) = (&timeline.schema, timeline.classes.len());
    if schema != SCHEMA {
        return Err(refused(format!("the timeline has the schema '{schema}', but must have '{SCHEMA}'")));
    }
    if timeline.times_s.len() != timeline.activity.len()
        || timeline.activity.iter().any(|row| row.len() != classes)
        || timeline.settings.ranges.thresholds.len() != classes
    {
        let text = format!("the timeline has not one activity for each of {classes} classes and each time");
        return Err(refused(text));
    }
    let whole_duration = whole_duration.unwrap_or(timeline.settings.start_s + timeline.duration_s);
    let features = features.map(|features| features.get().clone());
    Ok(Timeline { document, replaced_samples, whole_duration, features })
}
