//! What every part of a drawing needs: its measures, the sheet and its colours, lines and words in their places.

use crate::picture::{
    palette::{Palette, rgb},
    sheet::{Sheet, tick_s},
    text::{self, Anchor},
};
use crate::time::clock;
use anyhow::{Result, anyhow};
use plotters::{
    coord::Shift,
    prelude::{DrawingArea, PathElement, Rectangle, SVGBackend, Text},
    style::Color,
};

/// Whole numbers are all that plotters places things by: two of them to a unit of the picture.
pub(crate) const FINE: i32 = 2;

/// Units of a picture from left to right.
pub(crate) const WIDTH: i32 = 1_200;

pub(crate) const MARGIN: i32 = 32;

/// Where time begins and ends, from left to right.
pub(crate) const TIME: (i32, i32) = (176, 1_042);

pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// RGB, three bytes a pixel, from the top.
pub(crate) struct Image {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgb: Vec<u8>,
}

/// What every part of the drawing needs.
pub(crate) struct Page<'a> {
    pub(crate) sheet: &'a Sheet,
    pub(crate) palette: &'static Palette,
}

impl Page<'_> {
    /// Place of a second, in fine units, within the picture's time.
    pub(crate) fn x(&self, time_s: f64) -> i32 {
        let (start_s, end_s) = self.sheet.span_s;
        let share = ((time_s - start_s) / (end_s - start_s)).clamp(0.0, 1.0);
        TIME.0 * FINE + (share * f64::from((TIME.1 - TIME.0) * FINE)).round() as i32
    }

    /// Lines and numbers of the time.
    pub(crate) fn draw_axis(&self, (top, bottom): (i32, i32), area: &Area<'_>) -> Result<()> {
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

    pub(crate) fn text(
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
    pub(crate) fn fill(&self, area: &Area<'_>, corners: [(i32, i32); 2], colour: u32) -> Result<()> {
        area.draw(&Rectangle::new(corners, rgb(colour).filled())).map_err(broken)
    }
}

/// Errors of a drawing that goes to a string: they are ours.
pub(crate) fn broken(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("the picture cannot be drawn: {error}; please report this")
}
