//! Wave-form and log-mel: what was heard, over the same time as who plays.

use super::page::{Area, FINE, Image, MARGIN, Page, TIME, broken};
use crate::picture::{
    palette::{mix, rgb},
    text::Anchor,
};
use anyhow::Result;
use plotters::prelude::{ChartBuilder, Polygon};
use rollcall_engine::MEL_BANDS;

/// Pixels of the log-mel's picture for each band.
const BAND: usize = 4;
/// Columns of it: two for each unit of its place.
const COLUMNS: usize = 1_732;

/// Takes `height` units under each other; top and height.
pub(super) fn place(top: &mut i32, height: i32) -> (i32, i32) {
    let place = (*top, height);
    *top += height + 10;
    place
}

pub(super) fn draw_wave(page: &Page<'_>, (top, height): (i32, i32), area: &Area<'_>) -> Result<()> {
    let palette = page.palette;
    page.text(area, "Wave", (MARGIN + 16, top + 12), (12.5, false, palette.muted), Anchor::Left)?;
    let (left, right) = (TIME.0 * FINE, TIME.1 * FINE);
    page.fill(
        area,
        [(left, top * FINE), (right, (top + height) * FINE)],
        mix(palette.ground, palette.track, 0.55),
    )?;
    let sheet = page.sheet;
    let loudest = sheet.wave.iter().fold(0.05_f32, |most, (low, high)| most.max(-low).max(*high));
    let panel = area.clone().shrink((left, top * FINE), ((TIME.1 - TIME.0) * FINE, height * FINE));
    let (start_s, end_s) = sheet.span_s;
    let mut chart = ChartBuilder::on(&panel)
        .build_cartesian_2d(start_s..end_s, -loudest * 1.08..loudest * 1.08)
        .map_err(broken)?;
    // As many columns as there are places for them.
    let per_place = sheet.wave.len().div_ceil((right - left) as usize).max(1);
    let columns = sheet.wave.chunks(per_place).enumerate().map(|(index, columns)| {
        let time_s = start_s + (index * per_place) as f64 * sheet.wave_step_s;
        let ends =
            columns.iter().fold((0.0_f32, 0.0_f32), |(low, high), one| (low.min(one.0), high.max(one.1)));
        (time_s.min(end_s), ends)
    });
    let columns: Vec<(f64, (f32, f32))> = columns.collect();
    let above = columns.iter().map(|&(time_s, (_, high))| (time_s, high));
    let below = columns.iter().rev().map(|&(time_s, (low, _))| (time_s, low));
    let outline: Vec<(f64, f32)> = above.chain(below).collect();
    let colour = mix(palette.muted, palette.accent, 0.35);
    chart.draw_series([Polygon::new(outline, rgb(colour))]).map_err(broken)?;
    Ok(())
}

pub(super) fn draw_mel_scale(page: &Page<'_>, (top, height): (i32, i32), area: &Area<'_>) -> Result<()> {
    let palette = page.palette;
    page.text(area, "Log-mel", (MARGIN + 16, top + 12), (12.5, false, palette.muted), Anchor::Left)?;
    // The bands are equal steps of mel (O'Shaughnessy's formula, as HTK's) from 125 to 7,500 Hz.
    let mel = |hz: f64| 1127.0 * (1.0 + hz / 700.0).ln();
    for (hz, label) in [(250.0, "250 Hz"), (1_000.0, "1 kHz"), (4_000.0, "4 kHz")] {
        let share = (mel(hz) - mel(125.0)) / (mel(7_500.0) - mel(125.0));
        let y = top + height - (share * f64::from(height)).round() as i32;
        page.text(area, label, (TIME.0 - 14, y), (11.0, false, palette.muted), Anchor::Right)?;
        page.fill(
            area,
            [((TIME.0 - 8) * FINE, y * FINE), ((TIME.0 - 3) * FINE, y * FINE + 1)],
            palette.faint,
        )?;
    }
    Ok(())
}

/// The log-mel over the picture's time, highest band on top.
pub(super) fn image(page: &Page<'_>) -> Image {
    let sheet = page.sheet;
    let (start_s, end_s) = sheet.span_s;
    let columns_in_time = (end_s - start_s) / sheet.mel_step_s;
    let column = |x: usize| -> [u8; MEL_BANDS] {
        // Loudest of the columns that share a pixel; the nearest where pixels are finer than columns.
        let place = |x: usize| x as f64 / COLUMNS as f64 * columns_in_time;
        let from = (place(x) as usize).min(sheet.mel.len() - 1);
        let to = (place(x + 1) as usize).clamp(from + 1, sheet.mel.len());
        let mut loudest = [0; MEL_BANDS];
        for column in &sheet.mel[from..to] {
            loudest.iter_mut().zip(column).for_each(|(most, shade)| *most = (*most).max(*shade));
        }
        loudest
    };
    let columns: Vec<[u8; MEL_BANDS]> = (0..COLUMNS).map(column).collect();
    let height = MEL_BANDS * BAND;
    let mut pixels = Vec::with_capacity(3 * COLUMNS * height);
    for y in 0..height {
        // Between the centres of two bands.
        let place = ((height - 1 - y) as f32 + 0.5) / BAND as f32 - 0.5;
        let below = place.floor().max(0.0) as usize;
        let above = (below + 1).min(MEL_BANDS - 1);
        let share = (place - below as f32).clamp(0.0, 1.0);
        for bands in &columns {
            let (low, high) = (f32::from(bands[below]), f32::from(bands[above]));
            let [_, r, g, b] = page.palette.mel((low + (high - low) * share) as u8).to_be_bytes();
            pixels.extend([r, g, b]);
        }
    }
    Image { width: COLUMNS as u32, height: height as u32, rgb: pixels }
}
