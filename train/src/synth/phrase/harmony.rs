//! Keys, scales and chord progressions.

use crate::base::seed::Chance;
use fastrand::Rng;

/// Scales in semitones above the tonic, with how often they are chosen.
const SCALES: &[(f32, &[u8])] = &[
    (0.34, &[0, 2, 4, 5, 7, 9, 11]),
    (0.20, &[0, 2, 3, 5, 7, 8, 10]),
    (0.10, &[0, 2, 3, 5, 7, 9, 10]),
    (0.08, &[0, 2, 4, 5, 7, 9, 10]),
    (0.07, &[0, 2, 3, 5, 7, 8, 11]),
    (0.08, &[0, 2, 4, 7, 9]),
    (0.06, &[0, 3, 5, 7, 10]),
    (0.05, &[0, 3, 5, 6, 7, 10]),
    (0.02, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
];

/// Progressions in degrees of the seven-note mode, from 0.
const PROGRESSIONS: &[&[u8]] = &[
    &[0, 4, 5, 3],
    &[0, 5, 3, 4],
    &[5, 3, 0, 4],
    &[0, 3, 4, 0],
    &[1, 4, 0, 0],
    &[0, 5, 1, 4],
    &[0, 0, 3, 0, 4, 3, 0, 4],
    &[0, 6, 5, 4],
    &[0, 2, 3, 4],
    &[0, 3],
    &[0, 6, 3, 0],
    &[0],
];

/// The key, scale and chords of one phrase.
#[derive(Debug, Clone)]
pub struct Harmony {
    tonic: u8,
    scale: &'static [u8],
    /// Seven-note mode that chords are built on.
    mode: &'static [u8],
    progression: &'static [u8],
    beats_per_chord: f32,
    sevenths: bool,
}

impl Harmony {
    /// Any key, scale and progression.
    pub fn choose(rng: &mut Rng) -> Self {
        let mut at = rng.f32();
        let chosen = SCALES.iter().find(|(share, _)| {
            at -= share;
            at <= 0.0
        });
        let scale = chosen.map_or(SCALES[0].1, |(_, scale)| scale);
        let minor = scale.contains(&3) && !scale.contains(&4);
        Self {
            tonic: rng.u8(0..12),
            scale,
            mode: if scale.len() == 7 { scale } else { SCALES[usize::from(minor)].1 },
            progression: PROGRESSIONS[rng.usize(..PROGRESSIONS.len())],
            beats_per_chord: *rng.pick(&[1.0, 2.0, 4.0, 4.0]),
            sevenths: rng.with(0.3),
        }
    }

    /// The same with a chord every so many beats.
    #[must_use]
    pub fn with_beats_per_chord(self, beats_per_chord: f32) -> Self {
        Self { beats_per_chord, ..self }
    }

    /// Symbol of the chord at a beat, as charts write it: `Am7`, `Gb`, `Bdim`.
    #[must_use]
    pub fn symbol(&self, beat: f32) -> String {
        const NAMES: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];
        let chord = self.chord(beat);
        let above = |n: usize| chord.get(n).map(|key| (key + 12 - chord[0]) % 12);
        let kind = match (above(1), above(2), above(3)) {
            (Some(3), Some(6), None) => "dim",
            (Some(3), Some(6), Some(10)) => "m7b5",
            (Some(3), Some(6), Some(9)) => "dim7",
            (Some(3), _, Some(11)) => "mM7",
            (Some(3), _, Some(_)) => "m7",
            (Some(3), ..) => "m",
            (_, Some(8), Some(11)) => "M7#5",
            (_, Some(8), Some(_)) => "aug7",
            (_, Some(8), None) => "aug",
            (.., Some(11)) => "M7",
            (.., Some(_)) => "7",
            _ => "",
        };
        format!("{}{kind}", NAMES[usize::from(chord[0])])
    }

    /// Keys of the scale from `low` to `high`; never empty for an octave or more.
    pub(super) fn scale_keys(&self, low: u8, high: u8) -> Vec<u8> {
        (low..=high).filter(|key| self.scale.contains(&((key + 12 - self.tonic) % 12))).collect()
    }

    fn degree(&self, beat: f32) -> usize {
        let chord = (beat.max(0.0) / self.beats_per_chord) as usize;
        self.progression[chord % self.progression.len()] as usize
    }

    /// Pitch classes of the chord at a beat, root first.
    pub(super) fn chord(&self, beat: f32) -> Vec<u8> {
        let root = self.degree(beat);
        let steps: &[usize] = if self.sevenths { &[0, 2, 4, 6] } else { &[0, 2, 4] };
        steps.iter().map(|step| (self.tonic + self.mode[(root + step) % 7]) % 12).collect()
    }

    /// Keys of the chord at a beat within a range, from below.
    pub(super) fn chord_keys(&self, beat: f32, low: u8, high: u8) -> Vec<u8> {
        let chord = self.chord(beat);
        (low..=high).filter(|key| chord.contains(&(key % 12))).collect()
    }

    /// Lowest key of the chord's root at or above `low`.
    pub(super) fn root_key(&self, beat: f32, low: u8) -> u8 {
        let root = self.chord(beat)[0];
        low + (root + 12 - low % 12) % 12
    }

    pub(super) fn beats_per_chord(&self) -> f32 {
        self.beats_per_chord
    }
}

/// Rhythms: how a beat or a few of them are divided; 1 is a beat.
const CELLS: &[&[f32]] = &[
    &[1.0],
    &[1.0],
    &[0.5, 0.5],
    &[0.5, 0.5],
    &[0.25, 0.25, 0.25, 0.25],
    &[0.75, 0.25],
    &[0.25, 0.25, 0.5],
    &[0.5, 0.25, 0.25],
    &[0.334, 0.333, 0.333],
    &[0.667, 0.333],
    &[1.5, 0.5],
    &[0.5, 1.0, 0.5],
    &[2.0],
    &[3.0],
    &[4.0],
];

/// Onsets and lengths in beats that fill `beats`, built from two or three cells that come back, as in music.
pub(super) fn rhythm(beats: f32, beat_s: f32, rng: &mut Rng) -> Vec<(f32, f32)> {
    let playable = |cell: &&&[f32]| cell.iter().all(|part| part * beat_s > 0.085);
    let usable: Vec<&[f32]> = CELLS.iter().filter(playable).copied().collect();
    let own: Vec<&[f32]> = (0..rng.usize(2..=4)).map(|_| *rng.pick(&usable)).collect();
    let mut at = 0.0;
    let mut onsets = Vec::new();
    while at < beats {
        for part in *rng.pick(&own) {
            onsets.push((at, *part));
            at += part;
        }
    }
    onsets
}
