//! Reading a package from a folder.

use rollcall_engine::{
    Package, PackageError,
    package::{MANIFEST, MAX_MANIFEST_BYTES},
};
use std::{borrow::Cow, fs::File, io::Read as _, path::Path};

/// Reads and checks the package in a folder.
///
/// Only regular files directly inside the folder are read, none through a link, and of none more than the manifest
/// states.
///
/// # Errors
/// A missing or unreadable file, or anything [`Package::assemble`] finds.
pub fn read_dir(folder: &Path) -> Result<Package, PackageError> {
    let off =
        |found: String| PackageError::new(MANIFEST, "file", found, format!("one in {}", folder.display()));
    let bytes = read(folder, MANIFEST, MAX_MANIFEST_BYTES).map_err(off)?;
    let manifest = String::from_utf8(bytes).map_err(|_| off("no UTF-8".into()))?;
    Package::assemble(&manifest, &mut |name, bytes| read(folder, name, bytes).map(Cow::Owned))
}

/// Reads at most `limit` bytes and one more, by which the caller tells that there were more.
fn read(folder: &Path, name: &str, limit: u64) -> Result<Vec<u8>, String> {
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
    let file = File::open(&path).map_err(|e| e.to_string())?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    Ok(bytes)
}
