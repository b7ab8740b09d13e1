//! What is known about one file.

use crate::Span;
use std::collections::{BTreeMap, BTreeSet};

/// What is known about one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reference {
    /// The audio's path or key.
    pub file: String,
    /// Labels of the whole file that are written as such.
    pub labels: BTreeMap<String, bool>,
    /// What a class is that neither labels nor ranges mention.
    pub unlisted: Unlisted,
    /// When who plays, if that was annotated.
    pub ranges: Option<Vec<Span>>,
    /// Classes that whoever evaluates leaves out: not known, whatever else is said of them.
    pub left_out: BTreeSet<String>,
}

/// What a class is that the reference of a file does not mention.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Unlisted {
    /// Not known: left out of all scores of that file.
    Unknown,
    /// Not in the file.
    #[default]
    Absent,
    /// Not in the file if it is one of these, which were annotated; else not known.
    AbsentIf(BTreeSet<String>),
}

impl Unlisted {
    pub(crate) fn is_absent(&self, class: &str) -> bool {
        match self {
            Self::Unknown => false,
            Self::Absent => true,
            Self::AbsentIf(annotated) => annotated.contains(class),
        }
    }
}

impl Reference {
    /// Whether a class plays within this stretch of seconds (all of the file: `None`); `None` if that is not known. Ranges
    /// say so for any stretch; a label is of the whole file, and taken as it is.
    pub fn label(&self, class: &str, within_s: Option<(f64, f64)>) -> Option<bool> {
        if self.left_out.contains(class) {
            return None;
        }
        let mut own = self.ranges.iter().flatten().filter(|range| range.class == class).peekable();
        if own.peek().is_some() {
            let plays = own.any(|range| within_s.is_none_or(|stretch| range.within(stretch).is_some()));
            return Some(plays);
        }
        self.labels.get(class).copied().or_else(|| self.unlisted.is_absent(class).then_some(false))
    }

    /// Whether it is known when this class plays: its ranges are there, or it does not play at all. A file without ranges tells
    /// that of nobody.
    pub fn is_timed(&self, class: &str) -> bool {
        let Some(ranges) = &self.ranges else { return false };
        let is_absent =
            || self.labels.get(class).map_or_else(|| self.unlisted.is_absent(class), |plays| !plays);
        !self.left_out.contains(class) && (ranges.iter().any(|range| range.class == class) || is_absent())
    }

    /// Of ranges alone.
    pub(crate) fn of_ranges(file: String, ranges: Vec<Span>, unlisted: &Unlisted) -> Self {
        Self { file, unlisted: unlisted.clone(), ranges: Some(ranges), ..Self::default() }
    }

    /// Renames and drops classes: `names` maps a label to a class, or to nothing.
    pub fn rename(&mut self, names: &BTreeMap<String, Option<String>>) {
        let new = |class: String| match names.get(&class) {
            None => Some(class),
            Some(name) => name.clone(),
        };
        let dropped = names.iter().filter(|(_, name)| name.is_none());
        self.left_out.extend(dropped.map(|(label, _)| label.clone()));
        let mut labels = BTreeMap::new();
        for (class, plays) in std::mem::take(&mut self.labels) {
            if let Some(class) = new(class) {
                // Two labels of one class: it plays if either does.
                *labels.entry(class).or_insert(false) |= plays;
            }
        }
        self.labels = labels;
        if let Some(ranges) = &mut self.ranges {
            let kept = std::mem::take(ranges).into_iter();
            *ranges = kept.filter_map(|range| Some(Span { class: new(range.class)?, ..range })).collect();
        }
    }
}
