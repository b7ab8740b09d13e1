//! Phrases and grooves on SoundFonts, and the fonts themselves as players.

use super::{MEAN_S, Maker, PHRASE_S, VALID_SHARE};
use crate::audio::level::normalised;
use crate::base::class::NONE;
use crate::base::seed::{self, Chance};
use crate::base::stem::{Kind, Part, Split};
use crate::sources::packages::{FONTS, Font, Use};
use crate::synth::gm::{CHOIRS, INSTRUMENTS, Instrument, Piece};
use crate::synth::phrase;
use crate::synth::render::{LoadedFont, PresetNumber, Take, play, play_kit};
use anyhow::Result;
use fastrand::Rng;
use rollcall_engine::OPENMIC_CLASSES;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

impl Maker<'_> {
    /// Phrases and grooves from all SoundFonts, class by class in turn, so that a pool that is stopped early is
    /// balanced.
    ///
    /// # Errors
    /// A font that is missing or cannot be read, or a failing disk.
    pub fn soundfonts(&mut self) -> Result<()> {
        let mut players = players(&self.plan.packages)?;
        players.retain(|player| self.plan.allows(player.font.licence));
        let classes = || OPENMIC_CLASSES.iter().copied().chain([NONE]);
        // Phrases of each class and font.
        let mut counts: BTreeMap<(usize, &str), usize> = BTreeMap::new();
        for split in [Split::Train, Split::Valid] {
            let share = if split == Split::Train { 1.0 } else { VALID_SHARE };
            for class in classes() {
                let offers = |p: &Player| p.font.split == split && p.slots.contains_key(class);
                let weights: f32 = players.iter().filter(|p| offers(p)).map(|p| p.font.weight).sum();
                let wanted = self.plan.hours * 3_600.0 / MEAN_S / 21.0 * share;
                for (n, p) in players.iter().enumerate().filter(|(_, p)| offers(p)) {
                    counts.insert((n, class), (wanted * p.font.weight / weights).ceil() as usize);
                }
            }
        }
        let most = counts.values().copied().max().unwrap_or(0);
        for number in 0..most {
            for (&(n, class), &count) in &counts {
                let player = &players[n];
                // Two fonts of one group are told apart by their position.
                let unit = format!("sf/{}{n}/{class}/{number:05}", player.font.group);
                if number < count && !self.pool.has(&unit) {
                    let parts = phrase_unit(player, class, self.plan.seed, &unit)?;
                    self.add(&unit, &parts)?;
                }
            }
        }
        self.pool.commit()?;
        self.tell("soundfonts");
        Ok(())
    }
}

/// A SoundFont that is ready to play.
#[derive(Debug)]
pub(super) struct Player {
    pub(super) font: &'static Font,
    pub(super) loaded: LoadedFont,
    /// What it plays for each class.
    pub(super) slots: BTreeMap<&'static str, Slot>,
}

/// What a font plays for a class.
#[derive(Debug)]
pub(super) enum Slot {
    Melodic(Vec<(Instrument, PresetNumber)>),
    Kits(Vec<PresetNumber>),
}

/// Reads every SoundFont.
pub(super) fn players(packages: &Path) -> Result<Vec<Player>> {
    let player = |font: &'static Font| {
        let loaded = LoadedFont::read(&font.package.folder(packages).join(font.path))?;
        let slots = slots(font, &loaded);
        Ok(Player { font, loaded, slots })
    };
    FONTS.iter().map(player).collect()
}

impl Player {
    /// A stem that the font has played.
    pub(super) fn part(&self, samples: Vec<f32>, kind: Kind, class: &str, facts: Value) -> Part {
        Part {
            samples,
            kind,
            class: class.to_owned(),
            source: self.font.group.to_owned(),
            split: self.font.split,
            licence: self.font.licence.to_owned(),
            origin: self.font.package.name.to_owned(),
            extra: facts,
        }
    }
}

pub(super) fn slots(font: &Font, loaded: &LoadedFont) -> BTreeMap<&'static str, Slot> {
    let mut slots: BTreeMap<&'static str, Slot> = BTreeMap::new();
    if font.use_of == Use::KitOnly {
        slots.insert("drums", Slot::Kits(vec![PresetNumber { bank: 0, program: 0 }]));
        return slots;
    }
    let choirs = (font.use_of == Use::EverythingAndChoirs).then_some(&CHOIRS);
    for instrument in INSTRUMENTS.iter().chain(choirs) {
        if font.use_of == Use::Synthesizers && instrument.class != "synthesizer" {
            continue;
        }
        for &program in instrument.programs {
            let number = PresetNumber { bank: 0, program: i32::from(program) };
            if !loaded.has(number) {
                continue;
            }
            let slot = slots.entry(instrument.class).or_insert_with(|| Slot::Melodic(Vec::new()));
            if let Slot::Melodic(presets) = slot {
                presets.push((*instrument, number));
            }
        }
    }
    if font.use_of != Use::Synthesizers && !loaded.kits().is_empty() {
        // A groove is a stem of drums and one of cymbals: one slot serves both classes.
        slots.insert("drums", Slot::Kits(loaded.kits()));
    }
    slots
}

fn phrase_unit(player: &Player, class: &str, seed: u64, unit: &str) -> Result<Vec<Part>> {
    let mut rng = seed::rng(seed, unit);
    let seconds = rng.between(PHRASE_S.0, PHRASE_S.1);
    let take = Take::choose(&mut rng);
    let font = &player.loaded;
    let part = |samples: Vec<f32>, class: &str, words: &[&str], preset: PresetNumber| {
        let kind = if class == NONE { Kind::Negative } else { Kind::Phrase };
        let facts = json!({"words": words, "program": preset.program, "bank": preset.bank,
            "preset": font.name(preset), "take": take.facts()});
        player.part(samples, kind, class, facts)
    };
    match &player.slots[class] {
        Slot::Melodic(presets) => {
            let (instrument, preset) = *rng.pick(presets);
            let phrase = phrase::write(&instrument, seconds, &mut rng);
            let samples = normalised(play(font, preset, &phrase, take)?);
            Ok(samples.map(|s| part(s, instrument.class, &phrase.words, preset)).into_iter().collect())
        }
        Slot::Kits(kits) => {
            let kit = *rng.pick(kits);
            let groove = phrase::groove(seconds, &mut rng);
            let keys = kit_keys(&mut rng);
            let mut parts = Vec::new();
            for class in KIT {
                let samples = normalised(play_kit(font, kit, &groove, class, &keys, take)?);
                parts.extend(samples.map(|s| part(s, class, &groove.words, kit)));
            }
            Ok(parts)
        }
    }
}

/// The two classes of a drum kit.
pub(super) const KIT: [&str; 2] = ["drums", "cymbals"];

/// The key that each piece of the kit is played on, of those that are it.
pub(super) fn kit_keys(rng: &mut Rng) -> BTreeMap<Piece, u8> {
    Piece::ALL.into_iter().map(|piece| (piece, *rng.pick(piece.keys()))).collect()
}
