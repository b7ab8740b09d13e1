//! An egui view in a window of the system's, alone or inside a host's.
//!
//! Thread: the window's (GUI).
//!
//! baseview makes the window, egui lays out what is in it, egui_glow draws that with OpenGL; this crate stands between the three. It
//! knows neither the plugin nor its framework. What must never happen here: a window that is gone for the host and still
//! there for the system, a redraw asked for before there is a screen to draw on, a panic for what an X server refuses.

mod canvas;
mod clipboard;
mod cursor;
mod drop;
mod handle;
mod handler;
mod input;
mod keys;
#[cfg(target_os = "linux")]
mod libraries;

pub use baseview::{Error, ParentWindowHandle, WindowContext, WindowSize, dpi};
pub use handle::{Host, Resize, Settings, Window};

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// What a window shows. It is made on the host's thread, lives on the window's, and ends with it.
pub trait View: Send + 'static {
    /// Called once, before the first frame.
    fn build(&mut self, ctx: &egui::Context);

    /// Lays out a frame. `window` may be resized from here.
    fn ui(&mut self, ui: &mut egui::Ui, window: &WindowContext);

    /// The window has another size: `points` of egui's, and as the system counts it.
    fn resized(&mut self, points: egui::Vec2, size: WindowSize);
}

/// Says that there is something new to draw. A store: safe on any thread, the audio thread too.
#[derive(Clone, Debug)]
pub struct News(Arc<AtomicBool>);

impl Default for News {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl News {
    /// Tells the window, which looks 64 times a second.
    pub fn tell(&self) {
        self.0.store(true, Relaxed);
    }

    fn take(&self) -> bool {
        self.0.swap(false, Relaxed)
    }
}
