//! Every claim that `--assert` takes, on records made by hand: one in which it holds, and one that breaks it.

use rollcall_host::{
    Assertion, Record, Setup, Signal,
    record::{Event, PassThrough, Sent, Stretch, Times},
};

/// A second of stereo through a plugin that does everything as it should.
fn stream() -> Stretch {
    Stretch {
        setup: Setup::new(48_000.0, 512),
        signal: Signal::Notes,
        latency_frames: 0,
        inputs: vec![2],
        outputs: vec![2],
        frames: 48_000,
        blocks: 94,
        slept_blocks: 0,
        pass: PassThrough { compared: 96_000, changed: 0, first: None },
        non_finite: 0,
        peak: 0.5,
        first_sound_frame: Some(100),
        output_hash: 7,
        overruns: 0,
        errors: (0, None),
        times: Times { p50_share: 0.01, p99_share: 0.02, max_share: 0.05, ..Times::default() },
        allocations: Some((0, 0, None)),
        events: Vec::new(),
        events_dropped: 0,
        meters: Vec::new(),
        took_s: 0.1,
    }
}

fn record(change: impl FnOnce(&mut Stretch)) -> Record {
    let mut stream = stream();
    change(&mut stream);
    Record { streams: vec![stream], ..Record::default() }
}

fn controller(at_s: f64, value: u8) -> Event {
    Event { frame: (at_s * 48_000.0) as u64, block: 0, what: Sent::Cc(16, 20, value) }
}

fn resident(kib_at: impl Fn(u64) -> u64) -> Record {
    Record { resident_kib: (0..64).map(|n| (n as f64, kib_at(n))).collect(), ..record(|_| ()) }
}

/// Claim, a record in which it holds, one that breaks it, and a word of the reason.
fn cases() -> Vec<(&'static str, Record, Record, &'static str)> {
    let meter = |values: &[(f64, u8)]| {
        let events = values.iter().map(|&(at_s, value)| controller(at_s, value)).collect();
        record(|stream| stream.events = events)
    };
    let notes = |on: &[bool]| {
        let what = |on: &bool| if *on { Sent::NoteOn(16, 36, 0.5) } else { Sent::NoteOff(16, 36) };
        let events = on.iter().map(|on| Event { frame: 0, block: 0, what: what(on) }).collect();
        record(|stream| stream.events = events)
    };
    let lengths = |ns: &[u64]| {
        let kinds = [Signal::Notes, Signal::Odd, Signal::Denormal, Signal::Odd];
        let stream = |(&least_ns, signal): (&u64, &Signal)| Stretch {
            times: Times { least_ns, ..Times::default() },
            signal: signal.clone(),
            ..stream()
        };
        Record { streams: ns.iter().zip(&kinds).map(stream).collect(), ..Record::default() }
    };
    let silent = || record(|stream| stream.first_sound_frame = None);
    let good = || record(|_| ());
    let twice = |hash: u64| {
        let mut record = good();
        record.streams.push(Stretch { output_hash: hash, ..stream() });
        record
    };
    vec![
        (
            "pass-through",
            good(),
            record(|stream| {
                stream.pass = PassThrough { compared: 96_000, changed: 1, first: Some((3, 1, 40, 0, 1)) };
            }),
            "block 3, channel 1, frame 40",
        ),
        ("pass-through", good(), record(|stream| stream.pass.compared = 0), "nothing to compare"),
        ("latency=0", good(), record(|stream| stream.latency_frames = 64), "64 frames, not 0"),
        ("latency=64", record(|stream| stream.latency_frames = 64), good(), "0 frames, not 64"),
        ("delay=100", good(), record(|stream| stream.first_sound_frame = Some(101)), "frame 101, not 100"),
        ("delay=100", good(), silent(), "no sound"),
        (
            "no-allocations",
            good(),
            record(|stream| stream.allocations = Some((5, 2, Some(17)))),
            "5 calls of the allocator in 2 blocks, first in block 17",
        ),
        ("no-allocations", good(), record(|stream| stream.allocations = None), "cannot count"),
        ("sleeps", record(|stream| stream.slept_blocks = 1), good(), "none of 94 blocks"),
        ("at-rest", meter(&[(0.1, 90), (0.9, 0)]), meter(&[(0.1, 0), (0.9, 3)]), "20 on channel 16 at 3"),
        ("at-rest", notes(&[true, true, false]), notes(&[true, false, true]), "key 36 on channel 16"),
        (
            "even<2",
            lengths(&[1_000, 9_000, 1_100, 1_900]),
            lengths(&[1_000, 1_500, 2_000]),
            "2.00 times: 1000 ns of Notes to 2000 ns of Denormal",
        ),
        ("even<2", lengths(&[60, 130]), lengths(&[600, 1_300, 1_700]), "2.83 times: 600 ns"),
        ("finite", good(), record(|stream| stream.non_finite = 3), "3 samples"),
        ("silent", silent(), good(), "sound from frame 100"),
        ("sound", good(), silent(), "silent"),
        ("no-edits", good(), Record { edits: 2, ..good() }, "2 edits"),
        ("no-events", good(), meter(&[(0.1, 3)]), "1 events"),
        ("events>=2", meter(&[(0.1, 3), (0.2, 4)]), meter(&[(0.1, 3)]), "1 events"),
        ("same-output", twice(7), twice(8), "differ"),
        ("p50<2%", good(), record(|stream| stream.times.p50_share = 0.03), "3.000 %"),
        ("p99<5%", good(), record(|stream| stream.times.p99_share = 0.06), "6.000 %"),
        ("max<10%", good(), record(|stream| stream.times.max_share = 0.2), "20.000 %"),
        ("growth<1", resident(|_| 50_000), resident(|n| 50_000 + 100 * n), "bound 1 MiB"),
        (
            "meter cc:16:20 in 0..0.5",
            meter(&[(0.1, 10), (0.5, 60)]),
            meter(&[(0.1, 10), (0.5, 100)]),
            "at 0.50 s, not 0 to 0.5",
        ),
        ("meter cc:16:20 in 0..1", meter(&[(0.1, 10)]), good(), "never reported"),
        (
            "meter cc:16:20 in 0..0.5 from 0.2 to 0.4",
            meter(&[(0.1, 10), (0.5, 100)]),
            meter(&[(0.1, 10), (0.3, 100)]),
            "at 0.30 s",
        ),
        (
            "meter cc:16:20 reaches 0.5..1",
            meter(&[(0.1, 10), (0.5, 100)]),
            meter(&[(0.1, 10), (0.5, 60)]),
            "none of 2 values",
        ),
        (
            "meter cc:16:20 reaches 0.5..1 from 0.4 to 0.6",
            meter(&[(0.5, 100)]),
            meter(&[(0.1, 10), (0.7, 100)]),
            "none of",
        ),
    ]
}

