//! OpenMIC-2018 (Humphrey, Durand and McFee, ISMIR 2018): 20,000 clips of 10 s, each labelled for some of 20 instruments.
//!
//! The published folder: `openmic-2018.npz` (`X` `[20000, 10, 128]` whitened 8-bit VGGish features, `Y_true` and `Y_mask`
//! `[20000, 20]`, `sample_key`), `openmic-2018-aggregated-labels.csv`, `class-map.json`, `partitions/split01_train.csv` and
//! `split01_test.csv` (a key a line, no heading), `audio/XXX/XXXYYY_ZZZ.ogg`.

use super::DataSetError;
use super::table::{Checklist, json, problem, rows, text};
use rollcall_engine::OPENMIC_CLASSES;
use rollcall_import::npz::{Npz, Numbers};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
};

const SET: &str = "OpenMIC-2018";
const REMEDY: &str = "Get the archive openmic-2018-v1.0.0.tgz of the data set OpenMIC-2018 and unpack it whole; the folder wanted is the \
                      openmic-2018 in it.";
const CLASSES: usize = OPENMIC_CLASSES.len();
const WIDTH: usize = rollcall_engine::EMBEDDING;

/// What is known of a clip: a likelihood of each class, 0..=1, and 1 where it was asked for, else 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Labels {
    /// Likelihood (the responses' confidence); 0.5 and more counts as heard.
    pub truth: [f32; CLASSES],
    /// 1 where there is a label.
    pub known: [f32; CLASSES],
}

/// Features of a clip, whitened, in 0..=1.
pub type Features = HashMap<String, Vec<f32>>;

/// The set on disk, tables read.
#[derive(Clone, Debug)]
pub struct OpenMic {
    folder: PathBuf,
    /// Keys of the published training part, in the order of the keys.
    pub train: Vec<String>,
    /// Keys of the published test part, in the order of the keys.
    pub test: Vec<String>,
    /// Labels of every key of both parts.
    pub labels: HashMap<String, Labels>,
}

#[derive(Deserialize)]
struct Response {
    sample_key: String,
    instrument: String,
    relevance: f32,
}

impl OpenMic {
    /// Reads labels and partition from the tables. Neither features nor audio need to be there.
    ///
    /// # Errors
    /// Everything that is missing, or a table that is not OpenMIC's.
    pub fn open(folder: &Path) -> Result<Self, DataSetError> {
        let mut wanted = Checklist::new(SET, folder, REMEDY);
        let map = wanted.file("class-map.json", "the order of the classes");
        let table = wanted.file("openmic-2018-aggregated-labels.csv", "the labels");
        let train = wanted.file("partitions/split01_train.csv", "the keys to train on");
        let test = wanted.file("partitions/split01_test.csv", "the keys to test on");
        wanted.done()?;
        check_classes(&map)?;
        let (train, test) = (keys(&train)?, keys(&test)?);
        let mut labels: HashMap<String, Labels> = HashMap::new();
        let unknown = Labels { truth: [0.5; CLASSES], known: [0.0; CLASSES] };
        for (n, row) in rows::<Response>(&table)?.into_iter().enumerate() {
            // The CSV spells out what class-map.json joins with underscores.
            let class = row.instrument.replace(' ', "_");
            let Some(class) = OPENMIC_CLASSES.iter().position(|&c| c == class) else {
                let found = format!("the instrument {:?} is none of OpenMIC's 20", row.instrument);
                return Err(problem(&table, Some(n + 1), found));
            };
            if !(0.0..=1.0).contains(&row.relevance) {
                let found = format!("relevance {} is not in 0 to 1", row.relevance);
                return Err(problem(&table, Some(n + 1), found));
            }
            let clip = labels.entry(row.sample_key).or_insert_with(|| unknown.clone());
            (clip.truth[class], clip.known[class]) = (row.relevance, 1.0);
        }
        let both: HashSet<&String> = train.iter().collect();
        if let Some(key) = test.iter().find(|key| both.contains(key)) {
            return Err(problem(&folder.join("partitions"), None, format!("{key} is in both parts")));
        }
        let unlabelled: Vec<&String> =
            train.iter().chain(&test).filter(|key| !labels.contains_key(*key)).collect();
        if let Some(key) = unlabelled.first() {
            let found = format!("{} keys of the partition have no label, the first {key}", unlabelled.len());
            return Err(problem(
                &table,
                None,
                format!("{found}: the table was cut short, or is another one"),
            ));
        }
        Ok(Self { folder: folder.into(), train, test, labels })
    }

