//! The two plugin formats behind one interface.

mod buffers;
mod clap;
mod interface;
mod vst3;

pub(crate) use buffers::Buffers;
pub(crate) use interface::{Block, Call, Library, Manners, Plugin, Processor, Ready, measure};

use crate::trouble::Trouble;
use std::path::Path;

/// Opens a plugin file by its ending.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Library>, Trouble> {
    // `dlopen` looks for a name without a slash where the system's libraries are.
    let absolute = std::path::absolute(path)
        .map_err(|source| Trouble::Io { what: format!("finding {}", path.display()), source })?;
    let path = absolute.as_path();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("clap") => clap::open(path),
        Some("vst3") => vst3::open(path),
        _ => Err(Trouble::Format(path.to_owned())),
    }
}
