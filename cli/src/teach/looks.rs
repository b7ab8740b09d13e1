//! How a user's classes are to be shown: `classes.toml` beside their folders, a line each.

use anyhow::{Context, Result, bail};
use rollcall_classes::Look;
use rollcall_files::{Doing, told};
use std::{collections::BTreeMap, fs, io, path::Path};

/// Its name.
const FILE: &str = "classes.toml";

/// What the file in a folder says of these classes; nothing where there is none.
pub(super) fn read(folder: &Path, classes: &[String]) -> Result<BTreeMap<String, Look>> {
    let path = folder.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        // Recordings may be given as one file, too.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(BTreeMap::new());
        }
        Err(error) => {
            return Err(told(error, Doing::Reading)).with_context(|| path.display().to_string());
        }
    };
    let looks: BTreeMap<String, Look> = toml::from_str(&text).with_context(|| {
        format!(
            "{}: write a line a class, such as: tuba = {{ family = \"winds\", colour = \"#c08040\", icon = \"horn\" }}",
            path.display()
        )
    })?;
    if let Some(unknown) = looks.keys().find(|name| !classes.contains(name)) {
        bail!(
            "{}: '{unknown}' is none of the classes here ({}); write it as its folder is called",
            path.display(),
            classes.join(", ")
        );
    }
    Ok(looks)
}
