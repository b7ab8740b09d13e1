//! Pictures of an analysis: one [`Sheet`] of everything that is to be seen, drawn as SVG (plotters), as PNG (resvg), and as
//! a page for the browser; and a [`Forest`] of scores.

mod forest;
mod html;
mod palette;
mod pixels;
mod png;
mod sheet;
mod svg;
mod text;

pub use forest::{Forest, ForestRow, Mark};
pub use html::{AudioChoice, write_html};
pub use palette::Theme;
pub use png::write_png;
pub use sheet::Sheet;
pub use svg::write_svg;
