//! Files and folders in one ZIP file, which every system opens: the same bytes for the same files, whenever it is made.

use anyhow::{Context, Result};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

/// Packs these, each by its own name, into a folder of the archive. What may be run stays so.
///
/// # Errors
/// Something cannot be read or written; the message names it.
pub(super) fn pack(archive: &Path, folder: &str, contents: &[PathBuf]) -> Result<()> {
    let mut files = Vec::new();
    for path in contents {
        let name = path.file_name().context("what is packed has a name")?.to_string_lossy();
        list(path, &format!("{folder}/{name}"), &mut files)?;
    }
    files.sort();
    let file = File::create(archive).with_context(|| format!("cannot write {}", archive.display()))?;
    let mut writer = ZipWriter::new(file);
    for (name, path) in &files {
        let mut from = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(if may_run(path)? { 0o755 } else { 0o644 });
        writer.start_file(name.as_str(), options)?;
        io::copy(&mut from, &mut writer).with_context(|| format!("cannot pack {}", path.display()))?;
    }
    writer.finish()?;
    Ok(())
}

/// All files of a folder, or the one: (name in the archive, path).
fn list(path: &Path, name: &str, files: &mut Vec<(String, PathBuf)>) -> Result<()> {
    if !path.is_dir() {
        files.push((name.to_owned(), path.to_owned()));
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))? {
        let entry = entry?;
        list(&entry.path(), &format!("{name}/{}", entry.file_name().to_string_lossy()), files)?;
    }
    Ok(())
}

#[cfg(unix)]
fn may_run(path: &Path) -> Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path)?.permissions().mode() & 0o100 != 0)
}

/// Windows asks for no such permission, and its archives are for it.
#[cfg(not(unix))]
fn may_run(_path: &Path) -> Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell;
    use std::io::Read;

    #[test]
    fn what_was_packed_comes_out() {
        let place = shell::target().join("archive-tests").join(std::process::id().to_string());
        let inside = place.join("A.vst3/Contents");
        fs::create_dir_all(&inside).unwrap();
        fs::write(inside.join("library"), [7; 100_000]).unwrap();
        fs::write(place.join("program"), "run me").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(place.join("program"), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let contents = [place.join("program"), place.join("A.vst3")];
        let [one, two] = ["one.zip", "two.zip"].map(|name| place.join(name));
        pack(&one, "a-1.0", &contents).unwrap();
        pack(&two, "a-1.0", &contents).unwrap();
        assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap(), "the same files, the same bytes");

        let mut archive = zip::ZipArchive::new(File::open(&one).unwrap()).unwrap();
        let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        assert_eq!(names, ["a-1.0/A.vst3/Contents/library", "a-1.0/program"]);
        let mut program = archive.by_name("a-1.0/program").unwrap();
        assert!(!cfg!(unix) || program.unix_mode().unwrap() & 0o777 == 0o755);
        let mut text = String::new();
        program.read_to_string(&mut text).unwrap();
        assert_eq!(text, "run me");
        drop(program);
        let mut library = Vec::new();
        archive.by_name("a-1.0/A.vst3/Contents/library").unwrap().read_to_end(&mut library).unwrap();
        assert_eq!(library, [7; 100_000]);
        fs::remove_dir_all(&place).unwrap();
    }

    #[test]
    fn what_is_missing_is_named() {
        let place = shell::target().join("archive-tests").join(format!("{}-missing", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        let error = pack(&place.join("x.zip"), "x", &[place.join("nothing")]).unwrap_err();
        assert!(format!("{error:#}").contains("nothing"), "{error:#}");
        fs::remove_dir_all(&place).unwrap();
    }
}
