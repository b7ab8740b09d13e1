//! What the window asks of its surroundings.

use std::path::PathBuf;

/// What a person is to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The folder of a model package.
    Model,
    /// An audio file to analyse.
    File,
    /// The folder that an export goes to.
    ExportFolder,
}

/// The system's file dialogues; the plugin implements them where they are safe to open from its window. A field for the
/// path is always there beside them.
pub trait Desk {
    /// Whether [`Desk::pick`] opens anything.
    fn can_pick(&self) -> bool {
        false
    }
    /// Whether the window takes files that are dropped onto it: not every toolkit hands them on.
    fn takes_drops(&self) -> bool {
        false
    }
    /// Opens a dialogue; never waits for it.
    fn pick(&mut self, what: Pick) {
        let _ = what;
    }
    /// What was chosen since the last call.
    fn picked(&mut self) -> Option<(Pick, PathBuf)> {
        None
    }
}

/// A desk without dialogues.
#[derive(Clone, Copy, Debug, Default)]
pub struct BareDesk;

impl Desk for BareDesk {}
