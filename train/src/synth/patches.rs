//! Gravis UltraSound patches (`.pat`): the notes of one instrument, looped where they were recorded short.
//!
//! Layout after the format's description in the Gravis SDK (`GF1PATCH110`): a header of 239 bytes up to the first
//! sample's, then 96 bytes and the data of each sample. All numbers are little endian.

use super::gm::{Instrument, Manner};
use crate::audio::resample::{resample, transpose};
use anyhow::{Context, Result, ensure};
use rollcall_engine::SAMPLE_RATE_HZ;
use std::{fs, path::Path};

const MAGIC: &[u8] = b"GF1PATCH1";
const SAMPLES_AT: usize = 239;
const SAMPLE_HEADER: usize = 96;
/// Looped sounds are held for this long, in seconds.
const HELD_S: f32 = 3.0;
/// Time in which a looped pluck or stroke falls by 60 dB, in seconds.
const RINGS_S: f32 = 4.0;
/// A sample serves for all keys of its range, one recording for this many semitones.
const SPACING: usize = 4;

/// One note of a patch.
#[derive(Debug, Clone)]
pub struct Note {
    /// Mono, 16 kHz.
    pub samples: Vec<f32>,
    /// MIDI pitch.
    pub pitch: f32,
}

/// The General MIDI program that a file of a patch set is named by: `056_Trumpet.pat`.
#[must_use]
pub fn program(name: &str) -> Option<u8> {
    let (number, _) = name.strip_suffix(".pat")?.split_once('_')?;
    number.parse().ok().filter(|n| *n < 128)
}

/// The notes that a patch gives an instrument, within its range.
///
/// # Errors
/// A file that cannot be read, is no patch, or ends before its samples do.
pub fn read(path: &Path, instrument: &Instrument) -> Result<Vec<Note>> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    parse(&bytes, instrument).with_context(|| format!("{}: no Gravis patch", path.display()))
}

fn parse(bytes: &[u8], instrument: &Instrument) -> Result<Vec<Note>> {
    ensure!(bytes.starts_with(MAGIC), "it does not begin with GF1PATCH1");
    let count = *bytes.get(198).context("it ends within its header")?;
    let (mut at, mut notes) = (SAMPLES_AT, Vec::new());
    for number in 0..count {
        let header =
            bytes.get(at..at + SAMPLE_HEADER).with_context(|| format!("sample {number} is missing"))?;
        let sample = Sample::read(header);
        at += SAMPLE_HEADER;
        let data = bytes
            .get(at..at + sample.length)
            .with_context(|| format!("sample {number}: {} bytes claimed, fewer left", sample.length))?;
        at += sample.length;
        notes.extend(sample.notes(data, instrument)?);
    }
    Ok(notes)
}

/// What the header of a sample says; lengths and places in bytes.
struct Sample {
    length: usize,
    loop_start: usize,
    loop_end: usize,
    rate_hz: u32,
    /// Lowest key, highest key and pitch of the recording, in MIDI keys.
    low: f32,
    high: f32,
    root: f32,
    modes: u8,
}

impl Sample {
    fn read(header: &[u8]) -> Self {
        let number =
            |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let key = |at: usize| 69.0 + 12.0 * (number(at).max(1) as f32 / 440_000.0).log2();
        Self {
            length: number(8) as usize,
            loop_start: number(12) as usize,
            loop_end: number(16) as usize,
            rate_hz: u32::from(u16::from_le_bytes([header[20], header[21]])),
            low: key(22),
            high: key(26),
            root: key(30),
            modes: header[55],
        }
    }

    fn has(&self, bit: u8) -> bool {
        self.modes & (1 << bit) != 0
    }

    fn notes(&self, data: &[u8], instrument: &Instrument) -> Result<Vec<Note>> {
        let width = if self.has(0) { 2 } else { 1 };
        let recorded = decode(data, width, self.has(1));
        let held = if self.has(2) {
            let around = (self.loop_start / width, (self.loop_end / width).min(recorded.len()));
            let decays = !matches!(instrument.manner, Manner::Line | Manner::Sustained);
            looped(recorded, around, self.has(3), self.rate_hz, decays)
        } else {
            recorded
        };
        let native = resample(&held, self.rate_hz, SAMPLE_RATE_HZ)?;
        let (low, high) =
            (self.low.max(f32::from(instrument.low)), self.high.min(f32::from(instrument.high)));
        let keys = (low.ceil() as usize..=high.max(0.0) as usize).step_by(SPACING);
        keys.map(|key| Ok(Note { samples: transpose(&native, key as f32 - self.root)?, pitch: key as f32 }))
            .collect()
    }
}

