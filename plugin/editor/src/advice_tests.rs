//! Every abnormal state says what it is and offers a way out; a normal one says nothing.

use super::*;
use rollcall_board::{Counters, HistoryWriter, ModelIdentity, StreamRate};

fn healthy() -> (Status, Latest, Settings) {
    let model = ModelIdentity { name: "rollcall".into(), version: "1".into(), ..ModelIdentity::default() };
    let status = Status {
        model: ModelState::Ready(model),
        state: WorkerState::Live,
        stream: Some(StreamRate { sample_rate_hz: 48_000 }),
        asked_interval_s: 0.16,
        interval_s: 0.16,
        ..Status::default()
    };
    let latest = Latest { steps: 10, level_dbfs: -20.0, gate_open: true, ..Latest::default() };
    (status, latest, Settings::default())
}

#[test]
fn a_healthy_session_says_nothing() {
    let (status, latest, settings) = healthy();
    assert_eq!(advice(&status, &latest, &settings, None), []);
}

#[test]
fn every_abnormal_state_names_itself_and_a_remedy() {
    type Spoil = fn(&mut Status, &mut Latest, &mut Settings);
    let cases: [(Spoil, &str, Remedy); 9] = [
        (
            |s, _, _| s.model = ModelState::Failed("head.onnx: hash".into()),
            "head.onnx: hash",
            Remedy::OpenModel,
        ),
        (|s, _, _| s.notice = Some("the model 'x' is missing".into()), "is missing", Remedy::Dismiss),
        (|s, _, _| s.state = WorkerState::Bypassed, "bypassed", Remedy::Unbypass),
        (|s, _, _| s.state = WorkerState::Frozen, "Frozen", Remedy::Unfreeze),
        (|s, _, _| s.interval_s = 0.48, "every 480 ms instead of 160 ms", Remedy::Slower),
        (
            |s, _, _| s.counters = Counters { gap_frames: 24_000, frames: 936_000, ..s.counters },
            "0.50 s of audio (2.5 %)",
            Remedy::Reset,
        ),
        (|s, _, _| s.counters.replaced_samples = 7, "7 samples", Remedy::Reset),
        (
            |_, l, p| {
                p.input = Input::Sidechain;
                l.level_dbfs = f32::NEG_INFINITY;
            },
            "sidechain is silent",
            Remedy::UseMain,
        ),
        (
            |s, _, _| s.export = ExportStatus::Failed("the disk is full".into()),
            "the disk is full",
            Remedy::OpenExport,
        ),
    ];
    for (spoil, expected, remedy) in cases {
        let (mut status, mut latest, mut settings) = healthy();
        spoil(&mut status, &mut latest, &mut settings);
        let found = advice(&status, &latest, &settings, None);
        assert_eq!(found.len(), 1, "{expected}: {found:?}");
        assert!(found[0].text.contains(expected), "{:?} should say {expected:?}", found[0].text);
        assert!(found[0].remedies.contains(&remedy), "{expected}: {:?}", found[0].remedies);
    }
}

#[test]
fn a_file_that_cannot_be_read_says_so() {
    let (status, latest, settings) = healthy();
    let job = FileJob {
        path: "take 7.flac".into(),
        state: FileState::Failed("it ends after 12 bytes; export it again".into()),
        duration_s: None,
        history: HistoryWriter::new(0).reader(),
    };
    let found = advice(&status, &latest, &settings, Some(&job));
    assert!(found[0].text.starts_with("take 7.flac can't be analysed: it ends"), "{found:?}");
}

#[test]
fn the_worst_comes_first() {
    let (mut status, latest, settings) = healthy();
    status.state = WorkerState::Frozen;
    status.counters.replaced_samples = 1;
    status.model = ModelState::Failed("x".into());
    let weights: Vec<_> = advice(&status, &latest, &settings, None).iter().map(|a| a.weight).collect();
    assert_eq!(weights, [Weight::Broken, Weight::Care, Weight::Note]);
}

#[test]
fn the_headline_is_honest_about_silence() {
    let (mut status, mut latest, _) = healthy();
    assert_eq!(silence(&status, &latest).0, "Nobody I know");
    latest.gate_open = false;
    assert_eq!(silence(&status, &latest).0, "Silence");
    status.model = ModelState::Loading;
    assert_eq!(silence(&status, &latest).0, "Loading the model\u{2026}");
    status = Status { model: ModelState::Ready(ModelIdentity::default()), ..Status::default() };
    assert_eq!(silence(&status, &Latest::default()).0, "Press play");
}
