//! Archives inside packages: some games keep their music in a zip file (`.zip`, `.pk3`).

use anyhow::{Context, Result};
use std::{
    fs::{self, File},
    io,
    path::Path,
};
use zip::ZipArchive;

/// If `wanted` lies within an archive that is not unpacked yet (`music.pk3` for `music/...`), unpacks what lies below `wanted`.
///
/// # Errors
/// An archive that cannot be read, or a failing disk.
pub(super) fn unpack_around(wanted: &Path) -> Result<()> {
    if wanted.exists() {
        return Ok(());
    }
    for folder in wanted.ancestors().skip(1) {
        for extension in ["zip", "pk3"] {
            let archive = folder.with_extension(extension);
            if archive.is_file() {
                return unpack(&archive, folder, wanted)
                    .with_context(|| format!("unpacking {}", archive.display()));
            }
        }
    }
    Ok(())
}

fn unpack(archive: &Path, folder: &Path, wanted: &Path) -> Result<()> {
    let mut zip = ZipArchive::new(File::open(archive)?)?;
    let work = wanted.with_extension("partial");
    for index in 0..zip.len() {
        let mut file = zip.by_index(index)?;
        // What would lie outside the folder has no such name.
        let Some(name) = file.enclosed_name() else { continue };
        let path = folder.join(name);
        let Ok(below) = path.strip_prefix(wanted) else { continue };
        let to = work.join(below);
        if file.is_file() {
            fs::create_dir_all(to.parent().unwrap_or(&work))?;
            io::copy(&mut file, &mut File::create(&to)?)?;
        }
    }
    if work.exists() {
        fs::rename(&work, wanted)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::{ZipWriter, write::SimpleFileOptions};

    #[test]
    fn what_lies_below_the_wanted_folder_is_unpacked_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut zip = ZipWriter::new(File::create(folder.path().join("base.pk3")).unwrap());
        for (name, text) in [("music/a/one.ogg", "1"), ("sound/two.ogg", "2"), ("music/three.ogg", "3")] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        let wanted = folder.path().join("base/music");
        unpack_around(&wanted).unwrap();
        assert_eq!(fs::read_to_string(wanted.join("a/one.ogg")).unwrap(), "1");
        assert_eq!(fs::read_to_string(wanted.join("three.ogg")).unwrap(), "3");
        assert!(!folder.path().join("base/sound").exists());
        unpack_around(&folder.path().join("nowhere/music")).unwrap();
    }
}
