//! Weak labels in AudioSet's form (Gemmeke et al., ICASSP 2017): segments of 10 s with the sounds that are heard in them.
//!
//! The folder holds one or more `*_segments.csv` (three lines of comment, then `YTID, start_seconds, end_seconds,
//! "mid,mid"`), `class_labels_indices.csv` (`index,mid,display_name`), if at hand `ontology.json`, and the audio, for which there is
//! no published form: `audio/YTID.wav`, `audio/YTID_START.wav` (START in milliseconds) or `audio/YYTID.wav`, also one folder deeper,
//! named as the table (`audio/balanced_train_segments/`).

use super::DataSetError;
use super::table::{Checklist, json, problem, rows, text};
use rollcall_engine::OPENMIC_CLASSES;
use serde::Deserialize;
use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

const SET: &str = "AudioSet";
const REMEDY: &str = "Get balanced_train_segments.csv, unbalanced_train_segments.csv or eval_segments.csv and class_labels_indices.csv of \
                      AudioSet; its audio is not published and has to come from your own copy.";
/// Endings under which copies of AudioSet's audio go about.
const ENDINGS: [&str; 6] = ["wav", "flac", "ogg", "opus", "m4a", "mp3"];

/// AudioSet's classes for OpenMIC's, by identifier (`class_labels_indices.csv`). Segments do not carry the ancestors of their
/// labels, so what lies below a class stands here too.
const OPENMIC_MIDS: [(&str, &[&str]); 20] = [
    ("accordion", &["/m/0mkg"]),
    ("banjo", &["/m/018j2"]),
    ("bass", &["/m/018vs", "/m/02fsn"]),
    ("cello", &["/m/01xqw"]),
    ("clarinet", &["/m/01wy6"]),
    ("cymbals", &["/m/01qbl", "/m/03qtq"]),
    ("drums", &["/m/02hnl", "/m/0cfdd", "/m/026t6", "/m/06rvn", "/m/03t3fj", "/m/02k_mr", "/m/0bm02"]),
    ("flute", &["/m/0l14j_"]),
    ("guitar", &["/m/0342h", "/m/02sgy", "/m/042v_gx", "/m/06w87", "/m/01glhc", "/m/07s0s5r"]),
    ("mallet_percussion", &["/m/0j45pbj", "/m/0dwsp", "/m/0dwtp", "/m/0dwt5"]),
    ("mandolin", &["/m/04rzd"]),
    ("organ", &["/m/013y1f", "/m/03xq_f", "/m/03gvt"]),
    ("piano", &["/m/05r5c", "/m/01s0ps"]),
    ("saxophone", &["/m/06ncr"]),
    ("synthesizer", &["/m/0l14qv", "/m/01v1d8"]),
    ("trombone", &["/m/07c6l"]),
    ("trumpet", &["/m/07gql"]),
    ("ukulele", &["/m/07xzm"]),
    ("violin", &["/m/07y_7"]),
    ("voice", &["/m/015lz1", "/m/0l14jd", "/t/dd00003", "/t/dd00004", "/t/dd00005", "/m/0y4f8", "/m/0z9c"]),
];

/// The set on disk, tables read.
#[derive(Clone, Debug)]
pub struct AudioSet {
    /// Classes in the order of `class_labels_indices.csv`.
    pub classes: Vec<Class>,
    /// Segments whose audio is there, in the order of the tables.
    pub segments: Vec<Segment>,
    /// Segments whose audio is not: much of AudioSet has been taken down, so this is no error.
    pub without_audio: usize,
}

/// A class.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Class {
    /// Its identifier, e.g. `/m/04rlf`.
    pub mid: String,
    /// Its name, e.g. `Music`.
    pub display_name: String,
}

/// A segment with weak labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The table that it stands in, e.g. `balanced_train`.
    pub part: String,
    /// The recording's identifier.
    pub ytid: String,
    /// Where it begins in the recording, seconds.
    pub start_s: f32,
    /// Where it ends, seconds.
    pub end_s: f32,
    /// Indices in [`AudioSet::classes`], ascending; with an ontology at hand, the labels' ancestors too.
    pub labels: Vec<usize>,
    /// Its audio: the segment alone.
    pub path: PathBuf,
}

#[derive(Deserialize)]
struct Entity {
    id: String,
    child_ids: Vec<String>,
}

impl AudioSet {
    /// Reads every table of the folder.
    ///
    /// # Errors
    /// What is missing, a table that is not AudioSet's, or no audio at all.
    pub fn open(folder: &Path) -> Result<Self, DataSetError> {
        let mut wanted = Checklist::new(SET, folder, REMEDY);
        let classes = wanted.file("class_labels_indices.csv", "the classes");
        wanted.folder("audio", "the recordings, e.g. audio/-0RWZT-miFs.wav");
        let tables = tables(folder)?;
        if tables.is_empty() {
            wanted.missing("a table of segments (e.g. balanced_train_segments.csv)".into());
        }
        wanted.done()?;
        let classes: Vec<Class> = rows(&classes)?;
        let ontology = folder.join("ontology.json");
        let parents = if ontology.is_file() { parents(json(&ontology)?) } else { HashMap::new() };
        let mut set = Self { classes, segments: Vec::new(), without_audio: 0 };
        let by_mid: HashMap<String, usize> =
            set.classes.iter().map(|class| class.mid.clone()).zip(0..).collect();
        for table in tables {
            set.read(folder, &table, &by_mid, &parents)?;
        }
        if set.segments.is_empty() {
            let named = set.without_audio;
            wanted
                .missing(format!("the audio of every one of the {named} segments (audio/YTID.wav or alike)"));
            wanted.done()?;
        }
        Ok(set)
    }

