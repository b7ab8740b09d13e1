//! A quantised package beside the one it was made of: the same clips, figure by figure, and whether what is lost stays within bounds.

use crate::default_model::validation::{EVERY_SCENE, Report};
use crate::judge::guess::Guesses;
use rollcall_engine::OPENMIC_CLASSES;
use std::fmt::Write as _;

/// What a mean average precision and a share of guesses on real solo recordings may lose.
const MEAN_MAY_LOSE: f64 = 0.005;
/// What the average precision of a class may lose.
const CLASS_MAY_LOSE: f64 = 0.02;
/// By how much the calibration error may grow.
const ERROR_MAY_GROW: f64 = 0.005;
/// Differences of figures that are sums of the same shares in another order.
const ROUNDING: f64 = 1e-9;
/// Scenes with average precisions, in the order of reports.
const SCENES: [&str; 5] = [EVERY_SCENE, "solos", "mixes", "bands", "music"];

/// What was found of one package.
#[derive(Clone, Debug)]
pub struct Found {
    /// On validation.
    pub report: Report,
    /// On real solo recordings, where they were heard.
    pub pages: Option<Guesses>,
}

/// A figure of both packages.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name, as in [`Report::scores`].
    pub figure: String,
    /// Of the package with floats.
    pub floats: f64,
    /// Of that with bytes.
    pub bytes: f64,
    /// Less is better.
    pub is_error: bool,
    /// How much worse it may be; `None`: it decides nothing.
    pub may_lose: Option<f64>,
}

impl Row {
    /// By how much the package with bytes is worse.
    #[must_use]
    pub fn loss(&self) -> f64 {
        if self.is_error { self.bytes - self.floats } else { self.floats - self.bytes }
    }

    /// No worse than it may be.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.may_lose.is_none_or(|most| self.loss() <= most + ROUNDING)
    }
}

/// All figures that both have: those with a bound first.
#[must_use]
pub fn rows(floats: &Found, bytes: &Found) -> Vec<Row> {
    let mut rows = Vec::new();
    for (figure, before) in &floats.report.scores {
        let Some(after) = bytes.report.scores.get(figure) else { continue };
        let is_error = figure == "calibration_error";
        let may_lose = match is_error {
            true => Some(ERROR_MAY_GROW),
            false => figure.ends_with(".map").then_some(MEAN_MAY_LOSE),
        };
        rows.push(Row { figure: figure.clone(), floats: *before, bytes: *after, is_error, may_lose });
    }
    if let (Some(before), Some(after)) = (floats.pages, bytes.pages) {
        for (name, before, after) in [
            ("pages.first", before.first, after.first),
            ("pages.first_three", before.first_three, after.first_three),
        ] {
            let may_lose = Some(MEAN_MAY_LOSE);
            rows.push(Row { figure: name.into(), floats: before, bytes: after, is_error: false, may_lose });
        }
    }
    rows.extend(SCENES.iter().filter_map(|scene| worst(floats, bytes, scene)));
    rows.sort_by_key(|row| row.may_lose.is_none());
    rows
}

/// The class of a scene that loses most.
fn worst(floats: &Found, bytes: &Found, scene: &str) -> Option<Row> {
    let [before, after] = [floats, bytes].map(|found| found.report.class_ap.get(scene));
    let pairs = before?.iter().zip(after?).zip(OPENMIC_CLASSES);
    let rows = pairs.filter_map(|((before, after), class)| {
        let figure = format!("{scene}.ap, {class} (loses most)");
        let may_lose = Some(CLASS_MAY_LOSE);
        Some(Row { figure, floats: (*before)?, bytes: (*after)?, is_error: false, may_lose })
    });
    rows.max_by(|a, b| a.loss().total_cmp(&b.loss()))
}

