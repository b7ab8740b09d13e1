//! The font of all figures, which comes with the program.

use plotters::style::{FontStyle, register_font};
use std::sync::Once;

/// Its name among plotters' fonts, once [`register`] has been called.
pub const FONT: &str = "sans-serif";

/// Makes [`FONT`] known to plotters.
pub fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let font = epaint_default_fonts::UBUNTU_LIGHT;
        register_font(FONT, FontStyle::Normal, font).unwrap_or_else(|_| unreachable!("a font that parses"));
    });
}
