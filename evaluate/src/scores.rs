//! From pairs to scores: each class, the mean over classes, all classes thrown together, each with its interval.

use crate::{Levels, POINTS, Pair, Prediction, Span};
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
/// Annotations that reach no further beyond what was analysed are whole: their times are rounded, and so are lengths of files.
const ROUNDING_S: f64 = 0.5;
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
    /// Files that were analysed in part: from a later second on, or not to the end of their annotations.
    pub files_in_part: usize,
    /// Reliability of all clip scores together.
    pub reliability: Vec<Bin>,
}

/// What one file contributes.
struct FileFacts {
    /// One a class: margin-free score, its threshold, and the label if both are known.
    clip: Vec<Option<(f32, f32, bool)>>,
    /// One a class: `None` where it is not known when it plays.
    timed: Vec<Option<Timed>>,
    is_in_part: bool,
    /// By each of [`PSDS`]; where the activities are not known there is none.
    psds: Option<[PsdsFile; 2]>,
}

#[derive(Clone, Copy, Default)]
struct Timed {
    segments: Counts,
    events: Counts,
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
        files_with_ranges: facts.iter().filter(|file| file.has_ranges()).count(),
        files_in_part: facts.iter().filter(|file| file.is_in_part).count(),
        reliability: reliability(&scored, BINS),
        classes,
    })
}

/// All classes that predictions know, sorted.
fn classes(pairs: &[Pair]) -> Result<Vec<String>> {
    let known: BTreeSet<&String> = pairs
        .iter()
        .flat_map(|pair| {
            let Prediction { clip, listened, ranges, .. } = &pair.prediction;
            clip.keys().chain(listened).chain(ranges.iter().map(|range| &range.class))
        })
        .collect();
    ensure!(!known.is_empty(), "the predictions name no class");
    for pair in pairs {
        let ranges = pair.reference.ranges.iter().flatten().map(|range| &range.class);
        let strange = pair.reference.labels.keys().chain(ranges).find(|class| !known.contains(class));
        let Some(strange) = strange else { continue };
        let file = &pair.reference.file;
        let names: Vec<&str> = known.iter().map(|class| class.as_str()).collect();
        let names = names.join(" ");
        ensure!(
            pair.prediction.names_all,
            "{file}: '{strange}' is no class of the predictions, which are: {names}. These predictions are a table of ranges that \
             does not name the classes that were heard nowhere: if '{strange}' is one of them, its score is 0, and --map would \
             leave it out. Write them again as JSON, CSV, Parquet or with this version's csv-ranges; if it has another name \
             there, say so with --map '{strange}=CLASS'"
        );
        bail!(
            "{file}: '{strange}' is no class of the predictions, which are: {names}; name it with --map '{strange}=CLASS', or \
             leave it out with --map '{strange}='"
        );
    }
    Ok(known.into_iter().cloned().collect())
}

impl FileFacts {
    fn has_ranges(&self) -> bool {
        self.timed.iter().any(Option::is_some)
    }
}

fn facts(pair: &Pair, classes: &[String], rules: &Rules) -> FileFacts {
    let Pair { prediction, reference } = pair;
    let clip = |class: &String| {
        let (score, threshold) = *prediction.clip.get(class)?;
        Some((score, threshold, reference.label(class, prediction.span_s)?))
    };
    let is_known: Vec<bool> = classes.iter().map(|class| reference.is_timed(class)).collect();
    let events = |spans: &[Span]| -> Vec<Event> {
        let event = |span: &Span| {
            let class = classes.binary_search(&span.class).ok().filter(|&class| is_known[class])?;
            let span =
                prediction.span_s.map_or_else(|| Some(span.clone()), |stretch| span.within(stretch))?;
            Some(Event { class, onset_s: span.start_s, offset_s: span.end_s })
        };
        spans.iter().filter_map(event).collect()
    };
    let (mut timed, mut psds) = (vec![None; classes.len()], None);
    if let Some(truth) = &reference.ranges {
        let (truth, said) = (events(truth), events(&prediction.ranges));
        let segments = segment_counts(&truth, &said, classes.len(), rules.segment_s);
        let found = event_counts(&truth, &said, classes.len(), &rules.event);
        let counts = segments.into_iter().zip(found).zip(&is_known);
        let counts =
            counts.map(|((segments, events), is_known)| is_known.then_some(Timed { segments, events }));
        timed = counts.collect();
        psds = prediction.levels.as_ref().map(|levels| {
            let points = points(levels, classes, &is_known);
            let file = |rule| PsdsFile::new(&truth, levels.span_s, &is_known, points.iter().cloned(), rule);
            PSDS.each_ref().map(file)
        });
    }
    let ends_early = |(_, to_s): (f64, f64)| {
        reference.ranges.iter().flatten().any(|range| range.end_s > to_s + ROUNDING_S)
    };
    let is_in_part = prediction.span_s.is_some_and(|stretch| stretch.0 > 0.0 || ends_early(stretch));
    FileFacts { clip: classes.iter().map(clip).collect(), timed, is_in_part, psds }
}

