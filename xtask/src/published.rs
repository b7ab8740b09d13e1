//! A published crate as cargo fetched it: held to its hash, unpacked, patched.

use crate::{hash::sha256, shell};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};
use toml::Table;

/// Names the crates, for cargo.
const MANIFEST: &str = "patches/Cargo.toml";
/// And their hashes.
const LOCK: &str = "patches/Cargo.lock";

/// What a lock file says of a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) name: String,
    pub(crate) version: String,
    /// SHA-256 of its archive, as 64 digits.
    pub(crate) hash: String,
}

/// What `patches/Cargo.lock` says of a crate.
///
/// # Errors
/// Nothing, or no hash.
pub(crate) fn locked(name: &str, version: &str) -> Result<Published> {
    let text = fs::read_to_string(shell::root().join(LOCK)).with_context(|| format!("cannot read {LOCK}"))?;
    locked_in(&text, name, version)
}

fn locked_in(lock: &str, name: &str, version: &str) -> Result<Published> {
    let lock: Table = lock.parse().with_context(|| format!("{LOCK} is not TOML"))?;
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let is_it = |package: &&toml::Value| {
        let text = |key: &str| package.get(key).and_then(toml::Value::as_str);
        (text("name"), text("version")) == (Some(name), Some(version))
    };
    let package = packages.into_iter().find(is_it).with_context(|| {
        format!("{LOCK} has no {name} {version}: name that version in {MANIFEST}, and its folder after it")
    })?;
    let hash = package.get("checksum").and_then(toml::Value::as_str);
    let hash =
        hash.with_context(|| format!("{LOCK} has no hash of {name} {version}: is it from a registry?"))?;
    Ok(Published { name: name.to_owned(), version: version.to_owned(), hash: hash.to_owned() })
}

impl Published {
    /// As cargo writes it.
    pub(crate) fn folder(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    /// Unpacks it into a folder that there is not yet. Cargo fetches it if need be.
    ///
    /// # Errors
    /// It cannot be had, or is not what the lock file says.
    pub(crate) fn unpack(&self, folder: &Path) -> Result<()> {
        let archive = self.archive()?;
        let bytes = fs::read(&archive).with_context(|| format!("cannot read {}", archive.display()))?;
        self.hold_to_hash(&archive, &bytes)?;
        let parent = folder.parent().context("a folder lies in another")?;
        let inside = parent.join(self.folder());
        if inside.exists() {
            fs::remove_dir_all(&inside)?;
        }
        fs::create_dir_all(parent)?;
        // `m`: written now, so that cargo sees what has changed since it last looked.
        let mut tar = shell::command("tar", &["-xzmf"]);
        let done = tar.arg(&archive).arg("-C").arg(parent).output().context("cannot start tar")?;
        let said = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "tar cannot unpack {}: {}", archive.display(), said.trim());
        if inside != folder {
            fs::rename(&inside, folder)
                .with_context(|| format!("{} holds no {}", archive.display(), self.folder()))?;
        }
        Ok(())
    }

    /// Where cargo keeps it.
    fn archive(&self) -> Result<PathBuf> {
        let host = shell::host()?;
        let listed = [
            "metadata",
            "--format-version=1",
            "--locked",
            "--filter-platform",
            &host,
            "--manifest-path",
            MANIFEST,
        ];
        let listed: Value = serde_json::from_str(&shell::read(&mut shell::command("cargo", &listed))?)?;
        let mut packages = listed["packages"].as_array().into_iter().flatten();
        let own = packages.find(|package| {
            package["name"] == self.name.as_str() && package["version"] == self.version.as_str()
        });
        let manifest = own.and_then(|package| package["manifest_path"].as_str());
        let manifest =
            manifest.with_context(|| format!("cargo did not fetch {} {}", self.name, self.version))?;
        archive_of(Path::new(manifest), &self.folder()).with_context(|| {
            format!("{manifest} lies in none of cargo's registries, so that there is no archive to hold to its hash")
        })
    }

    fn hold_to_hash(&self, archive: &Path, bytes: &[u8]) -> Result<()> {
        let found = sha256(bytes);
        ensure!(
            found == self.hash,
            "{} has the SHA-256 {found}, but {LOCK} says {} for {} {}: it is not what was published. Delete the file, and cargo \
             fetches it again",
            archive.display(),
            self.hash,
            self.name,
            self.version
        );
        Ok(())
    }
}

