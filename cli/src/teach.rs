//! `rollcall teach`, as program and wheel call it: from folders, labels and groups to a lesson, and from that to a package.

mod groups;
mod labels;
mod looks;
mod material;

pub use rollcall_teach::card::Report;
pub use rollcall_teach::lesson::MOST_IN_PLUGIN;
pub use rollcall_teach::{MOST_RECORDINGS, Mode, Progress, Taught};

use crate::model::{self, Origin};
use anyhow::{Context, Result, bail};
use rollcall_teach::{Lesson, Settings};
use std::{
    num::NonZero,
    path::{Path, PathBuf},
    thread,
};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// A folder with a folder of recordings for each class; with `labels`, the recordings.
    pub folder: PathBuf,
    /// Who plays when in the recordings: a file or a folder of files as `rollcall evaluate` reads them.
    pub labels: Option<PathBuf>,
    /// The package to stand on; the one in this program without it.
    pub base: Option<PathBuf>,
    /// What becomes of the base's classes.
    pub mode: Mode,
    /// Which recordings belong together: `folder`, or a CSV with the columns `file` and `group`.
    pub group: Option<String>,
    /// Folders or files in which none of the classes plays.
    pub negatives: Vec<PathBuf>,
    /// Folder of the new package.
    pub output: PathBuf,
    /// Where what was heard is kept; the user's cache without it.
    pub cache: Option<PathBuf>,
    /// Cores; all without it.
    pub jobs: Option<usize>,
    /// Recordings of a class, at most.
    pub most: usize,
    /// Chance.
    pub seed: u64,
}

/// Teaches, and writes the package.
///
/// # Errors
/// What is wrong with the material, the base package or a place, in a sentence.
pub fn teach(request: &Request, progress: &(dyn Fn(Progress<'_>) + Sync)) -> Result<Taught> {
    let name = package_name(&request.output)?;
    let in_use = request.output.is_file()
        || request.output.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    if in_use {
        bail!(
            "{}: is there already; name another folder for the package, or remove it",
            request.output.display()
        );
    }
    let base = Origin::find(request.base.as_deref()).context("--base")?.read()?;
    let base = rollcall_models::for_teaching(base);
    let (lesson, notes) = lesson(request)?;
    let settings = Settings {
        mode: request.mode,
        name,
        command: command(request),
        cache: cache_folder(request),
        jobs: request.jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get)),
        most: request.most,
        seed: request.seed,
    };
    let mut taught = rollcall_teach::teach(&base, &lesson, &settings, &request.output, progress)?;
    taught.report.notes.splice(0..0, notes);
    Ok(taught)
}

/// The lesson, and what was left out of it.
fn lesson(request: &Request) -> Result<(Lesson, Vec<String>)> {
    let mut notes = Vec::new();
    let mut lesson = match &request.labels {
        None => material::of_folders(&request.folder, &mut notes)?,
        Some(labels) => labels::of_labels(&request.folder, labels, &mut notes)?,
    };
    material::add_negatives(&mut lesson, &request.negatives, &mut notes)?;
    lesson.looks = looks::read(&request.folder, &lesson.classes)?;
    if let Some(group) = &request.group {
        groups::apply(&mut lesson, group, &request.folder)?;
    }
    Ok((lesson, notes))
}

/// A package's name from its folder's: `a-z 0-9 -`.
fn package_name(output: &Path) -> Result<String> {
    let name = output.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let plain: String =
        name.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' }).collect();
    let plain = plain.trim_matches('-');
    if plain.is_empty() || plain.len() > 64 {
        bail!(
            "{}: a package is named like its folder, by 1 to 64 of a-z, 0-9 and -; give --output another name",
            output.display()
        );
    }
    Ok(plain.to_owned())
}

/// For the card: names without the folders that they lie in, which are nobody's business.
fn command(request: &Request) -> String {
    let last = |path: &Path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let mut command = format!("rollcall teach {}", last(&request.folder));
    if let Some(labels) = &request.labels {
        command += &format!(" --labels {}", last(labels));
    }
    if let Some(base) = &request.base {
        command += &format!(" --base {}", last(base));
    }
    if request.mode == Mode::Only {
        command += " --only";
    }
    if let Some(group) = &request.group {
        command += &format!(" --group {}", last(Path::new(group)));
    }
    for negatives in &request.negatives {
        command += &format!(" --negatives {}", last(negatives));
    }
    command + &format!(" --seed {} -o {}", request.seed, last(&request.output))
}

fn cache_folder(request: &Request) -> PathBuf {
    request
        .cache
        .clone()
        .or_else(|| Some(model::cache_folder()?.join("teach")))
        .unwrap_or_else(|| request.output.with_extension("cache"))
}
