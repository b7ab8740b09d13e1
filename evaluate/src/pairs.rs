//! Which prediction belongs to which reference: by their files' names, without folders and endings where that is enough.

use crate::{Prediction, Reference};
use anyhow::{Result, bail};
use std::collections::BTreeMap;

/// Folders beyond this are not looked at for telling two files of one name apart.
const MAX_DEPTH: usize = 8;
/// Endings that annotations and results add to a name, besides those of audio.
const ENDINGS: [&str; 11] =
    ["json", "jsonl", "ndjson", "csv", "tsv", "parquet", "jams", "lab", "txt", "labels", "ranges"];

/// A file with what was said and what is so.
#[derive(Clone, Debug)]
pub struct Pair {
    /// What was said.
    pub prediction: Prediction,
    /// What is so.
    pub reference: Reference,
}

/// Pairs them. One of each belong together whatever their names ([`Pair::is_odd`]). `audio` are the endings that names of audio files bear.
///
/// # Errors
/// Names that are not unique, references without a prediction unless `is_partial`, or no pair at all.
pub fn pair(
    mut predictions: Vec<Prediction>,
    mut references: Vec<Reference>,
    is_partial: bool,
    audio: &[&str],
) -> Result<Vec<Pair>> {
    if let ([_], [_]) = (&predictions[..], &references[..]) {
        let both = predictions.pop().zip(references.pop());
        return Ok(both.map(|(prediction, reference)| Pair { prediction, reference }).into_iter().collect());
    }
    let depth = (1..=MAX_DEPTH).find(|&depth| {
        twins(predictions.iter().map(|one| &one.file), depth, audio).is_none()
            && twins(references.iter().map(|one| &one.file), depth, audio).is_none()
    });
    let Some(depth) = depth else {
        let predictions =
            twins(predictions.iter().map(|one| &one.file), 1, audio).map(|twins| ("predictions", twins));
        let references =
            twins(references.iter().map(|one| &one.file), 1, audio).map(|twins| ("references", twins));
        let (side, (a, b)) = predictions.or(references).unwrap_or_default();
        bail!("{side}: '{a}' and '{b}' cannot be told apart by their paths; give each file once");
    };
    let names_all = predictions.iter().all(|one| one.names_all);
    let mut said: BTreeMap<String, Prediction> =
        predictions.into_iter().map(|one| (key(&one.file, depth, audio), one)).collect();
    let example = said.keys().next().cloned().unwrap_or_default();
    let mut pairs = Vec::new();
    let mut alone = Vec::new();
    for reference in references {
        match said.remove(&key(&reference.file, depth, audio)) {
            Some(prediction) => pairs.push(Pair { prediction, reference }),
            None => alone.push(reference.file),
        }
    }
    match alone.first() {
        Some(first) if pairs.is_empty() => bail!(
            "no prediction belongs to any reference: there is one for '{example}', but none for '{}'; files are paired by \
             their names without endings",
            key(first, depth, audio)
        ),
        Some(first) if !is_partial && !names_all => bail!(
            "{} of {} references have no prediction, '{first}' for one. These predictions are a table of ranges that does not \
             name the files in which nobody was heard: there, finding nothing is a score of 0, which --partial would leave \
             out. Write them again as JSON, CSV, Parquet or with this version's csv-ranges",
            alone.len(),
            alone.len() + pairs.len()
        ),
        Some(first) if !is_partial => bail!(
            "{} of {} references have no prediction, '{first}' for one; analyse those files too, or add --partial to leave \
             them out",
            alone.len(),
            alone.len() + pairs.len()
        ),
        _ => Ok(pairs),
    }
}

impl Pair {
    /// Whether both were paired though their names are not those of one file: it was one of each.
    pub fn is_odd(&self, audio: &[&str]) -> bool {
        key(&self.prediction.file, 1, audio) != key(&self.reference.file, 1, audio)
    }
}

