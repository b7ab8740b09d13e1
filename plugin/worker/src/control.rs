//! The few words that the audio thread and the worker share besides the tap.

use crate::sync::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Shared by the audio thread, the handle and the worker; every word stands for itself, so relaxed order is enough.
#[derive(Debug, Default)]
pub struct Link {
    stop: AtomicBool,
    wanted: AtomicBool,
    freewheeling: AtomicBool,
    taken: AtomicU64,
}

impl Link {
    /// The audio thread says that the host renders faster than real time: nothing may be left out to catch up.
    pub fn set_freewheeling(&self, is: bool) {
        self.freewheeling.store(is, Relaxed);
    }
    /// Whether the host renders faster than real time.
    pub fn is_freewheeling(&self) -> bool {
        self.freewheeling.load(Relaxed)
    }
    /// Grows whenever the worker has taken something out of the tap: who waits for room sees whether to go on.
    pub fn taken(&self) -> u64 {
        self.taken.load(Relaxed)
    }
    /// Someone will look: the model should be loaded even before audio comes.
    pub fn want_model(&self) {
        self.wanted.store(true, Relaxed);
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted.load(Relaxed)
    }
    pub(crate) fn add_taken(&self, frames_or_marks: u64) {
        self.taken.fetch_add(frames_or_marks, Relaxed);
    }
    pub(crate) fn stop(&self) {
        self.stop.store(true, Relaxed);
    }
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Relaxed)
    }
}
