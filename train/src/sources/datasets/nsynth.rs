//! NSynth (Engel et al., ICML 2017): 305,979 notes of 4 s, 16 kHz, with pitch, instrument family and up to ten qualities.
//!
//! A part (`nsynth-train`, `nsynth-valid`, `nsynth-test`) is a folder with `examples.json`, an object by note name, and
//! `audio/NAME.wav`.

use super::DataSetError;
use super::table::{Checklist, json, problem};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

const SET: &str = "part of NSynth";
const REMEDY: &str = "Get nsynth-train.jsonwav.tar.gz, nsynth-valid.jsonwav.tar.gz or nsynth-test.jsonwav.tar.gz of The NSynth Dataset \
                      (the form JSON and WAV, not TFRecord) and unpack it whole.";

/// NSynth's qualities in the order of its `qualities` vector, as it spells them.
pub const QUALITIES: [&str; 10] = [
    "bright",
    "dark",
    "distortion",
    "fast_decay",
    "long_release",
    "multiphonic",
    "nonlinear_env",
    "percussive",
    "reverb",
    "tempo-synced",
];

/// The words that the paper puts in their place (section 4.1, footnote 2), in the same order.
pub const WORDS: [&str; 10] = [
    "bright",
    "dark",
    "distortion",
    "decay",
    "presence",
    "multiphonic",
    "modulation",
    "percussive",
    "reverb",
    "rhythmic",
];

/// One note.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Name, e.g. `bass_synthetic_033-022-050`.
    pub name: String,
    /// Its recording: mono, 16 kHz, 4 s.
    pub path: PathBuf,
    /// The instrument, e.g. `bass_synthetic_033`; no instrument is in two published parts.
    pub instrument: String,
    /// Family, e.g. `bass`.
    pub family: String,
    /// `acoustic`, `electronic` or `synthetic`.
    pub source: String,
    /// MIDI pitch, 0..=127.
    pub pitch: u8,
    /// MIDI velocity, 0..=127.
    pub velocity: u8,
    /// Which of [`QUALITIES`] it has.
    pub qualities: [bool; 10],
}

impl Note {
    /// The paper's words for its qualities.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        WORDS.into_iter().zip(self.qualities).filter_map(|(word, has)| has.then_some(word)).collect()
    }
}

#[derive(Deserialize)]
struct Example {
    note_str: String,
    instrument_str: String,
    instrument_family_str: String,
    instrument_source_str: String,
    pitch: u8,
    velocity: u8,
    sample_rate: u32,
    qualities: [u8; 10],
    qualities_str: Vec<String>,
}

/// Reads a part, sorted by name; every recording is there.
///
/// # Errors
/// What is missing, or an `examples.json` that is not NSynth's or disagrees with itself.
pub fn open(folder: &Path) -> Result<Vec<Note>, DataSetError> {
    let mut wanted = Checklist::new(SET, folder, REMEDY);
    let table = wanted.file("examples.json", "what is known of the notes");
    wanted.folder("audio", "the recordings");
    wanted.done()?;
    let examples: BTreeMap<String, Example> = json(&table)?;
    let mut notes = Vec::with_capacity(examples.len());
    for (name, example) in examples {
        let off = |found: String| Err(problem(&table, None, format!("{name}: {found}")));
        if example.note_str != name {
            return off(format!("its note_str is {:?}", example.note_str));
        }
        if example.sample_rate != 16_000 {
            return off(format!("sampled at {} Hz, expected 16000", example.sample_rate));
        }
        if let Some(value) = [example.pitch, example.velocity].into_iter().find(|v| *v > 127) {
            return off(format!("pitch or velocity {value}, expected 0 to 127"));
        }
        let qualities = example.qualities.map(|has| has != 0);
        let mut spelt: Vec<&str> =
            QUALITIES.into_iter().zip(qualities).filter_map(|(q, has)| has.then_some(q)).collect();
        let mut stated: Vec<&str> = example.qualities_str.iter().map(String::as_str).collect();
        spelt.sort_unstable();
        stated.sort_unstable();
        if spelt != stated {
            return off(format!("qualities {:?} do not spell {stated:?}", example.qualities));
        }
        let path = wanted.file(&format!("audio/{name}.wav"), "a note");
        notes.push(Note {
            name,
            path,
            instrument: example.instrument_str,
            family: example.instrument_family_str,
            source: example.instrument_source_str,
            pitch: example.pitch,
            velocity: example.velocity,
            qualities,
        });
    }
    wanted.done()?;
    if notes.is_empty() {
        return Err(problem(&table, None, "no note in it"));
    }
    Ok(notes)
}
