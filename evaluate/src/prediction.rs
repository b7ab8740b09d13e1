//! What was said about one file.

use crate::{Levels, Span, Thresholds};
use anyhow::{Result, ensure};
use rollcall_engine::timeline::{ClassRange, MERGE_GAP_S, MIN_DURATION_S, RangeSettings, cut_ranges};
use std::collections::{BTreeMap, BTreeSet};

/// What was said about one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The audio's path as it was analysed.
    pub file: String,
    /// Score and threshold of each class over the whole file: the posterior. It holds every class that was listened for, also those
    /// that were never heard; none, where the format has steps alone, whose greatest activity is another number. Of a table of ranges
    /// it is the greatest activity in them.
    pub clip: BTreeMap<String, (f32, f32)>,
    /// Classes that were listened for without a score in `clip`.
    pub listened: BTreeSet<String>,
    /// When who was above threshold.
    pub ranges: Vec<Span>,
    /// What would have been said at other thresholds, where the format has the activities.
    pub levels: Option<Levels>,
    /// First and last second that was analysed, where the format says so.
    pub span_s: Option<(f64, f64)>,
    /// Whether the format names every file and class that was listened for. A table of ranges that other programs wrote does
    /// not: there, silence and absence look alike.
    pub names_all: bool,
}

impl Prediction {
    pub(crate) fn empty(file: impl Into<String>) -> Self {
        let (clip, ranges) = (BTreeMap::new(), Vec::new());
        let listened = BTreeSet::new();
        Self { file: file.into(), clip, listened, ranges, levels: None, span_s: None, names_all: true }
    }
}

/// How ranges are cut where the predictions do not say how they were.
pub(crate) fn default_ranges() -> RangeSettings {
    RangeSettings { thresholds: Vec::new(), min_duration_s: MIN_DURATION_S, merge_gap_s: MERGE_GAP_S }
}

/// Activities over time of one file, from which all else follows.
pub(crate) struct Steps {
    pub(crate) classes: Vec<String>,
    pub(crate) times_s: Vec<f64>,
    pub(crate) activity: Vec<Vec<f32>>,
}

impl Steps {
    /// Cuts ranges as `own` says, with chosen thresholds over its own. `clip` is the posterior, if it is known. Without a
    /// `span_s` what was analysed is taken to be from the first step, which stands at its very first second, to the last, which is
    /// less than a step before its end: so nothing is judged that was not heard.
    pub(crate) fn predict(
        self,
        file: String,
        thresholds: &Thresholds,
        own: &RangeSettings,
        span_s: Option<(f64, f64)>,
        clip: &BTreeMap<String, f32>,
    ) -> Result<Prediction> {
        let of = |(index, class): (usize, &String)| thresholds.of(class, own.thresholds.get(index).copied());
        let chosen: Vec<f32> = self.classes.iter().enumerate().map(of).collect();
        let hop_s = self.times_s.windows(2).map(|pair| pair[1] - pair[0]).next().unwrap_or(0.0);
        ensure!(
            self.times_s.windows(2).all(|pair| pair[1] > pair[0]),
            "the times of '{file}' do not rise from row to row"
        );
        let settings = RangeSettings { thresholds: chosen.clone(), ..own.clone() };
        let first_s = self.times_s.first().copied().unwrap_or(0.0);
        let span_s = span_s.unwrap_or_else(|| (first_s, self.times_s.last().copied().unwrap_or(0.0)));
        let Self { classes, times_s, activity } = &self;
        let (ranges, levels) = if times_s.is_empty() {
            (Vec::new(), None)
        } else {
            let ranges = cut_ranges(times_s, activity, &settings, hop_s, span_s);
            (ranges, Some(Levels::new(classes, times_s, activity, own, hop_s, span_s)))
        };
        let span = |range: ClassRange| Span::new(&classes[range.class], range.start_s, range.end_s);
        let ranges: Vec<Span> = ranges.into_iter().map(span).collect::<Result<_>>()?;
        let score = |(class, &at): (&String, &f32)| Some((class.clone(), (clip.get(class).copied()?, at)));
        let scored: BTreeMap<String, (f32, f32)> = classes.iter().zip(&chosen).filter_map(score).collect();
        let listened = classes.iter().filter(|class| !scored.contains_key(*class)).cloned().collect();
        let span_s = Some(span_s);
        Ok(Prediction { clip: scored, listened, ranges, levels, span_s, ..Prediction::empty(file) })
    }
}
