//! That training, validation and TEST share nothing: no independence group or score stands in two parts, and no stem's audio.

use super::{Pool, Row};
use crate::base::stem::{Kind, Split};
use anyhow::{Result, bail, ensure};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    path::PathBuf,
};

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Stems of all pools.
    pub stems: usize,
    /// Independence groups among them.
    pub groups: usize,
    /// Scores that bands among them play.
    pub scores: usize,
}

/// Reads the pools (training and validation in one, TEST in another) and holds them to it. Rooms are in no part: every mix may
/// be played in each.
///
/// # Errors
/// A group, a score or a stem's audio in two parts, each named; or a pool that cannot be read.
pub fn check(pools: &[PathBuf]) -> Result<Checked> {
    ensure!(!pools.is_empty(), "name the pools to check, that of TEST among them");
    let mut groups: BTreeMap<String, BTreeSet<Split>> = BTreeMap::new();
    let mut scores: BTreeMap<String, BTreeSet<Split>> = BTreeMap::new();
    let mut audio: HashMap<u64, (Split, String)> = HashMap::new();
    let (mut stems, mut shared) = (0, Vec::new());
    for folder in pools {
        let pool = Pool::open(folder)?;
        for stem in pool.stems.iter().filter(|stem| stem.row.kind != Kind::Ir) {
            let row = &stem.row;
            stems += 1;
            groups.entry(row.source.clone()).or_default().insert(row.split);
            if let Some(score) = score(row) {
                scores.entry(score).or_default().insert(row.split);
            }
            let mut hash = DefaultHasher::new();
            pool.samples(stem)?.iter().for_each(|sample| sample.to_bits().hash(&mut hash));
            let (split, id) = audio.entry(hash.finish()).or_insert_with(|| (row.split, row.id.clone()));
            if *split != row.split {
                shared.push(format!("{id} ({split:?}) is {} ({:?}), sample for sample", row.id, row.split));
            }
        }
    }
    let (group_count, score_count) = (groups.len(), scores.len());
    for (name, splits) in groups.into_iter().chain(scores).filter(|(_, splits)| splits.len() > 1) {
        shared.push(format!("{name} is in {splits:?}"));
    }
    if !shared.is_empty() {
        bail!("the parts share recordings:\n  {}", shared.join("\n  "));
    }
    Ok(Checked { stems, groups: group_count, scores: score_count })
}

/// What a stem of a band plays: the style or the file that its notes come from.
fn score(row: &Row) -> Option<String> {
    let facts: serde_json::Value = serde_json::from_str(&row.extra).ok()?;
    Some(facts["score"].as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::stem::Part;
    use crate::pool::PoolWriter;
    use serde_json::json;

    fn pool(folder: &std::path::Path, stems: &[(&str, Split, f32)]) {
        let mut writer = PoolWriter::open(folder).unwrap();
        for (number, &(source, split, level)) in stems.iter().enumerate() {
            let part = Part {
                samples: (0..800).map(|i| level * (i as f32 * 0.1).sin()).collect(),
                kind: Kind::Phrase,
                class: "piano".into(),
                source: source.into(),
                split,
                licence: "CC0".into(),
                origin: "x".into(),
                extra: if source == "b" { json!({"score": "a tune"}) } else { json!({}) },
            };
            writer.add(&format!("{source}/{number}"), &[part]).unwrap();
        }
        writer.commit().unwrap();
    }

    #[test]
    fn what_stands_in_two_parts_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (train, test) = (folder.path().join("train"), folder.path().join("test"));
        pool(&train, &[("a", Split::Train, 0.5), ("a", Split::Train, 0.4), ("b", Split::Valid, 0.3)]);
        pool(&test, &[("c", Split::Development, 0.2)]);
        let both = [train.clone(), test.clone()];
        assert_eq!(check(&both).unwrap(), Checked { stems: 4, groups: 3, scores: 1 });
        pool(&test, &[("c", Split::Development, 0.2), ("d", Split::Development, 0.5)][1..]);
        let error = check(&both).unwrap_err().to_string();
        assert!(error.contains("a/0#0 (Train) is d/0#0 (Development)"), "{error}");
        let other = folder.path().join("other");
        pool(&other, &[("b", Split::Development, 0.1)]);
        let error = check(&[train, other]).unwrap_err().to_string();
        assert!(error.contains("b is in {Valid, Development}"), "{error}");
        assert!(error.contains("a tune is in {Valid, Development}"), "{error}");
        assert!(check(&[]).is_err());
    }
}
