//! The visual language: colours, type, spacing, icons. Everything that is drawn takes its looks from here.

mod colour;
mod fonts;
mod icon;
mod mark;
mod theme;
mod tint;

pub(crate) use colour::{Heat, blues, cividis, lerp, magma};
pub(crate) use fonts::{display, install as install_fonts, strong, text};
pub(crate) use icon::Icon;
pub(crate) use mark::paint_mark;
pub(crate) use theme::{Theme, size, space};
pub(crate) use tint::Tint;
