//! How to teach.

use crate::lesson::Mode;
use std::path::PathBuf;

/// Recordings of a class that are listened to, at most: more teach hardly more, and take hours.
pub const MOST_RECORDINGS: usize = 2_000;
/// How to teach.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What becomes of the classes that are there.
    pub mode: Mode,
    /// Name of the package, `a-z 0-9 -`.
    pub name: String,
    /// The command, for the card.
    pub command: String,
    /// Folder of what was heard before.
    pub cache: PathBuf,
    /// Cores; nothing but time depends on it.
    pub jobs: usize,
    /// Recordings of a class, at most.
    pub most: usize,
    /// Chance.
    pub seed: u64,
}
