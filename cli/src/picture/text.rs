//! Letters: Inter, embedded, so that a picture looks the same on every machine.

use super::palette::rgb;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use plotters::style::{
    FontFamily, FontStyle, TextStyle, register_font,
    text_anchor::{HPos, Pos, VPos},
};
use std::sync::Once;

/// Families as CSS names them. Old name tables make a family of their own of the strong cut; some readers go by those.
const FAMILY: &str = "Inter, system-ui, Helvetica, Arial, sans-serif";
const STRONG_FAMILY: &str = "Inter Semi Bold, Inter SemiBold, Inter, system-ui, Helvetica, Arial, sans-serif";
/// Inter 3.19 as the plugin's window has it (SIL Open Font License 1.1: `plugin/editor/fonts/OFL.txt`).
pub(super) const REGULAR: &[u8] = include_bytes!("../../../plugin/editor/fonts/Inter-Regular.otf");
pub(super) const STRONG: &[u8] = include_bytes!("../../../plugin/editor/fonts/Inter-SemiBold.otf");

/// plotters sizes letters by the height of their line; SVG, and everyone else, by the em.
const LINE_PER_EM: f64 = 1.24;

/// Where the place of a text is, seen from the text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Left,
    Centre,
    Right,
}

/// A style of `em` units, centred on its place from above and below.
pub(super) fn style(em: f64, is_strong: bool, colour: u32, anchor: Anchor) -> TextStyle<'static> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let fonts = [(FAMILY, FontStyle::Normal, REGULAR), (STRONG_FAMILY, FontStyle::Bold, STRONG)];
        for (family, style, bytes) in fonts {
            assert!(register_font(family, style, bytes).is_ok(), "the embedded font is whole");
        }
    });
    let (family, weight) =
        if is_strong { (STRONG_FAMILY, FontStyle::Bold) } else { (FAMILY, FontStyle::Normal) };
    let h_pos = match anchor {
        Anchor::Left => HPos::Left,
        Anchor::Centre => HPos::Center,
        Anchor::Right => HPos::Right,
    };
    let style: TextStyle<'static> = (FontFamily::Name(family), em * LINE_PER_EM, weight).into();
    TextStyle {
        color: plotters::style::Color::to_backend_color(&rgb(colour)),
        pos: Pos::new(h_pos, VPos::Center),
        ..style
    }
}

/// Both fonts as CSS that needs no file, for browsers.
pub(super) fn font_faces() -> String {
    let face = |(weight, bytes): (&str, &[u8])| {
        let data = STANDARD.encode(bytes);
        format!("@font-face{{font-family:Inter;font-weight:{weight};src:url(data:font/otf;base64,{data})}}\n")
    };
    [("400", REGULAR), ("600 700", STRONG)].map(face).concat()
}

/// Width of a text in the same units.
pub(super) fn width(text: &str, em: f64, is_strong: bool) -> f64 {
    let style = style(em, is_strong, 0, Anchor::Left);
    style.font.layout_box(text).map_or(0.0, |((left, _), (right, _))| f64::from(right - left))
}
