//! Scores: a Standard MIDI File as phrases for instruments and a groove for the kit.

use crate::synth::gm::Piece;
use crate::synth::phrase::{BEND, Control, EXPRESSION, Groove, Hit, Note, PEDAL, Phrase, VIBRATO};
use anyhow::{Context, Result, ensure};
use midly::{MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};
use std::collections::BTreeMap;

/// Channel of the drum kit, counted from 0 (General MIDI 1).
const PERCUSSION: u8 = 9;
/// Controllers that are heard in mono: modulation, data entry, volume, expression, pedal and the registered parameter that
/// sets the range of the pitch wheel.
const HEARD: [u8; 8] = [VIBRATO, 6, 7, EXPRESSION, 38, PEDAL, 100, 101];
/// Tempo until the file names one, in microseconds a beat (Standard MIDI Files 1.0).
const BEAT_US: u32 = 500_000;
/// What is left of a note at a cut is played again from this length on, in seconds.
const SHORTEST_REST_S: f32 = 0.1;

/// What a band plays.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Programs of General MIDI, from 0, each with what it plays; as many entries of a program as channels play it.
    pub parts: Vec<(u8, Phrase)>,
    /// The kit's strokes; percussion that is no part of a kit is left out.
    pub kit: Groove,
    /// From the first beat to the last release, in seconds.
    pub length_s: f32,
}

/// A note that is held while the file is read.
struct Held {
    start_s: f32,
    velocity: u8,
    program: u8,
}

/// What has been read of a file.
#[derive(Default)]
struct Reader {
    programs: [u8; 16],
    held: BTreeMap<(u8, u8), Held>,
    notes: BTreeMap<(u8, u8), Vec<Note>>,
    controls: BTreeMap<u8, Vec<Control>>,
    hits: Vec<Hit>,
}

impl Score {
    /// Reads a Standard MIDI File.
    ///
    /// # Errors
    /// Not such a file, a broken one, or one without a single note.
    pub fn read(file: &[u8]) -> Result<Self> {
        let smf = Smf::parse(file).context("no Standard MIDI File, or a broken one")?;
        let mut events = Vec::new();
        for track in &smf.tracks {
            let mut tick = 0u64;
            for event in track {
                tick += u64::from(event.delta.as_int());
                events.push((tick, event.kind));
            }
        }
        // Stable: at one tick the order within a track, and of the tracks, stays.
        events.sort_by_key(|(tick, _)| *tick);

        let tick_s = |beat_us: u32| match smf.header.timing {
            Timing::Metrical(ticks) => f64::from(beat_us) / 1e6 / f64::from(ticks.as_int().max(1)),
            Timing::Timecode(rate, ticks) => 1.0 / (f64::from(rate.as_f32()) * f64::from(ticks.max(1))),
        };
        let (mut last_tick, mut time_s, mut length_s) = (0, 0.0, tick_s(BEAT_US));
        let mut reader = Reader::default();
        for (tick, kind) in events {
            time_s += (tick - last_tick) as f64 * length_s;
            last_tick = tick;
            match kind {
                TrackEventKind::Meta(MetaMessage::Tempo(beat_us)) => length_s = tick_s(beat_us.as_int()),
                TrackEventKind::Midi { channel, message } => {
                    reader.take(channel.as_int(), message, time_s as f32);
                }
                _ => {}
            }
        }
        let score = reader.finish(time_s as f32);
        ensure!(!score.parts.is_empty() || !score.kit.hits.is_empty(), "nobody plays a note in it");
        Ok(score)
    }

    /// A part of the score; what sounds at a cut is played again after it.
    #[must_use]
    pub fn excerpt(&self, start_s: f32, length_s: f32) -> Self {
        let end_s = (start_s + length_s).min(self.length_s);
        let length_s = end_s - start_s;
        let cut = |note: &Note| {
            let from_s = note.start_s.max(start_s);
            let rest_s = note.start_s + note.length_s - from_s;
            let sounds = note.start_s < end_s && (note.start_s >= start_s || rest_s > SHORTEST_REST_S);
            sounds.then_some(Note { start_s: from_s - start_s, length_s: rest_s, ..*note })
        };
        // What was set before the cut still holds after it, in the order in which it was set.
        let later = |c: &Control| Control { time_s: (c.time_s - start_s).max(0.0), ..*c };
        let parts = self.parts.iter().map(|(program, phrase)| {
            let notes = phrase.notes.iter().filter_map(cut).collect();
            let controls = phrase.controls.iter().filter(|c| c.time_s < end_s).map(later).collect();
            (*program, Phrase { notes, controls, length_s, words: phrase.words.clone() })
        });
        let hits = self.kit.hits.iter().filter(|hit| (start_s..end_s).contains(&hit.time_s));
        Self {
            parts: parts.filter(|(_, phrase)| !phrase.notes.is_empty()).collect(),
            kit: Groove {
                hits: hits.map(|hit| Hit { time_s: hit.time_s - start_s, ..*hit }).collect(),
                length_s,
                words: self.kit.words.clone(),
            },
            length_s,
        }
    }
}