/// What is said of the known classes at each operating point.
fn points(levels: &Levels, classes: &[String], is_known: &[bool]) -> Vec<Vec<Event>> {
    let place = |class| classes.binary_search(class).ok().filter(|&class| is_known[class]);
    let place: Vec<Option<usize>> = levels.classes.iter().map(place).collect();
    let event = |range: ClassRange| {
        Some(Event { class: place[range.class]?, onset_s: range.start_s, offset_s: range.end_s })
    };
    levels.points().map(|ranges| ranges.into_iter().filter_map(event).collect()).collect()
}

/// All scores of these files: a row a class, then the mean over classes, then all classes together.
fn tally(facts: &[FileFacts], files: &[usize], classes: usize, empty: Empty) -> Vec<Option<f64>> {
    let mut rows: Vec<Vec<Option<f64>>> = Vec::with_capacity(classes + 2);
    let (mut positives, mut negatives) = (Counts::default(), Counts::default());
    let mut all: Option<(Counts, Counts)> = None;
    let mut everything: Scored = Vec::new();
    for class in 0..classes {
        let clips = || files.iter().filter_map(|&file| facts[file].clip[class]);
        let scored = known(clips().map(|clip| clip.0), clips().map(|clip| Some(clip.2)));
        // Thresholds may differ from file to file; the counts only ask which side a score is on.
        let sides = clips()
            .map(|(score, threshold, truth)| (f32::from(u8::from(score >= threshold)), truth))
            .collect();
        let sides = clip_counts(&sides, 0.5);
        let timed = || files.iter().filter_map(|&file| facts[file].timed[class]);
        let is_timed = timed().next().is_some();
        let segment: Counts = timed().map(|counts| counts.segments).sum();
        let event: Counts = timed().map(|counts| counts.events).sum();
        rows.push(row(&scored, sides, is_timed.then_some((segment, event)), empty));
        positives += sides.0;
        negatives += sides.1;
        if is_timed {
            let (segments, events) = all.get_or_insert_default();
            *segments += segment;
            *events += event;
        }
        everything.extend(scored);
    }
    let mean = |metric: usize| {
        let values: Vec<f64> = rows.iter().filter_map(|row| row[metric]).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let macro_mean = (0..METRICS.len() - PSDS.len()).map(mean).collect();
    rows.push(macro_mean);
    rows.push(row(&everything, (positives, negatives), all, empty));
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
    let annotated = files.iter().map(|&file| &facts[file]).filter(|file| file.has_ranges());
    let known: Option<Vec<&PsdsFile>> =
        annotated.map(|file| file.psds.as_ref().map(|psds| &psds[index])).collect();
    let nothing = || (None, vec![None; classes]);
    known.map_or_else(nothing, |files| psds(files.into_iter(), (classes, POINTS), &PSDS[index]))
}

/// `timed`: segments and events, unless it is known nowhere when the class plays.
fn row(
    scored: &Scored,
    (positives, negatives): (Counts, Counts),
    timed: Option<(Counts, Counts)>,
    empty: Empty,
) -> Vec<Option<f64>> {
    let f1 = (positives.f1(Empty::Zero), negatives.f1(Empty::Zero));
    let (segments, events) = timed.unzip();
    vec![
        average_precision(scored),
        roc_auc(scored),
        f1.0,
        f1.1,
        both_classes(f1),
        calibration_error(scored, BINS),
        // As sed_eval has it: of a class that nobody said the precision is 0 (or, with `Empty::Undefined`, none), also where there
        // was nothing to be said.
        segments.and_then(|counts| counts.precision(empty)),
        segments.and_then(Counts::recall),
        segments.and_then(|counts| counts.f1(empty)),
        events.and_then(|counts| counts.precision(empty)),
        events.and_then(Counts::recall),
        events.and_then(|counts| counts.f1(empty)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Prediction, Reference, Unlisted};

    fn pair(score: f32, label: Option<bool>, ranges: Option<(f64, f64)>) -> Pair {
        let span = |(start_s, end_s)| Span { class: "piano".into(), start_s, end_s };
        let reference = Reference {
            file: "a".into(),
            labels: label.map(|plays| ("piano".to_owned(), plays)).into_iter().collect(),
            unlisted: Unlisted::Unknown,
            ranges: ranges.map(|range| vec![span(range)]),
            ..Reference::default()
        };
        let prediction = Prediction {
            clip: [("piano".to_owned(), (score, 0.5)), ("voice".to_owned(), (0.1, 0.5))].into(),
            ranges: vec![span((1.0, 2.0))],
            ..Prediction::empty("a")
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

    fn of(row: &Row, name: &str) -> Option<f64> {
        row.values[METRICS.iter().position(|metric| metric.name == name).unwrap()]
    }

    /// Piano is annotated from 1 to 2 and from 10 to 20 s; said from 1 to 2 s, and voice all the time.
    fn two_classes(span_s: Option<(f64, f64)>, unlisted: Unlisted) -> Pair {
        let mut pair = pair(0.9, None, Some((1.0, 2.0)));
        pair.reference.ranges.as_mut().unwrap().push(Span::new("piano", 10.0, 20.0).unwrap());
        pair.reference.unlisted = unlisted;
        pair.prediction.ranges.push(Span::new("voice", 0.0, 5.0).unwrap());
        pair.prediction.span_s = span_s;
        pair
    }

    #[test]
    fn what_was_not_analysed_is_not_judged() {
        let scored = |span_s| evaluate(&[two_classes(span_s, Unlisted::Unknown)], &rules()).unwrap();
        let (whole, part) = (scored(None), scored(Some((0.0, 5.0))));
        assert_eq!(of(&whole.rows[0], "segment_recall"), Some(1.0 / 11.0));
        assert_eq!(
            (of(&part.rows[0], "segment_recall"), of(&part.rows[0], "event_f1")),
            (Some(1.0), Some(1.0))
        );
        assert_eq!((whole.files_in_part, part.files_in_part), (0, 1));
        // From a second on in which nobody plays: nobody is to be found there.
        let rest = scored(Some((3.0, 8.0)));
        assert_eq!((rest.rows[0].positives, rest.rows[0].known), (0, 1));
        assert_eq!(of(&rest.rows[0], "event_recall"), None);
    }

    #[test]
    fn a_class_that_is_not_known_counts_in_no_score() {
        let scored = |unlisted| evaluate(&[two_classes(Some((0.0, 30.0)), unlisted)], &rules()).unwrap();
        let (absent, unknown) = (scored(Unlisted::Absent), scored(Unlisted::Unknown));
        assert_eq!(of(&absent.micro, "segment_precision"), Some(1.0 / 6.0));
        assert_eq!(of(&unknown.micro, "segment_precision"), Some(1.0));
        assert_eq!(of(&unknown.micro, "event_precision"), Some(1.0));
        assert_eq!(of(&unknown.rows[1], "segment_precision"), None, "voice");
        assert_eq!(of(&unknown.macro_mean, "segment_precision"), Some(1.0));
    }

    #[test]
    fn precision_counts_classes_that_nobody_said_as_sed_eval_does() {
        let mut pair = two_classes(Some((0.0, 30.0)), Unlisted::Absent);
        pair.prediction.ranges.retain(|range| range.class == "piano");
        let scores = evaluate(std::slice::from_ref(&pair), &rules()).unwrap();
        assert_eq!(of(&scores.rows[1], "event_precision"), Some(0.0));
        assert_eq!(of(&scores.macro_mean, "event_precision"), Some(0.5));
        let scores = evaluate(&[pair], &Rules { empty: Empty::Undefined, ..rules() }).unwrap();
        assert_eq!(of(&scores.macro_mean, "event_precision"), Some(1.0));
    }
}
