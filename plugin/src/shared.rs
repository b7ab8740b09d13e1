//! What one instance's threads agree on: the host's, the window's and the worker's.

use nice_plug::editor::dpi::LogicalSize;
use rollcall_editor::ViewSettings;
use rollcall_window::{News, WindowSize};
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

/// One for each instance. Whoever waits here waits for a copy of the window's size and for nothing else, and the audio thread never does:
/// all that it touches is atomic.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Of the open window.
    size: Mutex<Option<WindowSize>>,
    pub(crate) hidden: AtomicBool,
    pub(crate) news: News,
    /// Models that were picked and that the host has been told of ([`rollcall_worker::ModelSlot::picked`]).
    told_picks: AtomicU64,
}

impl Shared {
    /// There is something new to draw. Safe on any thread; a hidden window stays idle.
    pub(crate) fn news(&self) {
        if !self.is_hidden() {
            self.news.tell();
        }
    }
    pub(crate) fn is_hidden(&self) -> bool {
        self.hidden.load(Relaxed)
    }
    /// Whether more models were picked than the host has been told of; from here on it has been.
    pub(crate) fn has_picks_to_tell(&self, picked: u64) -> bool {
        self.told_picks.swap(picked, Relaxed) != picked
    }
    pub(crate) fn set_size(&self, size: Option<WindowSize>) {
        *self.size.lock().unwrap_or_else(PoisonError::into_inner) = size;
    }
    pub(crate) fn size(&self) -> Option<WindowSize> {
        *self.size.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Size in the screen's points: a person's zoom makes the window larger, not what fits into it smaller.
pub(crate) fn zoomed(view: &ViewSettings) -> LogicalSize<f64> {
    let [width, height] = view.size.map(|points| f64::from(points * view.zoom));
    LogicalSize::new(width, height)
}
