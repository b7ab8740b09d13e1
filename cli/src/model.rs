//! Model packages: where they are, and which one listens.

use anyhow::{Context, Result, bail};
use rollcall_engine::{Model, Package};
use rollcall_files::{data_folder, folder_in};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What every package holds.
const MANIFEST: &str = "manifest.toml";

/// Where a package comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This program.
    Embedded,
    /// A folder.
    Folder(PathBuf),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Embedded => f.write_str("in this program"),
            Self::Folder(folder) => folder.display().fmt(f),
        }
    }
}

impl Origin {
    /// The package that a name stands for: a folder, or a folder's name in the user's model folder; the embedded one
    /// without a name.
    ///
    /// # Errors
    /// No such folder.
    pub fn find(name: Option<&Path>) -> Result<Self> {
        let Some(name) = name else {
            return Ok(Self::Embedded);
        };
        if name.is_dir() {
            return Ok(Self::Folder(name.to_owned()));
        }
        let user = user_folder();
        let installed = user.as_ref().map(|user| user.join(name)).filter(|folder| folder.is_dir());
        match (installed, user) {
            (Some(folder), _) => Ok(Self::Folder(folder)),
            (None, Some(user)) => {
                bail!(
                    "no model package '{}': neither a folder of this name nor one in {}",
                    name.display(),
                    user.display()
                )
            }
            (None, None) => bail!("no model package '{}': there is no folder of this name", name.display()),
        }
    }

    /// Reads and checks sizes and hashes.
    ///
    /// # Errors
    /// What [`rollcall_models::read_dir`] finds.
    pub fn read(&self) -> Result<Package> {
        match self {
            Self::Embedded => {
                rollcall_models::embedded().context("the model package in this program is broken")
            }
            Self::Folder(folder) => rollcall_models::read_dir(folder)
                .with_context(|| format!("{}: no model package that works", folder.display())),
        }
    }

    /// Reads, checks and builds the network.
    ///
    /// # Errors
    /// What [`rollcall_models::shared`] finds.
    pub fn load(&self) -> Result<Arc<Model>> {
        let package = self.read()?;
        rollcall_models::shared(package).with_context(|| format!("{self}: no model package that works"))
    }
}

/// The package in this program, those in the user's model folder, and those in `folders` (packages, or folders of
/// packages), sorted within each folder.
pub fn list(folders: &[PathBuf]) -> Vec<Origin> {
    let mut origins = vec![Origin::Embedded];
    for folder in user_folder().iter().filter(|folder| folder.is_dir()).chain(folders) {
        if folder.join(MANIFEST).is_file() {
            origins.push(Origin::Folder(folder.clone()));
            continue;
        }
        let inside =
            fs::read_dir(folder).map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()));
        let mut packages: Vec<PathBuf> = inside
            .map(|paths| paths.filter(|path| path.join(MANIFEST).is_file()).collect())
            .unwrap_or_default();
        packages.sort();
        // A folder that was named and holds none is shown with its error.
        if packages.is_empty() && folders.contains(folder) {
            packages.push(folder.clone());
        }
        origins.extend(packages.into_iter().map(Origin::Folder));
    }
    origins
}

/// The user's model folder: `$ROLLCALL_MODELS`, or `rollcall/models` where this system keeps a user's data.
pub fn user_folder() -> Option<PathBuf> {
    folder_in("ROLLCALL_MODELS").or_else(|| Some(data_folder()?.join("rollcall/models")))
}

/// What can be had again: `$ROLLCALL_CACHE`, or `rollcall` where this system keeps a user's caches.
pub fn cache_folder() -> Option<PathBuf> {
    folder_in("ROLLCALL_CACHE").or_else(|| Some(rollcall_files::cache_folder()?.join("rollcall")))
}
