//! What a taught package is worth, for a program ([`Report`]) and for people (its model card).

use crate::judge::{ClassScores, Judged, Score};
use crate::lesson::{Lesson, Mode};
use rollcall_engine::package::Manifest;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Recordings of a class from which on nothing is said about their number.
const ENOUGH_RECORDINGS: usize = 10;
/// Seconds of a class from which on nothing is said about them.
const ENOUGH_S: f64 = 60.0;

/// What came of teaching a class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassReport {
    /// Its name.
    pub class: String,
    /// Recordings that show it.
    pub recordings: usize,
    /// Groups that they are of.
    pub groups: usize,
    /// Seconds of those recordings.
    pub seconds: f64,
    /// Threshold in the package.
    pub threshold: f32,
    /// Average precision in cross-validation.
    pub average_precision: ClassScores,
}

/// What came of a lesson.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Each class.
    pub classes: Vec<ClassReport>,
    /// Folds of the cross-validation; 0: nothing could be held out, and nothing was scored.
    pub folds: usize,
    /// Mixes that were made.
    pub mixes: usize,
    /// Expected calibration error of all that was held out.
    pub calibration_error: Option<f64>,
    /// Who is taken for whom, a sentence each.
    pub confusions: Vec<String>,
    /// What a user should know: what was left out, copies, what is too little; a sentence each.
    pub notes: Vec<String>,
}

impl Report {
    /// Gathers it.
    pub(crate) fn new(
        lesson: &Lesson,
        heard_s: &[f64],
        judged: &Judged,
        folds: usize,
        mixes: usize,
        confusions: Vec<String>,
        notes: Vec<String>,
    ) -> Self {
        let class = |(class, name): (usize, &String)| {
            let own = || lesson.recordings.iter().zip(heard_s).filter(move |(r, _)| Lesson::shows(r, class));
            ClassReport {
                class: name.clone(),
                recordings: own().count(),
                groups: own().map(|(recording, _)| recording.group.as_str()).collect::<BTreeSet<_>>().len(),
                seconds: own().map(|(_, s)| s).sum(),
                threshold: judged.thresholds[class],
                average_precision: judged.scores[class].clone(),
            }
        };
        Self {
            classes: lesson.classes.iter().enumerate().map(class).collect(),
            folds,
            mixes,
            calibration_error: judged.calibration_error,
            confusions,
            notes,
        }
    }

    /// A row a class, for a terminal and for the card.
    pub fn rows(&self) -> Vec<[String; 6]> {
        let score = |score: Option<Score>| match score {
            Some(Score { value, low, high }) => format!("{value:.2} ({low:.2} to {high:.2})"),
            None => "not known".to_owned(),
        };
        let row = |class: &ClassReport| {
            [
                class.class.clone(),
                class.recordings.to_string(),
                format!("{:.1}", class.seconds / 60.0),
                score(class.average_precision.alone),
                score(class.average_precision.in_music),
                format!("{:.2}", class.threshold),
            ]
        };
        self.classes.iter().map(row).collect()
    }

    /// What [`Report::rows`] are headed.
    pub const HEADS: [&'static str; 6] =
        ["class", "recordings", "minutes", "AP alone", "AP in music", "threshold"];
}

/// What is to be said of a class with little material.
pub(crate) fn too_little(
    name: &str,
    recordings: usize,
    groups: usize,
    is_grouped: bool,
    seconds: f64,
) -> Option<String> {
    let plural = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let recorded = plural(recordings, "recording");
    if groups == 1 && (is_grouped || recordings == 1) {
        let of = if is_grouped { format!("{recorded} of one group") } else { recorded };
        return Some(format!(
            "'{name}' has {of}: expect it to know this player and instrument only; none could be held out, so that nobody knows how \
             good it is, and its threshold is 0.5"
        ));
    }
    if recordings < ENOUGH_RECORDINGS || (is_grouped && groups < 3) {
        let of = if is_grouped { format!("{recorded} of {}", plural(groups, "group")) } else { recorded };
        return Some(format!(
            "'{name}' has {of}: expect it to know these players and instruments only; {ENOUGH_RECORDINGS} of several players are a \
             beginning"
        ));
    }
    (seconds < ENOUGH_S).then(|| {
        format!(
            "'{name}' has {seconds:.0} seconds in all: little to learn from; a minute or more is a beginning"
        )
    })
}

/// The model card.
pub(crate) fn card(name: &str, base: &Manifest, mode: Mode, command: &str, report: &Report) -> String {
    let mut text = format!("# Model card: {name}\n\n");
    let classes: Vec<&str> = report.classes.iter().map(|class| class.class.as_str()).collect();
    let what = match mode {
        Mode::Add => format!(
            "The classes of {} {} stay as they are, to the last bit of their activities; these join them through a head of their own",
            base.name, base.version
        ),
        Mode::Only => {
            format!("The embedding is that of {} {}, the classes are these alone", base.name, base.version)
        }
    };
    let _ = writeln!(text, "{what}: {}.\n\n```sh\n{command}\n```\n", classes.join(", "));
    let _ = writeln!(
        text,
        "The head is the paper's (section 2.3) with its convolutions silent: its last layers by logistic regression on a user's recordings, \
         on {} mixes of them with each other and with music, and on what the base package brings.\n\n## Scores by cross-validation\n",
        report.mixes
    );
    if report.folds == 0 {
        let _ = writeln!(
            text,
            "None: no class has recordings of two groups, so that nothing could be held out.\n"
        );
    } else {
        let _ = writeln!(
            text,
            "{} folds, split by recording (or by the groups that the user named), never by piece. AP: average precision over pieces of \
             3.2 s; in brackets its 95 % interval, recordings drawn anew. Alone: recordings as they are, among the other classes' and music \
             without it. In music: mixed with others at -6 to +10 dB.\n",
            report.folds
        );
    }
    let _ = writeln!(text, "| {} |", Report::HEADS.join(" | "));
    let _ = writeln!(text, "|{}", " --- |".repeat(Report::HEADS.len()));
    for row in report.rows() {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    if let Some(error) = report.calibration_error {
        let _ = writeln!(
            text,
            "\n![Reliability diagram: share of positives over posterior](reliability.svg)\n\nExpected calibration error {error:.3}, over what \
             was held out of all classes."
        );
    }
    for (head, sentences) in [("Who is taken for whom", &report.confusions), ("To know", &report.notes)] {
        if !sentences.is_empty() {
            let _ = writeln!(text, "\n## {head}\n");
            sentences.iter().for_each(|sentence| {
                let _ = writeln!(text, "- {sentence}");
            });
        }
    }
    let _ = writeln!(
        text,
        "\n## Terms\n\nBase package: {}. The taught head: those of your recordings.",
        base.licence
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_little_is_said() {
        let said = |recordings, groups, is_grouped, seconds| {
            too_little("oud", recordings, groups, is_grouped, seconds).unwrap_or_default()
        };
        assert!(
            said(4, 1, true, 99.0)
                .starts_with("'oud' has 4 recordings of one group: expect it to know this player")
        );
        assert!(said(1, 1, false, 99.0).starts_with("'oud' has 1 recording: expect it to know this player"));
        assert!(
            said(4, 4, false, 99.0).starts_with("'oud' has 4 recordings: expect it to know these players")
        );
        assert!(said(30, 2, true, 99.0).contains("30 recordings of 2 groups"));
        assert!(said(12, 12, false, 20.0).contains("20 seconds in all"));
        assert_eq!(said(12, 12, false, 99.0), "");
    }
}
