//! What a run must have shown.

use crate::{
    meters::{Meter, value_at},
    record::{Record, Sent, Stretch},
    signal::Signal,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::RangeInclusive,
    str::FromStr,
};

/// One claim about a record. Its text form is what `--assert` takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Assertion {
    /// `pass-through`: the main output is the main input bit for bit, the reported latency later.
    PassThrough,
    /// `latency=N`: so many frames are reported.
    Latency(u32),
    /// `delay=N`: the main output's first sound is in this frame.
    Delay(u64),
    /// `no-allocations`: nothing is allocated or freed on the audio thread.
    NoAllocations,
    /// `finite`: no NaN and no infinity comes out.
    Finite,
    /// `silent`: nothing above -100 dBFS comes out.
    Silent,
    /// `sound`: something does.
    Sound,
    /// `no-edits`: the plugin edits no parameter and does not mark its state as changed.
    NoEdits,
    /// `no-events`, `events>=N`: how many events the plugin sends.
    Events(RangeInclusive<u64>),
    /// `same-output`: all stretches came out alike, to the bit.
    SameOutput,
    /// `sleeps`: the plugin lets a host that can stop calling it do so.
    Sleeps,
    /// `at-rest`: whatever it had switched on or turned up is off and at 0 in the end: notes and MIDI controllers.
    AtRest,
    /// `even<X`: the shortest call with no kind of signal takes X times as long as with another. Less than a microsecond more is no difference.
    Even(f64),
    /// `p50<X%`, `p99<X%`, `max<X%`: the share of its block's length that a call takes.
    Time(Rank, f64),
    /// `growth<N`: resident memory grows by less than so many MiB from a quarter of the run to its end.
    Growth(f64),
    /// `meter M in A..B [from S] [to S]`: each value of a meter in that time lies in the range, and there is one.
    MeterIn(Meter, RangeInclusive<f64>, RangeInclusive<f64>),
    /// `meter M reaches A..B [from S] [to S]`: at least one does.
    MeterReaches(Meter, RangeInclusive<f64>, RangeInclusive<f64>),
}

/// Which of all calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// The median.
    P50,
    /// The 99th percentile.
    P99,
    /// The slowest.
    Max,
}

impl Assertion {
    /// Holds it against a record: what was shown, or what breaks it.
    ///
    /// # Errors
    /// The claim does not hold, or nothing in the record bears on it.
    pub fn check(&self, record: &Record) -> Result<String, String> {
        if record.streams.is_empty() && !matches!(self, Self::NoEdits) {
            return Err("no audio was processed".to_owned());
        }
        match self {
            Self::NoEdits => match record.edits {
                0 => Ok("no edit".to_owned()),
                edits => Err(format!("{edits} edits of the project")),
            },
            Self::SameOutput => {
                let mut hashes: Vec<u64> = record.streams.iter().map(|stream| stream.output_hash).collect();
                hashes.dedup();
                match hashes[..] {
                    [_] => Ok(format!("{} stretches alike", record.streams.len())),
                    _ => Err(format!("outputs differ: hashes {hashes:x?}")),
                }
            }
            Self::Growth(bound_mib) => growth(record, *bound_mib),
            Self::Even(bound) => even(record, *bound),
            _ => {
                let shown = record.streams.iter().enumerate().map(|(number, stream)| {
                    self.stream(record, stream).map_err(|why| format!("stretch {number}: {why}"))
                });
                let mut shown = shown.collect::<Result<Vec<_>, _>>()?;
                shown.dedup();
                Ok(shown.join("; "))
            }
        }
    }

