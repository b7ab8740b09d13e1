//! Melodies, chords, strums, broken chords and bass lines.

use super::harmony::rhythm;
use super::{BEND, Control, EXPRESSION, Frame, Note, PEDAL, Phrase, VIBRATO};
use crate::base::seed::Chance;
use crate::synth::gm::Instrument;
use fastrand::Rng;

/// A melody that walks in the scale and lands on chord notes; `rests` is the share of places left silent.
fn melody(frame: &Frame, low: u8, high: u8, rests: f32, rng: &mut Rng) -> Vec<Note> {
    let keys = frame.harmony.scale_keys(low, high);
    let mut at = rng.usize(0..keys.len()) as i32;
    let leaps = rng.between(0.05, 0.35);
    let mut notes = Vec::new();
    let mut breath_in = rng.between(4.0, 10.0);
    for (beat, length) in rhythm(frame.beats(), frame.beat_s, rng) {
        breath_in -= length;
        if breath_in < 0.0 {
            breath_in = rng.between(4.0, 12.0);
            continue;
        }
        if rng.with(rests) {
            continue;
        }
        at += if rng.with(leaps) { rng.i32(-5..=5) } else { *rng.pick(&[-2, -1, -1, 1, 1, 2, 0]) };
        if at < 0 || at >= keys.len() as i32 {
            at = at.clamp(1, keys.len() as i32 - 2).clamp(0, keys.len() as i32 - 1);
        }
        let on_beat = beat.fract() < 0.01;
        if on_beat && rng.with(0.6) {
            let chord = frame.harmony.chord(beat);
            let near = (0..keys.len()).filter(|&k| chord.contains(&(keys[k] % 12)));
            if let Some(near) = near.min_by_key(|&k| (k as i32 - at).abs()) {
                at = near as i32;
            }
        }
        notes.push(Note {
            start_s: frame.time_s(beat, rng),
            length_s: (length * frame.beat_s * frame.gate).max(0.04),
            key: keys[at as usize],
            velocity: frame.velocity(if on_beat { 5.0 } else { -3.0 }, rng),
        });
    }
    notes
}

/// Wind and bowed strings: a line with swells, vibrato and slides.
pub(super) fn breathed(frame: &Frame, phrase: &mut Phrase, rng: &mut Rng) {
    let rests = rng.between(0.0, 0.2);
    phrase.notes = melody(frame, frame.low, frame.high, rests, rng);
    phrase.words.push("melody");
    if rng.with(0.5) {
        phrase.words.push("vibrato");
        phrase.controls.push(Control { time_s: 0.0, number: VIBRATO, value: rng.u8(15..90) });
    }
    if rng.with(0.4) {
        phrase.words.push("swelling");
        swell(frame, phrase, rng);
    }
    if rng.with(0.2) {
        phrase.words.push("sliding");
        slides(phrase, rng);
    }
}

fn swell(frame: &Frame, phrase: &mut Phrase, rng: &mut Rng) {
    let period_s = rng.between(1.0, 4.0);
    let deep = rng.between(20.0, 60.0);
    for step in 0..(frame.end_s / 0.05) as usize {
        let time_s = step as f32 * 0.05;
        let wave = 0.5 - 0.5 * (std::f32::consts::TAU * time_s / period_s).cos();
        phrase.controls.push(Control {
            time_s,
            number: EXPRESSION,
            value: (127.0 - deep * (1.0 - wave)) as u8,
        });
    }
}

/// Starts some notes up to two semitones off and bends them into tune within 80 to 200 ms.
fn slides(phrase: &mut Phrase, rng: &mut Rng) {
    let starts: Vec<f32> = phrase.notes.iter().filter(|n| n.length_s > 0.25).map(|n| n.start_s).collect();
    for start_s in starts {
        if !rng.with(0.3) {
            continue;
        }
        let from = *rng.pick(&[-64.0, -32.0, 32.0f32]);
        let over_s = rng.between(0.08, 0.2);
        for step in 0..=8 {
            let part = step as f32 / 8.0;
            let value = (64.0 + from * (1.0 - part)).clamp(0.0, 127.0) as u8;
            phrase.controls.push(Control { time_s: start_s + part * over_s, number: BEND, value });
        }
    }
}

/// One note at a time left to ring.
pub(super) fn plucked(frame: &Frame, phrase: &mut Phrase, rng: &mut Rng) {
    let rests = rng.between(0.0, 0.25);
    phrase.notes = melody(frame, frame.low, frame.high, rests, rng);
    for note in &mut phrase.notes {
        note.length_s *= rng.between(1.0, 2.5);
    }
    phrase.words.push("melody");
}

