//! What there is to analyse: files as named, folders walked in sorted order, playlists, lists, and standard input.

mod list;

use list::is_playlist;
pub use list::{Named, STDIN, Separator, read_list};

use crate::decode::has_audio_extension;
use rollcall_files::{Doing, advice, is_hidden};
use std::{
    collections::HashSet,
    fmt, fs, io,
    path::{Component, Path, PathBuf},
};

/// Playlists within playlists: more than this is a circle.
const MAX_PLAYLISTS: usize = 8;

/// One thing to analyse, or to report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where it is; [`STDIN`] for the stream.
    pub path: PathBuf,
    /// Its place under an output folder: the path below the folder that was walked, or the file's name.
    pub relative: PathBuf,
    /// Why it cannot even be tried.
    pub problem: Option<String>,
}

impl Input {
    /// Whether it is the stream on standard input.
    pub fn is_stdin(&self) -> bool {
        self.path.as_os_str() == STDIN
    }

    fn file(path: &Path) -> Self {
        let relative = path.file_name().map_or_else(|| path.to_owned(), PathBuf::from);
        Self { path: path.to_owned(), relative, problem: None }
    }

    /// Keeps its whole path below `folder`: lists name files of many folders, often by the same names.
    fn below(self, folder: &Path) -> Self {
        if self.is_stdin() {
            return self;
        }
        let path = self.path.strip_prefix(folder).unwrap_or(&self.path);
        let relative = path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
        Self { relative, ..self }
    }

    fn problem(path: &Path, problem: impl fmt::Display) -> Self {
        Self { problem: Some(problem.to_string()), ..Self::file(path) }
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_stdin() { f.write_str("standard input") } else { self.path.display().fmt(f) }
    }
}

/// Everything that the names stand for, in their order, each path once: first those of the command line, then those of
/// a list. What is missing becomes an [`Input`] with a problem, so that all others are done.
pub fn expand(names: &[PathBuf], listed: &[Named]) -> Vec<Input> {
    let mut seen = HashSet::new();
    let listed = listed.iter().flat_map(|name| expand_listed(name, Path::new(""), 0));
    let named = names.iter().flat_map(|name| expand_one(name, 0));
    named.chain(listed).filter(|input| seen.insert(input.path.clone())).collect()
}

/// What a line of a list stands for. A problem with it is told with its number.
fn expand_listed(name: &Named, folder: &Path, depth: usize) -> Vec<Input> {
    let inputs = match &name.problem {
        Some(problem) => vec![Input::problem(&name.path, problem)],
        None => expand_one(&name.path, depth),
    };
    let placed = |input: Input| {
        let problem = input.problem.as_ref().filter(|_| input.path == name.path);
        let problem = problem.map(|problem| format!("{problem} ({})", name.place));
        Input { problem: problem.or(input.problem), ..input }.below(folder)
    };
    inputs.into_iter().map(placed).collect()
}

fn expand_one(name: &Path, depth: usize) -> Vec<Input> {
    if name.as_os_str() == STDIN {
        return vec![Input { relative: PathBuf::from("stdin"), ..Input::file(name) }];
    }
    match fs::metadata(name) {
        Ok(metadata) if metadata.is_dir() => walk(name),
        Ok(_) if is_playlist(name) && depth >= MAX_PLAYLISTS => {
            vec![Input::problem(name, "stands in a playlist that stands in itself; take it out there")]
        }
        Ok(_) if is_playlist(name) => match read_list(name, Separator::Line) {
            Ok(names) => {
                let folder = name.parent().unwrap_or(Path::new(""));
                names.iter().flat_map(|name| expand_listed(name, folder, depth + 1)).collect()
            }
            Err(error) => vec![Input::problem(name, unreadable(name, &error))],
        },
        Ok(_) => vec![Input::file(name)],
        Err(error) => matches(name).unwrap_or_else(|| vec![Input::problem(name, unreadable(name, &error))]),
    }
}

/// Why a path cannot be opened, and what to do.
fn unreadable(path: &Path, error: &io::Error) -> String {
    if let Ok(to) = fs::read_link(path) {
        let to = to.display();
        match error.kind() {
            io::ErrorKind::NotFound => {
                return format!("is a link to {to}, which is not there; mend or remove the link");
            }
            io::ErrorKind::PermissionDenied => {}
            _ => return format!("is a link to {to}, which leads nowhere; mend or remove the link"),
        }
    }
    format!("cannot open: {}", advice(error, Doing::Reading))
}

/// Audio files that a pattern with `*`, `?` or `[...]` stands for, sorted, where the shell has not seen to it; `None`
/// if it is no pattern.
fn matches(pattern: &Path) -> Option<Vec<Input>> {
    // `\\?\C:\` begins a path of Windows that is taken to the letter.
    let is_pattern = |part: &Component<'_>| matches!(part, Component::Normal(name) if name.to_string_lossy().contains(['*', '?', '[']));
    if !pattern.components().any(|part| is_pattern(&part)) {
        return None;
    }
    let base: PathBuf = pattern.components().take_while(|part| !is_pattern(part)).collect();
    let like_a_shell = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let paths = match glob::glob_with(pattern.to_str()?, like_a_shell) {
        Ok(paths) => paths,
        Err(error) => return Some(vec![Input::problem(pattern, format!("is no pattern: {error}"))]),
    };
    let paths = paths.filter_map(Result::ok).filter(|path| path.is_file() && has_audio_extension(path));
    let mut inputs: Vec<Input> = paths
        .map(|path| {
            let relative = path.strip_prefix(&base).unwrap_or(&path).to_owned();
            Input { path, relative, problem: None }
        })
        .collect();
    inputs.sort_by(|a, b| a.path.cmp(&b.path));
    if inputs.is_empty() {
        inputs.push(Input::problem(pattern, "matches no file whose name ends like audio"));
    }
    Some(inputs)
}

/// Audio files below a folder, sorted by path; hidden ones are left out, links are followed.
fn walk(folder: &Path) -> Vec<Input> {
    let is_hidden = |entry: &walkdir::DirEntry| entry.depth() > 0 && is_hidden(entry.path());
    let walker = walkdir::WalkDir::new(folder).follow_links(true).sort_by_file_name();
    let mut inputs = Vec::new();
    for entry in walker.into_iter().filter_entry(|entry| !is_hidden(entry)) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && has_audio_extension(entry.path()) => {
                let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_owned();
                inputs.push(Input { path: entry.path().to_owned(), relative, problem: None });
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_owned();
                let is_link = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink());
                // A dangling link is nobody's audio unless it is called so.
                if is_link && error.loop_ancestor().is_none() && !has_audio_extension(&path) {
                    continue;
                }
                let problem = match (error.loop_ancestor(), error.io_error()) {
                    (Some(above), _) => {
                        format!("is a link to the folder above it, {}; remove it", above.display())
                    }
                    (None, Some(error)) => unreadable(&path, error),
                    (None, None) => format!("cannot be searched: {error}"),
                };
                inputs.push(Input::problem(&path, problem));
            }
        }
    }
    if inputs.is_empty() {
        let known = crate::decode::EXTENSIONS.join(" ");
        inputs.push(Input::problem(folder, format!("holds no file whose name ends like audio ({known})")));
    }
    inputs
}
