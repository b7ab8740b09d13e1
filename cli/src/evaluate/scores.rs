//! From pairs to scores: each class, the mean over classes, all classes thrown together, each with its interval.

use super::{Levels, POINTS, Pair};
use anyhow::{Result, bail, ensure};
use rollcall_engine::timeline::ClassRange;
use rollcall_metrics::{
    Bin, Bootstrap, Counts, Empty, Event, EventRule, Interval, PsdsFile, PsdsRule, Scored, average_precision,
    bootstrap, both_classes, calibration_error, clip_counts, event_counts, known, psds, reliability, roc_auc,
    segment_counts,
};
use std::collections::BTreeSet;

/// Bins of the calibration error.
const BINS: usize = 10;
/// Rules of the last two of [`METRICS`].
const PSDS: [PsdsRule; 2] = [PsdsRule::EXACT, PsdsRule::CLASS];

/// One kind of score.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name in files.
    pub name: &'static str,
    /// Its name on screen.
    pub title: &'static str,
    /// What it is.
    pub what: &'static str,
}

const fn metric(name: &'static str, title: &'static str, what: &'static str) -> Metric {
    Metric { name, title, what }
}

/// Every score of a class, in the order of [`Row::values`].
pub const METRICS: [Metric; 14] = [
    metric("average_precision", "AP", "clips: average precision (area under precision and recall)"),
    metric("roc_auc", "ROC AUC", "clips: area under the receiver's operating characteristic"),
    metric("f1_positives", "F1 pos", "clips: F1 of the positives at the class's threshold"),
    metric("f1_negatives", "F1 neg", "clips: F1 of the negatives at the class's threshold"),
    metric("f1_both", "F1 both", "clips: mean of F1 of positives and of negatives (OpenMIC-2018's)"),
    metric("calibration_error", "ECE", "clips: expected calibration error, 10 bins; lower is better"),
    metric("segment_precision", "seg P", "segments: precision, as sed_eval"),
    metric("segment_recall", "seg R", "segments: recall, as sed_eval"),
    metric("segment_f1", "seg F1", "segments: F1, as sed_eval"),
    metric("event_precision", "ev P", "events: precision, as sed_eval"),
    metric("event_recall", "ev R", "events: recall, as sed_eval"),
    metric("event_f1", "ev F1", "events: F1, as sed_eval"),
    metric(
        "psds_exact",
        "PSDS 1",
        "all thresholds: PSDS as psds_eval, DCASE 2021's scenario 1; a class: area under its curve",
    ),
    metric(
        "psds_class",
        "PSDS 2",
        "all thresholds: PSDS of scenario 2: the right class rather than exact ends",
    ),
];

/// How to score.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Length of a segment in seconds.
    pub segment_s: f64,
    /// When an event is found.
    pub event: EventRule,
    /// What F1 is where nothing was said.
    pub empty: Empty,
    /// How intervals are drawn.
    pub bootstrap: Bootstrap,
}

/// Scores of one class, or of all.
#[derive(Clone, Debug)]
pub struct Row {
    /// In the order of [`METRICS`].
    pub values: Vec<Option<f64>>,
    /// The same.
    pub intervals: Vec<Option<Interval>>,
    /// Files whose label is known, and of these those that have it.
    pub known: usize,
    /// The positives among them.
    pub positives: usize,
    /// Threshold of the clip scores: the median over the files, as a rule the same for all.
    pub threshold: Option<f32>,
}

/// Everything.
#[derive(Clone, Debug)]
pub struct Scores {
    /// Class names.
    pub classes: Vec<String>,
    /// One for each class.
    pub rows: Vec<Row>,
    /// Mean over classes.
    pub macro_mean: Row,
    /// All classes thrown together.
    pub micro: Row,
    /// Files.
    pub files: usize,
    /// Files with annotated ranges.
    pub files_with_ranges: usize,
    /// Reliability of all clip scores together.
    pub reliability: Vec<Bin>,
}

