//! Surroundings of one result in its output.

use crate::picture::{AudioChoice, Theme};
use std::path::Path;

/// Surroundings of one result in its output.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// Whether it opens the output (headers belong there).
    pub is_first: bool,
    /// Columns of the terminal, for text.
    pub width: usize,
    /// How pictures look.
    pub look: Look,
    /// The folder that the output will stand in, for links from it.
    pub folder: &'a Path,
}

/// How pictures look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Dark or light.
    pub theme: Theme,
    /// Where a page's audio is.
    pub audio: AudioChoice,
}
