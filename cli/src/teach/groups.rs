//! Which recordings belong together: by folder, or as a table says.

use anyhow::{Context, Result, ensure};
use rollcall_teach::Lesson;
use std::{collections::BTreeMap, path::Path};

/// The word for "by the folder within a class's".
const FOLDER: &str = "folder";

/// Gives recordings their groups. Those of which nothing is said stay by themselves.
pub(super) fn apply(lesson: &mut Lesson, group: &str, below: &Path) -> Result<()> {
    lesson.is_grouped = true;
    if group == FOLDER {
        let mut grouped = 0;
        for recording in &mut lesson.recordings {
            let relative = recording.path.strip_prefix(below).unwrap_or(&recording.path);
            // CLASS/GROUP/.../file: what is right in a class's folder is by itself.
            let parts: Vec<_> = relative.components().collect();
            if parts.len() > 2 {
                recording.group = parts[1].as_os_str().to_string_lossy().into_owned();
                grouped += 1;
            }
        }
        ensure!(
            grouped > 0,
            "--group folder: no recording lies in a folder within its class's; put those of one player into CLASS/PLAYER/, or leave \
             --group out"
        );
        return Ok(());
    }
    let table = read(Path::new(group)).with_context(|| format!("--group {group}"))?;
    let mut used = 0;
    for recording in &mut lesson.recordings {
        let file = recording.path.file_name().unwrap_or_default().to_string_lossy();
        if let Some(group) = table.get(&recording.name).or_else(|| table.get(file.as_ref())) {
            recording.group.clone_from(group);
            used += 1;
        }
    }
    ensure!(
        used > 0,
        "--group {group}: none of its {} files is a recording here; write them as 'class/file.wav' or 'file.wav'",
        table.len()
    );
    Ok(())
}

fn read(path: &Path) -> Result<BTreeMap<String, String>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).context(
        "is neither 'folder' nor a table that can be read; write a CSV with the columns file and group",
    )?;
    let header = reader.headers()?.clone();
    let place = |wanted: &str| header.iter().position(|name| name.eq_ignore_ascii_case(wanted));
    let (file, group) = place("file").zip(place("group")).with_context(|| {
        format!(
            "the header is '{}', but must name the columns file and group",
            header.iter().collect::<Vec<_>>().join(",")
        )
    })?;
    let mut table = BTreeMap::new();
    for record in reader.records() {
        let record = record?;
        table.insert(record[file].to_owned(), record[group].to_owned());
    }
    Ok(table)
}
