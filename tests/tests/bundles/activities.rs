//! What the plugin hears is what the program hears: the bundles' MIDI controllers against `rollcall analyze` on the same audio.
//!
//! A controller is an activity rounded to 7 bits (README, "The plugin"), so equality is that of `round(127 x activity)` of all
//! 20 classes, step by step and in order. Full precision is compared inside the repository (plugin/tests/process.rs).

use crate::stage::{FORMATS, bundle, hold, program, root, set};
use rollcall_host::{
    Blocks, Mode, Pace, Plan, Process, Setup, Signal, Step, audio_file, record::Sent, record::Stretch,
};
use std::{path::PathBuf, process::Command};

/// 20 classes, 0 to 127.
type Levels = [u8; 20];

const RATE_HZ: f64 = 44_100.0;
/// Between two steps.
const STEP_S: f64 = 0.16;
/// A step is known half a second after its time; a machine under load takes as long again.
const LATE_S: f64 = 1.0;

fn recording() -> PathBuf {
    root().join("demo/war-of-freedom.ogg")
}

/// Every step of `rollcall analyze`, as the controllers would show it.
fn heard_by_the_program(file: &PathBuf, seconds: f64) -> Vec<Levels> {
    let output = Command::new(program())
        .args(["analyze", "--format", "json", "--duration", &seconds.to_string()])
        .arg(file)
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let timeline: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let steps = timeline["activity"].as_array().expect("steps");
    let level = |value: &serde_json::Value| (value.as_f64().expect("a number") as f32 * 127.0 + 0.5) as u8;
    let levels = |step: &serde_json::Value| {
        let classes: Vec<u8> = step.as_array().expect("classes").iter().map(level).collect();
        classes.try_into().expect("20 classes")
    };
    steps.iter().map(levels).collect()
}

/// Every change of the controllers: (second of the stream, levels).
fn heard_by_the_plugin(stream: &Stretch) -> Vec<(f64, Levels)> {
    let mut now: Levels = [0; 20];
    let mut all: Vec<(f64, Levels)> = Vec::new();
    for event in &stream.events {
        let Sent::Cc(16, controller, value) = event.what else { continue };
        let class = match controller {
            20..=31 => controller - 20,
            102..=109 => controller - 90,
            _ => continue,
        };
        now[class as usize] = value;
        let time_s = event.frame as f64 / stream.setup.rate_hz;
        match all.last_mut() {
            Some(last) if last.0 == time_s => last.1 = now,
            _ => all.push((time_s, now)),
        }
    }
    // What is reported before the first step: nothing plays.
    all.retain(|(time_s, levels)| *time_s > 0.0 || levels.iter().any(|level| *level > 0));
    all
}

/// What the plugin reported of the program's steps.
struct Reported {
    /// Steps that it reported.
    seen: usize,
    /// Steps that differ from the one before: the others cannot be seen in controllers.
    different: usize,
    /// The last that it reported.
    last: usize,
}

/// How many of the program's different steps the plugin reported, of those up to the last one that it could have heard by the
/// second `until_s`; all that it reported must be there, in order.
fn reported(program: &[Levels], plugin: &[(f64, Levels)], until_s: f64, name: &str) -> Reported {
    let mut next = 0;
    let mut seen = 0;
    for (time_s, levels) in plugin.iter().filter(|(_, levels)| levels.iter().any(|level| *level > 0)) {
        let found = program[next..].iter().position(|step| step == levels);
        let found = found.unwrap_or_else(|| {
            let near = program.iter().position(|step| step == levels);
            panic!("{name}: at {time_s:.2} s the plugin reported {levels:?}, which is no step from {next} on (anywhere: {near:?})")
        });
        next += found + 1;
        seen += 1;
    }
    assert!(seen > 0, "{name}: nothing was reported");
    let heard = ((until_s / STEP_S) as usize).min(program.len() - 1);
    let different = 1 + program[..=heard].windows(2).filter(|pair| pair[0] != pair[1]).count();
    let last = next - 1;
    println!(
        "{name}: {seen} of {different} different steps up to {until_s:.1} s, the last reported is step {last}"
    );
    Reported { seen, different, last }
}

fn plan(format: &str, mode: Mode, process: Process) -> Plan {
    let setup = Setup::new(RATE_HZ, process.blocks.max_frames()).mode(mode);
    let mut plan = Plan::new(bundle(format)).steps([
        set("MIDI controllers out", 1.0),
        Step::Activate(setup),
        Step::Process(process),
        Step::Deactivate,
    ]);
    plan.timeout_s = 180.0;
    plan
}

fn process(seconds: f64, frames: u32, pace: Pace) -> Process {
    let mut process = Process::new(seconds, Blocks::Fixed(frames), Signal::File(recording()));
    process.pace = pace;
    process
}

