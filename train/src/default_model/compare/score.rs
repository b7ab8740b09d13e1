//! Answers against truths: clip scores, segments, onset delays, calibration, with intervals over sources and paired differences.

use super::contender::Answer;
use crate::default_model::thresholds;
use crate::judge::guess::first_guess;
use crate::judge::intervals::over_sources;
use crate::judge::{Example, Scene};
use rollcall_engine::{OPENMIC_CLASSES, SAMPLE_RATE_HZ};
use rollcall_metrics::{
    Counts, Empty, Scored, average_precision, both_classes, calibration_error, f1, known, mean, roc_auc,
    segment_counts,
};
use serde::Serialize;

/// One figure with its 95 % interval over sources.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The score over all examples; infinite: a delay that is longer than anyone waited.
    pub value: f64,
    /// Ends of the interval; `None`: one source, which says nothing of another.
    pub interval: Option<(f64, f64)>,
}

/// All figures of one contender on one scene.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// Name and figure, in the order of reports.
    pub figures: Vec<(&'static str, Figure)>,
    /// By how much each figure is above the first contender's, on the same draws of sources; empty for the first.
    pub above_first: Vec<(&'static str, Figure)>,
    /// Average precision of each class; `None` where nothing of it is among the examples.
    pub class_ap: Vec<Option<f64>>,
}

/// Figures where instruments play; those from [`TIMED`] on need to know when.
const INSTRUMENTS: [&str; 12] = [
    "mAP",
    "ROC AUC (macro)",
    "F1 (macro, both classes)",
    "F1 (macro, positives)",
    "first guess is right",
    "one of the first three is",
    "calibration error",
    "segment F1 (micro, 1 s)",
    "segment F1 (macro, 1 s)",
    "shown within 5 s (share of voices)",
    "onset delay, median (s)",
    "onset delay, 90th percentile (s)",
];
const TIMED: usize = 7;
/// Figures that are delays.
const DELAYS: usize = 10;
/// Figures where none of the 20 instruments plays, or only a voice.
const NOBODY: [&str; 2] = ["no false meter flashes", "no false instrument over the whole clip"];
/// Bins of the expected calibration error.
const BINS: usize = 15;
/// Resolution of the segment-based F1, in seconds.
const SEGMENT_S: f64 = 1.0;
/// A meter that crosses its threshold later than this after the first note has missed it, in seconds. Voices that begin too late in a clip to be waited for
/// so long count in no delay.
const LATEST_S: f64 = 5.0;

/// Scores the answers of contenders, `answers[contender][example]`, to the examples of one scene.
///
/// # Panics
/// Not as many answers or thresholds as contenders and examples.
pub fn measure(
    scene: Scene,
    examples: &[Example],
    answers: &[Vec<Answer>],
    thresholds: &[&[f32]],
) -> Vec<Scores> {
    assert!(answers.len() == thresholds.len() && answers.iter().all(|a| a.len() == examples.len()));
    let names = names(scene);
    // All contenders on each draw, so that their differences are paired.
    let figures = |drawn: &[usize]| -> Vec<Option<f64>> {
        let all: Vec<Vec<Option<f64>>> = answers
            .iter()
            .zip(thresholds)
            .map(|(answers, thresholds)| figures(scene, examples, answers, thresholds, drawn))
            .collect();
        let above = |own: &Vec<Option<f64>>| -> Vec<Option<f64>> {
            own.iter().zip(&all[0]).map(|(own, first)| Some((*own)? - (*first)?)).collect()
        };
        all.iter().flat_map(|own| [own.clone(), above(own)].concat()).collect()
    };
    let everything: Vec<usize> = (0..examples.len()).collect();
    let sources: Vec<Vec<String>> = examples.iter().map(|e| e.sources.clone()).collect();
    let (values, intervals) = (figures(&everything), over_sources(&sources, figures));
    let figure = |at: usize, is_delay: bool| -> Option<Figure> {
        let waited = |value: f64| if is_delay && value >= LATEST_S { f64::INFINITY } else { value };
        let interval = intervals[at].map(|i| (waited(i.low), waited(i.high)));
        Some(Figure { value: waited(values[at]?), interval })
    };
    let count = names.len();
    let of = |contender: usize| {
        let own = 2 * contender * count;
        let named = |first: usize, delays: usize| -> Vec<(&'static str, Figure)> {
            let named = names.iter().enumerate();
            named.filter_map(|(n, name)| Some((*name, figure(first + n, n >= delays)?))).collect()
        };
        Scores {
            figures: named(own, DELAYS),
            above_first: if contender == 0 { Vec::new() } else { named(own + count, usize::MAX) },
            class_ap: by_class(examples, &answers[contender], &everything)
                .iter()
                .map(average_precision)
                .collect(),
        }
    };
    (0..answers.len()).map(of).collect()
}

fn names(scene: Scene) -> &'static [&'static str] {
    match (scene.has_instruments(), scene.is_timed()) {
        (true, true) => &INSTRUMENTS,
        (true, false) => &INSTRUMENTS[..TIMED],
        (false, _) => &NOBODY,
    }
}

