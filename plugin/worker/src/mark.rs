//! What the audio thread tells the worker at a frame of the stream.

use rollcall_board::Settings;

/// A message that takes effect at the frame where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mark {
    /// All parameters, when any has changed.
    Settings(Settings),
    /// A new session begins here.
    Reset,
    /// The transport, when it did anything that could not be foretold.
    Transport(Transport),
}

/// The host's transport at one frame. From there it goes on at its tempo until the next mark.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Transport {
    /// Whether it runs.
    pub playing: bool,
    /// Whether it has just begun to run.
    pub started: bool,
    /// Seconds since the song's start.
    pub song_s: Option<f64>,
    /// Quarter notes since the song's start.
    pub beats: Option<f64>,
    /// Number of the bar from 0, and the quarter note that it starts at.
    pub bar: Option<(i32, f64)>,
    /// Quarter notes in a bar.
    pub bar_beats: Option<f64>,
    /// Quarter notes a minute.
    pub tempo_bpm: Option<f64>,
}
