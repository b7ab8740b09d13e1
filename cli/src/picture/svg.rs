//! A sheet as SVG, drawn by plotters.

mod header;
mod lanes;
pub(super) mod page;
mod panels;

use super::{
    palette::{Theme, rgb},
    sheet::Sheet,
    text::{self},
};
use anyhow::{Result, anyhow};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use page::{FINE, Image, Page, TIME, WIDTH, broken};
use plotters::prelude::{IntoDrawingArea, SVGBackend};
use std::io::Write;

/// An SVG picture, and the place of its log-mel, which is no vector.
pub(super) struct Drawn {
    pub(super) svg: String,
    /// Width and height in units.
    pub(super) size: (u32, u32),
    /// Pixels of the log-mel, if there is one, with left, top, width and height in units.
    pub(super) image: Option<(Image, (i32, i32, i32, i32))>,
}

/// Writes an SVG document.
///
/// # Errors
/// `out` cannot be written.
pub fn write_svg(sheet: &Sheet, theme: Theme, out: &mut dyn Write) -> Result<()> {
    let Drawn { svg, image, .. } = draw(sheet, theme)?;
    let end = svg.rfind("</svg>").ok_or_else(|| anyhow!("plotters wrote no SVG"))?;
    out.write_all(&svg.as_bytes()[..end])?;
    write_style(out)?;
    if let Some((image, (left, top, width, height))) = image {
        let data = STANDARD.encode(super::pixels::encode(
            image.width,
            image.height,
            &image.rgb,
            png::ColorType::Rgb,
        )?);
        let [left, top, width, height] = [left, top, width, height].map(|units| units * FINE);
        writeln!(
            out,
            "<image x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" \
             href=\"data:image/png;base64,{data}\"/>"
        )?;
    }
    out.write_all(b"</svg>\n")?;
    Ok(())
}

/// Letters for browsers, and no seams between rectangles that touch.
pub(super) fn write_style(out: &mut dyn Write) -> Result<()> {
    Ok(write!(out, "<style>\n{}rect{{shape-rendering:crispEdges}}\n</style>\n", text::font_faces())?)
}

/// Draws everything but the log-mel's pixels.
pub(super) fn draw(sheet: &Sheet, theme: Theme) -> Result<Drawn> {
    let page = Page { sheet, palette: theme.palette() };
    let header = header::lay_out(&page);
    let mut top = header.height;
    let wave = (!sheet.wave.is_empty()).then(|| panels::place(&mut top, 84));
    let mel = (!sheet.mel.is_empty()).then(|| panels::place(&mut top, 128));
    let rows = lanes::lay_out(&page, &mut top);
    let axis = top + 6;
    let height = axis + 26 + lanes::FOOTER;
    let mut svg = String::new();
    {
        let size = ((WIDTH * FINE) as u32, (height * FINE) as u32);
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&rgb(page.palette.ground)).map_err(broken)?;
        header::draw(&page, &header, &area)?;
        if let Some(place) = wave {
            panels::draw_wave(&page, place, &area)?;
        }
        if let Some(place) = mel {
            panels::draw_mel_scale(&page, place, &area)?;
        }
        lanes::draw(&page, &rows, &area)?;
        let first = wave.or(mel).map_or_else(|| rows.first().map_or(top, |row| row.top), |place| place.0);
        page.draw_axis((first, axis), &area)?;
        lanes::draw_footer(&page, axis + 26, &area)?;
        area.present().map_err(broken)?;
    }
    let svg = in_units(&svg, (WIDTH, height));
    let image = mel.map(|(top, height)| (panels::image(&page), (TIME.0, top, TIME.1 - TIME.0, height)));
    Ok(Drawn { svg, size: (WIDTH as u32, height as u32), image })
}

/// A picture is as large as its units say; its inner grid is finer.
pub(super) fn in_units(svg: &str, (width, height): (i32, i32)) -> String {
    let inner = format!("width=\"{}\" height=\"{}\" viewBox", width * FINE, height * FINE);
    svg.replacen(&inner, &format!("width=\"{width}\" height=\"{height}\" viewBox"), 1)
}
