//! The three systems: whether their archive can be made here, and what is in it.

use crate::{
    bundle,
    cross::{self, Target, shipped::PROGRAMS},
    macos, notices, shell, windows,
};
use anyhow::{Result, bail, ensure};
use std::path::PathBuf;

/// Papers that every archive holds: where they lie, from the root.
const PAPERS: [&str; 6] =
    ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "NOTICE", "models/default/MODEL_CARD.md"];

const BUNDLES: [&str; 2] = ["Rollcall.clap", "Rollcall.vst3"];

/// A system that plugin and programs are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Linux,
    Windows,
    MacOs,
}

impl System {
    pub(super) const ALL: [Self; 3] = [Self::Linux, Self::Windows, Self::MacOs];

    /// This machine's.
    ///
    /// # Errors
    /// There is no archive for it.
    pub(super) fn own() -> Result<Self> {
        Self::named(std::env::consts::OS)
    }

    /// By rustc's name for it.
    ///
    /// # Errors
    /// It is none of the three.
    pub(super) fn named(name: &str) -> Result<Self> {
        Ok(match name {
            "linux" => Self::Linux,
            "windows" => Self::Windows,
            "macos" => Self::MacOs,
            _ => bail!("there is no release for `{name}`, but for linux, windows and macos"),
        })
    }

    /// With its processor.
    pub(super) fn name(self) -> String {
        match self {
            Self::Linux => format!("linux-{}", std::env::consts::ARCH),
            Self::Windows => "windows-x86_64".to_owned(),
            Self::MacOs => "macos-universal".to_owned(),
        }
    }

    /// What is compiled.
    fn target(self) -> Result<String> {
        Ok(match self {
            Self::Linux => shell::host()?,
            Self::Windows if cfg!(windows) => shell::host()?,
            Self::Windows => cross::MINGW.to_owned(),
            Self::MacOs => "universal-apple-darwin".to_owned(),
        })
    }

    /// Why its archive cannot be made here, if so.
    ///
    /// # Errors
    /// As [`Target::find`].
    pub(super) fn missing(self) -> Result<Option<String>> {
        Ok(match self {
            Self::Linux if cfg!(target_os = "linux") => None,
            Self::MacOs if cfg!(target_os = "macos") => None,
            Self::Windows => Target::find(&self.target()?)?.err(),
            Self::Linux => Some("`cargo xtask release build` on Linux".to_owned()),
            Self::MacOs => {
                Some("`cargo xtask release build` on a Mac, which alone links for macOS".to_owned())
            }
        })
    }

    /// Builds it, with these settings of cargo besides. Returns each file and folder that belongs in the archive.
    ///
    /// # Errors
    /// It cannot be built here, or the build fails.
    pub(super) fn build(self, settings: &[String]) -> Result<Vec<PathBuf>> {
        if let Some(why) = self.missing()? {
            bail!("the archive for {}: {why}", self.name());
        }
        let target = self.target()?;
        let bundled = shell::target().join("bundled");
        let (bundles, programs, ending) = match self {
            Self::Linux => {
                bundle::run(None, settings.to_vec())?;
                let (workspace, programs) = PROGRAMS;
                let build = [&["build", "--release", "--locked"], programs].concat();
                shell::run(workspace.cargo(&build)?.args(settings))?;
                (bundled.clone(), shell::target().join("release"), "")
            }
            Self::Windows => {
                windows::bundle(&target, settings)?;
                (bundled.join(&target), bundled.join(&target), ".exe")
            }
            Self::MacOs => {
                macos::bundle(Some(&target), settings)?;
                (bundled.join(&target), bundled.join(&target), "")
            }
        };
        let terms = shell::target().join("release-terms").join(self.name()).join("THIRD-PARTY.txt");
        notices::write_all(&terms, if self == Self::MacOs { "aarch64-apple-darwin" } else { &target })?;
        let mut files: Vec<PathBuf> = BUNDLES.iter().map(|name| bundles.join(name)).collect();
        files.extend(["rollcall", "rollcall-host"].map(|name| programs.join(format!("{name}{ending}"))));
        files.extend(PAPERS.iter().map(|paper| shell::root().join(paper)));
        files.push(terms);
        for file in &files {
            ensure!(file.exists(), "{} is missing", file.display());
        }
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_known_by_their_names() {
        for (name, system) in ["linux", "windows", "macos"].into_iter().zip(System::ALL) {
            assert_eq!(System::named(name).unwrap(), system);
            assert!(system.name().starts_with(name));
        }
        assert!(System::named("beos").unwrap_err().to_string().contains("no release for `beos`"));
    }

    #[test]
    fn what_another_system_must_do_is_said() {
        let missing = |system: System| system.missing().unwrap();
        if cfg!(target_os = "linux") {
            assert_eq!(missing(System::Linux), None);
            assert!(missing(System::MacOs).is_some_and(|why| why.contains("on a Mac")));
        }
    }
}
