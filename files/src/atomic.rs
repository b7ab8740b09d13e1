//! Files that are there whole or not at all: written beside their name, synced, renamed. What is no file is written to as it is.

use crate::{
    Doing, Place,
    names::at_any_length,
    place::{folder, refused},
    told,
};
use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// How the names of unfinished files end. They are hidden, locked by their writer, and of no use to anyone.
const UNFINISHED: &str = ".rollcall-part";
/// Bytes of a file's name that stand in the name of its unfinished self: that one may be no longer than 255, either.
const PREFIX_BYTES: usize = 160;
const BUFFER_BYTES: usize = 64 << 10;
/// Less than this left on a disk is full: any result is longer.
const PROBE_BYTES: usize = 64 << 10;

/// A file on its way.
#[derive(Debug)]
pub struct AtomicFile(Kind);

#[derive(Debug)]
enum Kind {
    /// Beside its name.
    Whole { file: BufWriter<NamedTempFile>, target: PathBuf, is_forced: bool },
    /// A device, pipe or stream: what is written is there at once.
    Direct(BufWriter<File>),
}

impl AtomicFile {
    /// Begins a file; its folder is made if it is missing. Nothing is there under its name until [`AtomicFile::commit`]. Where
    /// a link leads to a file, that file is replaced; what is no file ([`Place`]) is opened and written to, also if not forced.
    ///
    /// # Errors
    /// It exists and is not to be overwritten, or cannot be written. The text says what to do.
    pub fn create(path: &Path, is_forced: bool) -> io::Result<Self> {
        Self::begin(path, is_forced).map_err(|error| told(error, Doing::Writing))
    }

    fn begin(path: &Path, is_forced: bool) -> io::Result<Self> {
        let target = match Place::of(path)? {
            Place::File(_) if !is_forced => return Err(exists()),
            Place::Free(target) | Place::File(target) => target,
            Place::Device(device) => return Ok(Self::direct(OpenOptions::new().write(true).open(device)?)),
            Place::Descriptor(number) => return Ok(Self::direct(stream(number)?)),
        };
        fs::create_dir_all(folder(&target))?;
        let target = at_any_length(folder(&target), target.file_name().unwrap_or_default());
        let file = unfinished(&target, folder(&target))?;
        Ok(Self(Kind::Whole { file: BufWriter::with_capacity(BUFFER_BYTES, file), target, is_forced }))
    }

    /// Whether [`AtomicFile::create`] would begin, as far as can be told without writing.
    ///
    /// # Errors
    /// Those of `create`.
    pub fn check(path: &Path, is_forced: bool) -> io::Result<()> {
        match Place::of(path) {
            Ok(Place::File(_)) if !is_forced => Err(exists()),
            Ok(_) => Ok(()),
            Err(error) => Err(told(error, Doing::Writing)),
        }
    }

    fn direct(file: File) -> Self {
        Self(Kind::Direct(BufWriter::with_capacity(BUFFER_BYTES, file)))
    }

    /// Tries whether a file could be written into this folder now, or into the one that is there above it. Leaves nothing behind.
    ///
    /// # Errors
    /// Why not: no right to, a disk that is full or read-only. The text says what to do.
    pub fn probe(folder: &Path) -> io::Result<()> {
        let is_there = |folder: &&Path| fs::metadata(folder).is_ok();
        let folder = folder.ancestors().find(is_there).unwrap_or(Path::new("."));
        let probe = || -> io::Result<()> {
            if !folder.is_dir() {
                return Err(io::ErrorKind::NotADirectory.into());
            }
            let mut file = unfinished(&folder.join("probe"), folder)?;
            file.write_all(&[0; PROBE_BYTES])?;
            file.as_file().sync_all()
        };
        probe().map_err(|error| told(error, Doing::Writing))
    }

    /// Brings everything to the disk, then gives it its name.
    ///
    /// # Errors
    /// The disk is full, or another program made a file of this name meanwhile.
    pub fn commit(self) -> io::Result<()> {
        self.end().map_err(|error| told(error, Doing::Writing))
    }

    fn end(self) -> io::Result<()> {
        let (file, target, is_forced) = match self.0 {
            Kind::Direct(mut file) => return file.flush(),
            Kind::Whole { file, target, is_forced } => (file, target, is_forced),
        };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        // Who may read the file stays as it was. Not every system lets everyone say so.
        if let Ok(old) = fs::metadata(&target) {
            let _ = file.as_file().set_permissions(old.permissions());
        }
        file.as_file().sync_all()?;
        let named = if is_forced { file.persist(&target) } else { file.persist_noclobber(&target) };
        named.map_err(|error| {
            if error.error.kind() == io::ErrorKind::AlreadyExists { exists() } else { error.error }
        })?;
        // The name is on the disk when its folder is. Not every system can open one.
        File::open(folder(&target)).and_then(|folder| folder.sync_all()).or(Ok(()))
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
        let written = match &mut self.0 {
            Kind::Whole { file, .. } => file.write(bytes),
            Kind::Direct(file) => file.write(bytes),
        };
        written.map_err(|error| told(error, Doing::Writing))
    }
    fn flush(&mut self) -> io::Result<()> {
        let flushed = match &mut self.0 {
            Kind::Whole { file, .. } => file.flush(),
            Kind::Direct(file) => file.flush(),
        };
        flushed.map_err(|error| told(error, Doing::Writing))
    }
}