    fn stream(&self, record: &Record, stream: &Stretch) -> Result<String, String> {
        match self {
            Self::PassThrough => pass_through(stream),
            Self::Latency(wanted) => {
                let is = stream.latency_frames;
                if is == *wanted {
                    Ok(format!("{is} frames"))
                } else {
                    Err(format!("{is} frames, not {wanted}"))
                }
            }
            Self::Delay(wanted) => match stream.first_sound_frame {
                Some(is) if is == *wanted => Ok(format!("first sound in frame {is}")),
                Some(is) => Err(format!("first sound in frame {is}, not {wanted}")),
                None => Err("there was no sound".to_owned()),
            },
            Self::NoAllocations => match stream.allocations {
                Some((0, ..)) => Ok(format!("none in {} blocks", stream.blocks)),
                Some((all, blocks, first)) => Err(format!(
                    "{all} calls of the allocator in {blocks} blocks, first in block {}",
                    first.unwrap_or(0)
                )),
                None => Err("this program cannot count allocations here (on Linux it needs glibc, on Windows a plugin that imports its allocator)".to_owned()),
            },
            Self::Finite => match stream.non_finite {
                0 => Ok("all finite".to_owned()),
                count => Err(format!("{count} samples are not finite")),
            },
            Self::Silent => match stream.first_sound_frame {
                None => Ok("silent".to_owned()),
                Some(frame) => Err(format!("sound from frame {frame} on, peak {}", stream.peak)),
            },
            Self::Sound => match stream.first_sound_frame {
                Some(frame) => Ok(format!("sound from frame {frame} on, peak {}", stream.peak)),
                None => Err("silent".to_owned()),
            },
            Self::Events(range) => {
                // A parameter's own echo is none: some plugins answer each automation point.
                let is_event = |what: &Sent| !matches!(what, Sent::Param(..) | Sent::Gesture(..));
                let events = stream.events.iter().filter(|event| is_event(&event.what)).count() as u64;
                let events = events + stream.events_dropped;
                if range.contains(&events) {
                    Ok(format!("{events} events"))
                } else {
                    Err(format!("{events} events, not {} to {}", range.start(), range.end()))
                }
            }
            Self::Sleeps => match stream.slept_blocks {
                0 => Err(format!("none of {} blocks was slept through", stream.blocks)),
                slept => Ok(format!("{slept} of {} blocks slept through", stream.blocks)),
            },
            Self::AtRest => at_rest(stream),
            Self::Time(rank, bound) => {
                let times = &stream.times;
                let share = match rank {
                    Rank::P50 => times.p50_share,
                    Rank::P99 => times.p99_share,
                    Rank::Max => times.max_share,
                };
                let shown = format!("{:.3} % of the block", share * 100.0);
                if share < *bound { Ok(shown) } else { Err(format!("{shown}, bound {} %", bound * 100.0)) }
            }
            Self::MeterIn(meter, range, time) => {
                let values = values_in(&meter.series(record, stream), time);
                let outside = values.iter().find(|(_, value)| !range.contains(value));
                match (values.len(), outside) {
                    (0, _) => Err(format!("{meter} was never reported by {} s", time.end())),
                    (_, Some((at, value))) => Err(format!(
                        "{meter} is {value:.3} at {at:.2} s, not {} to {}",
                        range.start(),
                        range.end()
                    )),
                    (count, None) => Ok(format!("{count} values in range")),
                }
            }
            Self::MeterReaches(meter, range, time) => {
                let values = values_in(&meter.series(record, stream), time);
                match values.iter().find(|(_, value)| range.contains(value)) {
                    Some((at, value)) => Ok(format!("{value:.3} at {at:.2} s")),
                    None => Err(format!(
                        "none of {} values of {meter} lies in {} to {}",
                        values.len(),
                        range.start(),
                        range.end()
                    )),
                }
            }
            Self::NoEdits | Self::SameOutput | Self::Growth(_) | Self::Even(_) => Ok(String::new()),
        }
    }
}

/// What must hold of every run, asked for or not: no call fails, nothing is written beyond a block's end, and what the plugin says
/// is what it was told.
///
/// # Errors
/// What breaks it.
pub fn conduct(record: &Record) -> Result<String, String> {
    for (number, stream) in record.streams.iter().enumerate() {
        if let (count @ 1.., first) = stream.errors {
            return Err(format!(
                "stretch {number}: {count} calls failed, first block {}",
                first.unwrap_or(0)
            ));
        }
        if stream.overruns > 0 {
            return Err(format!(
                "stretch {number}: {} samples written beyond a block's end",
                stream.overruns
            ));
        }
    }
    match record.misuse.iter().chain(&record.contradictions).next() {
        Some(fault) => Err(fault.clone()),
        None => Ok("every call succeeded, nothing written beyond a block".to_owned()),
    }
}

fn pass_through(stream: &Stretch) -> Result<String, String> {
    let pass = &stream.pass;
    match (pass.compared, pass.first) {
        (0, _) => Err("no output of the input's width: nothing to compare".to_owned()),
        (compared, None) => Ok(format!("{compared} samples bit-equal")),
        (compared, Some((block, channel, frame, wanted, got))) => Err(format!(
            "{} of {compared} samples changed; first in block {block}, channel {channel}, frame {frame}: {wanted:#010x} \
             ({:e}) became {got:#010x} ({:e})",
            pass.changed,
            f32::from_bits(wanted),
            f32::from_bits(got)
        )),
    }
}