/// What one file contributes.
struct FileFacts {
    /// One a class: margin-free score, its threshold, and the label if both are known.
    clip: Vec<Option<(f32, f32, bool)>>,
    segments: Vec<Counts>,
    events: Vec<Counts>,
    /// By each of [`PSDS`]; where the activities are not known there is none.
    psds: Option<[PsdsFile; 2]>,
}

/// Scores the pairs.
///
/// # Errors
/// Reference labels that no prediction knows.
pub fn evaluate(pairs: &[Pair], rules: &Rules) -> Result<Scores> {
    let classes = classes(pairs)?;
    let facts: Vec<FileFacts> = pairs.iter().map(|pair| facts(pair, &classes, rules)).collect();
    let all: Vec<usize> = (0..facts.len()).collect();
    let (per_class, width) = (classes.len(), METRICS.len());
    let values = tally(&facts, &all, per_class, rules.empty);
    let intervals =
        bootstrap(facts.len(), &rules.bootstrap, |drawn| tally(&facts, drawn, per_class, rules.empty));
    let row = |index: usize| {
        let cells = index * width..(index + 1) * width;
        let of_class = |file: &FileFacts| -> Vec<(f32, f32, bool)> {
            let clips = file.clip.iter().enumerate();
            clips
                .filter(|(class, _)| index >= per_class || *class == index)
                .filter_map(|(_, clip)| *clip)
                .collect()
        };
        let clips: Vec<(f32, f32, bool)> = facts.iter().flat_map(of_class).collect();
        let mut thresholds: Vec<f32> = clips.iter().map(|clip| clip.1).collect();
        thresholds.sort_by(f32::total_cmp);
        Row {
            values: values[cells.clone()].to_vec(),
            // Nothing was drawn: `--rounds 0`.
            intervals: intervals.get(cells).map_or_else(|| vec![None; width], <[_]>::to_vec),
            known: clips.len(),
            positives: clips.iter().filter(|clip| clip.2).count(),
            threshold: thresholds.get(thresholds.len() / 2).copied().filter(|_| index < per_class),
        }
    };
    let scored: Scored = facts
        .iter()
        .flat_map(|file| file.clip.iter().flatten())
        .map(|&(score, _, truth)| (score, truth))
        .collect();
    Ok(Scores {
        rows: (0..per_class).map(row).collect(),
        macro_mean: row(per_class),
        micro: row(per_class + 1),
        files: facts.len(),
        files_with_ranges: facts.iter().filter(|file| !file.segments.is_empty()).count(),
        reliability: reliability(&scored, BINS),
        classes,
    })
}

/// All classes that predictions know, sorted.
fn classes(pairs: &[Pair]) -> Result<Vec<String>> {
    let known: BTreeSet<&String> = pairs
        .iter()
        .flat_map(|pair| {
            pair.prediction.clip.keys().chain(pair.prediction.ranges.iter().map(|range| &range.class))
        })
        .collect();
    ensure!(!known.is_empty(), "the predictions name no class");
    for pair in pairs {
        let ranges = pair.reference.ranges.iter().flatten().map(|range| &range.class);
        if let Some(strange) = pair.reference.labels.keys().chain(ranges).find(|class| !known.contains(class))
        {
            let known: Vec<&str> = known.iter().map(|class| class.as_str()).collect();
            bail!(
                "{}: '{strange}' is no class of the predictions, which are: {}; name it with --map '{strange}=CLASS', or \
                 leave it out with --map '{strange}='",
                pair.reference.file,
                known.join(" ")
            );
        }
    }
    Ok(known.into_iter().cloned().collect())
}

