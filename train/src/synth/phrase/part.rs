//! A phrase as notes and controls over time, for one instrument.

use super::harmony::Harmony;
use crate::base::seed::Chance;
use fastrand::Rng;

/// One note.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note {
    /// Onset, in seconds from the start of the phrase.
    pub start_s: f32,
    /// From onset to release, in seconds.
    pub length_s: f32,
    /// MIDI key.
    pub key: u8,
    /// MIDI velocity, 1..=127.
    pub velocity: u8,
}

/// A MIDI controller set at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Control {
    /// In seconds from the start of the phrase.
    pub time_s: f32,
    /// Controller number; [`BEND`] for the pitch wheel.
    pub number: u8,
    /// 0..=127; for the pitch wheel 64 is the middle and the range is two semitones.
    pub value: u8,
}

/// Number that stands for the pitch wheel among the controllers.
pub const BEND: u8 = 128;

/// Modulation wheel: vibrato.
pub const VIBRATO: u8 = 1;

/// Expression: loudness within a note.
pub const EXPRESSION: u8 = 11;

/// Sustain pedal.
pub const PEDAL: u8 = 64;

/// A phrase for one instrument.
#[derive(Debug, Clone, PartialEq)]
pub struct Phrase {
    /// Notes in order of their onsets.
    pub notes: Vec<Note>,
    /// Controllers in order of time.
    pub controls: Vec<Control>,
    /// Where the phrase is cut, in seconds: the last notes may ring up to there.
    pub length_s: f32,
    /// What was done, in words: `legato`, `chords`, `fast`, ...
    pub words: Vec<&'static str>,
}

/// The frame of a phrase: everything that is chosen once.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) harmony: Harmony,
    pub(super) beat_s: f32,
    /// Onset of the first beat.
    pub(super) start_s: f32,
    /// No note begins after this.
    pub(super) end_s: f32,
    pub(super) low: u8,
    pub(super) high: u8,
    /// Middle of the velocities: 35 (pp) to 112 (ff).
    pub(super) loudness: f32,
    /// Share of a note's place that it sounds: staccato .3 to legato 1.05.
    pub(super) gate: f32,
    /// Deviation of onsets, in seconds.
    pub(super) looseness_s: f32,
}

impl Frame {
    pub(super) fn beats(&self) -> f32 {
        (self.end_s - self.start_s) / self.beat_s
    }

    pub(super) fn time_s(&self, beat: f32, rng: &mut Rng) -> f32 {
        (self.start_s + beat * self.beat_s + self.looseness_s * rng.normal()).max(0.0)
    }

    pub(super) fn velocity(&self, accent: f32, rng: &mut Rng) -> u8 {
        (self.loudness + accent + 5.0 * rng.normal()).round().clamp(18.0, 127.0) as u8
    }
}
