//! A run in full: which plugin, and step by step what the host does with it. Plain data: the same plan is the same run.

use crate::{schedule::Blocks, signal::Signal, transport::Transport};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Everything that a child process needs to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// A `.clap` file or a `.vst3` bundle.
    pub plugin: PathBuf,
    /// Which plugin of the file, by id or name; the first one if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Seed of every random choice in the run.
    #[serde(default)]
    pub seed: u64,
    /// Instances that go through the same steps side by side.
    #[serde(default = "one")]
    pub instances: usize,
    /// Seconds after which the child is taken for hung.
    #[serde(default = "minute")]
    pub timeout_s: f64,
    /// What is done.
    pub steps: Vec<Step>,
}

fn one() -> usize {
    1
}

fn minute() -> f64 {
    60.0
}

impl Plan {
    /// One instance of the first plugin in a file, with nothing to do yet.
    pub fn new(plugin: impl Into<PathBuf>) -> Self {
        Self { plugin: plugin.into(), id: None, seed: 1, instances: 1, timeout_s: 60.0, steps: Vec::new() }
    }

    /// With these steps.
    pub fn steps(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.steps.extend(steps);
        self
    }
}

/// One thing that a host does. Everything but the blocks of [`Step::Process`] happens on the main thread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Sets parameters: while inactive at once, else with the next block.
    Set(Vec<Setting>),
    /// Makes it ready to process; deactivates first if it is active.
    Activate(Setup),
    /// Feeds blocks from the audio thread.
    Process(Process),
    /// Clears the audio state (CLAP `reset`, VST3 `setProcessing` off and on).
    Reset,
    /// Leaves the active state.
    Deactivate,
    /// Keeps the state under a name, in the record too.
    Save(String),
    /// Gives a kept state back.
    Load(String),
    /// Gives these bytes as a state.
    LoadBytes(Vec<u8>),
    /// Gives a file's bytes as a state.
    LoadFile(PathBuf),
    /// Gives states made from the kept one of this name: cut, flipped and random bytes, so many of them.
    LoadBroken {
        /// Name of the kept state.
        from: String,
        /// How many.
        count: u32,
    },
    /// Destroys the instances and makes new ones, so many times, unloading the file in between.
    Reload {
        /// How many times.
        times: u32,
    },
    /// Reads all parameter values into the record.
    Read,
    /// Asks for every usual layout while it is inactive, and holds what it says then against what it said.
    Layouts,
    /// Sets every parameter while it processes, and holds the values against what it, its state and other instances say.
    Keeps,
    /// Leaves the plugin alone for so long.
    Wait {
        /// Seconds.
        seconds: f64,
    },
}

/// A parameter and what it is to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Id or name.
    pub param: String,
    /// Which value.
    pub value: Value,
}

/// A parameter's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// 0..=1 over the range.
    Normal(f64),
    /// As a person would type it; the plugin reads it.
    Text(String),
}

/// How it is made ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// Sample rate.
    pub rate_hz: f64,
    /// Most frames in a block.
    pub max_frames: u32,
    /// What the host says about time.
    #[serde(default)]
    pub mode: Mode,
    /// Channels of the main input and output; as the plugin comes if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<u32>,
    /// Whether the layout has further inputs (a sidechain), where the plugin has such a layout.
    #[serde(default = "yes")]
    pub sidechain: bool,
}

fn yes() -> bool {
    true
}

impl Setup {
    /// The plugin's own layout, in real time.
    pub fn new(rate_hz: f64, max_frames: u32) -> Self {
        Self { rate_hz, max_frames, mode: Mode::Realtime, channels: None, sidechain: true }
    }

    /// In this mode.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// With so many main channels, and a sidechain or not.
    pub fn layout(mut self, channels: u32, sidechain: bool) -> Self {
        (self.channels, self.sidechain) = (Some(channels), sidechain);
        self
    }
}

/// What the host tells the plugin about time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Blocks are heard as they are made.
    #[default]
    Realtime,
    /// Blocks are rendered; the plugin may take its time.
    Offline,
}

/// A stretch of blocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Length in seconds.
    pub seconds: f64,
    /// How it is cut.
    pub blocks: Blocks,
    /// What is fed.
    pub signal: Signal,
    /// How fast blocks come.
    #[serde(default)]
    pub pace: Pace,
    /// What the host says about the song.
    #[serde(default)]
    pub transport: Transport,
    /// Whether the main output's buffers are the main input's.
    #[serde(default)]
    pub in_place: bool,
    /// Parameter changes at times in this stretch: (seconds, setting).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub automation: Vec<(f64, Setting)>,
    /// Changes a random parameter at random times, so many times a second.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub random_automation_hz: f64,
    /// Lets the plugin sleep when it may: the host stops calling it until something comes.
    #[serde(default)]
    pub sleeps: bool,
    /// Keeps the main output in the record's folder, as 32-bit float WAV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<PathBuf>,
}

fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

impl Process {
    /// Separate buffers, as fast as possible, playing from 0 at 120 beats a minute.
    pub fn new(seconds: f64, blocks: Blocks, signal: Signal) -> Self {
        Self {
            seconds,
            blocks,
            signal,
            pace: Pace::Fast,
            transport: Transport::default(),
            in_place: false,
            automation: Vec::new(),
            random_automation_hz: 0.0,
            sleeps: false,
            write: None,
        }
    }
}

/// How fast blocks come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// One after the other.
    #[default]
    Fast,
    /// Each when it is due, at so many times real time.
    Times(f64),
    /// Each as soon as all other threads of the process have slept for so long: no plugin's own thread lags behind.
    Settle {
        /// Milliseconds.
        quiet_ms: u64,
    },
}
