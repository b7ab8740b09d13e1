//! Playing a phrase on a SoundFont.

use super::gm::Piece;
use super::phrase::{BEND, Groove, Phrase};
use crate::audio::resample::resample;
use crate::base::seed::Chance;
use anyhow::{Context, Result};
use fastrand::Rng;
use rollcall_engine::SAMPLE_RATE_HZ;
use rustysynth::{SoundFont, Synthesizer, SynthesizerSettings};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs::File, io::BufReader, path::Path, sync::Arc};

/// Rate of the synthesizer: twice the pool's, so that what aliases in its interpolation is filtered away.
const SYNTH_HZ: u32 = 2 * SAMPLE_RATE_HZ;
/// MIDI channel of melodic instruments.
const MELODIC: i32 = 0;
/// MIDI channel of the drum kit.
const PERCUSSION: i32 = 9;

/// A SoundFont in memory.
#[derive(Debug)]
pub struct LoadedFont {
    font: Arc<SoundFont>,
    presets: BTreeMap<(i32, i32), String>,
}

/// The bank and program of a preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresetNumber {
    /// MIDI bank; 128 for drum kits.
    pub bank: i32,
    /// MIDI program, from 0.
    pub program: i32,
}

impl LoadedFont {
    /// Reads an .sf2 file.
    ///
    /// # Errors
    /// The file is missing or is not a SoundFont 2.
    pub fn read(path: &Path) -> Result<Self> {
        let file = File::open(path)
            .with_context(|| format!("{}: run `rollcall-train data fetch` first", path.display()))?;
        let font = SoundFont::new(&mut BufReader::new(file))
            .map_err(|e| anyhow::anyhow!("{}: not a usable SoundFont: {e:?}", path.display()))?;
        let number = |p: &rustysynth::Preset| (p.get_bank_number(), p.get_patch_number());
        let presets =
            font.get_presets().iter().map(|p| (number(p), p.get_name().trim().to_owned())).collect();
        Ok(Self { font: Arc::new(font), presets })
    }

    /// Whether the font has this very preset; a synthesizer would put another in its place silently.
    #[must_use]
    pub fn has(&self, number: PresetNumber) -> bool {
        self.presets.contains_key(&(number.bank, number.program))
    }

    /// The drum kits of the font, without the orchestral and the sound-effect ones, which hold other things on the
    /// keys of a drum kit.
    #[must_use]
    pub fn kits(&self) -> Vec<PresetNumber> {
        let kits = self.presets.keys().filter(|(bank, program)| *bank == 128 && ![48, 56].contains(program));
        kits.map(|&(bank, program)| PresetNumber { bank, program }).collect()
    }

    /// Name of a preset; empty when there is none.
    #[must_use]
    pub fn name(&self, number: PresetNumber) -> &str {
        self.presets.get(&(number.bank, number.program)).map_or("", String::as_str)
    }
}

/// What is chosen once for a take: tuning and the synthesizer's own effects.
#[derive(Debug, Clone, Copy)]
pub struct Take {
    cents: f32,
    reverb: i32,
    chorus: i32,
}

impl Take {
    /// Half of the takes are dry; the tuning is mostly within 15 cents of A = 440 Hz.
    pub fn choose(rng: &mut Rng) -> Self {
        let cents = (12.0 * rng.normal()).clamp(-45.0, 45.0);
        let wet = rng.with(0.5);
        Self {
            cents,
            reverb: if wet { rng.i32(10..100) } else { 0 },
            chorus: if wet && rng.with(0.4) { rng.i32(5..70) } else { 0 },
        }
    }

    /// The take as facts for the index.
    #[must_use]
    pub fn facts(&self) -> Value {
        json!({"cents": self.cents.round(), "reverb": self.reverb, "chorus": self.chorus})
    }
}

/// A MIDI message at a time.
struct Event {
    time_s: f32,
    command: i32,
    data: [i32; 2],
}

