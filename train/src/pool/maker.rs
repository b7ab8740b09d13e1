//! The steps of `rollcall-train data make`: which units of work there are, and doing those that are missing.

mod bands;
mod files;
mod music;
mod packages;
mod soundfonts;

pub use files::recordings;
pub use music::RECORDED as RECORDED_MUSIC;
pub use packages::LONGEST_MUSIC_S;

use super::PoolWriter;
use super::terms::{self, Commercial};
use crate::base::seed::{self, Chance};
use crate::base::stem::{Kind, Part, Split};
use crate::sources::parts::part_of;
use crate::synth::bank::{Bank, read_folder};
use anyhow::{Context, Result};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Shortest and longest phrase, in seconds.
const PHRASE_S: (f32, f32) = (6.0, 12.0);
/// Mean length of a phrase, in seconds.
const MEAN_S: f32 = 9.0;
/// Validation gets this share of the training part's hours.
const VALID_SHARE: f32 = 0.15;

/// What is made, from what.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Folder of fetched packages.
    pub packages: PathBuf,
    /// Folder of labelled recordings.
    pub recordings: Option<PathBuf>,
    /// Folder of music without labels.
    pub music: Option<PathBuf>,
    /// Seed of all chance.
    pub seed: u64,
    /// Hours of training phrases from SoundFonts; recorded notes get half as much on top.
    pub hours: f32,
    /// What the pool is for.
    pub part: PoolPart,
    /// Leaves out what does not allow commercial use for certain.
    pub commercial: bool,
}

impl Plan {
    /// Whether recordings under this licence are used.
    #[must_use]
    pub fn allows(&self, licence: &str) -> bool {
        !self.commercial || terms::of(licence) == Commercial::Yes
    }
}

/// What a pool holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum PoolPart {
    /// Training and validation.
    #[default]
    Training,
    /// The development part, which nothing is trained or tuned on.
    Development,
    /// The sealed part, which is heard once a release.
    Sealed,
}

impl PoolPart {
    /// Whether such a pool holds stems of this part.
    #[must_use]
    pub fn holds(self, split: Split) -> bool {
        match self {
            Self::Training => matches!(split, Split::Train | Split::Valid),
            Self::Development => split == Split::Development,
            Self::Sealed => split == Split::Sealed,
        }
    }
}

/// Does the work of a plan that is missing in a pool.
#[derive(Debug)]
pub struct Maker<'a> {
    plan: &'a Plan,
    pool: &'a mut PoolWriter,
    made: usize,
    seconds: f32,
    begun: Instant,
    told: Instant,
}

impl<'a> Maker<'a> {
    /// A maker that adds to `pool`.
    pub fn new(plan: &'a Plan, pool: &'a mut PoolWriter) -> Self {
        let now = Instant::now();
        Self { plan, pool, made: 0, seconds: 0.0, begun: now, told: now }
    }

    fn add(&mut self, unit: &str, parts: &[Part]) -> Result<()> {
        self.pool.add(unit, parts)?;
        self.made += 1;
        let samples = parts.iter().map(|p| p.samples.len()).sum::<usize>();
        self.seconds += samples as f32 / rollcall_engine::SAMPLE_RATE_HZ as f32;
        if self.told.elapsed() > Duration::from_secs(15) {
            self.told = Instant::now();
            self.tell(unit);
        }
        Ok(())
    }

    fn tell(&self, unit: &str) {
        let took_s = self.begun.elapsed().as_secs_f32();
        let (made, hours, speed) = (self.made, self.seconds / 3_600.0, self.seconds / took_s.max(1e-3));
        eprintln!("{unit}: {made} units, {hours:.2} h of audio in {took_s:.0} s ({speed:.0} x real time)");
    }

    /// Phrases from recorded notes of the labelled folder.
    ///
    /// # Errors
    /// A folder that is missing or broken, or a failing disk.
    pub fn recordings(&mut self) -> Result<()> {
        let Some(folder) = self.plan.recordings.clone() else { return Ok(()) };
        let part = self.plan.part;
        let wanted = |source: &str, path: &str, stated: Split| {
            part_of(source, path, stated).filter(|split| part.holds(*split))
        };
        let mut banks = read_folder(&folder, &wanted).context("reading the recordings")?;
        banks.retain(|bank| self.plan.allows(bank.licence()));
        self.banks("rec", &banks)?;
        self.tell("recordings");
        Ok(())
    }

    /// Stems of each bank in turn.
    fn banks(&mut self, prefix: &str, banks: &[Bank]) -> Result<()> {
        let counts: Vec<usize> = banks.iter().map(|b| stems_of(b, self.plan.hours)).collect();
        for number in 0..counts.iter().copied().max().unwrap_or(0) {
            for (bank, &count) in banks.iter().zip(&counts) {
                let unit = format!("{prefix}/{}/{}/{number:05}", bank.source, bank.class);
                if number >= count || self.pool.has(&unit) {
                    continue;
                }
                let mut rng = seed::rng(self.plan.seed, &unit);
                let seconds = rng.between(PHRASE_S.0, PHRASE_S.1);
                let part = bank.stem(number, seconds, &mut rng)?;
                self.add(&unit, part.as_slice())?;
            }
        }
        Ok(self.pool.commit()?)
    }
}

/// How many stems a bank of recordings gets: eight times its own length, within 4 to 20 minutes for 8 hours of
/// SoundFont phrases; whole recordings come once or twice.
fn stems_of(bank: &Bank, hours: f32) -> usize {
    if bank.wholes() > 0 {
        return bank.wholes() * if bank.kind() == Kind::Noise { 1 } else { 2 };
    }
    let scale = hours / 8.0;
    let share = if bank.split == Split::Train { 1.0 } else { 0.5 };
    let seconds = (8.0 * bank.seconds()).clamp(240.0, 1_200.0) * scale * share;
    (seconds / MEAN_S).ceil() as usize
}

/// Hours, stems and sources of each class and split in a pool, as a table.
///
/// # Errors
/// The pool cannot be opened.
pub fn summary(folder: &Path) -> Result<String> {
    let pool = super::Pool::open(folder)?;
    /// Stems, seconds, sources.
    type Totals<'a> = (usize, f32, BTreeSet<&'a str>);
    let mut table: BTreeMap<(Split, &str, Kind), Totals> = BTreeMap::new();
    for stem in &pool.stems {
        let row = &stem.row;
        let entry = table.entry((row.split, &row.class, row.kind)).or_default();
        entry.0 += 1;
        entry.1 += stem.seconds();
        entry.2.insert(&row.source);
    }
    let mut text = String::from("split  class              kind      stems  minutes  sources\n");
    for ((split, class, kind), (stems, seconds, sources)) in table {
        let sources: Vec<&str> = sources.into_iter().collect();
        let (split, kind) = (format!("{split:?}"), format!("{kind:?}"));
        let minutes = seconds / 60.0;
        let line = format!("{split:6} {class:18} {kind:9} {stems:5} {minutes:8.1}  {}\n", sources.join(" "));
        text.push_str(&line);
    }
    Ok(text)
}
