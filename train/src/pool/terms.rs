//! Whether a recording's licence allows commercial use, and what follows for weights that were trained on it.

use super::Pool;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, path::Path};

/// Name of the table in a pool's folder: a row a source, with its terms.
pub const TABLE: &str = "sources.csv";

/// Whether commercial use is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Commercial {
    /// It is.
    Yes,
    /// Nobody says for certain; counts as no.
    Undetermined,
    /// It is not.
    No,
}

impl fmt::Display for Commercial {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Yes => "yes",
            Self::Undetermined => "undetermined",
            Self::No => "no",
        })
    }
}

/// Parts of a licence's name that decide, the first that is found first: what forbids and what leaves open stand before what allows, for a source of several
/// licences is as free as the strictest.
const RULES: &[(&str, Commercial)] = &[
    // Some clips forbid it, and which is not told.
    ("by clip", Commercial::Undetermined),
    ("NC", Commercial::No),
    ("research use", Commercial::No),
    ("not stated", Commercial::Undetermined),
    // Allows works made from the recordings to be sold, not the recordings, and nothing in advertising.
    ("Sampling Plus", Commercial::Undetermined),
    // May be passed on in a collection that is sold, not by itself.
    ("Drascula", Commercial::Undetermined),
    ("YouTube Audio Library", Commercial::Undetermined),
    ("CC BY", Commercial::Yes),
    ("CC-BY", Commercial::Yes),
    ("CC0", Commercial::Yes),
    ("public domain", Commercial::Yes),
    ("GPL", Commercial::Yes),
    ("MPL", Commercial::Yes),
    ("GFDL", Commercial::Yes),
    ("MIT", Commercial::Yes),
    ("BSD", Commercial::Yes),
    ("Apache", Commercial::Yes),
    ("Artistic", Commercial::Yes),
    ("Free Art", Commercial::Yes),
    ("GeneralUser", Commercial::Yes),
    // Debian's guidelines allow every field of use.
    ("free, as the package's copyright file states", Commercial::Yes),
    ("free use", Commercial::Yes),
];

/// What a licence, as sources state it, says; one that no rule knows is undetermined.
#[must_use]
pub fn of(licence: &str) -> Commercial {
    RULES.iter().find(|(part, _)| licence.contains(part)).map_or(Commercial::Undetermined, |rule| rule.1)
}

/// A source of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Independence group.
    pub source: String,
    /// Part of the data.
    pub split: String,
    /// As its makers state it.
    pub licence: String,
    /// Package or collection.
    pub origin: String,
    /// Whether commercial use is allowed.
    pub commercial: Commercial,
}

/// The sources of a pool, each once for each of its licences.
#[must_use]
pub fn sources(pool: &Pool) -> Vec<Source> {
    let mut found: BTreeMap<(String, String, String), Source> = BTreeMap::new();
    for row in pool.stems.iter().map(|stem| &stem.row) {
        let split = format!("{:?}", row.split).to_lowercase();
        let key = (row.source.clone(), split.clone(), row.licence.clone());
        found.entry(key).or_insert_with(|| Source {
            source: row.source.clone(),
            split,
            licence: row.licence.clone(),
            origin: row.origin.clone(),
            commercial: of(&row.licence),
        });
    }
    found.into_values().collect()
}

/// Writes the table beside a pool's index.
///
/// # Errors
/// The pool cannot be read, or the disk.
pub fn write_table(folder: &Path) -> Result<()> {
    let path = folder.join(TABLE);
    let mut writer = csv::Writer::from_path(&path).with_context(|| path.display().to_string())?;
    sources(&Pool::open(folder)?).iter().try_for_each(|source| writer.serialize(source))?;
    writer.flush().with_context(|| path.display().to_string())
}

/// The terms of weights trained on these sources, with the reason: what forbids commercial use, or leaves it open, binds them.
#[must_use]
pub fn weights(sources: &[Source]) -> String {
    let trained = || sources.iter().filter(|s| s.split == "train");
    let named = |commercial: Commercial| -> Vec<&str> {
        let mut licences: Vec<&str> =
            trained().filter(|s| s.commercial == commercial).map(|s| s.licence.as_str()).collect();
        licences.sort_unstable();
        licences.dedup();
        licences
    };
    let (no, open) = (named(Commercial::No), named(Commercial::Undetermined));
    if no.is_empty() && open.is_empty() {
        return "Weights: CC BY-SA 4.0, commercial use allowed: every recording that they were trained on allows it; \
                MODEL_CARD.md names them"
            .into();
    }
    let mut reasons = Vec::new();
    if !no.is_empty() {
        reasons.push(format!("recordings that they were trained on forbid it ({})", no.join("; ")));
    }
    if !open.is_empty() {
        reasons.push(format!("of others it is not certain ({})", open.join("; ")));
    }
    format!(
        "Weights: CC BY-NC-SA 4.0, no commercial use of the weights: {}; MODEL_CARD.md names them",
        reasons.join(", and ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::collections;
    use crate::sources::packages::{FONTS, SCORES};

    #[test]
    fn the_strictest_of_several_counts_and_what_is_unknown_is_undetermined() {
        for (licence, expected) in [
            ("CC BY 4.0", Commercial::Yes),
            ("CC-BY-SA-3.0", Commercial::Yes),
            ("CC BY-NC-SA (Magnatune, as Emotify publishes it)", Commercial::No),
            ("CC BY / CC0 / CC BY-NC by clip (FSDKaggle2018, Freesound)", Commercial::Undetermined),
            ("MIR-1K: research use (terms not stated in the copy)", Commercial::No),
            ("not stated: for validation here only", Commercial::Undetermined),
            ("GPL-3; drum kit: CC Sampling Plus 1.0", Commercial::Undetermined),
            ("LGPL-2.1 / MPL-2.0", Commercial::Yes),
            ("All rights reserved", Commercial::Undetermined),
            ("", Commercial::Undetermined),
        ] {
            assert_eq!(of(licence), expected, "{licence}");
        }
    }

    #[test]
    fn every_licence_of_our_packages_is_known() {
        let licences = collections::all().map(|c| c.licence);
        let licences =
            licences.chain(FONTS.iter().map(|f| f.licence)).chain(SCORES.iter().map(|s| s.licence));
        for licence in licences {
            assert!(RULES.iter().any(|(part, _)| licence.contains(part)), "{licence}");
        }
    }

    #[test]
    fn weights_are_bound_by_what_they_were_trained_on() {
        let source = |licence: &str, split: &str| Source {
            source: "x".into(),
            split: split.into(),
            licence: licence.into(),
            origin: "x".into(),
            commercial: of(licence),
        };
        let free = [source("CC BY 3.0", "train"), source("MIR-1K: research use", "valid")];
        assert!(weights(&free).contains("CC BY-SA 4.0, commercial use allowed"), "{}", weights(&free));
        let bound =
            [source("CC BY 3.0", "train"), source("MIR-1K: research use", "train"), source("?", "train")];
        let text = weights(&bound);
        assert!(
            text.contains("no commercial use") && text.contains("MIR-1K") && text.contains("(?)"),
            "{text}"
        );
    }
}
