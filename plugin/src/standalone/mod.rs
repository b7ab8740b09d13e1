//! The plugin without a host: its program's options, a file in place of a live input, and a way without a window.

mod headless;
mod options;
mod player;

pub use headless::run as run_headless;
pub use options::{HELP, Options};
pub use player::{Player, play};