/// A host that gives the plugin's own thread time after each block sees every step: both formats, live and offline, blocks of 100 ms.
#[test]
fn every_step_is_the_program_s_own() {
    let seconds = 8.0;
    let program = heard_by_the_program(&recording(), seconds);
    for (format, mode) in
        FORMATS.map(|format| (format, Mode::Realtime)).into_iter().chain([("clap", Mode::Offline)])
    {
        let name = format!("{format}, {mode:?}, settled");
        let plan = plan(format, mode, process(seconds, 4_410, Pace::Settle { quiet_ms: 30 }));
        let case = hold(&name, plan, &["pass-through"]);
        let heard = heard_by_the_plugin(&case.ran.record.streams[0]);
        let Reported { seen, different, .. } = reported(&program, &heard, seconds - LATE_S, &name);
        // A whole step may hide behind the next one only if the machine stalls the worker past its patience.
        assert!(seen + 1 >= different && different > 30, "{name}: {seen} of {different} steps");
    }
}

/// At a host's own pace the plugin reports the program's steps, and goes on to the end. How many of them a block still finds is the
/// machine's affair: that none is left out, the tests beside this one show, which give the worker its time.
#[test]
fn live_and_offline_are_the_program_s_own() {
    let seconds = 12.0;
    let program = heard_by_the_program(&recording(), seconds);
    // Until when it must have gone on: live, a stalled machine may owe the second half; a fast render is up to 8 s of audio (the ring)
    // before what is heard, and those that are being worked on.
    for (name, format, mode, frames, pace, until_s) in [
        ("CLAP live", "clap", Mode::Realtime, 512, Pace::Times(1.0), 6.0),
        ("VST3 live", "vst3", Mode::Realtime, 256, Pace::Times(1.0), 6.0),
        ("CLAP offline", "clap", Mode::Offline, 2_048, Pace::Fast, seconds - 8.0 - 2.0 * LATE_S),
    ] {
        let case = hold(
            name,
            plan(format, mode, process(seconds, frames, pace)),
            &["pass-through", "no-allocations"],
        );
        let heard = heard_by_the_plugin(&case.ran.record.streams[0]);
        let found = reported(&program, &heard, seconds - LATE_S, name);
        assert!(found.last as f64 * STEP_S >= until_s, "{name}: nothing new after step {}", found.last);
    }
}

/// A host that renders as fast as it can and never says so: nothing may be lost. The render is followed by a stretch that gives
/// the worker time, so that the end is heard as well.
#[test]
fn a_fast_render_that_nobody_announced_loses_nothing() {
    let seconds = 24.0;
    let recorded = audio_file::read(&recording()).expect("the demo's recording");
    let frames = (seconds * RATE_HZ) as usize;
    let after = (3.0 * RATE_HZ) as usize;
    let folder = tempfile::tempdir().expect("a folder");
    let both = folder.path().join("both.wav");
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: RATE_HZ as u32,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut wav = hound::WavWriter::create(&both, spec).expect("a file");
    for frame in (0..frames).chain(0..after) {
        (0..2).for_each(|c| {
            wav.write_sample(recorded.channels[c % recorded.channels.len()][frame]).expect("written")
        });
    }
    wav.finalize().expect("written");
    let program = heard_by_the_program(&both, seconds + 3.0);
    for format in FORMATS {
        let name = format!("{format}, unannounced");
        let mut plan = plan(format, Mode::Realtime, process(seconds, 4_096, Pace::Fast));
        // Settling before the first block of the second stretch takes as long as the worker has a backlog.
        plan.steps.insert(3, Step::Process(process(3.0, 4_096, Pace::Settle { quiet_ms: 40 })));
        let case = hold(&name, plan, &["pass-through", "no-allocations"]);
        let record = &case.ran.record;
        assert!(
            record.streams[0].took_s < seconds * 0.7,
            "{name}: {} s is not fast",
            record.streams[0].took_s
        );
        // The controllers say only what changes: the second stretch goes on from where the first ended.
        let mut all = record.streams[0].clone();
        all.events.extend(record.streams[1].events.iter().map(|event| {
            let mut event = *event;
            event.frame += record.streams[0].frames;
            event
        }));
        let both_heard = heard_by_the_plugin(&all);
        reported(&program, &both_heard, seconds, &name);
        let end = both_heard.last().expect("something is heard").1;
        let place = program.iter().rposition(|step| *step == end);
        // The stretch ends about 1 s after the last step that it could hear: six steps of 160 ms, and the block's own length.
        assert!(
            place.is_some_and(|place| place + 9 >= program.len()),
            "{name}: it ended on step {place:?} of {}",
            program.len()
        );
    }
}
