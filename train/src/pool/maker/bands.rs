//! Band music: each class of a piece played by itself, with a SoundFont of the piece's part of the data.

use super::soundfonts::{KIT, Player, Slot, kit_keys, players};
use super::{Maker, VALID_SHARE};
use crate::audio::level::peak;
use crate::base::class::NONE;
use crate::base::seed::{self, Chance};
use crate::base::stem::{Kind, Part, Split};
use crate::sources::packages::{Notation, SCORES, Scores};
use crate::synth::band::chart::{self, Chart, Style};
use crate::synth::band::score::Score;
use crate::synth::gm::{self, Instrument};
use crate::synth::phrase::{self, Phrase};
use crate::synth::render::{PresetNumber, Take, play, play_kit};
use anyhow::{Context, Result};
use fastrand::Rng;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use walkdir::WalkDir;

/// Length of a piece, or of an excerpt of one, in seconds.
const PIECE_S: f32 = 20.0;
/// Share of the phrases' hours that pieces from charts get.
const CHARTS_SHARE: f32 = 0.2;
/// Excerpts of a MIDI file, for 8 hours of phrases, spread evenly over it.
const EXCERPTS: f32 = 6.0;
/// Pieces from charts that have an instrument in front of the accompaniment.
const LED: f32 = 0.75;
/// A class that is softer than this against the whole piece is not kept.
const INAUDIBLE: f32 = 1e-3;
/// Highest sample of a whole piece.
const PEAK: f32 = 0.7;

/// A piece and what is known of it.
struct Piece {
    score: Score,
    split: Split,
    facts: Value,
}

impl Maker<'_> {
    /// Pieces from chord charts and excerpts of MIDI files.
    ///
    /// # Errors
    /// A package that is missing, a MIDI file that cannot be read, or a failing disk.
    pub fn bands(&mut self) -> Result<()> {
        let mut players = players(&self.plan.packages)?;
        players.retain(|player| self.plan.allows(player.font.licence));
        for scores in SCORES.iter().filter(|scores| self.plan.allows(scores.licence)) {
            let package = scores.package.folder(&self.plan.packages);
            match scores.notation {
                Notation::Charts => self.charts(scores, &package, &players)?,
                Notation::Midi(folder) => self.midi(scores, &package.join(folder), &players)?,
            }
        }
        self.pool.commit()?;
        self.tell("bands");
        Ok(())
    }

    /// Style after style, so that a pool that is stopped early has something of each.
    fn charts(&mut self, scores: &Scores, package: &Path, players: &[Player]) -> Result<()> {
        let styles = chart::styles(package)?;
        for split in [Split::Train, Split::Valid] {
            let styles: Vec<&Style> = styles.iter().filter(|s| split_of(scores, &s.name) == split).collect();
            let share = if split == Split::Train { 1.0 } else { VALID_SHARE };
            let pieces = (self.plan.hours * 3_600.0 / PIECE_S * CHARTS_SHARE * share).ceil() as usize;
            for (number, style) in styles.iter().cycle().take(pieces).enumerate() {
                let unit =
                    format!("band/{}/{}/{:05}", scores.package.name, style.name, number / styles.len());
                if self.pool.has(&unit) {
                    continue;
                }
                let mut rng = seed::rng(self.plan.seed, &unit);
                let Some(piece) = charted(style, package, split, &mut rng)? else { continue };
                let parts = perform(&piece, players, &mut rng)?;
                self.add(&unit, &parts)?;
            }
        }
        Ok(())
    }

    fn midi(&mut self, scores: &Scores, folder: &Path, players: &[Player]) -> Result<()> {
        for entry in WalkDir::new(folder).sort_by_file_name() {
            let path =
                entry.context("reading MIDI files: run `rollcall-train data fetch` first")?.into_path();
            if path.extension().is_none_or(|e| e != "mid") {
                continue;
            }
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let split = split_of(scores, &name);
            let excerpts = (self.plan.hours / 8.0 * EXCERPTS).ceil() as usize;
            let mut whole = None;
            for number in 0..excerpts {
                let unit = format!("band/{}/{name}/{number:05}", scores.package.name);
                if self.pool.has(&unit) {
                    continue;
                }
                let score = match &whole {
                    Some(score) => score,
                    None => {
                        let file = fs::read(&path).with_context(|| path.display().to_string())?;
                        let score = Score::read(&file).with_context(|| path.display().to_string())?;
                        &*whole.insert(score)
                    }
                };
                let mut rng = seed::rng(self.plan.seed, &unit);
                let room_s = (score.length_s - PIECE_S).max(0.0);
                let start_s = room_s * (number as f32 + rng.f32()) / excerpts as f32;
                let facts = json!({"score": format!("{}/{name}", scores.package.name), "start_s": start_s});
                let piece = Piece { score: score.excerpt(start_s, PIECE_S), split, facts };
                let parts = perform(&piece, players, &mut rng)?;
                self.add(&unit, &parts)?;
            }
        }
        Ok(())
    }
}