/// A file without its name yet, beside it and locked.
fn unfinished(target: &Path, folder: &Path) -> io::Result<NamedTempFile> {
    let name = target.file_name().unwrap_or_default();
    let mut prefix = OsString::from(".");
    if name.len() <= PREFIX_BYTES {
        prefix.push(name);
    } else {
        let name = name.to_string_lossy();
        prefix.push(&name[..name.floor_char_boundary(PREFIX_BYTES)]);
    }
    prefix.push(".");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(UNFINISHED);
    // Results are for everyone whom the user's umask lets read, as those of other programs are.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    loop {
        let file = builder.tempfile_in(folder)?;
        file.as_file().lock()?;
        // Another run may have swept it away before the lock.
        if file.path().exists() {
            return Ok(file);
        }
    }
}

/// A stream that this process has open: what others write to it stays.
#[cfg(unix)]
fn stream(number: u32) -> io::Result<File> {
    use std::os::fd::AsFd;
    match number {
        1 => {
            io::stdout().flush()?;
            Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
        }
        2 => Ok(File::from(io::stderr().as_fd().try_clone_to_owned()?)),
        _ => OpenOptions::new().append(true).open(format!("/dev/fd/{number}")),
    }
}

#[cfg(not(unix))]
fn stream(_number: u32) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

fn exists() -> io::Error {
    refused(io::ErrorKind::AlreadyExists, "exists already; use --force to overwrite it, or another name")
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

    #[cfg(windows)]
    #[test]
    fn a_file_that_another_program_holds_stays_and_is_told_of() {
        use std::os::windows::fs::OpenOptionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("held.json");
        fs::write(&path, b"old").expect("room");
        let write = || {
            let mut file = AtomicFile::create(&path, true)?;
            file.write_all(b"new")?;
            file.commit()
        };
        let held = OpenOptions::new().read(true).share_mode(1).open(&path).expect("a file");
        let error = write().expect_err("somebody reads it");
        assert!(error.to_string().contains("another program has it open"), "{error}");
        drop(held);
        assert_eq!(fs::read(&path).expect("a file"), b"old");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left behind");
        write().expect("nobody holds it");
        assert_eq!(fs::read(&path).expect("a file"), b"new");
        // Longer than the 260 characters of old.
        let deep = folder.path().join("n".repeat(200)).join("m".repeat(100)).join("a.json");
        let mut file = AtomicFile::create(&deep, false).expect("a file");
        file.write_all(b"deep").expect("room");
        file.commit().expect("room");
        assert!(deep.is_file());
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_links_and_devices_stay_devices() {
        use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let write = |name: &str, is_forced: bool| {
            let mut file = AtomicFile::create(&at(name), is_forced)?;
            file.write_all(b"new")?;
            file.commit()
        };
        fs::write(at("real"), b"old").expect("room");
        fs::set_permissions(at("real"), fs::Permissions::from_mode(0o640)).expect("a file");
        symlink("real", at("link")).expect("a link");
        assert_eq!(write("link", false).expect_err("it exists").kind(), io::ErrorKind::AlreadyExists);
        write("link", true).expect("room");
        assert!(fs::symlink_metadata(at("link")).expect("a link").is_symlink());
        assert_eq!(fs::read(at("real")).expect("a file"), b"new");
        assert_eq!(fs::metadata(at("real")).expect("a file").permissions().mode() & 0o777, 0o640);
        // A link to nothing yet: the file is made where it leads.
        symlink("later", at("hanging")).expect("a link");
        write("hanging", false).expect("room");
        assert_eq!(fs::read(at("later")).expect("a file"), b"new");

        let device = at("null");
        symlink("/dev/null", &device).expect("a link");
        write("null", true).expect("anything goes there");
        assert!(fs::metadata(&device).expect("a device").file_type().is_char_device());
        symlink("/dev/full", at("full")).expect("a link");
        let full = write("full", false).expect_err("never any room");
        assert!(
            full.to_string().starts_with("no space left on the disk") && crate::is_hopeless(&full),
            "{full}"
        );
        assert!(write("", true).expect_err("a folder").to_string().contains("is a folder"));
    }

    #[test]
    fn the_longest_name_there_is_can_be_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ü".repeat(127));
        AtomicFile::create(&path, false).expect("a file").commit().expect("room");
        assert!(path.exists());
    }

    #[test]
    fn what_cannot_be_written_is_found_by_trying() {
        let folder = tempfile::tempdir().expect("a folder");
        AtomicFile::probe(&folder.path().join("not/made/yet")).expect("room");
        AtomicFile::probe(Path::new("not made yet")).expect("room");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
        fs::write(folder.path().join("file"), b"x").expect("room");
        let error = AtomicFile::probe(&folder.path().join("file/in it")).expect_err("no folder");
        assert!(error.to_string().contains("not a folder"), "{error}");
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