/// As many as there are names; `None` where nothing is drawn that says anything.
fn figures(
    scene: Scene,
    examples: &[Example],
    answers: &[Answer],
    thresholds: &[f32],
    drawn: &[usize],
) -> Vec<Option<f64>> {
    let names = names(scene);
    if drawn.is_empty() {
        return vec![None; names.len()];
    }
    if scene.has_instruments() {
        let mut figures = instruments(examples, answers, thresholds, drawn);
        figures.truncate(names.len());
        figures
    } else {
        let meter = |answer: &'_ Answer| answer.meters.as_ref().map(|m| m.loudest.clone());
        vec![
            quiet(examples, answers, thresholds, drawn, &meter),
            quiet(examples, answers, thresholds, drawn, &|answer| Some(answer.clip.clone())),
        ]
    }
}

/// Thresholds of the best F1 that these examples let expect, for contenders that come without.
pub fn tuned(examples: &[Example], answers: &[Answer]) -> Vec<f32> {
    let everything: Vec<usize> = (0..examples.len()).collect();
    by_class(examples, answers, &everything).iter().map(thresholds::best).collect()
}

fn by_class(examples: &[Example], answers: &[Answer], drawn: &[usize]) -> Vec<Scored> {
    let of = |class: usize| {
        let scores = drawn.iter().map(|&i| answers[i].clip[class]);
        known(scores, drawn.iter().map(|&i| examples[i].truth[class]))
    };
    (0..OPENMIC_CLASSES.len()).map(of).collect()
}

fn instruments(
    examples: &[Example],
    answers: &[Answer],
    thresholds: &[f32],
    drawn: &[usize],
) -> Vec<Option<f64>> {
    let scored = by_class(examples, answers, drawn);
    let has = |scored: &Scored, truth: bool| scored.iter().any(|(_, plays)| *plays == truth);
    let present: Vec<(&Scored, f32)> = scored
        .iter()
        .zip(thresholds.iter().copied())
        .filter(|(s, _)| has(s, true) && has(s, false))
        .collect();
    let average = |of: &dyn Fn(&Scored, f32) -> Option<f64>| {
        (!present.is_empty()).then(|| mean(present.iter().map(|(s, t)| of(s, *t))))
    };
    let everything: Scored = scored.iter().flatten().copied().collect();
    let pairs = drawn.iter().map(|&i| (answers[i].clip.as_slice(), examples[i].truth.as_slice()));
    let guesses = first_guess(pairs);
    let (micro, macro_f1) = segments(examples, answers, drawn);
    let delays = delays(examples, answers, drawn);
    let quantile = |q: f64| delays.get(((delays.len().max(1) - 1) as f64 * q).round() as usize).copied();
    let shown = delays.iter().filter(|delay| **delay < LATEST_S).count() as f64 / delays.len().max(1) as f64;
    vec![
        average(&|s, _| average_precision(s)),
        average(&|s, _| roc_auc(s)),
        average(&|s, t| both_classes(f1(s, t))),
        average(&|s, t| f1(s, t).0),
        guesses.map(|g| g.first),
        guesses.map(|g| g.first_three),
        calibration_error(&everything, BINS),
        micro,
        macro_f1,
        (!delays.is_empty()).then_some(shown),
        quantile(0.5),
        quantile(0.9),
    ]
}

fn segments(examples: &[Example], answers: &[Answer], drawn: &[usize]) -> (Option<f64>, Option<f64>) {
    let mut sums = vec![Counts::default(); OPENMIC_CLASSES.len()];
    for &i in drawn {
        let Some(meters) = &answers[i].meters else { return (None, None) };
        let counts = segment_counts(&examples[i].events, &meters.events, sums.len(), SEGMENT_S);
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    let all = sums.iter().fold(Counts::default(), |a, b| a + *b);
    (all.f1(Empty::Zero), Some(mean(sums.iter().map(|c| c.f1(Empty::Zero)))))
}

/// Seconds from a voice's first note until a person sees its meter cross the threshold, sorted; a missed voice counts as [`LATEST_S`].
fn delays(examples: &[Example], answers: &[Answer], drawn: &[usize]) -> Vec<f64> {
    let mut delays = Vec::new();
    for &i in drawn {
        let Some(meters) = &answers[i].meters else { continue };
        let length_s = examples[i].samples.len() as f64 / f64::from(SAMPLE_RATE_HZ);
        for class in (0..OPENMIC_CLASSES.len()).filter(|&c| examples[i].truth[c] == Some(true)) {
            let first = examples[i].events.iter().find(|e| e.class == class);
            let Some(first) = first.filter(|e| e.onset_s + LATEST_S <= length_s) else { continue };
            let crossed = meters.events.iter().find(|e| e.class == class && e.offset_s > first.onset_s);
            let seen_s = |e: &rollcall_metrics::Event| e.onset_s + meters.lookahead_s - first.onset_s;
            delays.push(crossed.map_or(LATEST_S, |e| seen_s(e).clamp(0.0, LATEST_S)));
        }
    }
    delays.sort_by(f64::total_cmp);
    delays
}

/// Share of examples in which no class that is known to be absent reaches its threshold in what is looked at.
fn quiet(
    examples: &[Example],
    answers: &[Answer],
    thresholds: &[f32],
    drawn: &[usize],
    look: &dyn Fn(&Answer) -> Option<Vec<f32>>,
) -> Option<f64> {
    let mut quiet = 0;
    for &i in drawn {
        let seen = look(&answers[i])?;
        let mut absent =
            seen.iter().zip(thresholds).zip(&examples[i].truth).filter(|(_, t)| **t == Some(false));
        quiet += usize::from(absent.all(|((shown, threshold), _)| shown < threshold));
    }
    (!drawn.is_empty()).then(|| f64::from(quiet as u32) / drawn.len() as f64)
}

#[cfg(test)]
mod tests;
