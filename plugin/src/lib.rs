//! The plugin: glue between the host and the rooms beside this file. The only crate that names nice-plug.
//!
//! [`Rollcall`] passes audio through untouched and lends it to the *tap*; everything else happens on other threads.
//! What must never happen here: a wait, an allocation, a lock or a system call in a real-time block; a changed sample; a
//! parameter set by a meter.

mod app;
mod ear;
mod midi;
mod panel;
mod params;
mod persist;
mod plugin;
mod render_watch;
mod screen;
mod shared;
#[cfg(any(test, feature = "standalone"))]
pub mod standalone;
mod tail;
mod transport;
mod window;

pub use midi::{CHANNEL, FIRST_NOTE, controller};
pub use plugin::Rollcall;
pub use window::{OpenWindow, Window};

use nice_plug::prelude::*;

nice_export_clap!(Rollcall);
nice_export_vst3!(Rollcall);
rollcall_no_process::starts_none!();
