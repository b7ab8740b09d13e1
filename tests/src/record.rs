//! What a run has shown: what the plugin is, and what it did in each stretch of blocks.

use crate::{plan::Setup, signal::Signal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything that a child process found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What the plugin says of itself.
    pub plugin: Description,
    /// Each stretch of blocks, in the order of the plan.
    pub streams: Vec<Stretch>,
    /// Kept states by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub states: BTreeMap<String, Vec<u8>>,
    /// Parameter values at each [`Step::Read`](crate::plan::Step::Read): normalised, by the order of the parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Vec<f64>>,
    /// Broken states that the plugin took without complaint, of those that it was given.
    #[serde(default)]
    pub broken_states_taken: u32,
    /// Seconds that making each instance took.
    #[serde(default)]
    pub make_s: Vec<f64>,
    /// Seconds that opening the file took, the first time.
    #[serde(default)]
    pub open_s: f64,
    /// Resident memory over the run: (seconds, KiB).
    #[serde(default)]
    pub resident_kib: Vec<(f64, u64)>,
    /// Times that the plugin marked its state as changed, or edited a parameter: each one dirties a project.
    #[serde(default)]
    pub edits: u32,
    /// What the plugin logged through its host, worst first, at most 20 lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// Times that the plugin called the host on the wrong thread, as far as that can be seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub misuse: Vec<String>,
    /// What the plugin says that is not what it was told, or what it said before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contradictions: Vec<String>,
    /// The step that could not be done, and why. Nothing after it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<(usize, String)>,
}

/// What a plugin says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// `clap` or `vst3`.
    pub format: String,
    /// Id in its format.
    pub id: String,
    /// Name.
    pub name: String,
    /// Who made it.
    pub vendor: String,
    /// Which version.
    pub version: String,
    /// CLAP features, VST3 sub-categories.
    pub features: Vec<String>,
    /// All plugins in the file: (id, name).
    pub in_file: Vec<(String, String)>,
    /// Audio inputs.
    pub inputs: Vec<Port>,
    /// Audio outputs.
    pub outputs: Vec<Port>,
    /// Layouts that it offers besides (CLAP port configurations).
    pub layouts: Vec<String>,
    /// Inputs for notes and controllers.
    pub event_inputs: u32,
    /// Outputs for them.
    pub event_outputs: u32,
    /// Parameters, in its order.
    pub params: Vec<Param>,
    /// CLAP extensions and VST3 interfaces that it has, of those that this host knows.
    pub extensions: Vec<String>,
}

/// An audio port or bus.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Port {
    /// Name.
    pub name: String,
    /// Channels.
    pub channels: u32,
    /// Whether it is the main one.
    pub main: bool,
}

/// A parameter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// Id.
    pub id: u32,
    /// Name.
    pub name: String,
    /// Lowest and highest plain value (VST3: 0 and 1).
    pub range: (f64, f64),
    /// Default, 0..=1 over the range.
    pub default: f64,
    /// Value when described, 0..=1 over the range.
    pub value: f64,
    /// The same as the plugin shows it.
    pub text: String,
    /// Steps of a stepped one, else 0.
    pub steps: u32,
    /// Whether hosts may automate it.
    pub automatable: bool,
    /// Whether only the plugin sets it: a meter.
    pub read_only: bool,
    /// Whether hosts hide it.
    pub hidden: bool,
    /// Whether it is the host's bypass.
    pub bypass: bool,
}