    fn read(
        &mut self,
        folder: &Path,
        table: &Path,
        by_mid: &HashMap<String, usize>,
        parents: &HashMap<String, Vec<String>>,
    ) -> Result<(), DataSetError> {
        let name = table.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let part = name.strip_suffix("_segments").unwrap_or(&name).to_owned();
        for (n, line) in text(table)?.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            let off = |found: &str| Err(problem(table, Some(n + 1), format!("{line:?}: {found}")));
            let mut fields = line.splitn(4, ", ");
            let [Some(ytid), Some(start), Some(end), Some(mids)] = [(); 4].map(|()| fields.next()) else {
                return off("expected YTID, start_seconds, end_seconds, \"labels\": was the file cut short?");
            };
            let (Ok(start_s), Ok(end_s)) = (start.parse::<f32>(), end.parse::<f32>()) else {
                return off("start and end must be seconds");
            };
            let Some(mids) = mids.strip_prefix('"').and_then(|m| m.strip_suffix('"')) else {
                return off("the labels must stand in quotes: was the file cut short?");
            };
            let mut labels = Vec::new();
            for mid in with_ancestors(mids.split(','), parents) {
                match by_mid.get(&mid) {
                    Some(&class) => labels.push(class),
                    // Abstract classes of the ontology have no index; a label of a segment always has.
                    None if !mids.split(',').any(|m| m == mid) => {}
                    None => return off(&format!("{mid} is not in class_labels_indices.csv")),
                }
            }
            labels.sort_unstable();
            match audio(folder, &name, ytid, start_s) {
                Some(path) => {
                    let (part, ytid) = (part.clone(), ytid.to_owned());
                    self.segments.push(Segment { part, ytid, start_s, end_s, labels, path });
                }
                None => self.without_audio += 1,
            }
        }
        Ok(())
    }

    /// For each of OpenMIC's 20 classes, the indices of AudioSet's classes that say that it is heard.
    #[must_use]
    pub fn openmic_classes(&self) -> [Vec<usize>; 20] {
        OPENMIC_CLASSES.map(|name| {
            let (_, mids) = OPENMIC_MIDS.iter().find(|(class, _)| *class == name).expect("all 20 are listed");
            (0..self.classes.len()).filter(|&i| mids.contains(&self.classes[i].mid.as_str())).collect()
        })
    }
}

/// Tables of segments, sorted.
fn tables(folder: &Path) -> Result<Vec<PathBuf>, DataSetError> {
    let io = |source| DataSetError::Io { path: folder.into(), source };
    let entries = fs::read_dir(folder).map_err(io)?.map(|entry| entry.map(|e| e.path()));
    let mut tables: Vec<PathBuf> = entries.collect::<Result<_, _>>().map_err(io)?;
    tables.retain(|path| path.to_string_lossy().ends_with("_segments.csv"));
    tables.sort();
    Ok(tables)
}

/// The recording of a segment, under any of the names that copies of it go by.
fn audio(folder: &Path, table: &str, ytid: &str, start_s: f32) -> Option<PathBuf> {
    let start_ms = (f64::from(start_s) * 1000.0).round() as u64;
    let names =
        [ytid.to_owned(), format!("{ytid}_{start_ms}"), format!("Y{ytid}"), format!("{ytid}_{start_s:.3}")];
    let folders = [folder.join("audio"), folder.join("audio").join(table)];
    folders.iter().find_map(|folder| {
        names.iter().find_map(|name| {
            ENDINGS.iter().map(|ending| folder.join(format!("{name}.{ending}"))).find(|path| path.is_file())
        })
    })
}

/// Class -> classes that it lies directly below.
fn parents(entities: Vec<Entity>) -> HashMap<String, Vec<String>> {
    let mut parents: HashMap<String, Vec<String>> = HashMap::new();
    for entity in entities {
        for child in entity.child_ids {
            parents.entry(child).or_default().push(entity.id.clone());
        }
    }
    parents
}

fn with_ancestors<'a>(
    mids: impl Iterator<Item = &'a str>,
    parents: &HashMap<String, Vec<String>>,
) -> HashSet<String> {
    let mut open: Vec<String> = mids.map(str::to_owned).collect();
    let mut all = HashSet::new();
    while let Some(mid) = open.pop() {
        if let Some(above) = parents.get(&mid).filter(|_| !all.contains(&mid)) {
            open.extend(above.iter().cloned());
        }
        all.insert(mid);
    }
    all
}
