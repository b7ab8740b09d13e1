//! What stands under a name, and so how it is written: the one place that decides.
//!
//! A regular file is replaced, whole, where its links lead to; a device, a pipe or a stream of this process is written to; a
//! folder or a disk is neither.

use crate::{
    advice::Told,
    names::{Meaning, meaning_in_windows},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Links to links: more than this is a circle (as Linux counts).
const MAX_LINKS: usize = 40;

/// What stands under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nothing; the file will have this path, which is where a link leads.
    Free(PathBuf),
    /// A regular file with this path, which is where a link leads.
    File(PathBuf),
    /// A device, pipe or socket: it is written to.
    Device(PathBuf),
    /// A stream that this process has open: `/dev/stdout` and its like.
    Descriptor(u32),
}

impl Place {
    /// Looks.
    ///
    /// # Errors
    /// A folder, a disk, a circle of links, a link to where no folder is, or whatever the system says.
    pub fn of(path: &Path) -> io::Result<Self> {
        match meaning_in_windows(path) {
            Meaning::Device if cfg!(windows) => return Ok(Self::Device(path.to_owned())),
            Meaning::Trap if cfg!(windows) => {
                let text = "means something else than a file on Windows (con, nul, com1 and their like, with any ending, and what has a \
                            colon in it); use another name";
                return Err(refused(io::ErrorKind::InvalidFilename, text));
            }
            _ => {}
        }
        let mut target = path.to_owned();
        for _ in 0..MAX_LINKS {
            if let Some(number) = descriptor(&target) {
                return Ok(Self::Descriptor(number));
            }
            let metadata = match fs::symlink_metadata(&target) {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return free(path, target),
                Err(error) => return Err(error),
            };
            if !metadata.is_symlink() {
                return Self::not_link(&metadata, target);
            }
            let to = fs::read_link(&target)?;
            target = target.parent().unwrap_or(Path::new("")).join(to);
        }
        Err(refused(io::ErrorKind::InvalidInput, "is a link that leads to itself; remove it"))
    }

    /// Whether it is written to as it is: there is nothing to replace.
    pub fn is_stream(path: &Path) -> bool {
        matches!(Self::of(path), Ok(Self::Device(_) | Self::Descriptor(_)))
    }

    /// The folder in which a file is made, of a file.
    pub fn folder(path: &Path) -> Option<PathBuf> {
        match Self::of(path) {
            Ok(Self::Free(target) | Self::File(target)) => Some(folder(&target).to_owned()),
            _ => None,
        }
    }

    fn not_link(metadata: &fs::Metadata, target: PathBuf) -> io::Result<Self> {
        if metadata.is_file() {
            return Ok(Self::File(target));
        }
        if metadata.is_dir() {
            return Err(refused(io::ErrorKind::IsADirectory, "is a folder; give the name of a file"));
        }
        #[cfg(unix)]
        if std::os::unix::fs::FileTypeExt::is_block_device(&metadata.file_type()) {
            return Err(refused(io::ErrorKind::InvalidInput, "is a disk; give the name of a file on it"));
        }
        Ok(Self::Device(target))
    }
}

fn free(path: &Path, target: PathBuf) -> io::Result<Place> {
    if target != path && !folder(&target).is_dir() {
        let text = format!("is a link to {}, where no folder is; mend or remove the link", target.display());
        return Err(refused(io::ErrorKind::NotFound, &text));
    }
    Ok(Place::Free(target))
}

/// The number of the stream that a path of this process's own stands for.
fn descriptor(path: &Path) -> Option<u32> {
    if cfg!(not(unix)) {
        return None;
    }
    let text = path.to_str()?;
    match text {
        "/dev/stdout" => Some(1),
        "/dev/stderr" => Some(2),
        _ => ["/dev/fd/", "/proc/self/fd/"].iter().find_map(|folder| text.strip_prefix(folder)?.parse().ok()),
    }
}

pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

pub(crate) fn refused(kind: io::ErrorKind, text: &str) -> io::Error {
    io::Error::new(kind, Told(text.to_owned()))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_and_devices_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), b"x").expect("room");
        for (from, to) in [("file", "one"), ("one", "two"), ("gone", "hanging"), ("circle", "circle")] {
            symlink(from, at(to)).expect("a link");
        }
        symlink("/dev/null", at("null")).expect("a link");
        symlink("/dev/fd/1", at("out")).expect("a link");
        symlink("no folder/x", at("lost")).expect("a link");
        let of = |name: &str| Place::of(&at(name));
        assert_eq!(of("file").unwrap(), Place::File(at("file")));
        assert_eq!(of("two").unwrap(), Place::File(at("file")));
        assert_eq!(of("hanging").unwrap(), Place::Free(at("gone")));
        assert_eq!(of("null").unwrap(), Place::Device("/dev/null".into()));
        assert_eq!(of("out").unwrap(), Place::Descriptor(1));
        assert_eq!(Place::of(Path::new("/dev/stderr")).unwrap(), Place::Descriptor(2));
        assert!(of("circle").unwrap_err().to_string().contains("leads to itself"));
        assert!(of("lost").unwrap_err().to_string().contains("where no folder is"));
        assert!(of("").unwrap_err().to_string().contains("is a folder"));
        assert!(
            Place::is_stream(&at("null")) && Place::is_stream(&at("out")) && !Place::is_stream(&at("two"))
        );
    }
}