/// What came of one stretch of blocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// How the plugin was made ready for it.
    pub setup: Setup,
    /// What was fed.
    pub signal: Signal,
    /// Latency that it reported, in frames.
    pub latency_frames: u32,
    /// Channels of each input and output.
    pub inputs: Vec<u32>,
    /// Channels of each output.
    pub outputs: Vec<u32>,
    /// Frames fed.
    pub frames: u64,
    /// Blocks fed.
    pub blocks: u64,
    /// Blocks that the plugin slept through.
    #[serde(default)]
    pub slept_blocks: u64,
    /// How the main output differs from the main input, latency taken off.
    pub pass: PassThrough,
    /// Samples of the output that are not finite.
    pub non_finite: u64,
    /// Largest finite magnitude in the output.
    pub peak: f32,
    /// First frame of the main output above -100 dBFS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_sound_frame: Option<u64>,
    /// FNV-1a hash of the main output's bits.
    pub output_hash: u64,
    /// Samples that the plugin wrote beyond the end of its block.
    pub overruns: u64,
    /// Calls that the plugin answered with an error: (how many, the first block).
    #[serde(default)]
    pub errors: (u64, Option<u64>),
    /// Time taken by each call.
    pub times: Times,
    /// Calls of the allocator within `process`: (all, blocks with any, the first of them). `None` if they cannot be counted
    /// in this program.
    #[serde(default)]
    pub allocations: Option<(u64, u64, Option<u64>)>,
    /// What the plugin sent, in order.
    pub events: Vec<Event>,
    /// Events that found no room in `events`.
    pub events_dropped: u64,
    /// Read-only parameters over time: (second of the stream, values in the order of the read-only parameters).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meters: Vec<(f64, Vec<f64>)>,
    /// Seconds that the stretch took.
    pub took_s: f64,
}

/// How an output differs from an input.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PassThrough {
    /// Samples compared: 0 where there is no input and output of the same width.
    pub compared: u64,
    /// Samples whose bits differ.
    pub changed: u64,
    /// The first of them: (block, channel, frame, bits that went in, bits that came out).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<(u64, u32, u64, u32, u32)>,
}

/// Time taken by calls of `process`, in nanoseconds; shares are of the block's length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Shortest: what a call costs when nothing interrupts it.
    #[serde(default)]
    pub least_ns: u64,
    /// Median.
    pub p50_ns: u64,
    /// 99 of 100 calls took no longer.
    pub p99_ns: u64,
    /// Longest.
    pub max_ns: u64,
    /// Sum.
    pub sum_ns: u64,
    /// Median share of the block's length.
    pub p50_share: f64,
    /// 99 of 100 calls took no larger share.
    pub p99_share: f64,
    /// Largest share.
    pub max_share: f64,
}

/// Something that a plugin sent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Frame of the stream.
    pub frame: u64,
    /// The block that it came with.
    pub block: u64,
    /// What it was.
    #[serde(flatten)]
    pub what: Sent,
}

/// Kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    /// A MIDI controller: channel from 1, number, value 0..=127.
    Cc(u8, u8, u8),
    /// A note: channel from 1, key, velocity 0..=1.
    NoteOn(u8, u8, f32),
    /// Its end: channel from 1, key.
    NoteOff(u8, u8),
    /// Another MIDI message.
    Midi([u8; 3]),
    /// A parameter's new value, as the format has it.
    Param(u32, f64),
    /// The plugin begins (true) or ends an edit of a parameter.
    Gesture(u32, bool),
    /// Something else, by its type number.
    Other(u32),
}

impl Times {
    /// From each call's nanoseconds and frames. Empty blocks count for time, not for shares.
    pub fn of(calls: &[(u64, u32)], rate_hz: f64) -> Self {
        let mut ns: Vec<u64> = calls.iter().map(|(ns, _)| *ns).collect();
        ns.sort_unstable();
        let of_block = |&(ns, frames): &(u64, u32)| ns as f64 * 1e-9 * rate_hz / f64::from(frames);
        let mut shares: Vec<f64> = calls.iter().filter(|(_, frames)| *frames > 0).map(of_block).collect();
        shares.sort_unstable_by(f64::total_cmp);
        Self {
            least_ns: ns.first().copied().unwrap_or_default(),
            p50_ns: quantile(&ns, 0.5),
            p99_ns: quantile(&ns, 0.99),
            max_ns: quantile(&ns, 1.0),
            sum_ns: ns.iter().sum(),
            p50_share: quantile(&shares, 0.5),
            p99_share: quantile(&shares, 0.99),
            max_share: quantile(&shares, 1.0),
        }
    }
}

fn quantile<T: Copy + Default>(sorted: &[T], share: f64) -> T {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_ranks() {
        let calls: Vec<(u64, u32)> = (1..=100).map(|n| (n * 1_000, 48)).collect();
        let times = Times::of(&calls, 48_000.0);
        assert_eq!((times.p50_ns, times.p99_ns, times.max_ns), (50_000, 99_000, 100_000));
        assert!((times.max_share - 0.1).abs() < 1e-12);
        assert_eq!(Times::of(&[], 48_000.0), Times::default());
    }
}
