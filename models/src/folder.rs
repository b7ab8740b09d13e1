//! Reading a package from a folder.

use rollcall_engine::{
    Package, PackageError,
    package::{MANIFEST, MAX_MANIFEST_BYTES},
};
use std::{borrow::Cow, fs::File, io::Read as _, path::Path};

/// Read between two looks at whether to go on.
const PIECE_BYTES: u64 = 1 << 20;

/// Reads and checks the package in a folder.
///
/// Only regular files directly inside the folder are read, none through a link, and of none more than the manifest
/// states.
///
/// # Errors
/// A missing or unreadable file, or anything [`Package::assemble`] finds.
pub fn read_dir(folder: &Path) -> Result<Package, PackageError> {
    read_dir_unless(folder, &|| false)
}

/// The same, given up as soon as `is_cancelled` says so: a slow disk holds up nobody for longer than a piece of a file takes.
///
/// # Errors
/// As [`read_dir`], or that it was given up.
pub fn read_dir_unless(folder: &Path, is_cancelled: &dyn Fn() -> bool) -> Result<Package, PackageError> {
    let off =
        |found: String| PackageError::new(MANIFEST, "file", found, format!("one in {}", folder.display()));
    let bytes = read(folder, MANIFEST, MAX_MANIFEST_BYTES, is_cancelled).map_err(off)?;
    let manifest = String::from_utf8(bytes).map_err(|_| off("no UTF-8".into()))?;
    Package::assemble(&manifest, &mut |name, bytes| read(folder, name, bytes, is_cancelled).map(Cow::Owned))
}

/// Reads at most `limit` bytes and one more, by which the caller tells that there were more.
fn read(folder: &Path, name: &str, limit: u64, is_cancelled: &dyn Fn() -> bool) -> Result<Vec<u8>, String> {
    // The engine refuses names with a path; this crate is what would follow them.
    if Path::new(name).file_name() != Some(name.as_ref()) {
        return Err("a name with a path".into());
    }
    let path = folder.join(name);
    let kind = path.symlink_metadata().map_err(|e| e.to_string())?.file_type();
    if !kind.is_file() {
        return Err(if kind.is_symlink() { "a link" } else { "no regular file" }.into());
    }
    let mut bytes = Vec::new();
    let mut file = File::open(&path).map_err(|e| e.to_string())?;
    let mut rest = limit + 1;
    while rest > 0 {
        if is_cancelled() {
            return Err("reading was given up".into());
        }
        let piece = file.by_ref().take(rest.min(PIECE_BYTES)).read_to_end(&mut bytes);
        match piece.map_err(|e| e.to_string())? as u64 {
            0 => break,
            count => rest -= count,
        }
    }
    Ok(bytes)
}