/// PCM of one or two bytes, signed or not, to -1..1.
fn decode(data: &[u8], width: usize, unsigned: bool) -> Vec<f32> {
    let offset = if unsigned { 1.0 } else { 0.0 };
    if width == 2 {
        let words = data.chunks_exact(2).map(|b| [b[0], b[1]]);
        let signed = |b: [u8; 2]| {
            if unsigned { f32::from(u16::from_le_bytes(b)) } else { f32::from(i16::from_le_bytes(b)) }
        };
        words.map(|b| signed(b) / 32_768.0 - offset).collect()
    } else {
        data.iter()
            .map(|&b| if unsigned { f32::from(b) } else { f32::from(b as i8) } / 128.0 - offset)
            .collect()
    }
}

/// The sound up to its loop and then the loop again and again; `decays`: as a string that was plucked.
fn looped(
    recorded: Vec<f32>,
    (start, end): (usize, usize),
    there_and_back: bool,
    rate_hz: u32,
    decays: bool,
) -> Vec<f32> {
    if start + 1 >= end {
        return recorded;
    }
    let mut turn = recorded[start..end].to_vec();
    if there_and_back {
        turn.extend(recorded[start..end].iter().rev());
    }
    let held = (HELD_S * rate_hz as f32) as usize;
    let mut out = recorded[..start].to_vec();
    while out.len() < held.max(end) {
        out.extend_from_slice(&turn);
    }
    if decays {
        let step = 10f32.powf(-3.0 / (RINGS_S * rate_hz as f32));
        let mut level = 1.0;
        for s in &mut out[start..] {
            *s *= level;
            level *= step;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUMPET: Instrument =
        Instrument { class: "trumpet", programs: &[56], manner: Manner::Line, low: 54, high: 86 };

    /// A patch of one 16-bit sample: a sine at A4, 4000 frames at 22,050 Hz, looped over its last half.
    fn patch() -> Vec<u8> {
        let frames: Vec<i16> = (0..4_000)
            .map(|i| ((i as f32 * 440.0 / 22_050.0 * std::f32::consts::TAU).sin() * 16_000.0) as i16)
            .collect();
        let mut bytes = vec![0; SAMPLES_AT + SAMPLE_HEADER];
        bytes[..12].copy_from_slice(b"GF1PATCH110\0");
        bytes[198] = 1;
        let mut put =
            |at: usize, value: u32| bytes[SAMPLES_AT + at..][..4].copy_from_slice(&value.to_le_bytes());
        for (at, value) in [(8, 8_000), (12, 3_990), (16, 7_999), (22, 220_000), (26, 880_000), (30, 440_000)]
        {
            put(at, value);
        }
        bytes[SAMPLES_AT + 20..][..2].copy_from_slice(&22_050u16.to_le_bytes());
        bytes[SAMPLES_AT + 55] = 0b101;
        bytes.extend(frames.iter().flat_map(|f| f.to_le_bytes()));
        bytes
    }

    #[test]
    fn a_patch_gives_notes_over_its_range_at_their_pitch() {
        let notes = parse(&patch(), &TRUMPET).unwrap();
        assert_eq!(
            notes.iter().map(|n| n.pitch).collect::<Vec<_>>(),
            [57.0, 61.0, 65.0, 69.0, 73.0, 77.0, 81.0]
        );
        for note in &notes {
            let hz = 440.0 * ((note.pitch - 69.0) / 12.0).exp2();
            let one_s = &note.samples[..SAMPLE_RATE_HZ as usize];
            let rises = one_s.windows(2).filter(|w| w[0] <= 0.0 && w[1] > 0.0).count();
            assert!((rises as f32 - hz).abs() < 0.05 * hz, "{hz} Hz: {rises} periods in a second");
        }
    }

    #[test]
    fn a_pluck_dies_away_where_it_loops() {
        let strings = Instrument { manner: Manner::Strings, ..TRUMPET };
        let peak = |samples: &[f32]| samples.iter().fold(0f32, |p, s| p.max(s.abs()));
        let note = &parse(&patch(), &strings).unwrap()[3];
        let (first, last) = (&note.samples[..4_000], &note.samples[44_000..]);
        assert!(peak(last) < 0.03 * peak(first), "{} after {}", peak(last), peak(first));
    }

    #[test]
    fn half_a_patch_and_no_patch_are_refused() {
        let whole = patch();
        let error = |bytes: &[u8]| format!("{:#}", parse(bytes, &TRUMPET).unwrap_err());
        assert!(error(&whole[..whole.len() - 1]).contains("8000 bytes claimed"));
        assert!(error(&whole[..SAMPLES_AT + 4]).contains("sample 0 is missing"));
        assert!(error(b"RIFF").contains("GF1PATCH1"));
    }

    #[test]
    fn files_are_named_by_their_program() {
        assert_eq!(program("056_Trumpet.pat"), Some(56));
        assert_eq!(program("000_Acoustic_Grand_Piano.txt"), None);
        assert_eq!(program("200_x.pat"), None);
    }
}
