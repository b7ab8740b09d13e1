//! Recordings by folders: a folder a class.

use crate::inputs;
use anyhow::{Context, Result, bail, ensure};
use rollcall_files::{Doing, NONE, NOT, is_hidden, told};
use rollcall_teach::{Lesson, Part, Recording};
use std::path::{Path, PathBuf};

/// What a folder or a label says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// This class plays.
    Plays(String),
    /// This class does not play (`not flute`), whatever else does.
    Not(String),
    /// None of the classes plays.
    Nothing,
}

impl Says {
    /// By its name.
    pub(super) fn of(name: &str) -> Self {
        match NOT.iter().find_map(|not| name.strip_prefix(not)) {
            Some(class) if !class.trim().is_empty() => Self::Not(class.trim().to_owned()),
            _ if name == NONE => Self::Nothing,
            _ => Self::Plays(name.to_owned()),
        }
    }
}

/// The lesson of a folder with a folder of recordings for each class, those of `_none` and `not CLASS` besides.
pub(super) fn of_folders(folder: &Path, notes: &mut Vec<String>) -> Result<Lesson> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let mut loose = 0;
    let entries = std::fs::read_dir(folder)
        .map_err(|error| told(error, Doing::Reading))
        .with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        match path.is_dir() {
            true if !is_hidden(&path) => folders.push(path),
            true => {}
            false => loose += usize::from(crate::decode::has_audio_extension(&path)),
        }
    }
    folders.sort();
    if loose > 0 {
        notes.push(format!(
            "{}: {loose} recordings lie in no class's folder; they are left out",
            folder.display()
        ));
    }
    ensure!(
        !folders.is_empty(),
        "{}: holds no folders; make one for each class, named as it, and put its recordings there, or use --labels",
        folder.display()
    );
    let said = folders.iter().map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (path, Says::of(&name))
    });
    let said: Vec<(&PathBuf, Says)> = said.collect();
    let plays = |says: &Says| match says {
        Says::Plays(class) => Some(class.clone()),
        _ => None,
    };
    let classes: Vec<String> = said.iter().filter_map(|(_, says)| plays(says)).collect();
    let mut lesson = Lesson { classes, ..Lesson::default() };
    for (path, says) in said {
        let part = match &says {
            Says::Nothing => Part::whole(None, false),
            Says::Plays(class) => Part::whole(Some(place(&lesson, class).expect("it is one of them")), true),
            Says::Not(class) => match place(&lesson, class) {
                Some(class) => Part::whole(Some(class), false),
                None => {
                    notes.push(format!(
                        "'{}': {class} is none of the classes here, so that nothing is learned of it; it is left out",
                        path.file_name().unwrap_or_default().to_string_lossy()
                    ));
                    continue;
                }
            },
        };
        add(&mut lesson, path, folder, &part, notes)?;
    }
    Ok(lesson)
}

/// Adds what shows none of the classes.
pub(super) fn add_negatives(lesson: &mut Lesson, paths: &[PathBuf], notes: &mut Vec<String>) -> Result<()> {
    for path in paths {
        add(lesson, path, path, &Part::whole(None, false), notes).context("--negatives")?;
    }
    Ok(())
}

/// The place of a class, whatever its capitals.
pub(super) fn place(lesson: &Lesson, class: &str) -> Option<usize> {
    let same = |known: &String| known == class;
    let alike = |known: &String| known.to_lowercase() == class.to_lowercase();
    lesson.classes.iter().position(same).or_else(|| lesson.classes.iter().position(alike))
}

/// Adds every recording below a folder. What cannot be found is told and left out, unless nothing is left.
fn add(lesson: &mut Lesson, path: &Path, below: &Path, part: &Part, notes: &mut Vec<String>) -> Result<()> {
    let inputs = inputs::expand(&[path.to_owned()], &[]);
    let before = lesson.recordings.len();
    let mut problems = Vec::new();
    for input in inputs {
        let name = input.path.strip_prefix(below).unwrap_or(&input.path).display().to_string();
        match input.problem {
            Some(problem) => problems.push(format!("{name}: {problem}")),
            None => lesson.recordings.push(Recording {
                group: input.path.display().to_string(),
                path: input.path,
                name,
                parts: vec![part.clone()],
            }),
        }
    }
    if lesson.recordings.len() == before {
        let problem = problems.first().map_or("", String::as_str);
        let name = path.display();
        bail!("{name}: no recording there ({problem}); put some into it, or remove it");
    }
    notes.extend(problems.into_iter().map(|problem| format!("{problem}; it is left out")));
    Ok(())
}
