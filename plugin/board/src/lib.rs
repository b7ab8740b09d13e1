//! Everything a person can see, written by one worker and read by anyone without waiting.
//!
//! Thread: the worker writes, the window reads.
//!
//! [`board`] makes the three ends: the [`Writer`] moves to the worker, [`Board`] is lent to every reader (the editor,
//! the audio thread's host outputs), and the [`Inbox`] brings the readers' [`Command`]s to the worker. The types here
//! are plain data, so that the editor needs to name neither the engine nor the tap.
//!
//! Three ways to read, all wait-free:
//! * [`Board::latest`], [`Board::status`], [`Board::picture`], [`Board::file`]: the newest whole snapshot, as an `Arc`;
//! * [`Board::history`]: the session so far, in chunks that grow while they are read;
//! * [`Board::outputs`]: bare atomics that neither allocate nor free, for the audio thread.
#![forbid(unsafe_code)]

mod command;
mod ends;
mod example;
mod history;
mod latest;
mod outputs;
mod picture;
mod settings;
mod status;
mod sync;

pub use command::{Command, FORMAT_ENDINGS, Formats, Inbox, Subject, file_stem};
pub use ends::{Board, Writer, board};
pub use example::{Selected, Selection, Stretch};
pub use history::{History, HistoryReader, HistoryWriter, Row, RowData};
pub use latest::{Another, Latest, Meter, SongPosition};
pub use outputs::Outputs;
pub use picture::{Attention, LogMel, MEL_BANDS, PICTURE_HOPS, Picture};
pub use settings::{
    ATTACK_MS, Change, Channels, Gesture, HOLD_S, Input, MEMORY_S, Panel, RELEASE_MS, SENSITIVITY, Settings,
    UPDATE_MS,
};
pub use status::{
    Counters, ExportStatus, FileJob, FileState, ModelIdentity, ModelState, Status, StreamRate, WorkerState,
};

/// Greatest number of classes a model may have here: one bit of a word each in [`Outputs::active`].
pub const MAX_CLASSES: usize = 64;
/// Steps in a chunk of the history: 164 s at 160 ms a step.
pub const CHUNK_STEPS: usize = 1_024;
/// Most chunks of the history that are kept: 6.5 hours at 160 ms a step, 39 hours at 960 ms, 18 MB with 20 classes.
pub const MAX_CHUNKS: usize = 144;
