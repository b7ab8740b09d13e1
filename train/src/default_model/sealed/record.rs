//! Writing what was heard into a package's card, and the card's new hash into its manifest.

use super::hear::{Heard, PLAYERS};
use crate::base::whole;
use anyhow::{Context, Result, ensure};
use rollcall_engine::package::{MANIFEST, MODEL_CARD, Manifest};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

/// Appends a section to the card in `folder` and mends the manifest; the package loads as before.
///
/// # Errors
/// The disk, or a card that has such a section already.
pub fn into_card(folder: &Path, release: &str, date: &str, heard: &Heard) -> Result<()> {
    let (card_path, manifest_path) = (folder.join(MODEL_CARD), folder.join(MANIFEST));
    let read = |path: &Path| fs::read_to_string(path).with_context(|| path.display().to_string());
    let (card, manifest) = (read(&card_path)?, read(&manifest_path)?);
    let title = format!("## The sealed test, opened for {release}");
    ensure!(!card.contains(&title), "{}: has the sealed test's section already", card_path.display());
    let card = format!(
        "{}\n\n{title} on {date}\n\nBy `rollcall-train sealed-test`, which opens it once a release: solos of {}, two or three of these at once, and noises, \
         other instruments and speech that no run has heard. Intervals are over recordings or sources. No choice was made by these figures.\n{}",
        card.trim_end(),
        PLAYERS,
        heard.tables
    );
    let mut manifest: Manifest =
        toml::from_str(&manifest).with_context(|| manifest_path.display().to_string())?;
    let entry = manifest.files.iter_mut().find(|file| file.name == MODEL_CARD);
    let entry = entry.with_context(|| format!("{}: lists no {MODEL_CARD}", manifest_path.display()))?;
    entry.bytes = card.len() as u64;
    entry.sha256 = Sha256::digest(card.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    whole::write(&card_path, card)?;
    whole::write(&manifest_path, toml::to_string(&manifest)?)?;
    rollcall_models::read_dir(folder)?;
    Ok(())
}

/// Today, `year-month-day` in UTC.
#[must_use]
pub fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    date(seconds / 86_400)
}

/// The day so many days after 1970-01-01, in the Gregorian calendar.
#[must_use]
pub fn date(days: u64) -> String {
    let is_leap = |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let (mut year, mut left) = (1970, days);
    while left >= 365 + u64::from(is_leap(year)) {
        left -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", left + 1)
}
