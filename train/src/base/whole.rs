//! Files that are there whole or not at all: written beside their name, then renamed, so that a kill leaves what was there.

use anyhow::{Context, Result};
use std::{fs, path::Path};

/// Writes a file of these bytes.
///
/// # Errors
/// The disk; the message names the file.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    write_with(path, |beside| Ok(fs::write(beside, bytes)?))
}

/// Has a file written under the name that it is given, which stands beside `path`.
///
/// # Errors
/// What `write` says, or the disk; the message names the file.
pub fn write_with(path: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let beside = path.with_extension("partial");
    write(&beside).with_context(|| format!("writing {}", beside.display()))?;
    fs::rename(&beside, path).with_context(|| format!("renaming to {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_stays_until_the_new_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.json");
        write(&path, "old").unwrap();
        let error = write_with(&path, |beside| {
            fs::write(beside, "ha")?;
            anyhow::bail!("killed here")
        });
        assert!(format!("{:#}", error.unwrap_err()).contains("scores.partial: killed here"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        write(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
