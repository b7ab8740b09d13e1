//! CLAP, through clack-host: the file, the instance on the main thread, and what the host answers.
#![expect(unsafe_code, reason = "loading a foreign library, and raw audio buffers")]

mod change;
mod host;
mod instance;
mod listed;
mod process;

use super::{Library, Plugin};
use crate::platform;
use crate::trouble::Trouble;
use clack_host::prelude::PluginEntry;
use listed::Listed;
use std::path::Path;

struct ClapLibrary {
    entry: PluginEntry,
    plugins: Vec<Listed>,
}

/// Opens a `.clap` file.
pub(super) fn open(path: &Path) -> Result<Box<dyn Library>, Trouble> {
    let wrong = |why: String| Trouble::Load { path: path.to_owned(), why };
    // SAFETY: loading runs the file's code, which is what this process is there for: it is a child that may die of it.
    let entry = unsafe { PluginEntry::load(path) }.map_err(|error| wrong(error.to_string()))?;
    platform::watch_allocations(path);
    let factory = entry.get_plugin_factory().ok_or_else(|| wrong("it has no plugin factory".to_owned()))?;
    let text = |text: Option<&std::ffi::CStr>| text.unwrap_or_default().to_string_lossy().into_owned();
    let plugins: Vec<Listed> = factory
        .plugin_descriptors()
        .filter_map(|plugin| {
            Some(Listed {
                id: plugin.id()?.to_owned(),
                name: text(plugin.name()),
                vendor: text(plugin.vendor()),
                version: text(plugin.version()),
                features: plugin.features().map(|feature| text(Some(feature))).collect(),
            })
        })
        .collect();
    if plugins.is_empty() {
        return Err(wrong("its factory lists no plugin".to_owned()));
    }
    Ok(Box::new(ClapLibrary { entry, plugins }))
}

impl Library for ClapLibrary {
    fn make(&self, id: Option<&str>) -> Result<Box<dyn Plugin>, Trouble> {
        let is_wanted = |plugin: &&Listed| {
            id.is_none_or(|id| plugin.id.to_string_lossy() == id || plugin.name.eq_ignore_ascii_case(id))
        };
        let listed = self.plugins.iter().find(is_wanted).ok_or_else(|| Trouble::NoPlugin {
            wanted: id.unwrap_or_default().to_owned(),
            there: self.plugins.iter().map(|plugin| plugin.id.to_string_lossy().into_owned()).collect(),
        })?;
        instance::make(&self.entry, listed, &self.plugins)
    }
}