#[test]
fn each_claim_holds_of_one_record_and_breaks_on_another() {
    for (text, holds, breaks, why) in cases() {
        let claim: Assertion = text.parse().expect(text);
        assert_eq!(claim.to_string(), text, "a claim is written as it is read");
        if let Err(broken) = claim.check(&holds) {
            panic!("{text} is broken where it holds: {broken}");
        }
        match claim.check(&breaks) {
            Ok(shown) => panic!("{text} holds where it does not: {shown}"),
            Err(broken) => assert!(broken.contains(why), "{text}: {broken:?} does not say {why:?}"),
        }
    }
}

#[test]
fn where_nothing_was_processed_nothing_is_shown() {
    let nothing = Record::default();
    for (text, ..) in cases().iter().filter(|(text, ..)| *text != "no-edits") {
        let claim: Assertion = text.parse().expect(text);
        assert!(claim.check(&nothing).is_err_and(|why| why.contains("no audio")), "{text}");
    }
}

#[test]
fn what_is_no_claim_is_refused_with_what_would_be_one() {
    for (text, remedy) in [
        ("pass-thru", "rollcall-host run --help"),
        ("latency=none", "whole number"),
        ("events>=-1", "whole number"),
        ("p99<fast", "a number is missing"),
        ("p75<1%", "p50<X%"),
        ("meter cc:16:20 at 0..1", "meter M in|reaches"),
        ("meter cc:16:20 in 0..1 until 3", "meter M in|reaches"),
        ("meter 20 in 0..1", "meter M in|reaches"),
    ] {
        let refused = text.parse::<Assertion>().expect_err(text);
        assert!(refused.contains(text) && refused.contains(remedy), "{refused}");
    }
}
