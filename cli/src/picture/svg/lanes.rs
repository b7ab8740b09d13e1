//! Who plays when: a lane for each instrument with its heat and its ranges, and how much of the file that is.

use super::page::{Area, FINE, MARGIN, Page, TIME, WIDTH, broken};
use crate::picture::{
    palette::{height, mix, rgb},
    sheet::Lane,
    text::{self, Anchor},
};
use anyhow::Result;
use plotters::prelude::{Circle, Rectangle};
use plotters::style::Color;
use rollcall_classes::Family;

/// Units of a lane and between two families.
const LANE: i32 = 20;
const FAMILY_GAP: i32 = 9;
/// Heat and range within a lane.
const HEAT: (i32, i32) = (2, 14);
const RANGE: (i32, i32) = (15, 18);
/// Units of the footer.
pub(super) const FOOTER: i32 = 46;
/// Shades of heat: few enough that neighbours often share one rectangle, enough that no step is seen.
const SHADES: u16 = 24;
/// Words and steps of the scale below the lanes.
const RANGE_WORD: &str = "range";
const ABOVE_WORD: &str = "above the threshold";
const BELOW_WORD: &str = "activity below";
const SCALE_STEPS: i32 = 24;
const SCALE_STEP: i32 = 4;

/// A lane and its top.
pub(super) struct Row<'a> {
    lane: &'a Lane,
    pub(super) top: i32,
}

pub(super) fn lay_out<'a>(page: &Page<'a>, top: &mut i32) -> Vec<Row<'a>> {
    *top += 6;
    let mut rows: Vec<Row<'a>> = Vec::new();
    for lane in &page.sheet.lanes {
        if rows.last().is_some_and(|row| row.lane.family != lane.family) {
            *top += FAMILY_GAP;
        }
        rows.push(Row { lane, top: *top });
        *top += LANE;
    }
    rows
}

pub(super) fn draw(page: &Page<'_>, rows: &[Row<'_>], area: &Area<'_>) -> Result<()> {
    let palette = page.palette;
    for (index, row) in rows.iter().enumerate() {
        let (lane, middle) = (row.lane, row.top + (HEAT.0 + HEAT.1) / 2);
        let family = palette.families[lane.family];
        if index == 0 || rows[index - 1].lane.family != lane.family {
            let at = (MARGIN * FINE + 4, middle * FINE);
            area.draw(&Circle::new(at, 3 * FINE, rgb(family).filled())).map_err(broken)?;
        }
        let is_heard = !lane.ranges.is_empty();
        let colour = if is_heard { palette.text } else { palette.faint };
        page.text(area, &lane.name, (MARGIN + 16, middle), (12.5, is_heard, colour), Anchor::Left)?;
        heat(page, row, area)?;
        for &(start_s, end_s, ..) in &lane.ranges {
            let (left, right) = (page.x(start_s), page.x(end_s));
            let corners =
                [(left, (row.top + RANGE.0) * FINE), (right.max(left + 2), (row.top + RANGE.1) * FINE)];
            area.draw(&Rectangle::new(corners, rgb(family).filled())).map_err(broken)?;
        }
        share(page, row, middle, area)?;
    }
    Ok(())
}

