//! The plugin's parameters as the editor sees them.

use std::ops::RangeInclusive;

/// Seconds that the attention may pool over.
pub const MEMORY_S: RangeInclusive<f32> = 1.0..=30.0;
/// Time constants of a rising activity.
pub const ATTACK_MS: RangeInclusive<f32> = 0.0..=2_000.0;
/// Time constants of a falling activity.
pub const RELEASE_MS: RangeInclusive<f32> = 0.0..=5_000.0;
/// Intervals between steps, in the order of a parameter's values.
pub const UPDATE_MS: [u32; 6] = [160, 320, 480, 640, 800, 960];
/// Factors on the odds of a detection: 2 lets half as likely instruments pass.
pub const SENSITIVITY: RangeInclusive<f32> = 0.1..=10.0;
/// Seconds that an instrument stays named after it fell below its threshold.
pub const HOLD_S: RangeInclusive<f32> = 0.0..=10.0;

/// Which bus is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Input {
    /// The main input.
    #[default]
    Main,
    /// The sidechain input; where the host connects none, silence.
    Sidechain,
}

/// Which of its channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Channels {
    /// The mean of all channels.
    #[default]
    MonoSum,
    /// The first channel.
    Left,
    /// The second channel; the first of a mono bus.
    Right,
    /// Half the sum of the first two.
    Mid,
    /// Half the difference of the first two; silence for a mono bus.
    Side,
}

/// Current values of all parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Nothing is analysed.
    pub bypass: bool,
    /// Which bus is heard.
    pub input: Input,
    /// Which of its channels.
    pub channels: Channels,
    /// Seconds that the attention pools over, in [`MEMORY_S`].
    pub memory_s: f32,
    /// Time constant of a rising activity, in [`ATTACK_MS`].
    pub attack_ms: f32,
    /// Time constant of a falling activity, in [`RELEASE_MS`].
    pub release_ms: f32,
    /// Milliseconds between steps, one of [`UPDATE_MS`].
    pub update_ms: u32,
    /// Factor on the odds of a detection, in [`SENSITIVITY`].
    pub sensitivity: f32,
    /// Seconds that an instrument stays named, in [`HOLD_S`].
    pub hold_s: f32,
    /// The shown values stand still.
    pub freeze: bool,
    /// A new session begins when the transport starts.
    pub reset_on_play: bool,
    /// Controllers go out as MIDI.
    pub midi_cc: bool,
    /// Instruments go out as MIDI notes.
    pub midi_notes: bool,
    /// The last minute is kept in memory, so that a stretch of it can be saved as an example.
    pub keep_audio: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bypass: false,
            input: Input::Main,
            channels: Channels::MonoSum,
            memory_s: 3.0,
            attack_ms: 0.0,
            release_ms: 300.0,
            update_ms: UPDATE_MS[0],
            sensitivity: 1.0,
            hold_s: 0.5,
            freeze: false,
            reset_on_play: false,
            midi_cc: false,
            midi_notes: false,
            keep_audio: true,
        }
    }
}

impl Settings {
    /// A shipped threshold after the sensitivity: its odds divided by the factor, so that it stays within 0..=1.
    /// A factor of exactly 1 leaves it as it is, to the bit.
    #[must_use]
    pub fn threshold(&self, shipped: f32) -> f32 {
        if self.sensitivity == 1.0 {
            return shipped;
        }
        (shipped / (shipped + self.sensitivity * (1.0 - shipped))).clamp(0.0, 1.0)
    }
}

/// One parameter with its new value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// [`Settings::bypass`].
    Bypass(bool),
    /// [`Settings::input`].
    Input(Input),
    /// [`Settings::channels`].
    Channels(Channels),
    /// [`Settings::memory_s`].
    MemoryS(f32),
    /// [`Settings::attack_ms`].
    AttackMs(f32),
    /// [`Settings::release_ms`].
    ReleaseMs(f32),
    /// [`Settings::update_ms`]; other values go to the nearest one.
    UpdateMs(u32),
    /// [`Settings::sensitivity`].
    Sensitivity(f32),
    /// [`Settings::hold_s`].
    HoldS(f32),
    /// [`Settings::freeze`].
    Freeze(bool),
    /// [`Settings::reset_on_play`].
    ResetOnPlay(bool),
    /// [`Settings::midi_cc`].
    MidiCc(bool),
    /// [`Settings::midi_notes`].
    MidiNotes(bool),
    /// [`Settings::keep_audio`].
    KeepAudio(bool),
}

/// Which part of a user's gesture a change is, so that hosts record one undo step and one stretch of automation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gesture {
    /// A click: begins, changes and ends.
    Whole,
    /// A drag begins; the value counts already.
    Begin,
    /// A drag goes on.
    Move,
    /// A drag ends with this value.
    End,
}

/// How the editor reads and sets parameters; the plugin implements it over the host's parameters, tests over a cell.
pub trait Panel {
    /// The current values.
    fn settings(&self) -> Settings;
    /// Sets one; values out of range are clipped.
    fn change(&self, change: Change, gesture: Gesture);
}
