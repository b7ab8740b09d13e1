//! Type: Inter, cut to the signs that are needed (`fonts/subset.sh`), in three faces.

use egui::{Context, FontData, FontDefinitions, FontFamily, FontId};
use std::sync::Arc;

const STRONG: &str = "strong";
const DISPLAY: &str = "display";

/// Makes the faces known to a window.
pub(crate) fn install(ctx: &Context) {
    let mut fonts = FontDefinitions::empty();
    let faces: [(&str, &'static [u8]); 3] = [
        ("regular", include_bytes!("../../fonts/Inter-Regular.otf")),
        (STRONG, include_bytes!("../../fonts/Inter-SemiBold.otf")),
        (DISPLAY, include_bytes!("../../fonts/InterDisplay-SemiBold.otf")),
    ];
    for (name, data) in faces {
        fonts.font_data.insert(name.into(), Arc::new(FontData::from_static(data)));
    }
    for (family, face) in [
        (FontFamily::Proportional, "regular"),
        (FontFamily::Monospace, "regular"), // figures are tabular
        (FontFamily::Name(STRONG.into()), STRONG),
        (FontFamily::Name(DISPLAY.into()), DISPLAY),
    ] {
        fonts.families.insert(family, vec![face.into()]);
    }
    ctx.set_fonts(fonts);
}

/// Running text.
pub(crate) fn text(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// What counts now.
pub(crate) fn strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(STRONG.into()))
}

/// Read from two metres.
pub(crate) fn display(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(DISPLAY.into()))
}
