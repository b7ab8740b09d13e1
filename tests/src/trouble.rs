//! What can go wrong in the host itself or be refused by a plugin: with the offending value, its bound and what to do next.

use std::path::PathBuf;

/// Why a step of a plan could not be done. A plugin that crashes or hangs is no `Trouble` but an outcome of the run.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Neither of the two formats.
    #[error("{}: neither a .clap file nor a .vst3 bundle; its name must end in one of the two", .0.display())]
    Format(PathBuf),
    /// The file is no loadable plugin.
    #[error("{}: cannot be loaded: {why}", path.display())]
    Load {
        /// The bundle.
        path: PathBuf,
        /// The loader's or the plugin's words.
        why: String,
    },
    /// The file holds no such plugin.
    #[error("there is no plugin `{wanted}` in the file; it holds {}", there.join(", "))]
    NoPlugin {
        /// Id or name that was asked for.
        wanted: String,
        /// What is there.
        there: Vec<String>,
    },
    /// The plugin said no.
    #[error("the plugin refused: {what}")]
    Refused {
        /// What it was asked, and its answer.
        what: String,
    },
    /// A parameter that is not there, or a value that it does not take.
    #[error("parameter `{param}`: {why}")]
    Param {
        /// Id or name.
        param: String,
        /// What is wrong, and what is there.
        why: String,
    },
    /// An audio file that cannot be read.
    #[error("{}: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A plan that makes no sense.
    #[error("the plan: {0}")]
    Plan(String),
    /// The host's own files.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl Trouble {
    /// The plugin answered `what` with no.
    pub fn refused(what: impl Into<String>) -> Self {
        Self::Refused { what: what.into() }
    }
}
