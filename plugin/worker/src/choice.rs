//! Which model the user chose: what the plugin's state keeps.

use crate::sync::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};
use std::{
    path::PathBuf,
    sync::{Arc, PoisonError},
};

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

/// The choice, shared between the plugin's state and the worker. Never asked on the audio thread.
#[derive(Debug, Default)]
pub struct ModelSlot(Mutex<Chosen>);

#[derive(Debug, Default)]
struct Chosen {
    choice: Arc<ModelChoice>,
    /// Counts what was set from outside, so that the worker sees a new choice without comparing.
    generation: u64,
    /// Counts what was picked in the window: each is a change of the project.
    picked: u64,
}

impl ModelSlot {
    /// The choice now.
    pub fn get(&self) -> Arc<ModelChoice> {
        Arc::clone(&self.lock().choice)
    }
    /// A choice from a restored state: the worker will load it.
    pub fn restore(&self, choice: ModelChoice) {
        let mut chosen = self.lock();
        if *chosen.choice != choice {
            chosen.choice = Arc::new(choice);
            chosen.generation += 1;
        }
    }
    /// Grows whenever somebody has picked another model, and it was loaded: the project has changed then.
    pub fn picked(&self) -> u64 {
        self.lock().picked
    }

    /// Keeps what somebody has picked, whose loading began at this generation, unless a state was restored meanwhile: then
    /// that is what the project says, and stands. Says whether it was kept.
    pub(crate) fn keep(&self, choice: ModelChoice, generation: u64) -> bool {
        let mut chosen = self.lock();
        if chosen.generation != generation {
            return false;
        }
        if *chosen.choice != choice {
            chosen.choice = Arc::new(choice);
            chosen.picked += 1;
        }
        true
    }
    pub(crate) fn generation(&self) -> u64 {
        self.lock().generation
    }

    fn lock(&self) -> MutexGuard<'_, Chosen> {
        // Each change is whole at every point where a panic could be.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