/// The part of the data that a style or a file is in: by its name alone, without the folder, since libraries share styles.
fn split_of(scores: &Scores, name: &str) -> Split {
    let base = name.rsplit('/').next().unwrap_or(name);
    let valid = seed::rng(0, base).f32() < VALID_SHARE && !scores.train_only;
    if valid { Split::Valid } else { Split::Train }
}

/// A chart of the style, played by MMA, mostly with an instrument in front of it; `None` when MMA refuses it.
fn charted(style: &Style, package: &Path, split: Split, rng: &mut Rng) -> Result<Option<Piece>> {
    let chart = Chart::write(style, PIECE_S, rng);
    let Some(file) = chart.play(package)? else { return Ok(None) };
    let mut score = Score::read(&file).context("reading what mma wrote")?.excerpt(0.0, PIECE_S);
    if rng.with(LED) {
        let in_front = |class: &&str| ![NONE, "bass"].contains(class);
        let classes: BTreeSet<&str> = gm::all().map(|i| i.class).filter(in_front).collect();
        let classes: Vec<&str> = classes.into_iter().collect();
        let class = *rng.pick(&classes);
        let of_class: Vec<&Instrument> = gm::all().filter(|i| i.class == class).collect();
        let instrument = *rng.pick(&of_class);
        let song = Some((&chart.harmony, chart.bpm));
        let phrase = phrase::write_over(instrument, song, score.length_s, rng);
        score.parts.push((*rng.pick(instrument.programs), phrase));
    }
    let facts = json!({"score": style.name.rsplit('/').next(), "style": style.name, "bpm": chart.bpm});
    Ok(Some(Piece { score, split, facts }))
}

/// Plays each class of a piece on a font that has its instruments; nothing at all when fewer than two are heard.
fn perform(piece: &Piece, players: &[Player], rng: &mut Rng) -> Result<Vec<Part>> {
    let take = Take::choose(rng);
    let mut classes: BTreeMap<&str, Vec<(PresetNumber, &Phrase)>> = BTreeMap::new();
    for (program, phrase) in &piece.score.parts {
        if let Some(instrument) = gm::of_program(*program) {
            let preset = PresetNumber { bank: 0, program: i32::from(*program) };
            classes.entry(instrument.class).or_default().push((preset, phrase));
        }
    }
    let mut stems = Vec::new();
    for (class, phrases) in classes {
        let able = |slot: &Slot| match slot {
            Slot::Melodic(own) => {
                phrases.iter().all(|(wanted, _)| own.iter().any(|(_, have)| have == wanted))
            }
            Slot::Kits(_) => false,
        };
        let Some(player) = choose(players, piece.split, class, &able, rng) else { continue };
        let mut stem = Vec::new();
        for (preset, phrase) in &phrases {
            add(&mut stem, &play(&player.loaded, *preset, phrase, take)?);
        }
        let programs: Vec<i32> = phrases.iter().map(|(preset, _)| preset.program).collect();
        stems.push((class, player, stem, json!(programs)));
    }
    let kits = |slot: &Slot| matches!(slot, Slot::Kits(_));
    if let Some(player) = choose(players, piece.split, KIT[0], &kits, rng)
        && let Slot::Kits(kits) = &player.slots[KIT[0]]
    {
        let (kit, keys) = (*rng.pick(kits), kit_keys(rng));
        for class in KIT {
            let stem = play_kit(&player.loaded, kit, &piece.score.kit, class, &keys, take)?;
            stems.push((class, player, stem, json!([kit.program])));
        }
    }

    let mut whole = Vec::new();
    stems.iter().for_each(|(_, _, stem, _)| add(&mut whole, stem));
    // A single class may peak where the whole does not: none is ever clipped.
    let loudest = stems.iter().map(|(_, _, stem, _)| peak(stem)).fold(peak(&whole), f32::max);
    stems.retain(|(_, _, stem, _)| peak(stem) > INAUDIBLE * loudest);
    if stems.len() < 2 {
        return Ok(Vec::new());
    }
    let part = |(class, player, mut stem, programs): (&str, &Player, Vec<f32>, Value)| {
        stem.iter_mut().for_each(|s| *s *= PEAK / loudest);
        let mut facts = piece.facts.clone();
        facts["programs"] = programs;
        facts["take"] = take.facts();
        player.part(stem, Kind::Band, class, facts)
    };
    Ok(stems.into_iter().map(part).collect())
}

