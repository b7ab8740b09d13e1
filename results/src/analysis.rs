//! What was found in one recording, gathered step by step.

use crate::{Others, Overview, Row, Rows};
use rollcall_engine::{
    EMBEDDING, Step,
    timeline::{ClassRange, RangeCutter, Timeline},
};
use std::{fmt, io};

/// What was found in one file.
#[derive(Debug)]
pub struct Analysis {
    /// Everything but the rows: `times_s` and `activity` are empty here.
    pub timeline: Timeline,
    /// The rows.
    pub rows: Rows,
    /// Greatest activity of each class, and the second it was reached.
    pub peaks: Vec<(f32, f64)>,
    /// Why it ends early, if a part of a broken file was kept.
    pub incomplete: Option<String>,
    /// Which of the file's channels was heard, if not the mean of all: `left`, `right`, `mid`, `side`, or its number from 1.
    pub channel: Option<String>,
    /// What a person should know who reads it: that a tail is missing, or why little was heard for a technical reason.
    pub notes: Vec<String>,
    /// Samples that counted as silence: NaN, infinite, subnormal, or beyond +60 dBFS; of each frame's mean, where that is heard.
    pub replaced_samples: u64,
    /// Seconds of the whole file, as far as that is known: no less than what was heard and what was left out before it.
    pub whole_s: f64,
    /// The bytes of a name that is no UTF-8, percent-encoded (RFC 3986).
    pub file_bytes: Option<String>,
    /// What was heard beside the classes, where the model can tell.
    pub others: Option<Others>,
    /// The embedding of each step ([`Step::embedding`]), if they were wanted.
    pub embeddings: Option<Rows>,
    /// Wave-form and log-mel, if pictures were wanted.
    pub overview: Option<Box<Overview>>,
}

impl Analysis {
    /// Its channel, where every channel of the file was heard by itself: tables need a column for that.
    pub fn one_of_each(&self) -> Option<&str> {
        self.channel.as_deref().filter(|channel| channel.starts_with(|first: char| first.is_ascii_digit()))
    }

    /// All of it in one structure, for those who have the memory: 500 bytes a step with 20 classes.
    ///
    /// # Errors
    /// The rows cannot be read from the temporary folder.
    pub fn into_timeline(self) -> io::Result<Timeline> {
        let Self { mut timeline, mut rows, .. } = self;
        for row in rows.read()? {
            let Row { time_s, activity } = row?;
            timeline.times_s.push(time_s);
            timeline.activity.push(activity);
        }
        Ok(timeline)
    }
}

/// Gathers the steps of one recording, in constant memory.
pub struct Steps {
    timeline: Timeline,
    rows: Rows,
    cutter: RangeCutter,
    found: Vec<ClassRange>,
    peaks: Vec<(f32, f64)>,
    embeddings: Option<Rows>,
    /// The engine's closure cannot fail: the first failure waits here.
    failure: Option<io::Error>,
}

impl Steps {
    /// For a timeline in which nothing was heard yet ([`Timeline::begin`]).
    pub fn new(timeline: Timeline) -> Self {
        let classes = timeline.classes.len();
        Self {
            rows: Rows::new(classes),
            cutter: timeline.cutter(),
            found: Vec::new(),
            peaks: vec![(0.0, timeline.settings.start_s); classes],
            embeddings: None,
            failure: None,
            timeline,
        }
    }

    /// Keeps the embedding of each step, too.
    pub(crate) fn keep_embeddings(&mut self) {
        self.embeddings = Some(Rows::new(EMBEDDING));
    }

    /// Second of the file at which a step is centred.
    pub(crate) fn time_s(&self, step: &Step) -> f64 {
        self.timeline.time_s(step)
    }

    /// Takes the engine's next step.
    pub fn take(&mut self, step: &Step) {
        let time_s = self.timeline.time_s(step);
        self.row(time_s, &step.activity);
        if let Some(Err(error)) = self.embeddings.as_mut().map(|rows| rows.push(time_s, &step.embedding)) {
            self.failure.get_or_insert(error);
        }
    }

    /// Takes a step that was kept: its centre in the file, later than the last, and an activity for each class.
    pub fn row(&mut self, time_s: f64, activities: &[f32]) {
        self.row_after(self.timeline.hop_s, time_s, activities);
    }

    /// The same of a step that comes `hop_s` seconds after the one before, where the interval changes.
    pub fn row_after(&mut self, hop_s: f64, time_s: f64, activities: &[f32]) {
        if let Err(error) = self.rows.push(time_s, activities) {
            self.failure.get_or_insert(error);
        }
        self.cutter.push_after(hop_s, time_s, activities, &mut |range| self.found.push(range));
        for (peak, &activity) in self.peaks.iter_mut().zip(activities) {
            if activity > peak.0 {
                *peak = (activity, time_s);
            }
        }
    }

    /// Ends it after `duration_s` seconds of audio, with the engine's [`rollcall_engine::Engine::clip`], and why it ends
    /// early, if it does.
    ///
    /// # Errors
    /// The rows could not be written to the temporary folder.
    pub fn finish(self, duration_s: f64, clip: &[f32], incomplete: Option<String>) -> io::Result<Analysis> {
        let Self { mut timeline, rows, cutter, found, peaks, embeddings, failure } = self;
        if let Some(error) = failure {
            return Err(error);
        }
        timeline.finish(duration_s, cutter, found, clip);
        let whole_s = timeline.settings.start_s + timeline.duration_s;
        let (channel, notes, file_bytes, others, overview) = (None, Vec::new(), None, None, None);
        Ok(Analysis {
            timeline,
            rows,
            peaks,
            incomplete,
            channel,
            notes,
            replaced_samples: 0,
            whole_s,
            file_bytes,
            others,
            embeddings,
            overview,
        })
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Steps").field("rows", &self.rows.count()).finish_non_exhaustive()
    }
}
