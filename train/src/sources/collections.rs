//! Recordings that packages hold: notes, kits, speech, noises and whole music, with licence, group and split.
//!
//! The development part and the sealed part go into pools of their own (`data make --part`).

mod music;
mod noises;
mod players;
mod sealed;

use super::known::Known;
use super::packages::Package;
use crate::base::stem::Split;

/// What the files of a collection are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Single notes of one instrument, named by pitch, of this class.
    Notes(&'static str),
    /// Single strokes of a drum kit, named by piece.
    Kit,
    /// Gravis patches of a General MIDI set, named by program.
    Patches,
    /// Somebody speaks: a voice, and nothing else.
    Speech,
    /// Noises and effects, none of the 20 classes.
    Noises(Names),
    /// Notes of an instrument that is none of the 20.
    Outside,
    /// Whole pieces of music; who plays is only known to the teacher.
    Music,
    /// Recordings whose players are known; other files are left alone.
    Known(&'static [Known]),
}

/// Which files of a collection of noises count, by their names without folder and extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// All.
    All,
    /// All whose names hold none of these: jingles, voices.
    Without(&'static [&'static str]),
    /// These, with spaces between.
    Only(&'static str),
}

impl Names {
    /// Whether the file of this name counts.
    #[must_use]
    pub fn hold(self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Without(parts) => !parts.iter().any(|part| name.contains(part)),
            Self::Only(names) => names.split(' ').any(|one| one == name),
        }
    }
}

/// Files below one folder of a package.
#[derive(Debug, Clone, Copy)]
pub struct Collection {
    /// Independence group.
    pub group: &'static str,
    /// The package that holds it.
    pub package: Package,
    /// Folder within the package; everything below counts.
    pub folder: &'static str,
    /// What its files are.
    pub content: Content,
    /// Licence of the recordings.
    pub licence: &'static str,
    /// Part of the data.
    pub split: Split,
}

/// Free by Debian's guidelines, file by file.
const EACH: &str = "free, as the package's copyright file states for each recording";

/// Every collection.
pub fn all() -> impl Iterator<Item = &'static Collection> {
    [players::PLAYERS, noises::NOISES, music::MUSIC, sealed::SEALED].into_iter().flatten()
}
