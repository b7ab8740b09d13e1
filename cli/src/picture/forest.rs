//! Scores of classes side by side, each with its interval (a forest plot).

use super::palette::{Palette, Theme, mix, rgb};
use super::png;
use super::svg::page::{Area, FINE, broken};
use super::svg::{in_units, write_style};
use super::text::{self, Anchor};
use anyhow::{Result, anyhow};
use plotters::{
    prelude::{Circle, IntoDrawingArea, Rectangle, SVGBackend, Text},
    style::Color,
};
use rollcall_classes::{Family, display_name, place};
use std::io::Write;

const WIDTH: i32 = 1_200;
const MARGIN: i32 = 32;
/// Where the first panel begins.
const LEFT: i32 = 172;
/// Units between two panels, which hold the numbers.
const GAP: i32 = 54;
/// Where the first row begins.
const TOP: i32 = 110;
const ROW: i32 = 22;

/// What there is to see.
#[derive(Clone, Debug)]
pub struct Forest {
    /// The heading.
    pub title: String,
    /// Beside it.
    pub facts: String,
    /// Names of the scores.
    pub columns: Vec<String>,
    /// Classes, and their averages in brackets.
    pub rows: Vec<ForestRow>,
    /// How it was made.
    pub footer: String,
}

/// A class.
#[derive(Clone, Debug)]
pub struct ForestRow {
    /// Its name.
    pub class: String,
    /// One for each column, where there is one.
    pub marks: Vec<Option<Mark>>,
}

/// A score in 0..=1.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// The score.
    pub value: f64,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
}

impl Forest {
    /// Writes an SVG document.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn write_svg(&self, theme: Theme, out: &mut dyn Write) -> Result<()> {
        let (svg, _) = self.draw(theme)?;
        let end = svg.rfind("</svg>").ok_or_else(|| anyhow!("plotters wrote no SVG"))?;
        out.write_all(&svg.as_bytes()[..end])?;
        write_style(out)?;
        out.write_all(b"</svg>\n")?;
        Ok(())
    }

    /// Writes a PNG file of 2,400 pixels from left to right.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn write_png(&self, theme: Theme, out: &mut dyn Write) -> Result<()> {
        let (svg, size) = self.draw(theme)?;
        let pixels = png::render(&svg, size)?;
        out.write_all(&super::pixels::encode(
            pixels.width(),
            pixels.height(),
            pixels.data(),
            ::png::ColorType::Rgba,
        )?)?;
        Ok(())
    }

    fn draw(&self, theme: Theme) -> Result<(String, (u32, u32))> {
        let palette = theme.palette();
        // By family, as everywhere; averages last.
        let mut rows: Vec<&ForestRow> = self.rows.iter().collect();
        let is_average = |row: &ForestRow| row.class.starts_with('(');
        rows.sort_by_key(|row| (is_average(row), place(&row.class)));
        let classes = rows.iter().filter(|row| !is_average(row)).count() as i32;
        let height = TOP + rows.len() as i32 * ROW + 84;
        let mut svg = String::new();
        {
            let size = ((WIDTH * FINE) as u32, (height * FINE) as u32);
            let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            area.fill(&rgb(palette.ground)).map_err(broken)?;
            let sheet = Sheet { area: &area, palette };
            sheet.text(&self.title, (MARGIN, 36), (17.0, true, palette.text), Anchor::Left)?;
            sheet.text(&self.facts, (WIDTH - MARGIN, 36), (12.5, false, palette.muted), Anchor::Right)?;
            let bottom = TOP + rows.len() as i32 * ROW + 10;
            for (column, name) in self.columns.iter().enumerate() {
                sheet.panel(self.panel(column), name, bottom)?;
            }
            for (index, row) in rows.iter().enumerate() {
                let below = if is_average(row) { 10 } else { 0 };
                let y = TOP + index as i32 * ROW + below + ROW / 2;
                if index as i32 == classes {
                    let line = [(MARGIN, y - ROW / 2 - 5), (WIDTH - MARGIN, y - ROW / 2 - 5)];
                    sheet.fill([(line[0].0, line[0].1), (line[1].0, line[1].1 + 1)], palette.line)?;
                }
                let look =
                    (12.5, is_average(row), if is_average(row) { palette.text } else { palette.muted });
                let name = match row.class.as_str() {
                    "(macro)" => "Mean of classes".to_owned(),
                    "(micro)" => "All together".to_owned(),
                    class => display_name(class),
                };
                sheet.text(&name, (MARGIN, y), look, Anchor::Left)?;
                let colour = if is_average(row) {
                    palette.text
                } else {
                    palette.families[Family::of(&row.class).index()]
                };
                for (column, mark) in row.marks.iter().enumerate() {
                    sheet.mark(self.panel(column), y, *mark, colour)?;
                }
            }
            sheet.text(&self.footer, (MARGIN, height - 24), (11.0, false, palette.faint), Anchor::Left)?;
            area.present().map_err(broken)?;
        }
        Ok((in_units(&svg, (WIDTH, height)), (WIDTH as u32, height as u32)))
    }

    /// Left and right of a column's panel.
    fn panel(&self, column: usize) -> (i32, i32) {
        let columns = self.columns.len().max(1) as i32;
        let width = (WIDTH - MARGIN - LEFT) / columns - GAP;
        let left = LEFT + column as i32 * (width + GAP);
        (left, left + width)
    }
}