/// A font of the split that can play this for a class; `None` when there is none.
fn choose<'a>(
    players: &'a [Player],
    split: Split,
    class: &str,
    able: &dyn Fn(&Slot) -> bool,
    rng: &mut Rng,
) -> Option<&'a Player> {
    let able: Vec<&Player> = players
        .iter()
        .filter(|player| player.font.split == split && player.slots.get(class).is_some_and(able))
        .collect();
    if able.is_empty() { None } else { Some(*rng.pick(&able)) }
}

fn add(sum: &mut Vec<f32>, samples: &[f32]) {
    sum.resize(sum.len().max(samples.len()), 0.0);
    sum.iter_mut().zip(samples).for_each(|(sum, s)| *sum += s);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::activity::activity;
    use crate::pool::maker::soundfonts::slots;
    use crate::sources::packages::{Font, Package, Registry, Use};
    use crate::synth::render::LoadedFont;

    /// The same tiny font (`golden/tiny.sf2`: piano, bass, trumpet and a kit) once for each part of the data.
    fn players() -> Vec<Player> {
        const PACKAGE: Package = Package { registry: Registry::Debian, name: "tiny" };
        const fn font(group: &'static str, split: Split) -> Font {
            let (path, licence, use_of) = ("tiny.sf2", "MIT", Use::Everything);
            Font { group, package: PACKAGE, path, licence, split, use_of, weight: 1.0 }
        }
        static FONTS: [Font; 2] = [font("ours", Split::Train), font("others", Split::Valid)];
        let player = |font: &'static Font| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny.sf2");
            let loaded = LoadedFont::read(&path).unwrap();
            let slots = slots(font, &loaded);
            Player { font, loaded, slots }
        };
        FONTS.iter().map(player).collect()
    }

    fn band(split: Split) -> Vec<Part> {
        let score = Score::read(include_bytes!("../../../tests/golden/band.mid")).unwrap();
        let piece = Piece { score, split, facts: json!({"score": "golden/band"}) };
        perform(&piece, &players(), &mut seed::rng(1, "band")).unwrap()
    }

    #[test]
    fn every_class_of_a_piece_is_a_stem_by_itself() {
        let parts = band(Split::Train);
        let classes: Vec<&str> = parts.iter().map(|part| part.class.as_str()).collect();
        assert_eq!(classes, ["bass", "piano", "trumpet", "drums", "cymbals"]);
        let mut whole = Vec::new();
        for part in &parts {
            assert_eq!((part.kind, part.source.as_str(), part.split), (Kind::Band, "ours", Split::Train));
            assert_eq!(part.extra["score"], "golden/band");
            assert_eq!(part.samples.len(), 6 * rollcall_engine::SAMPLE_RATE_HZ as usize);
            assert!(peak(&part.samples) <= PEAK + 1e-6 && peak(&part.samples) > PEAK * INAUDIBLE);
            add(&mut whole, &part.samples);
        }
        assert!(peak(&whole) <= PEAK + 1e-6, "and the piece is not clipped");
        // By the file: the bass for 2 s, the trumpet from then on, the piano all the time.
        let active = |class: &str, second: usize| {
            let part = parts.iter().find(|part| part.class == class).unwrap();
            activity(&part.samples)[second * 100 + 20..second * 100 + 80].iter().filter(|a| **a).count() > 50
        };
        for second in 0..6 {
            assert!(active("piano", second), "{second} s");
            assert_eq!(active("trumpet", second), second >= 2, "{second} s");
        }
        assert!(active("bass", 0) && active("bass", 1) && !active("bass", 3) && !active("bass", 5));
    }

    #[test]
    fn a_piece_is_played_by_fonts_of_its_own_part() {
        assert!(band(Split::Valid).iter().all(|part| part.source == "others" && part.split == Split::Valid));
        assert!(band(Split::Development).is_empty(), "nobody plays for the development part");
        let again = band(Split::Train);
        let same = band(Split::Train).iter().zip(&again).all(|(a, b)| a.samples == b.samples);
        assert!(same, "the same seed plays the same");
    }

    #[test]
    fn a_style_and_a_file_are_in_one_part() {
        let scores = &SCORES[0];
        assert_eq!(split_of(scores, "stdlib/jazzcombo"), split_of(scores, "casio/jazzcombo"));
        let valid = (0..1_000).filter(|n| split_of(scores, &format!("style{n}")) == Split::Valid).count();
        assert!((100..200).contains(&valid), "{valid} of 1000");
        let all_train = SCORES.iter().find(|scores| scores.train_only).unwrap();
        assert!((0..100).all(|n| split_of(all_train, &format!("music{n:03}")) == Split::Train));
    }
}
