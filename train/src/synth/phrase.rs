//! Writing short phrases of music: seeded, in the register and manner of an instrument.

mod drums;
mod harmony;
mod lines;

pub use drums::{Groove, Hit, groove};

use super::gm::{Instrument, Manner};
use crate::base::seed::Chance;
use fastrand::Rng;
pub use harmony::Harmony;

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
struct Frame {
    harmony: Harmony,
    beat_s: f32,
    /// Onset of the first beat.
    start_s: f32,
    /// No note begins after this.
    end_s: f32,
    low: u8,
    high: u8,
    /// Middle of the velocities: 35 (pp) to 112 (ff).
    loudness: f32,
    /// Share of a note's place that it sounds: staccato .3 to legato 1.05.
    gate: f32,
    /// Deviation of onsets, in seconds.
    looseness_s: f32,
}

impl Frame {
    fn beats(&self) -> f32 {
        (self.end_s - self.start_s) / self.beat_s
    }

    fn time_s(&self, beat: f32, rng: &mut Rng) -> f32 {
        (self.start_s + beat * self.beat_s + self.looseness_s * rng.normal()).max(0.0)
    }

    fn velocity(&self, accent: f32, rng: &mut Rng) -> u8 {
        (self.loudness + accent + 5.0 * rng.normal()).round().clamp(18.0, 127.0) as u8
    }
}

/// Writes a phrase of `seconds` for an instrument.
#[must_use]
pub fn write(instrument: &Instrument, seconds: f32, rng: &mut Rng) -> Phrase {
    write_over(instrument, None, seconds, rng)
}

/// The same over given chords at a tempo in beats a minute, where there are some.
#[must_use]
pub fn write_over(
    instrument: &Instrument,
    song: Option<(&Harmony, f32)>,
    seconds: f32,
    rng: &mut Rng,
) -> Phrase {
    let mut words = Vec::new();
    let bpm = song.map_or_else(|| rng.between(56.0, 168.0), |(_, bpm)| bpm);
    words.push(if bpm < 84.0 {
        "slow"
    } else if bpm > 132.0 {
        "fast"
    } else {
        "moderate"
    });
    // A part of the register, as players stay in one for a phrase.
    let span = (instrument.high - instrument.low).min(rng.u8(14..=31));
    let low = rng.u8(instrument.low..=instrument.high - span);
    let start_s = if rng.with(0.3) { rng.between(0.2, 1.8) } else { rng.between(0.0, 0.15) };
    let tail_s = if rng.with(0.35) { rng.between(0.8, 2.5) } else { 0.05 };
    let loudness = rng.between(38.0, 112.0);
    words.push(if loudness < 60.0 {
        "soft"
    } else if loudness > 92.0 {
        "loud"
    } else {
        "medium"
    });
    let gate = match rng.u8(0..10) {
        0 | 1 => rng.between(0.25, 0.5),
        2..=5 => rng.between(0.7, 0.95),
        _ => rng.between(0.96, 1.06),
    };
    words.push(if gate < 0.5 {
        "staccato"
    } else if gate > 0.95 {
        "legato"
    } else {
        "detached"
    });
    let frame = Frame {
        harmony: song.map_or_else(|| Harmony::choose(rng), |(harmony, _)| harmony.clone()),
        beat_s: 60.0 / bpm,
        start_s,
        end_s: seconds - tail_s,
        low,
        high: low + span,
        loudness,
        gate,
        looseness_s: rng.between(0.002, 0.014),
    };
    let mut phrase = Phrase { notes: Vec::new(), controls: Vec::new(), length_s: seconds, words };
    match instrument.manner {
        Manner::Line => lines::breathed(&frame, &mut phrase, rng),
        Manner::Plucked => lines::plucked(&frame, &mut phrase, rng),
        Manner::Mallets => lines::mallets(&frame, &mut phrase, rng),
        Manner::Bass => lines::bass(&frame, &mut phrase, rng),
        Manner::Keys => lines::keys(&frame, instrument, &mut phrase, rng),
        Manner::Sustained => lines::sustained(&frame, &mut phrase, rng),
        Manner::Strings => lines::strings(&frame, &mut phrase, rng),
    }
    phrase.notes.retain(|n| n.start_s < frame.end_s);
    phrase.notes.sort_by(|a, b| a.start_s.total_cmp(&b.start_s).then(a.key.cmp(&b.key)));
    phrase.controls.sort_by(|a, b| a.time_s.total_cmp(&b.time_s).then(a.number.cmp(&b.number)));
    phrase
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seed;
    use crate::synth::gm::INSTRUMENTS;

    #[test]
    fn same_seed_same_phrase() {
        for instrument in INSTRUMENTS {
            let write_with = |key| write(instrument, 8.0, &mut seed::rng(1, key));
            assert_eq!(write_with("x"), write_with("x"));
            assert_ne!(write_with("x"), write_with("y"));
        }
    }

    #[test]
    fn phrases_stay_within_register_and_time() {
        for instrument in INSTRUMENTS {
            let mut notes = 0;
            for n in 0..60 {
                let phrase = write(instrument, 8.0, &mut seed::rng(n, "bounds"));
                notes += phrase.notes.len();
                for note in &phrase.notes {
                    assert!(note.start_s >= 0.0 && note.start_s < 8.0, "{note:?}");
                    assert!(note.length_s > 0.02 && note.velocity > 0 && note.velocity < 128, "{note:?}");
                    assert!(
                        note.key >= instrument.low && note.key <= instrument.high,
                        "{instrument:?} {note:?}"
                    );
                }
            }
            assert!(notes > 60 * 2, "{instrument:?} plays {notes} notes in 60 phrases");
        }
    }
}