/// `registry/src/INDEX/NAME-VERSION/Cargo.toml` was unpacked from `registry/cache/INDEX/NAME-VERSION.crate`.
fn archive_of(manifest: &Path, name: &str) -> Option<PathBuf> {
    let index = manifest.parent()?.parent()?;
    let (src, registry) = (index.parent()?, index.parent()?.parent()?);
    let is_registry = src.ends_with("src") && registry.ends_with("registry");
    is_registry
        .then(|| registry.join("cache").join(index.file_name().expect("named")).join(format!("{name}.crate")))
}

/// Applies a patch to the sources in a folder, every line of its context where it says.
///
/// # Errors
/// It does not fit; the message says where.
pub(crate) fn apply(patch: &Path, folder: &Path) -> Result<()> {
    let mut git = shell::command("git", &["apply", "-p1", "--whitespace=nowarn"]);
    // Not the repository that the folder may lie in: git would take the names for the repository's own, and do nothing.
    git.env("GIT_CEILING_DIRECTORIES", folder.parent().context("a folder lies in another")?);
    git.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env("LC_ALL", "C").current_dir(folder).arg(patch);
    let done = git.output().context("cannot start git, which applies the patches")?;
    if !done.status.success() {
        bail!(
            "{} does not apply to {}: {}",
            patch.display(),
            folder.display(),
            String::from_utf8_lossy(&done.stderr).trim().replace('\n', "; ")
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn crate_of(hash: &str) -> Published {
        Published { name: "a".to_owned(), version: "1.2.3".to_owned(), hash: hash.to_owned() }
    }

    #[test]
    fn a_wrong_hash_is_refused_in_words() {
        let archive = Path::new("a-1.2.3.crate");
        crate_of(HASH).hold_to_hash(archive, b"abc").unwrap();
        let error = crate_of(HASH).hold_to_hash(archive, b"abd").unwrap_err().to_string();
        for word in ["a-1.2.3.crate has the SHA-256 a52d159f", HASH, "a 1.2.3", "Delete the file"] {
            assert!(error.contains(word), "{word}: {error}");
        }
    }

    #[test]
    fn the_lock_file_says_what_was_published() {
        let lock = format!(
            "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\nchecksum = \"{HASH}\"\n\
             [[package]]\nname = \"b\"\nversion = \"1.0.0\"\n"
        );
        assert_eq!(locked_in(&lock, "a", "1.2.3").unwrap(), crate_of(HASH));
        let error = |name, version| locked_in(&lock, name, version).unwrap_err().to_string();
        assert!(error("a", "1.2.4").contains("has no a 1.2.4"));
        assert!(error("b", "1.0.0").contains("has no hash of b 1.0.0"));
    }

    #[test]
    fn an_archive_lies_beside_what_was_unpacked_from_it() {
        let of = |path: &str| archive_of(Path::new(path), "a-1.2.3");
        let archive = of("/cargo/registry/src/index-1/a-1.2.3/Cargo.toml");
        assert_eq!(archive.as_deref(), Some(Path::new("/cargo/registry/cache/index-1/a-1.2.3.crate")));
        assert_eq!(of("/vendor/a-1.2.3/Cargo.toml"), None);
    }

    #[test]
    fn a_patch_that_does_not_fit_is_refused_in_words() {
        // Inside this repository, as the real ones are.
        let folder = shell::target().join("patches-tests").join(std::process::id().to_string());
        let source = folder.join("source");
        fs::create_dir_all(&source).unwrap();
        let patch = folder.join("01-two.patch");
        fs::write(&patch, "Why.\n\n--- a/lib.rs\n+++ b/lib.rs\n@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n")
            .unwrap();
        fs::write(source.join("lib.rs"), "one\ntwo\nthree\n").unwrap();
        apply(&patch, &source).unwrap();
        assert_eq!(fs::read_to_string(source.join("lib.rs")).unwrap(), "one\nzwei\nthree\n");
        let error = apply(&patch, &source).unwrap_err().to_string();
        for word in ["01-two.patch does not apply to", "patch failed: lib.rs:1"] {
            assert!(error.contains(word), "{word}: {error}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
