//! A sheet as SVG, drawn by plotters.

mod header;
mod lanes;
mod panels;

use super::{
    palette::{Palette, Theme, rgb},
    sheet::{Sheet, tick_s},
    text::{self, Anchor},
};
use crate::time::clock;
use anyhow::{Result, anyhow};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use plotters::{
    coord::Shift,
    prelude::{DrawingArea, IntoDrawingArea, PathElement, Rectangle, SVGBackend, Text},
    style::Color,
};
use std::io::Write;

/// Whole numbers are all that plotters places things by: two of them to a unit of the picture.
pub(super) const FINE: i32 = 2;
/// Units of a picture from left to right.
const WIDTH: i32 = 1_200;
const MARGIN: i32 = 32;
/// Where time begins and ends, from left to right.
const TIME: (i32, i32) = (176, 1_042);

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// An SVG picture, and the place of its log-mel, which is no vector.
pub(super) struct Drawn {
    pub(super) svg: String,
    /// Width and height in units.
    pub(super) size: (u32, u32),
    /// Pixels of the log-mel, if there is one, with left, top, width and height in units.
    pub(super) image: Option<(Image, (i32, i32, i32, i32))>,
}

/// RGB, three bytes a pixel, from the top.
pub(super) struct Image {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rgb: Vec<u8>,
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
        let data =
            STANDARD.encode(super::png::encode(image.width, image.height, &image.rgb, png::ColorType::Rgb)?);
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

/// What every part of the drawing needs.
struct Page<'a> {
    sheet: &'a Sheet,
    palette: &'static Palette,
}

impl Page<'_> {
    /// Place of a second, in fine units, within the picture's time.
    fn x(&self, time_s: f64) -> i32 {
        let (start_s, end_s) = self.sheet.span_s;
        let share = ((time_s - start_s) / (end_s - start_s)).clamp(0.0, 1.0);
        TIME.0 * FINE + (share * f64::from((TIME.1 - TIME.0) * FINE)).round() as i32
    }

    /// Lines and numbers of the time.
    fn draw_axis(&self, (top, bottom): (i32, i32), area: &Area<'_>) -> Result<()> {
        let (start_s, end_s) = self.sheet.span_s;
        let step_s = tick_s(end_s - start_s, 12);
        let decimals = usize::from(step_s < 1.0);
        let mut tick = (start_s / step_s).ceil();
        while tick * step_s <= end_s + 1e-9 {
            let x = self.x(tick * step_s);
            let line = vec![(x, top * FINE), (x, bottom * FINE)];
            area.draw(&PathElement::new(line, rgb(self.palette.text).mix(0.10).stroke_width(1)))
                .map_err(broken)?;
            let style = text::style(11.0 * f64::from(FINE), false, self.palette.muted, Anchor::Centre);
            area.draw(&Text::new(clock(tick * step_s, decimals), (x, (bottom + 11) * FINE), style))
                .map_err(broken)?;
            tick += 1.0;
        }
        Ok(())
    }

    fn text(
        &self,
        area: &Area<'_>,
        text: &str,
        at: (i32, i32),
        look: (f64, bool, u32),
        anchor: Anchor,
    ) -> Result<()> {
        let style = text::style(look.0 * f64::from(FINE), look.1, look.2, anchor);
        area.draw(&Text::new(text.to_owned(), (at.0 * FINE, at.1 * FINE), style)).map_err(broken)
    }

    /// A rectangle from left, top to right, bottom, in fine units.
    fn fill(&self, area: &Area<'_>, corners: [(i32, i32); 2], colour: u32) -> Result<()> {
        area.draw(&Rectangle::new(corners, rgb(colour).filled())).map_err(broken)
    }
}

/// Errors of a drawing that goes to a string: they are ours.
pub(super) fn broken(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("the picture cannot be drawn: {error}; please report this")
}
