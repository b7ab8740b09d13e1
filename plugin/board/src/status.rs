//! How the analysis fares: model, speed, losses, jobs.

use crate::{HistoryReader, Selected};
use rollcall_classes::Look;
use std::{path::PathBuf, sync::Arc};

/// Identity of a model package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelIdentity {
    /// Name in the manifest.
    pub name: String,
    /// Version in the manifest.
    pub version: String,
    /// SHA-256 of the manifest, 64 hex digits.
    pub sha256: String,
    /// Under which terms its weights stand.
    pub licence: String,
    /// Whether the package calls itself a stand-in for a better one.
    pub provisional: bool,
}

/// The model and whether it can be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ModelState {
    /// Being read and built; audio waits in the queue.
    #[default]
    Loading,
    /// Listening.
    Ready(ModelIdentity),
    /// Not even the embedded model could be built: nothing is analysed. What was wrong.
    Failed(String),
}

/// What the worker is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkerState {
    /// The host has not started audio, or sends none.
    #[default]
    Idle,
    /// Analysing as the audio comes.
    Live,
    /// Analysing an offline render.
    Offline,
    /// The analysis is bypassed: time goes on, nothing is heard.
    Bypassed,
    /// Analysing, but the shown values stand still.
    Frozen,
}

/// What is known of the host's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamRate {
    /// Frames a second.
    pub sample_rate_hz: u32,
}

/// What was lost or repaired since the session began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames that arrived.
    pub frames: u64,
    /// Frames that the full queue dropped.
    pub gap_frames: u64,
    /// Frames that the worker left out to catch up.
    pub skipped_frames: u64,
    /// NaN, infinite or absurd samples that were replaced by silence.
    pub replaced_samples: u64,
}

/// How the last export, or the last saved example, went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ExportStatus {
    /// None was asked for.
    #[default]
    None,
    /// Being written.
    Running,
    /// All files were written.
    Done(Vec<PathBuf>),
    /// Why not, and what to do; no file was left half written.
    Failed(String),
}

/// How the analysis fares. Published on every change, and at least with each step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// Counts sessions: a reset, or another model, begins a new one with an empty history.
    pub session: u64,
    /// Class names in the order of every row of values; empty until a model is ready.
    pub classes: Arc<[String]>,
    /// What the model's package says of their looks, one a class.
    pub looks: Arc<[Look]>,
    /// Names of the instruments outside of the classes that the model can tell; none if it can't.
    pub others: Arc<[String]>,
    /// The model.
    pub model: ModelState,
    /// Something the user should know and can act on, such as a chosen model that is missing on this machine.
    pub notice: Option<String>,
    /// What the worker is doing.
    pub state: WorkerState,
    /// The host's stream, once it has one.
    pub stream: Option<StreamRate>,
    /// Seconds between steps that the settings ask for.
    pub asked_interval_s: f32,
    /// Seconds between steps now: greater than asked for when this machine can't keep up.
    pub interval_s: f32,
    /// Median wall-clock milliseconds of work for one step, over the last few; 0 before the first.
    pub inference_ms: f32,
    /// Work as a share of real time (1 = one core just keeps up), over the last few steps.
    pub load: f32,
    /// Seconds of audio that wait in the queue.
    pub backlog_s: f32,
    /// Seconds from a frame's arrival until the step centred on it can be known.
    pub lookahead_s: f32,
    /// What was lost or repaired.
    pub counters: Counters,
    /// The last export.
    pub export: ExportStatus,
    /// From when to when audio is kept that an example can be made of, in seconds since the session began.
    pub kept_s: Option<(f64, f64)>,
    /// The stretch that is selected for an example.
    pub selected: Selected,
    /// The last example that was to be saved.
    pub example: ExportStatus,
}

/// How far the analysis of a dropped file is.
#[derive(Clone, Debug, PartialEq)]
pub enum FileState {
    /// Share that is done, 0..=1.
    Running(f32),
    /// All of it is in the history.
    Done,
    /// Why it could not be analysed, and what to do.
    Failed(String),
}

/// The analysis of a file, beside the live one.
#[derive(Clone, Debug)]
pub struct FileJob {
    /// The file.
    pub path: PathBuf,
    /// How far it is.
    pub state: FileState,
    /// Length of the audio in seconds, once known.
    pub duration_s: Option<f64>,
    /// What was heard; grows while the job runs.
    pub history: HistoryReader,
}
