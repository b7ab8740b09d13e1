//! The package that travels inside every binary.

use rollcall_engine::{Package, PackageError, package::MANIFEST};
use std::borrow::Cow;

/// Name and content of each file in `models/default/`, listed by `build.rs`.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/default.rs"));

/// The package embedded in this binary. Its weights are borrowed from the binary, not copied.
///
/// # Errors
/// Never in a build that passed its tests; typed all the same. A build without `models/default/` embeds no package.
pub fn embedded() -> Result<Package, PackageError> {
    let find = |name: &str| FILES.iter().find(|(file, _)| *file == name).map(|(_, bytes)| *bytes);
    let expected = "one embedded in the binary: build with models/default/ in place";
    let manifest = find(MANIFEST).ok_or_else(|| PackageError::new(MANIFEST, "file", "none", expected))?;
    let manifest = str::from_utf8(manifest)
        .map_err(|e| PackageError::new(MANIFEST, "content", e.to_string(), "text in UTF-8"))?;
    Package::assemble(manifest, &mut |name, _| {
        find(name).map(Cow::Borrowed).ok_or_else(|| "no such file in the binary".to_owned())
    })
}
