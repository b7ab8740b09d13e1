//! Files that are there whole or not at all: written beside their name, synced, renamed.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// How the names of unfinished files end. They are hidden, locked by their writer, and of no use to anyone.
const UNFINISHED: &str = ".rollcall-part";

/// A file on its way.
#[derive(Debug)]
pub struct AtomicFile {
    file: io::BufWriter<NamedTempFile>,
    path: PathBuf,
    is_forced: bool,
}

impl AtomicFile {
    /// Begins a file; its folder is made if it is missing. Nothing is there under its name until [`AtomicFile::commit`].
    ///
    /// # Errors
    /// It exists and is not to be overwritten, or the folder cannot be written.
    pub fn create(path: &Path, is_forced: bool) -> io::Result<Self> {
        if !is_forced && fs::symlink_metadata(path).is_ok() {
            return Err(exists());
        }
        let folder = folder(path);
        fs::create_dir_all(folder)?;
        let mut prefix = OsString::from(".");
        prefix.push(path.file_name().unwrap_or_default());
        prefix.push(".");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(UNFINISHED);
        // Results are for everyone whom the user's umask lets read, as those of other programs are.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = loop {
            let file = builder.tempfile_in(folder)?;
            file.as_file().lock()?;
            // Another run may have swept it away before the lock.
            if file.path().exists() {
                break file;
            }
        };
        Ok(Self { file: io::BufWriter::with_capacity(64 << 10, file), path: path.to_owned(), is_forced })
    }

    /// Brings everything to the disk, then gives it its name.
    ///
    /// # Errors
    /// The disk is full, or another program made a file of this name meanwhile.
    pub fn commit(self) -> io::Result<()> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        let named =
            if self.is_forced { file.persist(&self.path) } else { file.persist_noclobber(&self.path) };
        named.map_err(|error| {
            if error.error.kind() == io::ErrorKind::AlreadyExists { exists() } else { error.error }
        })?;
        // The name is on the disk when its folder is. Not every system can open one.
        File::open(folder(&self.path)).and_then(|folder| folder.sync_all()).or(Ok(()))
    }

    /// Removes what killed runs left behind in a folder; files that a living run still writes are left alone.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn sweep(folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let is_unfinished = path.file_name().is_some_and(|name| {
                let name = name.to_string_lossy();
                name.starts_with('.') && name.ends_with(UNFINISHED)
            });
            if is_unfinished && File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn exists() -> io::Error {
    io::Error::new(
        io::ErrorKind::AlreadyExists,
        "exists already; use --force to overwrite it, or another name",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_there_before_commit_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/a.json");
        let mut file = AtomicFile::create(&path, false).expect("a file");
        file.write_all(b"one").expect("room");
        assert!(!path.exists());
        file.commit().expect("room");
        assert_eq!(fs::read(&path).expect("a file"), b"one");
        assert_eq!(
            AtomicFile::create(&path, false).expect_err("it exists").kind(),
            io::ErrorKind::AlreadyExists
        );
        // Made by someone else between begin and end.
        let late = folder.path().join("late.json");
        let mine = AtomicFile::create(&late, false).expect("a file");
        fs::write(&late, b"theirs").expect("room");
        assert_eq!(mine.commit().expect_err("it exists").kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&late).expect("a file"), b"theirs");
        let mut forced = AtomicFile::create(&late, true).expect("a file");
        forced.write_all(b"mine").expect("room");
        forced.commit().expect("room");
        assert_eq!(fs::read(&late).expect("a file"), b"mine");
        drop(AtomicFile::create(&folder.path().join("given up"), false).expect("a file"));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
    }

    #[test]
    fn sweep_takes_only_what_nobody_writes() {
        let folder = tempfile::tempdir().expect("a folder");
        let dead = folder.path().join(".a.json.123.rollcall-part");
        fs::write(&dead, b"half").expect("room");
        let alive = AtomicFile::create(&folder.path().join("b.json"), false).expect("a file");
        AtomicFile::sweep(folder.path()).expect("a folder");
        assert!(!dead.exists());
        alive.commit().expect("still there");
    }
}