impl Reader {
    fn take(&mut self, channel: u8, message: MidiMessage, time_s: f32) {
        let control = |number, value| Control { time_s, number, value };
        match message {
            MidiMessage::NoteOn { key, vel } if vel.as_int() > 0 => {
                self.release(channel, key.as_int(), time_s);
                if channel == PERCUSSION {
                    let piece = Piece::of_key(key.as_int());
                    self.hits.extend(piece.map(|piece| Hit { piece, time_s, velocity: vel.as_int() }));
                } else {
                    let program = self.programs[usize::from(channel)];
                    let held = Held { start_s: time_s, velocity: vel.as_int(), program };
                    self.held.insert((channel, key.as_int()), held);
                }
            }
            MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
                self.release(channel, key.as_int(), time_s);
            }
            MidiMessage::ProgramChange { program } => {
                self.programs[usize::from(channel)] = program.as_int();
            }
            MidiMessage::Controller { controller, value } if HEARD.contains(&controller.as_int()) => {
                let control = control(controller.as_int(), value.as_int());
                self.controls.entry(channel).or_default().push(control);
            }
            MidiMessage::PitchBend { bend } => {
                let control = control(BEND, (bend.0.as_int() >> 7) as u8);
                self.controls.entry(channel).or_default().push(control);
            }
            _ => {}
        }
    }

    fn release(&mut self, channel: u8, key: u8, time_s: f32) {
        if let Some(Held { start_s, velocity, program }) = self.held.remove(&(channel, key)) {
            let note = Note { start_s, length_s: time_s - start_s, key, velocity };
            self.notes.entry((channel, program)).or_default().push(note);
        }
    }

    fn finish(mut self, length_s: f32) -> Score {
        for (channel, key) in self.held.keys().copied().collect::<Vec<_>>() {
            self.release(channel, key, length_s);
        }
        let controls = &self.controls;
        let part = |((channel, program), mut notes): ((u8, u8), Vec<Note>)| {
            notes.sort_by(|a, b| a.start_s.total_cmp(&b.start_s).then(a.key.cmp(&b.key)));
            let controls = controls.get(&channel).cloned().unwrap_or_default();
            (program, Phrase { notes, controls, length_s, words: Vec::new() })
        };
        Score {
            parts: self.notes.into_iter().map(part).collect(),
            kit: Groove { hits: self.hits, length_s, words: Vec::new() },
            length_s,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `golden/band.mid`: a bar each of piano chords (C, then Am) at 120 and 60 beats a minute, a walking bass that swells, kick,
    /// hi-hat and a conga, and a trumpet that comes in on the channel of the bass; by `golden/generate_band.py`.
    const BAND: &[u8] = include_bytes!("../../../tests/golden/band.mid");

    fn starts(phrase: &Phrase) -> Vec<(u8, f32)> {
        phrase.notes.iter().map(|n| (n.key, n.start_s)).collect()
    }

    #[test]
    fn reads_parts_programs_tempo_and_kit() {
        let score = Score::read(BAND).unwrap();
        let programs: Vec<u8> = score.parts.iter().map(|(program, _)| *program).collect();
        assert_eq!(programs, [0, 32, 56]);
        // Four beats of half a second, then four of a second.
        assert!((score.length_s - 6.0).abs() < 1e-3, "{}", score.length_s);
        let piano = &score.parts[0].1;
        assert_eq!(starts(piano), [(60, 0.0), (64, 0.0), (67, 0.0), (57, 2.0), (60, 2.0), (64, 2.0)]);
        assert!(piano.notes.iter().take(3).all(|n| (n.length_s - 2.0).abs() < 1e-3 && n.velocity == 80));
        let bass = &score.parts[1].1;
        assert_eq!(starts(bass), [(36, 0.0), (40, 0.5), (43, 1.0), (45, 1.5)]);
        assert!(bass.controls.contains(&Control { time_s: 1.0, number: EXPRESSION, value: 100 }));
        assert!(bass.controls.contains(&Control { time_s: 1.5, number: BEND, value: 96 }));
        assert!(bass.controls.iter().all(|c| c.number != 10), "panning is not heard in mono");
        assert_eq!(starts(&score.parts[2].1), [(69, 2.0), (72, 4.0)]);
        let kit: Vec<_> = score.kit.hits.iter().map(|h| (h.piece, h.time_s)).collect();
        assert_eq!(kit[..3], [(Piece::Kick, 0.0), (Piece::HatClosed, 0.5), (Piece::Kick, 1.0)]);
        assert_eq!(kit.len(), 8, "the conga is no part of a kit: {kit:?}");
    }

    #[test]
    fn an_excerpt_plays_on_what_sounds_at_its_start() {
        let excerpt = Score::read(BAND).unwrap().excerpt(1.2, 2.0);
        assert!((excerpt.length_s - 2.0).abs() < 1e-6);
        let (_, piano) = &excerpt.parts[0];
        let held = piano.notes[0];
        assert_eq!((held.key, held.start_s), (60, 0.0));
        assert!((held.length_s - 0.8).abs() < 1e-3);
        assert!((piano.notes[3].start_s - 0.8).abs() < 1e-3);
        let (_, bass) = &excerpt.parts[1];
        assert!(bass.controls.contains(&Control { time_s: 0.0, number: EXPRESSION, value: 100 }));
        assert!(excerpt.kit.hits.iter().all(|h| (0.0..2.0).contains(&h.time_s)));
        // Beyond the end there is nothing, and nobody.
        let tail = Score::read(BAND).unwrap().excerpt(5.5, 10.0);
        assert!((tail.length_s - 0.5).abs() < 1e-3);
    }

    #[test]
    fn what_is_no_score_is_refused() {
        for broken in [&b""[..], b"RIFF", &BAND[..20]] {
            assert!(Score::read(broken).is_err());
        }
        // Whatever is cut off or changed, it is read or refused, and nothing panics.
        for end in 0..BAND.len() {
            let _ = Score::read(&BAND[..end]);
        }
        for at in 0..BAND.len() {
            let mut file = BAND.to_vec();
            file[at] ^= 0x55;
            if let Ok(score) = Score::read(&file) {
                let _ = score.excerpt(0.0, 10.0);
            }
        }
    }
}