/// Both tables: the figures, which are these rows, and the average precision of each class.
#[must_use]
pub fn markdown(rows: &[Row], floats: &Found, bytes: &Found) -> String {
    let mut text = String::from(
        "| figure | floats | bytes | difference | may lose | |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for row in rows {
        let (most, verdict) = match row.may_lose {
            Some(most) => (most.to_string(), if row.is_held() { "held" } else { "**missed**" }),
            None => (String::new(), ""),
        };
        let (figure, before, after) = (&row.figure, row.floats, row.bytes);
        let difference = after - before;
        writeln!(text, "| {figure} | {before:.4} | {after:.4} | {difference:+.4} | {most} | {verdict} |")
            .expect("a String takes everything");
    }
    text.push_str("\n| average precision with bytes (less floats) |");
    let scenes = SCENES.iter().filter(|scene| floats.report.class_ap.contains_key(**scene));
    scenes.clone().for_each(|scene| write!(text, " {scene} |").expect("a String takes everything"));
    text.push_str("\n| --- |");
    scenes.clone().for_each(|_| text.push_str(" --- |"));
    for (class, name) in OPENMIC_CLASSES.iter().enumerate() {
        write!(text, "\n| {name} |").expect("a String takes everything");
        for scene in scenes.clone() {
            let [before, after] = [floats, bytes].map(|found| {
                let of_scene = found.report.class_ap.get(*scene)?;
                *of_scene.get(class)?
            });
            let pair = before.zip(after);
            let cell = pair.map_or("-".into(), |(a, b)| format!("{b:.3} ({:+.3})", b - a));
            write!(text, " {cell} |").expect("a String takes everything");
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(map: f64, error: f64, pages: [f64; 2], drums: f64) -> Found {
        let mut report = Report::default();
        report.scores.extend([("solos.map".into(), map), ("calibration_error".into(), error)]);
        report.scores.insert("solos.first".into(), map / 2.0);
        let mut classes = vec![Some(0.9); OPENMIC_CLASSES.len()];
        let at = OPENMIC_CLASSES.iter().position(|class| *class == "drums").unwrap();
        (classes[at], classes[0]) = (Some(drums), None);
        report.class_ap.insert("mixes", classes);
        Found { report, pages: Some(Guesses { first: pages[0], first_three: pages[1], counted: 75 }) }
    }

    #[test]
    fn each_bound_holds_to_its_end_and_no_further() {
        let floats = found(0.9, 0.010, [0.8, 0.96], 0.95);
        let missed = |bytes: &Found| -> Vec<String> {
            rows(&floats, bytes).into_iter().filter(|row| !row.is_held()).map(|row| row.figure).collect()
        };
        // All that may be lost, and more than is told anywhere.
        assert!(missed(&found(0.895, 0.015, [0.795, 0.955], 0.93)).is_empty());
        assert!(missed(&found(0.99, 0.0, [0.9, 1.0], 1.0)).is_empty());
        assert_eq!(missed(&found(0.8949, 0.010, [0.8, 0.96], 0.95)), ["solos.map"]);
        assert_eq!(missed(&found(0.9, 0.0151, [0.8, 0.96], 0.95)), ["calibration_error"]);
        assert_eq!(missed(&found(0.9, 0.010, [0.7949, 0.96], 0.95)), ["pages.first"]);
        assert_eq!(missed(&found(0.9, 0.010, [0.8, 0.9549], 0.95)), ["pages.first_three"]);
        assert_eq!(missed(&found(0.9, 0.010, [0.8, 0.96], 0.9299)), ["mixes.ap, drums (loses most)"]);
    }

    #[test]
    fn tables_tell_both_and_the_difference() {
        let (floats, bytes) = (found(0.9, 0.01, [0.8, 0.96], 0.95), found(0.89, 0.012, [0.8, 0.96], 0.94));
        let text = markdown(&rows(&floats, &bytes), &floats, &bytes);
        for row in [
            "| calibration_error | 0.0100 | 0.0120 | +0.0020 | 0.005 | held |",
            "| solos.map | 0.9000 | 0.8900 | -0.0100 | 0.005 | **missed** |",
            "| mixes.ap, drums (loses most) | 0.9500 | 0.9400 | -0.0100 | 0.02 | held |",
            "| solos.first | 0.4500 | 0.4450 | -0.0050 |  |  |",
            "| average precision with bytes (less floats) | mixes |",
            "| accordion | - |",
            "| drums | 0.940 (-0.010) |",
        ] {
            assert!(text.contains(row), "{row} in\n{text}");
        }
    }
}