struct Sheet<'a, 'b> {
    area: &'a Area<'b>,
    palette: &'static Palette,
}

impl Sheet<'_, '_> {
    fn text(&self, text: &str, at: (i32, i32), look: (f64, bool, u32), anchor: Anchor) -> Result<()> {
        let style = text::style(look.0 * f64::from(FINE), look.1, look.2, anchor);
        self.area.draw(&Text::new(text.to_owned(), (at.0 * FINE, at.1 * FINE), style)).map_err(broken)
    }

    fn fill(&self, corners: [(i32, i32); 2], colour: u32) -> Result<()> {
        let corners = corners.map(|(x, y)| (x * FINE, y * FINE));
        self.area.draw(&Rectangle::new(corners, rgb(colour).filled())).map_err(broken)
    }

    /// Ground, grid and scale of a panel.
    fn panel(&self, (left, right): (i32, i32), name: &str, bottom: i32) -> Result<()> {
        let palette = self.palette;
        self.text(name, (left, TOP - 30), (12.5, true, palette.text), Anchor::Left)?;
        let ground = mix(palette.ground, palette.track, 0.45);
        self.fill([(left, TOP - 8), (right, bottom + 8)], ground)?;
        for tenth in [0, 25, 50, 75, 100] {
            let x = left + (right - left) * tenth / 100;
            self.fill([(x, TOP - 8), (x + 1, bottom + 8)], mix(ground, palette.text, 0.10))?;
            if tenth % 50 == 0 {
                let label = format!("{}", f64::from(tenth) / 100.0);
                self.text(&label, (x, bottom + 20), (11.0, false, palette.muted), Anchor::Centre)?;
            }
        }
        Ok(())
    }

    fn mark(&self, (left, right): (i32, i32), y: i32, mark: Option<Mark>, colour: u32) -> Result<()> {
        let palette = self.palette;
        let Some(Mark { value, interval }) = mark else {
            return self.text("–", (right + 12, y), (11.5, false, palette.faint), Anchor::Left);
        };
        let x = |value: f64| {
            left * FINE + (value.clamp(0.0, 1.0) * f64::from((right - left) * FINE)).round() as i32
        };
        if let Some((low, high)) = interval {
            let corners = [(x(low), y * FINE - 3), (x(high).max(x(low) + 2), y * FINE + 3)];
            let pale = mix(mix(palette.ground, palette.track, 0.45), colour, 0.55);
            self.area.draw(&Rectangle::new(corners, rgb(pale).filled())).map_err(broken)?;
        }
        let dot = Circle::new((x(value), y * FINE), 5 * FINE, rgb(colour).filled());
        self.area.draw(&dot).map_err(broken)?;
        self.text(&format!("{value:.2}"), (right + 12, y), (11.5, false, palette.text), Anchor::Left)
    }
}