/// The value in force at the window's start, and every one reported within it.
fn values_in(series: &[(f64, f64)], time: &RangeInclusive<f64>) -> Vec<(f64, f64)> {
    let first = value_at(series, *time.start()).map(|value| (*time.start(), value));
    let within = series.iter().filter(|(at, _)| at > time.start() && at <= time.end());
    first.into_iter().chain(within.copied()).collect()
}

fn at_rest(stream: &Stretch) -> Result<String, String> {
    let mut notes = BTreeSet::new();
    let mut controllers = BTreeMap::new();
    for event in &stream.events {
        match event.what {
            Sent::NoteOn(channel, key, _) => _ = notes.insert((channel, key)),
            Sent::NoteOff(channel, key) => _ = notes.remove(&(channel, key)),
            Sent::Cc(channel, number, value) => _ = controllers.insert((channel, number), value),
            _ => {}
        }
    }
    controllers.retain(|_, value| *value > 0);
    if let Some((channel, key)) = notes.first() {
        return Err(format!("{} notes are still on, key {key} on channel {channel}", notes.len()));
    }
    match controllers.first_key_value() {
        Some(((channel, number), value)) => Err(format!(
            "{} controllers are still up, {number} on channel {channel} at {value}",
            controllers.len()
        )),
        None => Ok(format!("all off after {} events", stream.events.len())),
    }
}

/// What two calls of the same work may lie apart, in ns: the clock's steps, and what else the processor does meanwhile.
const SAME_NS: u64 = 1_000;

fn even(record: &Record, bound: f64) -> Result<String, String> {
    let mut kinds: Vec<(&Signal, u64)> = Vec::new();
    for stream in &record.streams {
        let ns = stream.times.least_ns.max(1);
        match kinds.iter_mut().find(|(signal, _)| **signal == stream.signal) {
            Some((_, least)) => *least = ns.min(*least),
            None => kinds.push((&stream.signal, ns)),
        }
    }
    let Some(low) = kinds.iter().min_by_key(|(_, ns)| *ns) else { return Err("nothing was fed".to_owned()) };
    let Some(high) = kinds.iter().max_by_key(|(_, ns)| *ns) else { return Err("nothing was fed".to_owned()) };
    let times = high.1 as f64 / low.1 as f64;
    let shown = format!("{times:.2} times: {} ns of {:?} to {} ns of {:?}", low.1, low.0, high.1, high.0);
    let holds = times < bound || high.1 - low.1 < SAME_NS;
    if holds { Ok(shown) } else { Err(format!("{shown}, bound {bound}")) }
}

fn growth(record: &Record, bound_mib: f64) -> Result<String, String> {
    let samples = &record.resident_kib;
    let end_s = samples.last().map_or(0.0, |(at, _)| *at);
    let after = samples.iter().filter(|(at, _)| *at >= end_s * 0.25);
    let kib: Vec<f64> = after.map(|(_, kib)| *kib as f64).collect();
    if kib.len() < 8 {
        return Err(format!("only {} samples of memory: run for longer", kib.len()));
    }
    // The medians of the first and last eighth: single peaks do not count.
    let median = |part: &[f64]| {
        let mut part = part.to_vec();
        part.sort_unstable_by(f64::total_cmp);
        part[part.len() / 2]
    };
    let eighth = (kib.len() / 8).max(1);
    let grown_mib = (median(&kib[kib.len() - eighth..]) - median(&kib[..eighth])) / 1_024.0;
    let shown = format!("{grown_mib:+.1} MiB to {:.0} MiB", median(&kib[kib.len() - eighth..]) / 1_024.0);
    if grown_mib < bound_mib { Ok(shown) } else { Err(format!("{shown}, bound {bound_mib} MiB")) }
}

