//! `rollcall-host run`: one run by options, or a plan as it stands.

use super::output::{Reports, show};
use anyhow::{Context, Result, bail};
use clap::Args;
use rollcall_host::{
    Assertion, Blocks, Case, Launcher, Mode, Pace, Plan, Process, Setting, Setup, Signal, Step, Transport,
    Value, audio_file,
    timeline::{MeterMap, timeline},
};
use std::path::{Path, PathBuf};

#[derive(Args)]
#[command(after_help = CLAIMS)]
pub(crate) struct Options {
    /// A .clap file or a .vst3 bundle.
    #[arg(required_unless_present = "plan")]
    plugin: Option<PathBuf>,
    /// Run this plan (JSON, or a file that holds it) instead of what the options below say.
    #[arg(long, value_name = "PLAN", conflicts_with = "plugin")]
    plan: Option<String>,
    /// Which plugin of the file, by id or name.
    #[arg(long)]
    id: Option<String>,
    /// What is fed: a file, or silence, sine[:HZ], noise[:DBFS], impulse[:SECONDS], notes, phrase[:SECONDS], odd, denormal, border.
    #[arg(long, default_value = "notes", value_name = "SIGNAL")]
    input: Signal,
    /// Sample rate; a file's own by default, else 48000.
    #[arg(long, value_name = "HZ")]
    rate: Option<f64>,
    /// Length; a file's own by default, else 10.
    #[arg(long, value_name = "S")]
    seconds: Option<f64>,
    /// Block sizes: 512, random:1-2048, host:512, or 64,1,333.
    #[arg(long, default_value = "512", value_name = "BLOCKS")]
    blocks: Blocks,
    /// Channels of the main input and output; the plugin's own by default.
    #[arg(long, value_name = "N")]
    channels: Option<u32>,
    /// A layout without a sidechain.
    #[arg(long)]
    no_sidechain: bool,
    /// Tell the plugin that it renders offline.
    #[arg(long)]
    offline: bool,
    /// Process in place: the main output's buffers are the main input's.
    #[arg(long)]
    in_place: bool,
    /// Let the plugin sleep when it may: stop calling it until something comes.
    #[arg(long)]
    sleep: bool,
    /// fast, live, a multiple of real time as 4x, or settle (wait until the plugin's own threads are done with each block).
    #[arg(long, default_value = "fast", value_parser = pace)]
    pace: Pace,
    /// none, stopped, tempo=BPM, start=S, loop=S-S, play@S, stop@S, jump@S=TO, tempo@S=BPM, with commas between.
    #[arg(long, default_value = "play", value_name = "SCRIPT")]
    transport: Transport,
    /// Set a parameter first: NAME=TEXT as the plugin reads it, or NAME=@X with X from 0 to 1.
    #[arg(long = "set", value_name = "PARAM=VALUE", value_parser = setting)]
    settings: Vec<Setting>,
    /// Change a parameter S seconds into the stream: S:PARAM=VALUE.
    #[arg(long = "automate", value_name = "S:PARAM=VALUE", value_parser = automation)]
    automation: Vec<(f64, Setting)>,
    /// Load a state file first.
    #[arg(long, value_name = "FILE")]
    load_state: Option<PathBuf>,
    /// Keep the state after the run.
    #[arg(long, value_name = "FILE")]
    save_state: Option<PathBuf>,
    /// Instances side by side.
    #[arg(long, default_value_t = 1, value_name = "N")]
    instances: usize,
    /// Seed of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seconds after which the plugin is taken for hung.
    #[arg(long, default_value_t = 120.0, value_name = "S")]
    timeout: f64,
    /// A claim that must hold; see below. May be given many times.
    #[arg(long = "assert", value_name = "CLAIM")]
    assertions: Vec<Assertion>,
    /// Write the main output as a 32-bit float WAV file.
    #[arg(long, value_name = "FILE")]
    audio: Option<PathBuf>,
    /// Write the meters over time as rollcall.timeline/1.
    #[arg(long, value_name = "FILE")]
    timeline: Option<PathBuf>,
    /// Which meter is which class: a file with lines NAME cc:CHANNEL:NUMBER|param:NAME [note:CHANNEL:KEY]; Rollcall's own by
    /// default.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    #[command(flatten)]
    reports: Reports,
}

const CLAIMS: &str = "\
Claims for --assert:
  pass-through            the main output is the main input bit for bit, the reported latency later
  latency=N, delay=N      frames that are reported; frame of the first sound that comes out
  no-allocations          malloc, free and their kin are not called within process()
  finite, silent, sound   what comes out
  no-edits                the plugin edits no parameter and does not mark its state as changed
  no-events, events>=N    MIDI and other events that the plugin sends
  same-output             all stretches of a plan came out alike
  sleeps, at-rest         it let the host stop calling it; what it had switched on or turned up is off and at 0 in the end
  even<X                  the shortest call with no kind of signal takes X times as long as with another
  p50<X%, p99<X%, max<X%  share of its block's length that a call takes
  growth<MIB              growth of resident memory from a quarter of the run to its end
  'meter M in A..B [from S] [to S]', 'meter M reaches A..B [from S] [to S]'
                          M is cc:CHANNEL:NUMBER (0..1) or param:NAME; every value, or at least one
