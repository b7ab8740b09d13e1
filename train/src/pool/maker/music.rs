//! Music of a folder with an index.csv: recordings of players, of whom only a teacher can tell.

use super::Maker;
use super::packages::{LONGEST_MUSIC_S, SHORTEST_MUSIC_S};
use crate::audio::decode::decode;
use crate::audio::level::normalised;
use crate::base::class::MUSIC;
use crate::base::stem::{Kind, Part, Split};
use anyhow::{Context, Result};
use rollcall_engine::SAMPLE_RATE_HZ;
use serde::Deserialize;
use serde_json::json;

/// What the names of these sources begin with.
pub const RECORDED: &str = "recorded-music/";

/// A row of the folder's index.
#[derive(Debug, Deserialize)]
struct Entry {
    path: String,
    source: String,
    genre: String,
    split: Split,
    licence: String,
    origin: String,
}

impl Maker<'_> {
    /// Pieces of the plan's folder of music, a unit each. A source's genre is a source of its own, and so is what of it is for
    /// validation.
    ///
    /// # Errors
    /// An index or a file that cannot be read, or a failing disk.
    pub fn recorded_music(&mut self) -> Result<()> {
        let Some(folder) = self.plan.music.clone() else { return Ok(()) };
        let index = folder.join("index.csv");
        let mut reader = csv::Reader::from_path(&index)
            .with_context(|| format!("{}: a folder of music needs an index.csv", index.display()))?;
        for (row, entry) in reader.deserialize().enumerate() {
            let entry: Entry = entry.with_context(|| format!("{}: row {}", index.display(), row + 1))?;
            let unit = format!("music/{}", entry.path);
            let wanted = self.plan.part.holds(entry.split) && self.plan.allows(&entry.licence);
            if !wanted || self.pool.has(&unit) {
                continue;
            }
            let mut samples = decode(&folder.join(&entry.path), SAMPLE_RATE_HZ)?;
            samples.truncate(LONGEST_MUSIC_S * SAMPLE_RATE_HZ as usize);
            let long_enough = samples.len() >= SHORTEST_MUSIC_S * SAMPLE_RATE_HZ as usize;
            let samples = if long_enough { normalised(samples) } else { None };
            let part = samples.map(|samples| Part {
                samples,
                kind: Kind::Music,
                class: MUSIC.to_owned(),
                source: format!("{RECORDED}{}-{}-{:?}", entry.source, entry.genre, entry.split)
                    .to_lowercase(),
                split: entry.split,
                licence: entry.licence.clone(),
                origin: entry.origin.clone(),
                extra: json!({"real": true, "file": entry.path}),
            });
            self.add(&unit, part.as_slice())?;
        }
        self.pool.commit()?;
        self.tell("music");
        Ok(())
    }
}