impl FromStr for Assertion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = |why: &str| format!("`{text}` cannot be asserted: {why}");
        let number = |text: &str| text.trim().parse::<f64>().map_err(|_| bad("a number is missing"));
        let whole = |text: &str| text.trim().parse::<u64>().map_err(|_| bad("a whole number is missing"));
        if let Some(rest) = text.strip_prefix("meter ") {
            return meter(rest).ok_or_else(|| {
                bad("meter M in|reaches A..B [from S] [to S], M is cc:CHANNEL:NUMBER or param:NAME")
            });
        }
        if let Some(rest) = text.strip_prefix("events>=") {
            return Ok(Self::Events(whole(rest)?..=u64::MAX));
        }
        if let Some((name, bound)) = text.split_once('<') {
            let percent = || number(bound.trim().trim_end_matches('%')).map(|percent| percent / 100.0);
            return match name.trim() {
                "p50" => Ok(Self::Time(Rank::P50, percent()?)),
                "p99" => Ok(Self::Time(Rank::P99, percent()?)),
                "max" => Ok(Self::Time(Rank::Max, percent()?)),
                "growth" => Ok(Self::Growth(number(bound)?)),
                "even" => Ok(Self::Even(number(bound)?)),
                _ => Err(bad("p50<X%, p99<X%, max<X%, even<X or growth<MIB")),
            };
        }
        match text.split_once('=') {
            Some(("latency", frames)) => Ok(Self::Latency(whole(frames)? as u32)),
            Some(("delay", frames)) => Ok(Self::Delay(whole(frames)?)),
            _ => match text {
                "pass-through" => Ok(Self::PassThrough),
                "no-allocations" => Ok(Self::NoAllocations),
                "finite" => Ok(Self::Finite),
                "silent" => Ok(Self::Silent),
                "sound" => Ok(Self::Sound),
                "no-edits" => Ok(Self::NoEdits),
                "no-events" => Ok(Self::Events(0..=0)),
                "same-output" => Ok(Self::SameOutput),
                "sleeps" => Ok(Self::Sleeps),
                "at-rest" => Ok(Self::AtRest),
                _ => Err(bad("`rollcall-host run --help` lists what can be")),
            },
        }
    }
}

fn meter(text: &str) -> Option<Assertion> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let verb = words.iter().position(|word| matches!(*word, "in" | "reaches"))?;
    let meter: Meter = words[..verb].join(" ").parse().ok()?;
    let range = |text: &str| {
        let (low, high) = text.split_once("..")?;
        Some(low.parse().ok()?..=high.parse().ok()?)
    };
    let values = range(words.get(verb + 1)?)?;
    let (mut from, mut to) = (0.0, f64::MAX);
    for pair in words[verb + 2..].chunks(2) {
        match pair {
            ["from", s] => from = s.parse().ok()?,
            ["to", s] => to = s.parse().ok()?,
            _ => return None,
        }
    }
    Some(match words[verb] {
        "in" => Assertion::MeterIn(meter, values, from..=to),
        _ => Assertion::MeterReaches(meter, values, from..=to),
    })
}

impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let window = |f: &mut fmt::Formatter<'_>, time: &RangeInclusive<f64>| {
            if *time.start() > 0.0 {
                write!(f, " from {}", time.start())?;
            }
            if *time.end() < f64::MAX { write!(f, " to {}", time.end()) } else { Ok(()) }
        };
        match self {
            Self::PassThrough => write!(f, "pass-through"),
            Self::Latency(frames) => write!(f, "latency={frames}"),
            Self::Delay(frames) => write!(f, "delay={frames}"),
            Self::NoAllocations => write!(f, "no-allocations"),
            Self::Finite => write!(f, "finite"),
            Self::Silent => write!(f, "silent"),
            Self::Sound => write!(f, "sound"),
            Self::NoEdits => write!(f, "no-edits"),
            Self::SameOutput => write!(f, "same-output"),
            Self::Sleeps => write!(f, "sleeps"),
            Self::AtRest => write!(f, "at-rest"),
            Self::Even(bound) => write!(f, "even<{bound}"),
            Self::Events(range) if *range.end() == 0 => write!(f, "no-events"),
            Self::Events(range) => write!(f, "events>={}", range.start()),
            Self::Growth(bound) => write!(f, "growth<{bound}"),
            Self::Time(rank, bound) => {
                let rank = match rank {
                    Rank::P50 => "p50",
                    Rank::P99 => "p99",
                    Rank::Max => "max",
                };
                write!(f, "{rank}<{}%", bound * 100.0)
            }
            Self::MeterIn(meter, range, time) => {
                write!(f, "meter {meter} in {}..{}", range.start(), range.end())?;
                window(f, time)
            }
            Self::MeterReaches(meter, range, time) => {
                write!(f, "meter {meter} reaches {}..{}", range.start(), range.end())?;
                window(f, time)
            }
        }
    }
}
