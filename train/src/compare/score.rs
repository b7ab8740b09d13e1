//! Answers against truths: clip scores with intervals, segments, onset delays, calibration.

use super::contender::Answer;
use super::examples::{Example, Scene};
use crate::fit::thresholds;
use rollcall_engine::OPENMIC_CLASSES;
use rollcall_metrics::{
    Bootstrap, Counts, Empty, Interval, Scored, average_precision, bootstrap, both_classes,
    calibration_error, f1, known, mean, roc_auc, segment_counts,
};
use serde::Serialize;

/// One figure with its 95 % interval over examples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The score over all examples.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// All figures of one contender on one scene.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// Name and figure, in the order of reports.
    pub figures: Vec<(&'static str, Figure)>,
    /// Average precision of each class; `None` where nothing of it is among the examples.
    pub class_ap: Vec<Option<f64>>,
}

/// Figures where instruments play; the last four need to know when.
const INSTRUMENTS: [&str; 11] = [
    "mAP",
    "ROC AUC (macro)",
    "F1 (macro, both classes)",
    "F1 (macro, positives)",
    "top-1 is present",
    "top-3 hold one",
    "calibration error",
    "segment F1 (micro, 1 s)",
    "segment F1 (macro, 1 s)",
    "onset delay, median (s)",
    "onset delay, 90th percentile (s)",
];
/// Bins of the expected calibration error.
const BINS: usize = 15;
/// Resolution of the segment-based F1, in seconds.
const SEGMENT_S: f64 = 1.0;
/// A meter that crosses its threshold later than this after the first note has missed it, in seconds.
const LATEST_S: f64 = 5.0;

/// Scores the answers of one contender to the examples of one scene.
pub fn measure(scene: Scene, examples: &[Example], answers: &[Answer], thresholds: &[f32]) -> Scores {
    let names: &[&'static str] = match scene {
        Scene::Solos | Scene::Mixes => &INSTRUMENTS,
        Scene::Music => &INSTRUMENTS[..7],
        Scene::Noise | Scene::Speech => &["no false instrument"],
    };
    let figures = |drawn: &[usize]| match scene {
        Scene::Solos | Scene::Mixes | Scene::Music => instruments(examples, answers, thresholds, drawn),
        Scene::Noise | Scene::Speech => vec![quiet(examples, answers, thresholds, drawn)],
    };
    let everything: Vec<usize> = (0..examples.len()).collect();
    let intervals = bootstrap(examples.len(), &Bootstrap { rounds: 500, ..Bootstrap::default() }, figures);
    let of_all = figures(&everything);
    let figure = |(value, interval): (Option<f64>, &Option<Interval>)| {
        value.map(|value| {
            let (low, high) = interval.map_or((value, value), |i| (i.low, i.high));
            Figure { value, low, high }
        })
    };
    let named = names.iter().zip(of_all.into_iter().zip(&intervals));
    Scores {
        figures: named.filter_map(|(name, pair)| Some((*name, figure(pair)?))).collect(),
        class_ap: by_class(examples, answers, &everything).iter().map(average_precision).collect(),
    }
}

/// Thresholds of the best F1 that these examples let expect, for contenders that come without.
pub(super) fn tuned(examples: &[Example], answers: &[Answer]) -> Vec<f32> {
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
    let present: Vec<&Scored> = scored.iter().filter(|s| s.iter().any(|(_, truth)| *truth)).collect();
    let at_threshold: Vec<_> = scored
        .iter()
        .zip(thresholds)
        .filter(|(s, _)| s.iter().any(|(_, t)| *t))
        .map(|(s, t)| f1(s, *t))
        .collect();
    let everything: Scored = scored.iter().flatten().copied().collect();
    let (micro, macro_f1) = segments(examples, answers, drawn);
    let delays = delays(examples, answers, drawn);
    let quantile = |q: f64| delays.get(((delays.len().max(1) - 1) as f64 * q).round() as usize).copied();
    vec![
        Some(mean(present.iter().map(|s| average_precision(s)))),
        Some(mean(present.iter().map(|s| roc_auc(s)))),
        Some(mean(at_threshold.iter().map(|pair| both_classes(*pair)))),
        Some(mean(at_threshold.iter().map(|pair| pair.0))),
        top(examples, answers, drawn, 1),
        top(examples, answers, drawn, 3),
        calibration_error(&everything, BINS),
        micro,
        macro_f1,
        quantile(0.5),
        quantile(0.9),
    ]
}

