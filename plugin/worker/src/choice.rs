//! Which model the user chose: what the plugin's state keeps.

use crate::sync::{
    ArcSwap, AtomicU64,
    Ordering::{Acquire, Release},
};
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, sync::Arc};

/// A model, by what it is and where it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ModelChoice {
    /// The one that is built in, whichever that is.
    #[default]
    Embedded,
    /// A package from a folder.
    Package {
        /// Name in its manifest.
        name: String,
        /// Version in its manifest.
        version: String,
        /// SHA-256 of its manifest.
        sha256: String,
        /// Where it was found.
        folder: PathBuf,
    },
}

/// The choice, shared between the plugin's state and the worker.
#[derive(Debug, Default)]
pub struct ModelSlot {
    choice: ArcSwap<ModelChoice>,
    /// Counts what was set from outside, so that the worker sees a new choice without comparing.
    generation: AtomicU64,
}

impl ModelSlot {
    /// The choice now.
    pub fn get(&self) -> Arc<ModelChoice> {
        self.choice.load_full()
    }
    /// A choice from a restored state: the worker will load it.
    pub fn restore(&self, choice: ModelChoice) {
        if *self.get() != choice {
            self.choice.store(Arc::new(choice));
            self.generation.fetch_add(1, Release);
        }
    }

    /// A choice that the worker has carried out already.
    pub(crate) fn keep(&self, choice: ModelChoice) {
        self.choice.store(Arc::new(choice));
    }
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Acquire)
    }
}
