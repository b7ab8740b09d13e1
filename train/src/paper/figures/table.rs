//! `scores.csv`: a row for each representation and class, and one for the mean over classes.

use super::runs::{Runs, Summary, class, summary};
use crate::paper::second_stage::{ClassScores, Scores};
use anyhow::{Context, Result};

type OfClass = fn(&ClassScores) -> Option<f64>;
type OfAll = fn(&Scores) -> f64;

/// Name, score of a class, mean over classes.
const SCORES: [(&str, OfClass, OfAll); 4] = [
    ("f1_both", |c| c.f1_both, |s| s.macro_f1_both),
    ("f1_positives", |c| c.f1_positives, |s| s.macro_f1_positives),
    ("average_precision", |c| c.average_precision, |s| s.mean_average_precision),
    ("roc_auc", |c| c.roc_auc, |s| s.mean_roc_auc),
];

/// The whole table. Columns: representation, class (`all`: the mean over classes), seeds, positives and negatives in the test
/// part, then for each score its mean over seeds and the ends of its 95 % interval, empty where not defined.
pub(super) fn csv(runs: &Runs) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut heading: Vec<String> =
        ["representation", "class", "seeds", "positives", "negatives"].map(String::from).to_vec();
    for (name, ..) in SCORES {
        heading.extend([name.into(), format!("{name}_low"), format!("{name}_high")]);
    }
    writer.write_record(heading)?;
    for (name, _, _, outcomes) in runs.each() {
        for (c, class_name) in runs.classes().into_iter().enumerate() {
            let counts = &outcomes[0].test.classes[c];
            let mut row = vec![name.to_owned(), class_name.into(), outcomes.len().to_string()];
            row.extend([counts.positives.to_string(), counts.negatives.to_string()]);
            SCORES.iter().for_each(|(_, of, _)| row.extend(cells(class(outcomes, c, *of))));
            writer.write_record(row)?;
        }
        let mut row = vec![name.to_owned(), "all".into(), outcomes.len().to_string(), "".into(), "".into()];
        for (.., of) in SCORES {
            row.extend(cells(summary(outcomes.iter().map(|outcome| of(&outcome.test)))));
        }
        writer.write_record(row)?;
    }
    writer.into_inner().context("a buffer takes everything")
}

fn cells(summary: Option<Summary>) -> [String; 3] {
    let show = |value: Option<f64>| value.map_or(String::new(), |v| format!("{v:.4}"));
    let interval = summary.and_then(|s| s.interval);
    [show(summary.map(|s| s.mean)), show(interval.map(|i| i.0)), show(interval.map(|i| i.1))]
}