/// Share of examples in which one of the `n` greatest posteriors is of a class that truly plays.
fn top(examples: &[Example], answers: &[Answer], drawn: &[usize], n: usize) -> Option<f64> {
    let with_voice = drawn.iter().filter(|&&i| examples[i].truth.contains(&Some(true)));
    let (hits, count) = with_voice.fold((0, 0), |(hits, count), &i| {
        let clip = &answers[i].clip;
        let mut order: Vec<usize> = (0..clip.len()).collect();
        order.sort_by(|&a, &b| clip[b].total_cmp(&clip[a]));
        let hit = order[..n].iter().any(|&class| examples[i].truth[class] == Some(true));
        (hits + usize::from(hit), count + 1)
    });
    (count > 0).then(|| hits as f64 / count as f64)
}

fn segments(examples: &[Example], answers: &[Answer], drawn: &[usize]) -> (Option<f64>, Option<f64>) {
    let mut sums = vec![Counts::default(); OPENMIC_CLASSES.len()];
    for &i in drawn {
        let Some(events) = &answers[i].events else { return (None, None) };
        let counts = segment_counts(&examples[i].events, events, sums.len(), SEGMENT_S);
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    let all = sums.iter().fold(Counts::default(), |a, b| a + *b);
    (all.f1(Empty::Zero), Some(mean(sums.iter().map(|c| c.f1(Empty::Zero)))))
}

/// Seconds from a voice's first note until its meter crosses the threshold, sorted; a missed voice counts as [`LATEST_S`].
fn delays(examples: &[Example], answers: &[Answer], drawn: &[usize]) -> Vec<f64> {
    let mut delays = Vec::new();
    for &i in drawn {
        let Some(events) = &answers[i].events else { continue };
        for class in (0..OPENMIC_CLASSES.len()).filter(|&c| examples[i].truth[c] == Some(true)) {
            let Some(first) = examples[i].events.iter().find(|e| e.class == class) else { continue };
            let crossed = events.iter().find(|e| e.class == class && e.offset_s > first.onset_s);
            let delay = crossed.map_or(LATEST_S, |e| (e.onset_s - first.onset_s).max(0.0));
            delays.push(delay.min(LATEST_S));
        }
    }
    delays.sort_by(f64::total_cmp);
    delays
}

/// Share of examples in which no class that is known to be absent reaches its threshold.
fn quiet(examples: &[Example], answers: &[Answer], thresholds: &[f32], drawn: &[usize]) -> Option<f64> {
    let is_quiet = |i: usize| {
        let classes = answers[i].clip.iter().zip(thresholds).zip(&examples[i].truth);
        classes
            .filter(|(_, truth)| **truth == Some(false))
            .all(|((posterior, threshold), _)| posterior < threshold)
    };
    (!drawn.is_empty()).then(|| drawn.iter().filter(|&&i| is_quiet(i)).count() as f64 / drawn.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_metrics::Event;

    fn example(class: usize, onset_s: f64) -> Example {
        let mut truth = vec![Some(false); OPENMIC_CLASSES.len()];
        truth[class] = Some(true);
        Example { samples: Vec::new(), truth, events: vec![Event { class, onset_s, offset_s: 9.0 }] }
    }

    fn answer(class: usize, onset_s: f64) -> Answer {
        let mut clip = vec![0.1; OPENMIC_CLASSES.len()];
        clip[class] = 0.9;
        Answer { clip, events: Some(vec![Event { class, onset_s, offset_s: 9.0 }]) }
    }

    fn value(scores: &Scores, name: &str) -> f64 {
        scores.figures.iter().find(|(n, _)| *n == name).unwrap().1.value
    }

    #[test]
    fn right_answers_score_one_and_wrong_ones_do_not() {
        let examples: Vec<Example> = (0..20).map(|c| example(c, 1.0)).collect();
        let thresholds = vec![0.5; 20];
        let right: Vec<Answer> = (0..20).map(|c| answer(c, 1.5)).collect();
        let scores = measure(Scene::Solos, &examples, &right, &thresholds);
        for name in ["mAP", "F1 (macro, both classes)", "top-1 is present"] {
            assert_eq!(value(&scores, name), 1.0, "{name}");
        }
        assert_eq!(value(&scores, "onset delay, median (s)"), 0.5);
        let wrong: Vec<Answer> = (0..20).map(|c| answer((c + 1) % 20, 1.5)).collect();
        let scores = measure(Scene::Solos, &examples, &wrong, &thresholds);
        assert_eq!(value(&scores, "top-1 is present"), 0.0);
        assert_eq!(value(&scores, "onset delay, median (s)"), LATEST_S);
        assert!(value(&scores, "mAP") < 0.2);
    }

    #[test]
    fn a_voice_on_speech_is_not_false() {
        let voice = OPENMIC_CLASSES.iter().position(|c| *c == "voice").unwrap();
        let thresholds = vec![0.5; 20];
        let examples = vec![example(voice, 0.0), example(voice, 0.0)];
        let answers = vec![answer(voice, 0.5), answer(0, 0.5)];
        let scores = measure(Scene::Speech, &examples, &answers, &thresholds);
        assert_eq!(value(&scores, "no false instrument"), 0.5);
    }
}