fn facts(pair: &Pair, classes: &[String], rules: &Rules) -> FileFacts {
    let Pair { prediction, reference } = pair;
    let clip = |class: &String| {
        let (score, threshold) = *prediction.clip.get(class)?;
        Some((score, threshold, reference.label(class)?))
    };
    let events = |spans: &[super::Span]| -> Vec<Event> {
        let event = |span: &super::Span| {
            let class = classes.binary_search(&span.class).ok()?;
            Some(Event { class, onset_s: span.start_s, offset_s: span.end_s })
        };
        spans.iter().filter_map(event).collect()
    };
    let (mut segments, mut found, mut psds) = (Vec::new(), Vec::new(), None);
    if let Some(truth) = &reference.ranges {
        let (truth, said) = (events(truth), events(&prediction.ranges));
        segments = segment_counts(&truth, &said, classes.len(), rules.segment_s);
        found = event_counts(&truth, &said, classes.len(), &rules.event);
        psds = prediction.levels.as_ref().map(|levels| {
            let points = points(levels, classes);
            let file =
                |rule| PsdsFile::new(&truth, levels.span_s.1, classes.len(), points.iter().cloned(), rule);
            PSDS.each_ref().map(file)
        });
    }
    FileFacts { clip: classes.iter().map(clip).collect(), segments, events: found, psds }
}

fn points(levels: &Levels, classes: &[String]) -> Vec<Vec<Event>> {
    let place: Vec<Option<usize>> =
        levels.classes.iter().map(|class| classes.binary_search(class).ok()).collect();
    let event = |range: ClassRange| {
        Some(Event { class: place[range.class]?, onset_s: range.start_s, offset_s: range.end_s })
    };
    levels.points().map(|ranges| ranges.into_iter().filter_map(event).collect()).collect()
}

