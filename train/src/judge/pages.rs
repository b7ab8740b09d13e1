//! Real solo recordings as web pages about instruments play them, cut into pieces: what a model is chosen by. They are in no pool, so that nothing
//! is trained on them and no threshold is tuned on them.

use super::guess::{Guesses, first_guess};
use crate::audio::decode::decode;
use crate::base::class;
use crate::sources::parts::is_page;
use anyhow::{Context, Result, ensure};
use rollcall_engine::{OPENMIC_CLASSES, SAMPLE_RATE_HZ};
use serde::Deserialize;
use std::path::Path;

/// Length of a piece, in seconds: OpenMIC's.
const PIECE_S: usize = 10;
/// What is left over at a recording's end counts from this length on, in seconds.
const SHORTEST_S: usize = 2;
/// Of a longer recording only this much counts, in seconds: three pieces, so that no player outweighs the others.
const LONGEST_S: usize = 30;

/// A piece of one recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Mono, at most 10 s, at the rate that was asked for.
    pub samples: Vec<f32>,
    /// Index of the class that plays, in [`OPENMIC_CLASSES`]; no other does.
    pub class: usize,
    /// The recording that it was cut from.
    pub file: String,
}

impl Piece {
    /// Whether each class plays, as [`super::guess::rank`] asks for it.
    #[must_use]
    pub fn truth(&self) -> Vec<Option<bool>> {
        (0..OPENMIC_CLASSES.len()).map(|class| Some(class == self.class)).collect()
    }
}

#[derive(Deserialize)]
struct Entry {
    path: String,
    class: String,
    source: String,
}

/// The pieces of all such recordings of a labelled folder, in the order of its `index.csv`, at 16 kHz.
///
/// # Errors
/// A missing index or file, an unknown class, audio that cannot be decoded, or a folder that has no such recordings.
pub fn pieces(folder: &Path) -> Result<Vec<Piece>> {
    pieces_of(folder, &is_page, SAMPLE_RATE_HZ)
}

/// The same at another rate: as the recordings are, for who hears more than 8 kHz of them.
///
/// # Errors
/// As [`pieces`].
pub fn pieces_at(folder: &Path, rate_hz: u32) -> Result<Vec<Piece>> {
    pieces_of(folder, &is_page, rate_hz)
}

/// The same of all recordings whose source is wanted.
///
/// # Errors
/// As [`pieces`].
pub fn pieces_of(folder: &Path, wanted: &dyn Fn(&str) -> bool, rate_hz: u32) -> Result<Vec<Piece>> {
    let path = folder.join("index.csv");
    let mut reader = csv::Reader::from_path(&path)
        .with_context(|| format!("{}: a folder of recordings needs an index.csv", path.display()))?;
    let mut pieces = Vec::new();
    for (row, entry) in reader.deserialize().enumerate() {
        let entry: Entry = entry.with_context(|| format!("{}: row {}", path.display(), row + 1))?;
        if !wanted(&entry.source) {
            continue;
        }
        let class = class::index(&entry.class).with_context(|| {
            format!("{}: row {}: {:?} is none of the 20 classes", path.display(), row + 1, entry.class)
        })?;
        let samples = decode(&folder.join(&entry.path), rate_hz)?;
        let piece = |samples: &[f32]| Piece { samples: samples.to_vec(), class, file: entry.path.clone() };
        pieces.extend(cut(&samples, rate_hz).map(piece));
    }
    ensure!(!pieces.is_empty(), "{}: no recordings of a source that is asked for", path.display());
    Ok(pieces)
}

/// The pieces of one recording.
fn cut(samples: &[f32], rate_hz: u32) -> impl Iterator<Item = &[f32]> {
    let second = rate_hz as usize;
    let counted = &samples[..samples.len().min(LONGEST_S * second)];
    counted.chunks(PIECE_S * second).filter(move |piece| piece.len() >= SHORTEST_S * second)
}

/// First guesses on pieces, by scores (posteriors or logits) of each, `[pieces][20]`.
///
/// # Panics
/// Not as many scores as pieces.
#[must_use]
pub fn guesses(pieces: &[Piece], scores: &[Vec<f32>]) -> Option<Guesses> {
    assert_eq!(pieces.len(), scores.len(), "a score a piece");
    let truths: Vec<_> = pieces.iter().map(Piece::truth).collect();
    first_guess(scores.iter().map(Vec::as_slice).zip(truths.iter().map(Vec::as_slice)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hound::{SampleFormat, WavSpec, WavWriter};

    fn write(folder: &Path, name: &str, seconds: f32) {
        let spec = WavSpec {
            channels: 1,
            sample_rate: SAMPLE_RATE_HZ,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut wav = WavWriter::create(folder.join(name), spec).unwrap();
        for n in 0..(seconds * SAMPLE_RATE_HZ as f32) as usize {
            wav.write_sample((8_000.0 * (n as f32 * 0.1).sin()) as i16).unwrap();
        }
        wav.finalize().unwrap();
    }

    #[test]
    fn recordings_are_cut_from_their_start() {
        let folder = tempfile::tempdir().unwrap();
        let lengths_s = [("a.wav", 1.9), ("b.wav", 2.0), ("c.wav", 12.5), ("d.wav", 21.9), ("e.wav", 40.0)];
        let mut index = "path,class,source\n".to_owned();
        for (name, seconds) in lengths_s {
            write(folder.path(), name, seconds);
            index += &format!("{name},violin,pages-here\n");
        }
        index += "missing.wav,violin,a-library\n";
        std::fs::write(folder.path().join("index.csv"), index).unwrap();
        let pieces = pieces(folder.path()).unwrap();
        let found: Vec<_> = pieces.iter().map(|p| (p.file.as_str(), p.samples.len() / 1_600)).collect();
        assert_eq!(
            found,
            [
                ("b.wav", 20),
                ("c.wav", 100),
                ("c.wav", 25),
                ("d.wav", 100),
                ("d.wav", 100),
                ("e.wav", 100),
                ("e.wav", 100),
                ("e.wav", 100),
            ]
        );
        let violin = class::index("violin").unwrap();
        assert!(pieces.iter().all(|p| p.class == violin));
        let twice: Vec<_> = pieces_at(folder.path(), 2 * SAMPLE_RATE_HZ).unwrap();
        let lengths = |pieces: &[Piece]| pieces.iter().map(|p| p.samples.len()).collect::<Vec<_>>();
        assert_eq!(lengths(&twice), lengths(&pieces).iter().map(|n| 2 * n).collect::<Vec<_>>());
        let right: Vec<f32> = (0..20).map(|c| f32::from(u8::from(c == violin))).collect();
        let guesses = guesses(&pieces, &vec![right; 8]).unwrap();
        assert_eq!((guesses.first, guesses.first_three, guesses.counted), (1.0, 1.0, 8));
    }

    #[test]
    fn a_folder_without_any_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.csv"), "path,class,source\nx.wav,violin,other\n").unwrap();
        assert!(pieces(folder.path()).unwrap_err().to_string().contains("index.csv"));
    }
}