/// Bars and bells: lines, double stops, rolls and broken chords.
pub(super) fn mallets(frame: &Frame, phrase: &mut Phrase, rng: &mut Rng) {
    match rng.u8(0..10) {
        0..=4 => {
            plucked(frame, phrase, rng);
            if rng.with(0.4) {
                phrase.words.push("double stops");
                let keys = frame.harmony.scale_keys(frame.low, frame.high);
                for note in phrase.notes.clone() {
                    let at = keys.iter().position(|&k| k == note.key).unwrap_or(0);
                    if let Some(&key) = keys.get(at + 2) {
                        phrase.notes.push(Note { key, ..note });
                    }
                }
            }
        }
        5 | 6 => {
            phrase.words.push("tremolo");
            for note in melody(frame, frame.low, frame.high, 0.1, rng) {
                let mut at = 0.0;
                while at < note.length_s {
                    phrase.notes.push(Note { start_s: note.start_s + at, length_s: 0.15, ..note });
                    at += rng.between(0.07, 0.1);
                }
            }
        }
        _ => broken_chords(frame, phrase, frame.low, frame.high, rng),
    }
}

/// Chords note by note, up, down or in a pattern.
fn broken_chords(frame: &Frame, phrase: &mut Phrase, low: u8, high: u8, rng: &mut Rng) {
    phrase.words.push("arpeggio");
    let step =
        if frame.beat_s > 0.5 { *rng.pick(&[0.25, 0.333, 0.5]) } else { *rng.pick(&[0.334, 0.5, 1.0]) };
    let pattern: Vec<usize> = (0..rng.usize(4..=8)).map(|_| rng.usize(0..7)).collect();
    let climbs = rng.u8(0..3);
    let ring = rng.between(1.0, 4.0);
    for n in 0..(frame.beats() / step) as usize {
        let beat = n as f32 * step;
        let keys = frame.harmony.chord_keys(beat, low, high);
        if keys.is_empty() {
            continue;
        }
        let at = match climbs {
            0 => n % keys.len(),
            1 => (keys.len() - 1) - n % keys.len(),
            _ => pattern[n % pattern.len()] % keys.len(),
        };
        phrase.notes.push(Note {
            start_s: frame.time_s(beat, rng),
            length_s: (step * frame.beat_s * ring).max(0.06),
            key: keys[at],
            velocity: frame.velocity(if n % 4 == 0 { 6.0 } else { -3.0 }, rng),
        });
    }
}

/// Chords of two to `most` notes in a rhythm.
fn chords(frame: &Frame, phrase: &mut Phrase, low: u8, high: u8, most: usize, rng: &mut Rng) {
    phrase.words.push("chords");
    let held = rng.with(0.4);
    let places = if held {
        let long = frame.harmony.beats_per_chord().max(2.0);
        (0..(frame.beats() / long).ceil() as usize).map(|n| (n as f32 * long, long)).collect()
    } else {
        rhythm(frame.beats(), frame.beat_s, rng)
    };
    let voices = rng.usize(2..=most.max(2));
    for (beat, length) in places {
        if rng.with(0.08) {
            continue;
        }
        let keys = frame.harmony.chord_keys(beat, low, high);
        if keys.is_empty() {
            continue;
        }
        let first = rng.usize(0..=keys.len().saturating_sub(voices));
        let (start_s, roll_s) = (frame.time_s(beat, rng), rng.between(0.0, 0.012));
        let length_s = (length * frame.beat_s * frame.gate).max(0.06);
        for (n, &key) in keys[first..].iter().take(voices).enumerate() {
            let velocity = frame.velocity(0.0, rng);
            phrase.notes.push(Note { start_s: start_s + n as f32 * roll_s, length_s, key, velocity });
        }
    }
}

/// Piano and its kin: two hands.
pub(super) fn keys(frame: &Frame, instrument: &Instrument, phrase: &mut Phrase, rng: &mut Rng) {
    let split = rng.u8(52..=64).clamp(instrument.low + 12, instrument.high - 12);
    let (left_low, right_high) =
        (instrument.low.max(split.saturating_sub(24)), instrument.high.min(split + 26));
    match rng.u8(0..10) {
        0 | 1 => phrase.notes = melody(frame, frame.low, frame.high, 0.1, rng),
        2 | 3 => chords(frame, phrase, left_low, right_high, 6, rng),
        4 => broken_chords(frame, phrase, left_low, right_high, rng),
        5 | 6 => {
            broken_chords(frame, phrase, left_low, split, rng);
            phrase.notes.extend(melody(frame, split, right_high, 0.15, rng));
        }
        7 | 8 => {
            chords(frame, phrase, left_low, split + 4, 4, rng);
            phrase.notes.extend(melody(frame, split, right_high, 0.15, rng));
        }
        _ => {
            bass(frame, phrase, rng);
            for note in &mut phrase.notes {
                note.key = note.key.clamp(left_low, split);
            }
            chords(frame, phrase, split, right_high.min(split + 18), 4, rng);
        }
    }
    if rng.with(0.4) {
        phrase.words.push("pedal");
        let every_s = frame.harmony.beats_per_chord().max(2.0) * frame.beat_s;
        for n in 0..(frame.end_s / every_s) as usize {
            let time_s = frame.start_s + n as f32 * every_s;
            phrase.controls.push(Control { time_s, number: PEDAL, value: 0 });
            phrase.controls.push(Control { time_s: time_s + 0.06, number: PEDAL, value: 127 });
        }
    }
}

