//! An evaluation, as CSV and as JSON.

use crate::{METRICS, Row, Rules, Scores};
use rollcall_metrics::Empty;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Version of the JSON format.
const SCHEMA: &str = "rollcall.evaluation/1";
/// What the two averages are called where a class's name stands.
pub const AVERAGES: [&str; 2] = ["(macro)", "(micro)"];

/// An evaluation to be told.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// What came out.
    pub scores: Scores,
    /// How.
    pub rules: Rules,
    /// What was compared: predictions and references, as they were named.
    pub sources: (String, String),
}

impl Evaluation {
    /// Class names and the averages, with their rows.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &Row)> {
        let classes = self.scores.classes.iter().map(String::as_str).zip(&self.scores.rows);
        classes.chain([(AVERAGES[0], &self.scores.macro_mean), (AVERAGES[1], &self.scores.micro)])
    }

    /// Columns that say anything at all.
    pub fn columns(&self) -> Vec<usize> {
        (0..METRICS.len())
            .filter(|&metric| self.rows().any(|(_, row)| row.values[metric].is_some()))
            .collect()
    }

    /// Rules in words.
    pub fn rules_text(&self) -> String {
        let Rules { segment_s, event, bootstrap, .. } = &self.rules;
        let offset = if event.is_offset_checked {
            format!("offset within that or {:.0} % of the length", event.share_of_length * 100.0)
        } else {
            "offset free".to_owned()
        };
        format!(
            "segments of {segment_s} s; events: onset within {} s, {offset}; intervals: {:.0} % of {} bootstrap rounds over files, seed {}",
            event.collar_s,
            bootstrap.level * 100.0,
            bootstrap.rounds,
            bootstrap.seed
        )
    }
}

/// One row a class and score: class, score, value, low, high, known, positives. Empty where a score is not defined.
///
/// # Errors
/// `out` cannot be written.
pub fn write_csv(evaluation: &Evaluation, out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(["class", "score", "value", "low", "high", "known", "positives"])?;
    for (name, row) in evaluation.rows() {
        for (index, metric) in METRICS.iter().enumerate() {
            let text = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
            let interval = row.intervals[index];
            table.write_record([
                name,
                metric.name,
                &text(row.values[index]),
                &text(interval.map(|interval| interval.low)),
                &text(interval.map(|interval| interval.high)),
                &row.known.to_string(),
                &row.positives.to_string(),
            ])?;
        }
    }
    table.flush()
}

/// Everything, `rollcall.evaluation/1`.
///
/// # Errors
/// `out` cannot be written.
pub fn write_json(evaluation: &Evaluation, out: &mut dyn Write) -> io::Result<()> {
    let Evaluation { scores, rules, sources } = evaluation;
    let row = |row: &Row| {
        let cells = METRICS.iter().enumerate().map(|(index, metric)| {
            let interval = row.intervals[index].map(|interval| [interval.low, interval.high]);
            (metric.name.to_owned(), json!({ "value": row.values[index], "interval": interval }))
        });
        json!({
            "known": row.known,
            "positives": row.positives,
            "threshold": row.threshold,
            "scores": cells.collect::<Map<String, Value>>(),
        })
    };
    let classes: Map<String, Value> =
        scores.classes.iter().zip(&scores.rows).map(|(class, scores)| (class.clone(), row(scores))).collect();
    let bins: Vec<Value> = scores
        .reliability
        .iter()
        .map(|bin| json!({ "low": bin.low, "high": bin.high, "count": bin.count, "mean_score": bin.mean_score, "positives": bin.positives }))
        .collect();
    let definitions: Map<String, Value> =
        METRICS.iter().map(|metric| (metric.name.to_owned(), metric.what.into())).collect();
    let document = json!({
        "schema": SCHEMA,
        "predictions": sources.0,
        "references": sources.1,
        "files": scores.files,
        "files_with_ranges": scores.files_with_ranges,
        "files_in_part": scores.files_in_part,
        "rules": {
            "segment_s": rules.segment_s,
            "collar_s": rules.event.collar_s,
            "share_of_length": rules.event.share_of_length,
            "offset": rules.event.is_offset_checked,
            "empty": if rules.empty == Empty::Zero { "zero" } else { "undefined" },
            "bootstrap": { "rounds": rules.bootstrap.rounds, "level": rules.bootstrap.level, "seed": rules.bootstrap.seed },
        },
        "macro": row(&scores.macro_mean),
        "micro": row(&scores.micro),
        "classes": classes,
        "reliability": bins,
        "definitions": definitions,
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
}
