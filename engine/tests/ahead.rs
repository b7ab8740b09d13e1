//! Recordings, whose network runs in pieces elsewhere, against engines that hear hop by hop: the same to the last bit.

mod common;

use common::{Files, Run, audio, engine, model};
use proptest::{collection::vec, prelude::*, sample::select};
use rollcall_engine::{Alone, Crew, Done, Engine, InputFormat, Model, Settings, Task};
use std::{
    collections::VecDeque,
    sync::{Arc, LazyLock, mpsc},
    thread,
};

static STREAM: LazyLock<Arc<Model>> = LazyLock::new(|| model("stream"));
static PATCH: LazyLock<Arc<Model>> = LazyLock::new(|| model("patch"));
static QUANTISED: LazyLock<Arc<Model>> = LazyLock::new(|| model("quantised"));
/// A stream package that is left to tract.
static PLAIN: LazyLock<Arc<Model>> = LazyLock::new(|| {
    Arc::new(Files::fixture("stream").assemble().and_then(Model::load_reference).expect("a good package"))
});

/// Runs each task on a thread of its own, up to `most` at the same time.
struct Threads {
    most: usize,
    under_way: VecDeque<mpsc::Receiver<Done>>,
}

impl Crew for Threads {
    fn give(&mut self, task: Task) -> Option<Done> {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || drop(sender.send(task.run())));
        self.under_way.push_back(receiver);
        if self.under_way.len() > self.most { self.take() } else { None }
    }

    fn take(&mut self) -> Option<Done> {
        self.under_way.pop_front().map(|task| task.recv().expect("a task is always done"))
    }
}

fn crew(threads: usize) -> Box<dyn Crew> {
    match threads {
        0 => Box::new(Alone),
        most => Box::new(Threads { most, under_way: VecDeque::new() }),
    }
}

fn ahead(model: &Arc<Model>, rate_hz: u32, channels: usize, settings: Settings, threads: usize) -> Engine {
    let format = InputFormat { sample_rate_hz: rate_hz, channels };
    Engine::ahead(Arc::clone(model), format, settings, crew(threads)).expect("a good engine")
}

/// What may happen to a recording.
#[derive(Clone, Copy, Debug)]
enum Event {
    Push(usize),
    Gap(u64),
    Flush,
    Reset,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0_usize..400_000).prop_map(Event::Push),
        1 => (0_u64..60_000).prop_map(Event::Gap),
        1 => Just(Event::Flush),
        1 => Just(Event::Reset),
    ]
}

fn play(engine: &mut Engine, events: &[Event], sound: &[f32]) -> (Run, Vec<f32>) {
    let (mut run, mut at) = (Run::default(), 0);
    for event in events {
        match *event {
            Event::Push(frames) => {
                let end = (at + frames).min(sound.len());
                run.push(engine, &sound[at..end]);
                at = end;
            }
            Event::Gap(frames) => engine.gap(frames),
            Event::Flush => run.flush(engine),
            Event::Reset => {
                engine.reset();
                run = Run::default();
            }
        }
    }
    run.flush(engine);
    (run, engine.clip())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn what_is_computed_ahead_has_the_same_bits(
        kind in 0_usize..4,
        update in select(vec![16, 32, 96]),
        threads in 0_usize..4,
        events in vec(event(), 1..6),
        seed in 0_u64..1000,
    ) {
        let model = [&*STREAM, &*PATCH, &*PLAIN, &*QUANTISED][kind];
        let settings = Settings { update_hops: update, ..Settings::default() };
        let sound = audio(seed, 600_000, 1, 16_000);
        let live = play(&mut engine(model, 16_000, 1, settings), &events, &sound);
        let recording = play(&mut ahead(model, 16_000, 1, settings, threads), &events, &sound);
        prop_assert_eq!(live, recording);
    }
}

/// Gives back the task taken last rather than first.
struct Backwards(Vec<Done>);

impl Crew for Backwards {
    fn give(&mut self, task: Task) -> Option<Done> {
        self.0.push(task.run());
        None
    }

    fn take(&mut self) -> Option<Done> {
        self.0.pop()
    }
}

/// Two tasks the wrong way round would be another recording; the engine says so, and goes on after a reset.
#[test]
fn tasks_that_come_back_in_another_order_are_an_error() {
    let format = InputFormat { sample_rate_hz: 16_000, channels: 1 };
    let crew = Box::new(Backwards(Vec::new()));
    let mut engine = Engine::ahead(Arc::clone(&STREAM), format, Settings::default(), crew).unwrap();
    engine.push(&audio(3, 40 * 16_000, 1, 16_000), &mut |_| {}).unwrap();
    let error = engine.flush(&mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("where task 0 was waited for"), "{error}");
    engine.reset();
    let mut steps = 0;
    engine.push(&audio(3, 5 * 16_000, 1, 16_000), &mut |_| steps += 1).unwrap();
    engine.flush(&mut |_| steps += 1).unwrap();
    assert_eq!(steps, 32, "one task, which cannot be in the wrong order");
}

/// Long enough for several tasks, at a rate that is resampled, on more threads than there are tasks.
#[test]
fn a_minute_in_stereo_has_the_same_bits() {
    let sound = audio(11, 60 * 44_100, 2, 44_100);
    let events = [Event::Push(usize::MAX)];
    for model in [&*STREAM, &*PATCH] {
        let live = play(&mut engine(model, 44_100, 2, Settings::default()), &events, &sound);
        assert_eq!(live.0.steps.len(), 376);
        for threads in [0, 1, 9] {
            let recording = play(&mut ahead(model, 44_100, 2, Settings::default(), threads), &events, &sound);
            assert!(live == recording, "{threads} threads");
        }
    }
}

#[test]
fn an_update_interval_that_changes_holds_from_the_next_piece_on() {
    let mut engine = ahead(&STREAM, 16_000, 1, Settings::default(), 0);
    let sound = audio(1, 16_000 * 25, 1, 16_000);
    let mut run = Run::default();
    run.push(&mut engine, &sound);
    engine.set_settings(Settings { update_hops: 96, ..Settings::default() }).unwrap();
    run.push(&mut engine, &sound);
    run.flush(&mut engine);
    let intervals: Vec<f64> = run.steps.windows(2).map(|two| two[1].time_s - two[0].time_s).collect();
    let first_coarse = intervals.iter().position(|s| *s > 0.17).expect("it becomes coarse");
    assert!(run.steps[first_coarse].time_s > 22.0 && run.steps[first_coarse].time_s < 27.0);
    assert!(intervals[first_coarse + 1..].iter().all(|s| (s - 0.96).abs() < 1e-9));
}

/// At an update every 320 ms the last piece of 8.8 s is one column, in which no window is wanted.
#[test]
fn a_last_piece_in_which_nothing_is_wanted_has_the_same_bits() {
    let settings = Settings { update_hops: 32, ..Settings::default() };
    let sound = audio(0, 140_800, 1, 16_000);
    let events = [Event::Push(usize::MAX)];
    for model in [&*STREAM, &*PATCH, &*PLAIN] {
        let live = play(&mut engine(model, 16_000, 1, settings), &events, &sound);
        let recording = play(&mut ahead(model, 16_000, 1, settings, 0), &events, &sound);
        assert!(live == recording);
    }
}
