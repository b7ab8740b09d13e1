//! A model package: manifest and files, checked before anything is built from them.

mod check;
mod error;
mod limits;
mod manifest;
pub use error::PackageError;
pub use limits::{
    DETAIL, EVENTS, HEAD, MANIFEST, MAX_FILE_BYTES, MAX_MANIFEST_BYTES, MAX_PACKAGE_BYTES, MODEL_CARD,
};
pub use manifest::{
    AddedHead, AnotherBy, EventTable, FileEntry, FrontEnd, HeadNormalisation, Kind, Manifest,
    OtherInstrument, PostProcessing, SCHEMA, Scores, Training, TrainingRun,
};
pub use rollcall_classes::Look;

use sha2::{Digest, Sha256};
use std::{borrow::Cow, collections::BTreeMap, fmt};

/// Where a package's files come from: returns the content of the file with a name, or why it cannot. The number is the
/// size that the manifest states, at most [`MAX_FILE_BYTES`], so that a reader never has to take in more than one byte
/// more than that. The name holds no path.
pub type FileSource<'a> = dyn FnMut(&str, u64) -> Result<Cow<'static, [u8]>, String> + 'a;

/// A package in memory whose sizes and hashes have been checked.
#[derive(Clone)]
pub struct Package {
    manifest: Manifest,
    files: BTreeMap<String, Cow<'static, [u8]>>,
    sha256: String,
}

impl Package {
    /// Puts a package together from the manifest's text and a source of files, and checks sizes and hashes.
    ///
    /// # Errors
    /// See [`PackageError`]: a manifest that does not parse or holds a value out of range, a file that cannot be
    /// read, or whose size or SHA-256 is not the manifest's.
    pub fn assemble(manifest_toml: &str, read: &mut FileSource<'_>) -> Result<Self, PackageError> {
        let manifest = check::parse_manifest(manifest_toml)?;
        let mut files = BTreeMap::new();
        for entry in &manifest.files {
            let content = read(&entry.name, entry.bytes).map_err(|reason| {
                PackageError::new(&entry.name, "file", reason, format!("{} bytes", entry.bytes))
            })?;
            if content.len() as u64 != entry.bytes {
                let found = format!("{} bytes", content.len());
                return Err(PackageError::new(&entry.name, "size", found, format!("{} bytes", entry.bytes)));
            }
            let found = hex(&Sha256::digest(&content));
            if !found.eq_ignore_ascii_case(&entry.sha256) {
                return Err(PackageError::new(&entry.name, "SHA-256", found, entry.sha256.clone()));
            }
            files.insert(entry.name.clone(), content);
        }
        Ok(Self { manifest, files, sha256: hex(&Sha256::digest(manifest_toml.as_bytes())) })
    }

    /// The same with one file more, or another of its name. The manifest lists it, and the package's identity is another one.
    #[must_use]
    pub fn with_file(mut self, name: &str, content: Cow<'static, [u8]>) -> Self {
        let sha256 = hex(&Sha256::digest(&content));
        self.sha256 = hex(&Sha256::digest([&self.sha256, name, &sha256].join("\n")));
        self.manifest.files.retain(|file| file.name != name);
        self.manifest.files.push(FileEntry { name: name.into(), bytes: content.len() as u64, sha256 });
        self.files.insert(name.into(), content);
        self
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// A file's content; none of the networks' in the package of a [`crate::Model`], which has its weights from them.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(AsRef::as_ref)
    }

    /// Takes a network's file out, which is let go once the network has its weights.
    pub(crate) fn take(&mut self, name: &str) -> Cow<'static, [u8]> {
        self.files.remove(name).unwrap_or_default()
    }

    /// SHA-256 of `manifest.toml` (which holds the hashes of all other files), as 64 hex digits: the package's identity.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Package({} {} {})", self.manifest.name, self.manifest.version, self.sha256)
    }
}

/// Lower-case hex digits of a hash.
fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