/// The last `depth` parts of a path, without the endings of audio, results and annotations.
fn key(file: &str, depth: usize, audio: &[&str]) -> String {
    let mut parts: Vec<&str> = file.rsplit(['/', '\\']).take(depth).collect();
    parts.reverse();
    let mut name = parts.join("/");
    while let Some((stem, ending)) = name.rsplit_once('.') {
        let ending = ending.to_ascii_lowercase();
        let is_known = audio.contains(&ending.as_str()) || ENDINGS.contains(&ending.as_str());
        if !is_known || stem.is_empty() || stem.ends_with('/') {
            break;
        }
        name.truncate(stem.len());
    }
    name
}

/// Two files of one key.
fn twins<'a>(
    files: impl Iterator<Item = &'a String>,
    depth: usize,
    audio: &[&str],
) -> Option<(String, String)> {
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    for file in files {
        if let Some(other) = seen.insert(key(file, depth, audio), file) {
            return Some((other.clone(), file.clone()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prediction(file: &str) -> Prediction {
        Prediction::empty(file)
    }

    fn reference(file: &str) -> Reference {
        Reference { file: file.into(), ..Reference::default() }
    }

    fn paired(predictions: &[&str], references: &[&str], is_partial: bool) -> Result<Vec<(String, String)>> {
        let predictions = predictions.iter().map(|file| prediction(file)).collect();
        let references = references.iter().map(|file| reference(file)).collect();
        let pairs = pair(predictions, references, is_partial, &["wav", "flac", "ogg"])?;
        Ok(pairs.into_iter().map(|pair| (pair.prediction.file, pair.reference.file)).collect())
    }

    #[test]
    fn endings_and_folders_do_not_matter() {
        let pairs =
            paired(&["x/my.song.wav", "x/b.ogg"], &["refs/b.lab", "refs/my.song.wav.labels.txt"], false)
                .unwrap();
        assert_eq!(pairs.len(), 2);
        assert_eq!(pairs[0], ("x/b.ogg".into(), "refs/b.lab".into()));
        assert_eq!(paired(&["one.wav"], &["other.lab"], false).unwrap().len(), 1, "one of each");
        let one_of_each = |said: &str, truth: &str| {
            let pairs = pair(vec![prediction(said)], vec![reference(truth)], false, &["wav"]).unwrap();
            pairs[0].is_odd(&["wav"])
        };
        assert!(one_of_each("one.wav", "other.lab") && !one_of_each("x/one.wav", "y/one.lab"));
    }

    #[test]
    fn folders_tell_twins_apart() {
        let pairs = paired(&["a/1.wav", "b/1.wav"], &["refs/b/1.lab", "refs/a/1.lab"], false).unwrap();
        assert_eq!(pairs[1], ("a/1.wav".into(), "refs/a/1.lab".into()));
        let error = paired(&["a/1.wav", "a/1.flac"], &["1.lab", "2.lab"], false).unwrap_err().to_string();
        assert!(error.contains("'a/1.wav' and 'a/1.flac'"), "{error}");
    }

    #[test]
    fn a_table_that_does_not_name_silent_files_gets_other_advice() {
        let said = vec![Prediction { names_all: false, ..prediction("a.wav") }];
        let error = pair(said, vec![reference("a.lab"), reference("b.lab")], false, &["wav"]).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("is a score of 0") && !error.contains("add --partial"), "{error}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = paired(&["a.wav"], &["a.lab", "b.lab"], false).unwrap_err().to_string();
        assert!(error.contains("1 of 2 references") && error.contains("'b.lab'"), "{error}");
        assert_eq!(paired(&["a.wav"], &["a.lab", "b.lab"], true).unwrap().len(), 1);
        assert!(paired(&["a.wav"], &["c.lab", "b.lab"], true).is_err());
        assert_eq!(
            paired(&["a.wav", "c.wav"], &["a.lab"], false).unwrap().len(),
            1,
            "more predictions are fine"
        );
    }
}