Always held: the run ends by itself, no call fails, nothing is written beyond a block's end, and what the plugin says is what it was
told.";

fn pace(text: &str) -> Result<Pace, String> {
    match text {
        "fast" => Ok(Pace::Fast),
        "live" => Ok(Pace::Times(1.0)),
        "settle" => Ok(Pace::Settle { quiet_ms: 30 }),
        _ => match text.strip_suffix('x').and_then(|times| times.parse::<f64>().ok()) {
            Some(times) if times > 0.0 => Ok(Pace::Times(times)),
            _ => Err(format!("`{text}` is none of fast, live, settle, 4x")),
        },
    }
}

pub(crate) fn setting(text: &str) -> Result<Setting, String> {
    let (param, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is no PARAM=VALUE"))?;
    let value = match value.strip_prefix('@') {
        Some(number) => Value::Normal(number.parse().map_err(|_| format!("`{number}` is no number"))?),
        None => Value::Text(value.to_owned()),
    };
    Ok(Setting { param: param.to_owned(), value })
}

fn automation(text: &str) -> Result<(f64, Setting), String> {
    let (at, rest) = text.split_once(':').ok_or_else(|| format!("`{text}` is no S:PARAM=VALUE"))?;
    Ok((at.parse().map_err(|_| format!("`{at}` is no number of seconds"))?, setting(rest)?))
}

pub(crate) fn run(options: &Options) -> Result<bool> {
    let plan = match &options.plan {
        Some(plan) => read_plan(plan)?,
        None => make_plan(options)?,
    };
    let ran = Launcher::current()?.run(&plan)?;
    let plugin = ran.record.plugin.name.clone();
    let name = if plugin.is_empty() { plan.plugin.display().to_string() } else { plugin };
    let case = Case::new(name, plan, ran, &options.assertions);
    show(&case, true);
    if let (Some(path), Some(stream)) = (&options.timeline, case.ran.record.streams.first()) {
        let map = match &options.map {
            Some(map) => std::fs::read_to_string(map)
                .with_context(|| format!("reading {}", map.display()))?
                .parse()
                .map_err(anyhow::Error::msg)?,
            None => MeterMap::rollcall(),
        };
        let file = match &options.input {
            Signal::File(path) => path.display().to_string(),
            _ => String::new(),
        };
        let document = timeline(&case.ran.record, stream, &map, &file, HOP_S);
        write(path, (document.to_string() + "\n").as_bytes())?;
    }
    if let (Some(path), Some(state)) = (&options.save_state, case.ran.record.states.get("end")) {
        write(path, state)?;
    }
    options.reports.write("run", std::slice::from_ref(&case))?;
    Ok(case.passed())
}

/// Step of the timelines: Rollcall's own default.
const HOP_S: f64 = 0.16;

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}

fn read_plan(text: &str) -> Result<Plan> {
    let json = if text.trim_start().starts_with('{') {
        text.to_owned()
    } else {
        std::fs::read_to_string(text).with_context(|| format!("reading the plan {text}"))?
    };
    serde_json::from_str(&json).context("the plan is not one")
}

fn make_plan(options: &Options) -> Result<Plan> {
    let Some(plugin) = &options.plugin else { bail!("no plugin was named") };
    let (rate_hz, length_s) = match &options.input {
        Signal::File(path) => {
            let audio = audio_file::read(path)?;
            let frames = audio.channels.first().map_or(0, Vec::len);
            (f64::from(audio.rate_hz), frames as f64 / f64::from(audio.rate_hz))
        }
        _ => (48_000.0, 10.0),
    };
    let setup = Setup {
        rate_hz: options.rate.unwrap_or(rate_hz),
        max_frames: options.blocks.max_frames(),
        mode: if options.offline { Mode::Offline } else { Mode::Realtime },
        channels: options.channels,
        sidechain: !options.no_sidechain,
    };
    let process = Process {
        seconds: options.seconds.unwrap_or(length_s),
        pace: options.pace,
        transport: options.transport.clone(),
        in_place: options.in_place,
        sleeps: options.sleep,
        automation: options.automation.clone(),
        // The child has another working folder in mind than a person: none.
        write: options.audio.as_ref().map(std::path::absolute).transpose()?,
        ..Process::new(0.0, options.blocks.clone(), options.input.clone())
    };
    let mut steps = Vec::new();
    steps.extend(options.load_state.clone().map(Step::LoadFile));
    if !options.settings.is_empty() {
        steps.push(Step::Set(options.settings.clone()));
    }
    steps.extend([Step::Activate(setup), Step::Process(process), Step::Deactivate]);
    if options.save_state.is_some() {
        steps.push(Step::Save("end".to_owned()));
    }
    Ok(Plan {
        id: options.id.clone(),
        seed: options.seed,
        instances: options.instances,
        timeout_s: options.timeout,
        ..Plan::new(plugin)
    }
    .steps(steps))
}