/// Cells of one shade that follow each other are one rectangle.
fn heat(page: &Page<'_>, row: &Row<'_>, area: &Area<'_>) -> Result<()> {
    let (sheet, lane) = (page.sheet, row.lane);
    let (top, bottom) = ((row.top + HEAT.0) * FINE, (row.top + HEAT.1) * FINE);
    let corners = [(TIME.0 * FINE, top), (TIME.1 * FINE, bottom)];
    page.fill(area, corners, page.palette.heat(lane.family, 0.0))?;
    let shade =
        |cell: u8| (height(f32::from(cell) / 255.0, lane.threshold) * f32::from(SHADES)).round() as u16;
    let mut begin = 0;
    for run in lane.cells.chunk_by(|&a, &b| shade(a) == shade(b)) {
        let time_s = |cell: usize| sheet.cells_from_s + cell as f64 * sheet.cell_s;
        let (left, mut right) = (page.x(time_s(begin)), page.x(time_s(begin + run.len())));
        begin += run.len();
        // The last window stands for everything after it.
        if begin == lane.cells.len() {
            right = TIME.1 * FINE;
        }
        let shade = shade(run[0]);
        if shade > 0 && right > left {
            let colour = page.palette.heat(lane.family, f32::from(shade) / f32::from(SHADES));
            page.fill(area, [(left, top), (right, bottom)], colour)?;
        }
    }
    Ok(())
}

/// How much of the file it plays, as a bar and in percent.
fn share(page: &Page<'_>, row: &Row<'_>, middle: i32, area: &Area<'_>) -> Result<()> {
    let (palette, lane) = (page.palette, row.lane);
    let (left, right) = (TIME.1 + 16, WIDTH - MARGIN - 44);
    let bar = |to: i32, colour| {
        page.fill(area, [(left * FINE, middle * FINE - 4), (to, middle * FINE + 4)], colour)
    };
    bar(right * FINE, mix(palette.ground, palette.track, 0.9))?;
    if lane.ranges.is_empty() {
        return Ok(());
    }
    let share = page.sheet.share(lane);
    let to = left * FINE + (share * f64::from((right - left) * FINE)).round() as i32;
    bar(to.max(left * FINE + 2), palette.families[lane.family])?;
    let percent = if share < 0.01 { "< 1 %".to_owned() } else { format!("{:.0} %", share * 100.0) };
    page.text(area, &percent, (WIDTH - MARGIN, middle), (12.0, true, palette.text), Anchor::Right)
}

/// What the colours mean.
pub(super) fn draw_footer(page: &Page<'_>, top: i32, area: &Area<'_>) -> Result<()> {
    let palette = page.palette;
    let middle = top + 18;
    let mut x = MARGIN;
    let word =
        |text: &str, x: i32| page.text(area, text, (x, middle), (11.0, false, palette.muted), Anchor::Left);
    let width = |text: &str| text::width(text, 11.0, false).ceil() as i32;
    let used: Vec<usize> = (0..palette.families.len())
        .filter(|&family| page.sheet.lanes.iter().any(|lane| lane.family == family))
        .collect();
    for family in used {
        let name = Family::ALL[family].label();
        let dot =
            Circle::new((x * FINE + 6, middle * FINE), 3 * FINE, rgb(palette.families[family]).filled());
        area.draw(&dot).map_err(broken)?;
        word(name, x + 11)?;
        x += 11 + width(name) + 16;
    }
    // From the right: the bar of a range, then one scale for all heat.
    let swatch = |left: i32, right: i32, (top, bottom): (i32, i32), colour: u32| {
        page.fill(
            area,
            [(left * FINE, (middle + top) * FINE), (right * FINE, (middle + bottom) * FINE)],
            colour,
        )
    };
    let mut right = WIDTH - MARGIN - width(RANGE_WORD);
    word(RANGE_WORD, right)?;
    swatch(right - 32, right - 6, (-2, 1), palette.muted)?;
    right -= 32 + 18 + width(ABOVE_WORD);
    word(ABOVE_WORD, right)?;
    right -= 6;
    for step in 0..SCALE_STEPS {
        let activity = (step as f32 + 0.5) / SCALE_STEPS as f32;
        let colour = mix(mix(palette.ground, palette.track, 0.55), palette.muted, height(activity, 0.5));
        let left = right - (SCALE_STEPS - step) * SCALE_STEP;
        swatch(left, left + SCALE_STEP, (-5, 6), colour)?;
    }
    word(BELOW_WORD, right - SCALE_STEPS * SCALE_STEP - 6 - width(BELOW_WORD))
}
