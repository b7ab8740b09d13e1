//! Scores as a picture: the most telling ones, class by class, with their intervals.

use crate::picture::{Forest, ForestRow, Mark};
use rollcall_evaluate::{Evaluation, METRICS, Row};

/// What is drawn, where it is defined.
const SHOWN: [&str; 5] = ["average_precision", "f1_positives", "f1_both", "segment_f1", "event_f1"];

/// The picture of an evaluation.
pub fn chart(evaluation: &Evaluation) -> Forest {
    let columns: Vec<usize> =
        evaluation.columns().into_iter().filter(|&column| SHOWN.contains(&METRICS[column].name)).collect();
    let row = |(name, row): (&str, &Row)| {
        let mark = |&column: &usize| {
            let interval = row.intervals[column].map(|interval| (interval.low, interval.high));
            row.values[column].map(|value| Mark { value, interval })
        };
        ForestRow { class: name.to_owned(), marks: columns.iter().map(mark).collect() }
    };
    let scores = &evaluation.scores;
    Forest {
        title: format!("{} against {}", evaluation.sources.0, evaluation.sources.1),
        facts: format!("{} files, {} of them with ranges", scores.files, scores.files_with_ranges),
        columns: columns.iter().map(|&column| METRICS[column].title.to_owned()).collect(),
        rows: evaluation.rows().map(row).collect(),
        footer: evaluation.rules_text(),
    }
}