/// Organ, accordion, pads: what does not die away.
pub(super) fn sustained(frame: &Frame, phrase: &mut Phrase, rng: &mut Rng) {
    let middle = frame.low + (frame.high - frame.low) / 2;
    match rng.u8(0..10) {
        0..=2 => phrase.notes = melody(frame, frame.low, frame.high, 0.1, rng),
        3..=6 => chords(frame, phrase, frame.low, frame.high, 5, rng),
        7 => broken_chords(frame, phrase, frame.low, frame.high, rng),
        _ => {
            chords(frame, phrase, frame.low, middle.max(frame.low + 12), 3, rng);
            phrase.notes.extend(melody(frame, middle.min(frame.high - 12), frame.high, 0.1, rng));
        }
    }
    if rng.with(0.25) {
        phrase.words.push("swelling");
        swell(frame, phrase, rng);
    }
}

/// Guitar, banjo, harp: strums, picking and lines.
pub(super) fn strings(frame: &Frame, phrase: &mut Phrase, rng: &mut Rng) {
    match rng.u8(0..10) {
        0..=3 => strums(frame, phrase, rng),
        4..=6 => broken_chords(frame, phrase, frame.low, frame.high, rng),
        7 | 8 => {
            plucked(frame, phrase, rng);
            if rng.with(0.4) {
                phrase.words.push("sliding");
                slides(phrase, rng);
            }
        }
        _ => chords(frame, phrase, frame.low, frame.high, 4, rng),
    }
}

/// Strumming patterns on eight eighth notes: down, up, or rest.
const STRUMS: &[&[u8; 8]] =
    &[b"D-D-D-D-", b"D-DU-UDU", b"DUDUDUDU", b"D---D---", b"D-D-DUDU", b"D--UD--U", b"-U-U-U-U", b"D-------"];

fn strums(frame: &Frame, phrase: &mut Phrase, rng: &mut Rng) {
    phrase.words.push("strum");
    let pattern = *rng.pick(STRUMS);
    let eighth = if frame.beat_s > 0.36 { 0.5 } else { 1.0 };
    let between_s = rng.between(0.006, 0.028);
    let ring = rng.between(0.8, 2.2);
    for n in 0..(frame.beats() / eighth) as usize {
        let stroke = pattern[n % 8];
        if stroke == b'-' {
            continue;
        }
        let beat = n as f32 * eighth;
        let mut keys = frame.harmony.chord_keys(beat, frame.low, frame.high);
        keys.truncate(6);
        if stroke == b'U' {
            keys.reverse();
            keys.truncate(4);
        }
        let start_s = frame.time_s(beat, rng);
        for (string, &key) in keys.iter().enumerate() {
            phrase.notes.push(Note {
                start_s: start_s + string as f32 * between_s,
                length_s: (eighth * frame.beat_s * ring).max(0.08),
                key,
                velocity: frame.velocity(if stroke == b'D' { 3.0 } else { -8.0 }, rng),
            });
        }
    }
}

/// Bass: roots, fifths, walking, octaves, riffs.
pub(super) fn bass(frame: &Frame, phrase: &mut Phrase, rng: &mut Rng) {
    phrase.words.push("bass line");
    let low = frame.low.min(frame.high - 14);
    if rng.with(0.25) {
        phrase.notes = melody(frame, low, frame.high, 0.1, rng);
        return;
    }
    let style = rng.u8(0..5);
    let mut walk = 0usize;
    for (beat, length) in rhythm(frame.beats(), frame.beat_s, rng) {
        if rng.with(0.07) {
            continue;
        }
        let root = frame.harmony.root_key(beat, low);
        let key = match style {
            0 => root,
            1 => *rng.pick(&[root, root, root + 7]),
            2 => *rng.pick(&[root, root + 12]),
            3 => {
                let keys = frame.harmony.scale_keys(low, frame.high);
                walk = (walk + 1) % (2 * keys.len()).max(1);
                if walk < keys.len() { keys[walk] } else { keys[2 * keys.len() - 1 - walk] }
            }
            _ => *rng.pick(&frame.harmony.chord_keys(beat, root, root + 12)),
        };
        phrase.notes.push(Note {
            start_s: frame.time_s(beat, rng),
            length_s: (length * frame.beat_s * frame.gate).max(0.06),
            key: if key > frame.high { key - 12 } else { key },
            velocity: frame.velocity(0.0, rng),
        });
    }
}
