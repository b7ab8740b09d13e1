//! Figures of answers that are known to be right, wrong, late or loud.

use super::*;
use crate::default_model::compare::contender::Meters;
use rollcall_metrics::Event;

/// What the engine's lookahead is about.
const LOOKAHEAD_S: f64 = 0.8;

fn example(class: usize, onset_s: f64) -> Example {
    let mut truth = vec![Some(false); OPENMIC_CLASSES.len()];
    truth[class] = Some(true);
    Example {
        samples: vec![0.0; 10 * SAMPLE_RATE_HZ as usize],
        truth,
        events: vec![Event { class, onset_s, offset_s: 9.0 }],
        sources: vec![format!("library {}", class % 5)],
    }
}

fn answer(class: usize, onset_s: f64) -> Answer {
    let mut clip = vec![0.1; OPENMIC_CLASSES.len()];
    clip[class] = 0.9;
    let events = vec![Event { class, onset_s, offset_s: 9.0 }];
    Answer { meters: Some(Meters { loudest: clip.clone(), events, lookahead_s: LOOKAHEAD_S }), clip }
}

fn one(scene: Scene, examples: &[Example], answers: Vec<Answer>) -> Scores {
    measure(scene, examples, &[answers], &[&[0.5; 20]]).remove(0)
}

fn value(figures: &[(&str, Figure)], name: &str) -> f64 {
    figures.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("no {name} in {figures:?}")).1.value
}

#[test]
fn right_answers_score_one_and_wrong_ones_do_not() {
    let examples: Vec<Example> = (0..20).map(|c| example(c, 1.0)).collect();
    let scores = one(Scene::Solos, &examples, (0..20).map(|c| answer(c, 1.0)).collect());
    for name in ["mAP", "F1 (macro, both classes)", "first guess is right", "segment F1 (micro, 1 s)"] {
        assert_eq!(value(&scores.figures, name), 1.0, "{name}");
    }
    let delay = value(&scores.figures, "onset delay, median (s)");
    assert!((delay - LOOKAHEAD_S).abs() < 1e-12, "a person sees it {delay} s later");
    let scores = one(Scene::Solos, &examples, (0..20).map(|c| answer((c + 1) % 20, 1.0)).collect());
    assert_eq!(value(&scores.figures, "first guess is right"), 0.0);
    assert_eq!(value(&scores.figures, "shown within 5 s (share of voices)"), 0.0);
    assert!(value(&scores.figures, "mAP") < 0.2);
}

#[test]
fn what_nobody_waited_for_is_no_percentile() {
    let mut examples: Vec<Example> = (0..20).map(|c| example(c, 1.0)).collect();
    // One of five is missed. A voice that begins a second before the end could not be waited for.
    let answers: Vec<Answer> =
        (0..20).map(|c| answer(if c % 5 == 0 { (c + 1) % 20 } else { c }, 1.0)).collect();
    let scores = one(Scene::Solos, &examples, answers.clone());
    assert_eq!(value(&scores.figures, "shown within 5 s (share of voices)"), 0.8);
    assert_eq!(value(&scores.figures, "onset delay, 90th percentile (s)"), f64::INFINITY);
    assert!(value(&scores.figures, "onset delay, median (s)") < 1.0);
    for late in examples.iter_mut().step_by(5) {
        late.events[0].onset_s = 9.0;
    }
    let scores = one(Scene::Solos, &examples, answers);
    assert_eq!(value(&scores.figures, "shown within 5 s (share of voices)"), 1.0);
}

#[test]
fn a_voice_on_speech_is_not_false() {
    let voice = OPENMIC_CLASSES.iter().position(|c| *c == "voice").unwrap();
    let examples = vec![example(voice, 0.0), example(voice, 0.0)];
    let scores = one(Scene::Speech, &examples, vec![answer(voice, 0.5), answer(0, 0.5)]);
    assert_eq!(value(&scores.figures, "no false meter flashes"), 0.5);
}

#[test]
fn a_meter_that_flashes_is_not_quiet() {
    let nobody = Example { truth: vec![Some(false); 20], ..example(0, 0.0) };
    let mut flashes = Answer { clip: vec![0.1; 20], ..answer(0, 0.0) };
    flashes.meters.as_mut().unwrap().loudest[0] = 0.6;
    let scores = one(Scene::Noise, &[nobody.clone(), nobody.clone()], vec![flashes; 2]);
    assert_eq!(value(&scores.figures, "no false meter flashes"), 0.0);
    assert_eq!(value(&scores.figures, "no false instrument over the whole clip"), 1.0);
    let silent = Answer { clip: vec![0.1; 20], meters: None };
    let scores = one(Scene::Noise, &[nobody.clone(), nobody], vec![silent; 2]);
    assert_eq!(scores.figures.iter().map(|f| f.0).collect::<Vec<_>>(), NOBODY[1..], "a teacher has no meter");
}

#[test]
fn differences_are_paired() {
    // Two contenders that are wrong on the same libraries, the second on one more: each varies with the draw, their difference
    // is never below zero.
    let examples: Vec<Example> = (0..200).map(|i| Example { ..example(i % 20, 1.0) }).collect();
    let wrong_on = |libraries: usize| -> Vec<Answer> {
        let of =
            |i: usize| if i % 20 % 5 < libraries { answer((i + 1) % 20, 1.0) } else { answer(i % 20, 1.0) };
        (0..200).map(of).collect()
    };
    let thresholds = [0.5f32; 20];
    let scores = measure(Scene::Solos, &examples, &[wrong_on(2), wrong_on(1)], &[&thresholds, &thresholds]);
    assert!(scores[0].above_first.is_empty());
    let name = "first guess is right";
    let (_, own) = scores[1].figures.iter().find(|f| f.0 == name).unwrap();
    let (_, above) = scores[1].above_first.iter().find(|f| f.0 == name).unwrap();
    assert!((above.value - 0.2).abs() < 1e-9, "{above:?}");
    // Unpaired, two shares that vary so much would have differences far below zero.
    let low = |figure: &Figure| figure.interval.unwrap().0;
    assert!(low(own) < own.value - 0.3 && low(above) >= 0.0, "{above:?} {own:?}");
}