/// Plays `phrase` on a preset: mono, 16 kHz, exactly the phrase's length, not normalised.
///
/// # Errors
/// None for settings within the synthesizer's range.
pub fn play(font: &LoadedFont, preset: PresetNumber, phrase: &Phrase, take: Take) -> Result<Vec<f32>> {
    let mut events = Vec::with_capacity(2 * phrase.notes.len() + phrase.controls.len());
    for note in &phrase.notes {
        let key = i32::from(note.key);
        let end_s = note.start_s + note.length_s;
        events.push(Event { time_s: note.start_s, command: 0x90, data: [key, i32::from(note.velocity)] });
        events.push(Event { time_s: end_s, command: 0x80, data: [key, 0] });
    }
    for control in &phrase.controls {
        let value = i32::from(control.value);
        let (command, data) = if control.number == BEND {
            (0xE0, [0, value])
        } else {
            (0xB0, [i32::from(control.number), value])
        };
        events.push(Event { time_s: control.time_s, command, data });
    }
    run(font, MELODIC, preset, events, phrase.length_s, take)
}

/// Plays the strokes of `groove` that belong to `class`, as one stem: mono, 16 kHz, not normalised.
///
/// # Errors
/// None for settings within the synthesizer's range.
pub fn play_kit(
    font: &LoadedFont,
    kit: PresetNumber,
    groove: &Groove,
    class: &str,
    keys: &BTreeMap<Piece, u8>,
    take: Take,
) -> Result<Vec<f32>> {
    let mut events = Vec::new();
    for hit in groove.hits.iter().filter(|h| h.piece.class() == class) {
        let key = i32::from(keys[&hit.piece]);
        // A closed or pedalled hi-hat chokes the open one by the font's exclusive classes, not by note-off.
        events.push(Event { time_s: hit.time_s, command: 0x90, data: [key, i32::from(hit.velocity)] });
        events.push(Event { time_s: hit.time_s + 0.4, command: 0x80, data: [key, 0] });
    }
    let channel = if kit.bank == 128 { PERCUSSION } else { MELODIC };
    run(font, channel, kit, events, groove.length_s, take)
}

fn run(
    font: &LoadedFont,
    channel: i32,
    preset: PresetNumber,
    mut events: Vec<Event>,
    length_s: f32,
    take: Take,
) -> Result<Vec<f32>> {
    // At one instant releases come before onsets, so that a repeated key sounds again.
    events.sort_by(|a, b| a.time_s.total_cmp(&b.time_s).then(a.command.cmp(&b.command)));
    // The synthesizer runs slightly slow or fast and is then taken at its nominal rate: this tunes everything.
    let rate_hz = (SYNTH_HZ as f32 * (-take.cents / 1200.0).exp2()).round() as i32;
    let mut settings = SynthesizerSettings::new(rate_hz);
    settings.enable_reverb_and_chorus = take.reverb > 0 || take.chorus > 0;
    let mut synth =
        Synthesizer::new(&font.font, &settings).map_err(|e| anyhow::anyhow!("synthesizer: {e:?}"))?;
    if preset.bank != 128 {
        synth.process_midi_message(channel, 0xB0, 0x00, preset.bank);
    }
    synth.process_midi_message(channel, 0xC0, preset.program, 0);
    synth.process_midi_message(channel, 0xB0, 0x5B, take.reverb);
    synth.process_midi_message(channel, 0xB0, 0x5D, take.chorus);
    let length = (length_s * SYNTH_HZ as f32) as usize;
    let (mut left, mut right) = (vec![0.0; length], vec![0.0; length]);
    let mut at = 0;
    for event in &events {
        let due = ((event.time_s.max(0.0) * SYNTH_HZ as f32) as usize).clamp(at, length);
        synth.render(&mut left[at..due], &mut right[at..due]);
        at = due;
        synth.process_midi_message(channel, event.command, event.data[0], event.data[1]);
    }
    synth.render(&mut left[at..], &mut right[at..]);
    for (l, r) in left.iter_mut().zip(&right) {
        *l = 0.5 * (*l + r);
    }
    resample(&left, SYNTH_HZ, SAMPLE_RATE_HZ).context("rendering")
}