/// All scores of these files: a row a class, then the mean over classes, then all classes together.
fn tally(facts: &[FileFacts], files: &[usize], classes: usize, empty: Empty) -> Vec<Option<f64>> {
    let mut rows: Vec<Vec<Option<f64>>> = Vec::with_capacity(classes + 2);
    let (mut positives, mut negatives) = (Counts::default(), Counts::default());
    let (mut segments, mut events) = (Counts::default(), Counts::default());
    let mut everything: Scored = Vec::new();
    for class in 0..classes {
        let clips = || files.iter().filter_map(|&file| facts[file].clip[class]);
        let scored = known(clips().map(|clip| clip.0), clips().map(|clip| Some(clip.2)));
        // Thresholds may differ from file to file; the counts only ask which side a score is on.
        let sides = clips()
            .map(|(score, threshold, truth)| (f32::from(u8::from(score >= threshold)), truth))
            .collect();
        let sides = clip_counts(&sides, 0.5);
        let of = |counts: fn(&FileFacts) -> &Vec<Counts>| -> Counts {
            files.iter().filter_map(|&file| counts(&facts[file]).get(class)).copied().sum()
        };
        let (segment, event) = (of(|file| &file.segments), of(|file| &file.events));
        rows.push(row(&scored, sides, segment, event, empty));
        positives += sides.0;
        negatives += sides.1;
        segments += segment;
        events += event;
        everything.extend(scored);
    }
    let mean = |metric: usize| {
        let values: Vec<f64> = rows.iter().filter_map(|row| row[metric]).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let macro_mean = (0..METRICS.len() - PSDS.len()).map(mean).collect();
    rows.push(macro_mean);
    rows.push(row(&everything, (positives, negatives), segments, events, empty));
    for index in 0..PSDS.len() {
        let (all, own) = psds_of(facts, files, classes, index);
        // No mean of the classes' own: it is a score of all of them, and takes their spread into account.
        let column = own.into_iter().chain([all, None]);
        rows.iter_mut().zip(column).for_each(|(row, value)| row.push(value));
    }
    rows.into_iter().flatten().collect()
}

/// By one of [`PSDS`]; none unless the activities of all annotated files are known.
fn psds_of(
    facts: &[FileFacts],
    files: &[usize],
    classes: usize,
    index: usize,
) -> (Option<f64>, Vec<Option<f64>>) {
    let annotated = files.iter().map(|&file| &facts[file]).filter(|file| !file.segments.is_empty());
    let known: Option<Vec<&PsdsFile>> =
        annotated.map(|file| file.psds.as_ref().map(|psds| &psds[index])).collect();
    let nothing = || (None, vec![None; classes]);
    known.map_or_else(nothing, |files| psds(files.into_iter(), (classes, POINTS), &PSDS[index]))
}

fn row(
    scored: &Scored,
    (positives, negatives): (Counts, Counts),
    segments: Counts,
    events: Counts,
    empty: Empty,
) -> Vec<Option<f64>> {
    let f1 = (positives.f1(Empty::Zero), negatives.f1(Empty::Zero));
    vec![
        average_precision(scored),
        roc_auc(scored),
        f1.0,
        f1.1,
        both_classes(f1),
        calibration_error(scored, BINS),
        // Where the reference has nothing of a class there is nothing to be precise about, as sed_eval's F1 has it; its
        // precision alone is given all the same.
        segments.precision(empty).filter(|_| segments.reference + segments.system > 0),
        segments.recall(),
        segments.f1(empty),
        events.precision(empty).filter(|_| events.reference + events.system > 0),
        events.recall(),
        events.f1(empty),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{Prediction, Reference, Span, Unlisted};

    fn pair(score: f32, label: Option<bool>, ranges: Option<(f64, f64)>) -> Pair {
        let span = |(start_s, end_s)| Span { class: "piano".into(), start_s, end_s };
        let reference = Reference {
            file: "a".into(),
            labels: label.map(|plays| ("piano".to_owned(), plays)).into_iter().collect(),
            unlisted: Unlisted::Unknown,
            ranges: ranges.map(|range| vec![span(range)]),
        };
        let prediction = Prediction {
            file: "a".into(),
            clip: [("piano".to_owned(), (score, 0.5)), ("voice".to_owned(), (0.1, 0.5))].into(),
            ranges: vec![span((1.0, 2.0))],
            levels: None,
        };
        Pair { prediction, reference }
    }

    fn rules() -> Rules {
        let bootstrap = Bootstrap { rounds: 200, ..Bootstrap::default() };
        Rules { segment_s: 1.0, event: EventRule::default(), empty: Empty::Zero, bootstrap }
    }

    #[test]
    fn unknown_labels_and_unannotated_files_count_nowhere() {
        let pairs = [
            pair(0.9, Some(true), Some((1.0, 2.0))),
            pair(0.2, Some(false), None),
            pair(0.9, None, None),
            pair(0.6, Some(false), None),
        ];
        let scores = evaluate(&pairs, &rules()).unwrap();
        assert_eq!((scores.files, scores.files_with_ranges), (4, 1));
        let piano = &scores.rows[0];
        assert_eq!((piano.known, piano.positives, piano.threshold), (3, 1, Some(0.5)));
        let of = |row: &Row, name: &str| {
            row.values[METRICS.iter().position(|metric| metric.name == name).unwrap()]
        };
        assert_eq!(of(piano, "average_precision"), Some(1.0));
        assert_eq!(of(piano, "f1_positives"), Some(2.0 / 3.0));
        assert_eq!((of(piano, "segment_f1"), of(piano, "event_f1")), (Some(1.0), Some(1.0)));
        assert_eq!(of(&scores.rows[1], "average_precision"), None, "voice is unknown everywhere");
        assert_eq!(of(&scores.macro_mean, "average_precision"), Some(1.0), "and left out of the mean");
        let interval = piano.intervals[2].unwrap();
        assert!(interval.low < 2.0 / 3.0 && interval.high > 2.0 / 3.0, "{interval:?}");
    }

    #[test]
    fn a_strange_label_is_refused_with_advice() {
        let mut strange = pair(0.9, Some(true), None);
        strange.reference.labels.insert("drum set".into(), true);
        let error = evaluate(&[strange], &rules()).unwrap_err().to_string();
        assert!(error.contains("--map 'drum set=CLASS'") && error.contains("piano voice"), "{error}");
    }
}