    /// The features of `openmic-2018.npz`, divided by 255, checked against labels and partition.
    ///
    /// # Errors
    /// The archive is missing or cut short, not of OpenMIC's shapes, lacks a key, or disagrees with the table of labels.
    pub fn features(&self) -> Result<Features, DataSetError> {
        let mut wanted = Checklist::new(SET, &self.folder, REMEDY);
        let path = wanted.file("openmic-2018.npz", "features and labels as arrays");
        wanted.done()?;
        let mut npz = Npz::open(&path)?;
        let keys = npz.strings("sample_key")?;
        let n = keys.len();
        let mut array = |name: &str, shape: &[usize]| -> Result<Numbers, DataSetError> {
            let array = npz.numbers(name)?;
            if array.shape != shape {
                let found = format!("{name} is {:?}, expected {shape:?} for {n} keys", array.shape);
                return Err(problem(&path, None, found));
            }
            Ok(array)
        };
        let x = array("X", &[n, 10, WIDTH])?;
        let (truth, known) = (array("Y_true", &[n, CLASSES])?, array("Y_mask", &[n, CLASSES])?);
        if let Some(value) = x.values.iter().find(|v| !(0.0..=255.0).contains(*v)) {
            return Err(problem(&path, None, format!("X holds {value}, expected 0 to 255")));
        }
        let mut features = Features::with_capacity(n);
        for (i, key) in keys.into_iter().enumerate() {
            let Some(labels) = self.labels.get(&key) else { continue };
            for (c, class) in OPENMIC_CLASSES.iter().enumerate() {
                let (t, k) = (truth.values[i * CLASSES + c], known.values[i * CLASSES + c]);
                // The table prints some five digits of what the array holds.
                if k != labels.known[c] || (k > 0.0 && (t - labels.truth[c]).abs() > 1e-3) {
                    let found = format!("{key}, {class}: the array says {t} (known: {k})");
                    let other = format!("the table {} (known: {})", labels.truth[c], labels.known[c]);
                    return Err(problem(&path, None, format!("{found}, {other}: they are of two versions")));
                }
            }
            let values = &x.values[i * 10 * WIDTH..(i + 1) * 10 * WIDTH];
            features.insert(key, values.iter().map(|v| v / 255.0).collect());
        }
        let lacking: Vec<&String> = self.keys().filter(|key| !features.contains_key(*key)).collect();
        match lacking.first() {
            Some(key) => {
                let found = format!("{} keys of the partition are not in it, the first {key}", lacking.len());
                Err(problem(&path, None, found))
            }
            None => Ok(features),
        }
    }

    /// The audio file of every key.
    ///
    /// # Errors
    /// All that are missing.
    pub fn audio(&self) -> Result<BTreeMap<String, PathBuf>, DataSetError> {
        let mut wanted = Checklist::new(SET, &self.folder, REMEDY);
        wanted.folder("audio", "the recordings");
        wanted.done()?;
        let file = |key: &String| {
            let name = format!("audio/{}/{key}.ogg", key.get(..3).unwrap_or(key));
            (key.clone(), wanted.file(&name, "a clip"))
        };
        let paths = self.keys().map(file).collect();
        wanted.done()?;
        Ok(paths)
    }

    /// Keys of both parts.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.train.iter().chain(&self.test)
    }

    /// Splits the published training part for validation. With `split`, as AttentionMIC's `train_val.split` says (an archive with
    /// the arrays `train` and `val`, indices into the training keys in the archive's order, which is that of the keys); else
    /// 15 % of the tracks, drawn by seed: a track (the key before `_`) is in one part only.
    ///
    /// # Errors
    /// A split that cannot be read or points beyond the keys.
    pub fn validation(
        &self,
        split: Option<&Path>,
        seed: u64,
    ) -> Result<(Vec<String>, Vec<String>), DataSetError> {
        let Some(path) = split else { return Ok(self.drawn_validation(seed)) };
        let mut npz = Npz::open(path)?;
        let mut part = |name: &str| -> Result<Vec<String>, DataSetError> {
            let indices = npz.numbers(name)?;
            let key = |index: &f32| {
                self.train.get(*index as usize).cloned().ok_or_else(|| {
                    let n = self.train.len();
                    problem(path, None, format!("{name} holds {index}, but there are {n} training keys"))
                })
            };
            indices.values.iter().map(key).collect()
        };
        Ok((part("train")?, part("val")?))
    }

    fn drawn_validation(&self, seed: u64) -> (Vec<String>, Vec<String>) {
        let track = |key: &str| key.split('_').next().unwrap_or(key).to_owned();
        let mut tracks: Vec<String> = self.train.iter().map(|key| track(key)).collect();
        tracks.dedup();
        crate::base::seed::rng(seed, "openmic/validation").shuffle(&mut tracks);
        let count = (tracks.len() as f32 * VALIDATION_SHARE).ceil() as usize;
        let chosen: HashSet<String> = tracks.into_iter().take(count).collect();
        let (valid, train) = self.train.iter().cloned().partition(|key| chosen.contains(&track(key)));
        (train, valid)
    }
}

/// Share of the training tracks that validates (Gururani, Sharma and Lerch 2019, section 5.1).
const VALIDATION_SHARE: f32 = 0.15;

fn check_classes(path: &Path) -> Result<(), DataSetError> {
    let map: BTreeMap<String, usize> = json(path)?;
    let expected: BTreeMap<String, usize> =
        OPENMIC_CLASSES.iter().map(|c| (*c).to_owned()).zip(0..).collect();
    if map == expected {
        return Ok(());
    }
    Err(problem(path, None, "another order of classes than OpenMIC-2018's 20, accordion 0 to voice 19"))
}

/// A key a line, sorted; the heading that some copies have is no key.
fn keys(path: &Path) -> Result<Vec<String>, DataSetError> {
    let mut keys = Vec::new();
    for (n, line) in text(path)?.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty()) {
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !line
            .split_once('_')
            .is_some_and(|(track, start)| track.len() == 6 && plain(track) && plain(start))
        {
            return Err(problem(path, Some(n + 1), format!("{line:?} is no sample key, e.g. 000046_3840")));
        }
        keys.push(line.to_owned());
    }
    keys.sort();
    keys.dedup();
    if keys.is_empty() {
        return Err(problem(path, None, "no key in it: the download was cut short"));
    }
    Ok(keys)
}
