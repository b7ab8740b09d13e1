//! What `compare` prints.

use super::score::{Figure, Scores};
use crate::judge::Example;
use rollcall_engine::OPENMIC_CLASSES;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Markdown: a row a figure, a column a contender, then a column for each difference to the first.
pub fn markdown(title: &str, names: &[String], scores: &[Scores], examples: &[Example]) -> String {
    let sources: BTreeSet<&String> = examples.iter().flat_map(|e| &e.sources).collect();
    let (clips, sources) = (examples.len(), sources.len());
    let mut text = format!("\n### {title} ({clips} clips, {sources} sources)\n\n| figure |");
    let mut columns: Vec<String> = names.to_vec();
    columns.extend(names.iter().skip(1).map(|name| format!("{name} less {}", names[0])));
    columns.iter().for_each(|name| write!(text, " {name} |").expect("writing to memory"));
    text.push_str("\n| --- |");
    columns.iter().for_each(|_| text.push_str(" --- |"));
    let mut rows: Vec<&str> = Vec::new();
    for name in scores.iter().flat_map(|s| s.figures.iter().map(|f| f.0)) {
        if !rows.contains(&name) {
            rows.push(name);
        }
    }
    for row in rows {
        write!(text, "\n| {row} |").expect("writing to memory");
        let own = scores.iter().map(|s| cell(&s.figures, row, false));
        let above = scores.iter().skip(1).map(|s| cell(&s.above_first, row, true));
        own.chain(above).for_each(|cell| write!(text, " {cell} |").expect("writing to memory"));
    }
    for (class, name) in OPENMIC_CLASSES.iter().enumerate() {
        if scores.iter().all(|s| s.class_ap[class].is_none()) {
            continue;
        }
        write!(text, "\n| AP, {name} |").expect("writing to memory");
        let of = |s: &Scores| s.class_ap[class].map_or("-".into(), |ap| format!("{ap:.3}"));
        let above = |s: &Scores| {
            let pair = s.class_ap[class].zip(scores[0].class_ap[class]);
            pair.map_or("-".into(), |(own, first)| format!("{:+.3}", own - first))
        };
        let cells = scores.iter().map(of).chain(scores.iter().skip(1).map(above));
        cells.for_each(|cell| write!(text, " {cell} |").expect("writing to memory"));
    }
    text.push('\n');
    text
}

fn cell(figures: &[(&str, Figure)], row: &str, signed: bool) -> String {
    let show = |value: f64| match (value.is_finite(), signed) {
        (false, _) => "over 5".to_owned(),
        (true, true) => format!("{value:+.3}"),
        (true, false) => format!("{value:.3}"),
    };
    let Some((_, figure)) = figures.iter().find(|figure| figure.0 == row) else {
        return "does not say".into();
    };
    match figure.interval {
        Some((low, high)) => format!("{} ({} to {})", show(figure.value), show(low), show(high)),
        None => format!("{} (one source)", show(figure.value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_values_intervals_and_differences() {
        let figure = |value, interval| Figure { value, interval };
        let first = Scores {
            figures: vec![("mAP", figure(0.5, Some((0.25, 0.75)))), ("delay", figure(f64::INFINITY, None))],
            above_first: Vec::new(),
            class_ap: vec![None; 20],
        };
        let second = Scores {
            figures: vec![("mAP", figure(0.75, Some((0.5, 1.0))))],
            above_first: vec![("mAP", figure(0.25, Some((-0.125, 0.5))))],
            class_ap: vec![Some(1.0); 20],
        };
        let text = markdown(
            "solos",
            &["a".into(), "b".into()],
            &[first, second],
            &[Example { sources: vec!["x".into(), "y".into()], ..Example::default() }],
        );
        assert!(text.contains("### solos (1 clips, 2 sources)\n\n| figure | a | b | b less a |"), "{text}");
        let row = "| mAP | 0.500 (0.250 to 0.750) | 0.750 (0.500 to 1.000) | +0.250 (-0.125 to +0.500) |";
        assert!(text.contains(row), "{text}");
        assert!(text.contains("| delay | over 5 (one source) | does not say | does not say |"), "{text}");
        assert!(text.contains("| AP, voice | - | 1.000 | - |"), "{text}");
    }
}
