//! Sounds with tags, as Freesound has them: FSD50K's folders, or a folder of sounds each with its JSON from Freesound's API.
//!
//! FSD50K (Fonseca et al. 2022): `FSD50K.dev_audio/ID.wav`, `FSD50K.eval_audio/ID.wav`, `FSD50K.ground_truth/dev.csv`
//! (`fname,labels,mids,split`) and `eval.csv` (`fname,labels,mids`), `FSD50K.metadata/dev_clips_info_FSD50K.json` and
//! `eval_clips_info_FSD50K.json` (an object by id, with `title`, `description`, `tags`, `license`, `uploader`).
//!
//! A folder of single sounds: `NAME.json` (the API's "sound instance": `id`, `name`, `tags`, `license`, `username`) beside
//! `NAME.wav` (or aiff, flac, ogg, mp3, m4a), in folders of any depth.

use super::DataSetError;
use super::table::{Checklist, json, problem, rows};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const FSD50K: &str = "FSD50K";
const FSD50K_REMEDY: &str = "Get the data set FSD50K: FSD50K.dev_audio, FSD50K.eval_audio (zip archives in several parts), \
                             FSD50K.ground_truth and FSD50K.metadata, unpacked side by side.";
const SOUNDS: &str = "folder of Freesound's sounds";
const SOUNDS_REMEDY: &str = "Beside each sound its description is wanted, as Freesound's API gives it for a sound instance (fields id, name, \
                             tags, license, username), saved as NAME.json.";
/// Endings that Freesound's sounds have.
const ENDINGS: [&str; 8] = ["wav", "aiff", "aif", "flac", "ogg", "mp3", "m4a", "opus"];

/// One sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// Freesound's number.
    pub id: u64,
    /// Its recording, of any rate and length.
    pub path: PathBuf,
    /// Title.
    pub title: String,
    /// Tags in lower case, sorted, each once.
    pub tags: Vec<String>,
    /// Who uploaded it: sounds of one person belong into one part.
    pub uploader: String,
    /// Licence, as Freesound's address of it or in words.
    pub licence: String,
    /// Published part: `train`, `val` or `test` in FSD50K, empty in a folder of single sounds.
    pub part: String,
    /// FSD50K's labels, empty in a folder of single sounds.
    pub labels: Vec<String>,
}

/// Reads either form, sorted by number.
///
/// # Errors
/// What is missing, or a table that is not of either form.
pub fn open(folder: &Path) -> Result<Vec<Sound>, DataSetError> {
    let is_fsd50k = fs::read_dir(folder)
        .map_err(|source| DataSetError::Io { path: folder.into(), source })?
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("FSD50K."));
    let mut sounds = if is_fsd50k { open_fsd50k(folder)? } else { open_sounds(folder)? };
    sounds.sort_by_key(|sound| sound.id);
    Ok(sounds)
}

#[derive(Deserialize)]
struct GroundTruth {
    fname: u64,
    labels: String,
    split: Option<String>,
}

#[derive(Deserialize)]
struct ClipInfo {
    title: String,
    tags: Vec<String>,
    license: String,
    uploader: String,
}

fn open_fsd50k(folder: &Path) -> Result<Vec<Sound>, DataSetError> {
    let mut wanted = Checklist::new(FSD50K, folder, FSD50K_REMEDY);
    let mut parts = Vec::new();
    for part in ["dev", "eval"] {
        let truth = wanted.file(&format!("FSD50K.ground_truth/{part}.csv"), "labels and split");
        let info =
            wanted.file(&format!("FSD50K.metadata/{part}_clips_info_FSD50K.json"), "tags and licences");
        wanted.folder(&format!("FSD50K.{part}_audio"), "the recordings");
        parts.push((part, truth, info));
    }
    wanted.done()?;
    let mut sounds = Vec::new();
    for (part, truth, info_path) in parts {
        let mut infos: BTreeMap<String, ClipInfo> = json(&info_path)?;
        for row in rows::<GroundTruth>(&truth)? {
            let path = wanted.file(&format!("FSD50K.{part}_audio/{}.wav", row.fname), "a clip");
            let Some(info) = infos.remove(&row.fname.to_string()) else {
                return Err(problem(
                    &info_path,
                    None,
                    format!("no entry {:?}, which {part}.csv names", row.fname),
                ));
            };
            sounds.push(Sound {
                id: row.fname,
                path,
                title: info.title,
                tags: tidy(info.tags),
                uploader: info.uploader,
                licence: info.license,
                part: row.split.unwrap_or_else(|| "test".into()),
                labels: row.labels.split(',').map(str::to_owned).collect(),
            });
        }
    }
    wanted.done()?;
    Ok(sounds)
}

#[derive(Deserialize)]
struct Instance {
    id: u64,
    name: String,
    tags: Vec<String>,
    license: String,
    username: String,
}

fn open_sounds(folder: &Path) -> Result<Vec<Sound>, DataSetError> {
    let mut wanted = Checklist::new(SOUNDS, folder, SOUNDS_REMEDY);
    let mut files = Vec::new();
    list(folder, &mut files)?;
    let ending = |path: &Path| path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let mut sounds = Vec::new();
    for path in files.iter().filter(|path| ENDINGS.contains(&ending(path).as_str())) {
        let described = path.with_extension("json");
        if !described.is_file() {
            let name = described.strip_prefix(folder).unwrap_or(&described);
            wanted.missing(format!("{} (what is known of a sound)", name.display()));
            continue;
        }
        let instance: Instance = json(&described)?;
        sounds.push(Sound {
            id: instance.id,
            path: path.clone(),
            title: instance.name,
            tags: tidy(instance.tags),
            uploader: instance.username,
            licence: instance.license,
            part: String::new(),
            labels: Vec::new(),
        });
    }
    for described in files.iter().filter(|path| ending(path) == "json") {
        let has_sound = ENDINGS.iter().any(|e| described.with_extension(e).is_file());
        if !has_sound {
            let name = described.strip_prefix(folder).unwrap_or(described);
            wanted.missing(format!("the sound that {} describes", name.display()));
        }
    }
    if files.is_empty() || (sounds.is_empty() && !files.iter().any(|p| ENDINGS.contains(&ending(p).as_str())))
    {
        wanted.missing("any sound (.wav, .aiff, .flac, .ogg, .mp3, .m4a, .opus)".into());
    }
    wanted.done()?;
    Ok(sounds)
}

/// All files below a folder, in sorted order.
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), DataSetError> {
    let io = |source| DataSetError::Io { path: folder.into(), source };
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(io)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(io)?;
    entries.sort();
    for path in entries {
        if path.is_dir() { list(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

fn tidy(tags: Vec<String>) -> Vec<String> {
    let mut tags: Vec<String> =
        tags.iter().map(|tag| tag.trim().to_lowercase()).filter(|t| !t.is_empty()).collect();
    tags.sort();
    tags.dedup();
    tags
}
