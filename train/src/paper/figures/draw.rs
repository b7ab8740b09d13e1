//! A figure as SVG and as PNG: the same strokes on both.

use super::figure::{BoxPlot, Figure, Series};
use crate::base::font::{self, FONT};
use anyhow::{Context, Result, anyhow};
use plotters::{
    coord::Shift,
    prelude::*,
    style::{
        FontTransform, RGBColor, ShapeStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};
const SIZE: (u32, u32) = (1800, 820);
const TOP: i32 = 92;
const BOTTOM: i32 = 560;
const LEFT: i32 = 84;
/// Where the bars end and where the boxes begin.
const BARS_END: i32 = 1390;
const BOXES_BEGIN: i32 = 1460;
const RIGHT: i32 = 1776;
const INK: RGBColor = RGBColor(32, 33, 36);
const GRID: RGBColor = RGBColor(222, 224, 228);
/// Okabe and Ito's colours, told apart with any kind of colour vision.
const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(213, 94, 0),
    RGBColor(120, 120, 120),
    RGBColor(240, 228, 66),
];

type Area<'a, B> = DrawingArea<B, Shift>;

/// The figure as an SVG document.
pub(super) fn svg(figure: &Figure) -> Result<String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        draw(&area, figure).map_err(|e| anyhow!("drawing: {e}"))?;
    }
    Ok(text)
}

/// The figure as a PNG file.
pub(super) fn png(figure: &Figure) -> Result<Vec<u8>> {
    let mut pixels = vec![255; (SIZE.0 * SIZE.1 * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area();
        draw(&area, figure).map_err(|e| anyhow!("drawing: {e}"))?;
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIZE.0, SIZE.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels).context("encoding the figure")?;
    Ok(bytes)
}

fn draw<B: DrawingBackend>(
    area: &Area<B>,
    figure: &Figure,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    font::register();
    area.fill(&WHITE)?;
    text(area, &figure.title, (LEFT, 26), 26.0, (HPos::Left, VPos::Center), 0)?;
    legend(area, figure)?;
    axis(area, LEFT, BARS_END)?;
    axis(area, BOXES_BEGIN, RIGHT)?;
    bars(area, figure)?;
    boxes(area, figure)?;
    let foot = "Bars and diamonds: mean over seeds, with its 95 % interval (Student's t). Boxes: instruments of all seeds; diamond: macro F1.";
    text(area, foot, (LEFT, SIZE.1 as i32 - 16), 17.0, (HPos::Left, VPos::Bottom), 0)?;
    area.present()
}

fn legend<B: DrawingBackend>(
    area: &Area<B>,
    figure: &Figure,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let mut x = LEFT;
    for (i, series) in figure.series.iter().enumerate() {
        area.draw(&Rectangle::new([(x, 52), (x + 18, 70)], colour(i).filled()))?;
        text(area, &series.label, (x + 26, 61), 20.0, (HPos::Left, VPos::Center), 0)?;
        x += 60 + 10 * series.label.chars().count() as i32;
    }
    Ok(())
}

/// Grid lines with their numbers, 0 to 1.
fn axis<B: DrawingBackend>(
    area: &Area<B>,
    left: i32,
    right: i32,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    for tenth in 0..=10 {
        let (value, y) = (f64::from(tenth) / 10.0, height(f64::from(tenth) / 10.0));
        let stroke = if tenth == 0 { INK } else { GRID };
        area.draw(&PathElement::new([(left, y), (right, y)], stroke))?;
        if tenth % 2 == 0 {
            text(area, &format!("{value:.1}"), (left - 10, y), 18.0, (HPos::Right, VPos::Center), 0)?;
        }
    }
    Ok(())
}

fn bars<B: DrawingBackend>(
    area: &Area<B>,
    figure: &Figure,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let slot = f64::from(BARS_END - LEFT) / figure.classes.len().max(1) as f64;
    let width = 0.84 * slot / figure.series.len() as f64;
    for (c, class) in figure.classes.iter().enumerate() {
        let begin = f64::from(LEFT) + slot * (c as f64 + 0.08);
        for (i, series) in figure.series.iter().enumerate() {
            let Some(bar) = series.bars[c] else { continue };
            let left = (begin + width * i as f64).round() as i32;
            let right = ((begin + width * (i + 1) as f64).round() as i32 - 1).max(left + 1);
            area.draw(&Rectangle::new([(left, height(bar.mean)), (right, height(0.0))], colour(i).filled()))?;
            if let Some(interval) = bar.interval {
                whisker(area, i32::midpoint(left, right), interval)?;
            }
        }
        let middle = (f64::from(LEFT) + slot * (c as f64 + 0.5)).round() as i32;
        text(area, &class.replace('_', " "), (middle, BOTTOM + 12), 19.0, (HPos::Right, VPos::Center), 270)?;
    }
    Ok(())
}

fn boxes<B: DrawingBackend>(
    area: &Area<B>,
    figure: &Figure,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let slot = (RIGHT - BOXES_BEGIN) / figure.series.len() as i32;
    let half = (slot / 4).min(34);
    for (i, series) in figure.series.iter().enumerate() {
        let x = BOXES_BEGIN + slot * i as i32 + slot / 2;
        if let Some(five) = series.box_plot {
            one_box(area, x, half, five, colour(i))?;
        }
        macro_mark(area, x, series)?;
        text(area, &series.label, (x, BOTTOM + 12), 15.0, (HPos::Right, VPos::Center), 270)?;
    }
    Ok(())
}

fn one_box<B: DrawingBackend>(
    area: &Area<B>,
    x: i32,
    half: i32,
    five: BoxPlot,
    fill: RGBColor,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let (low, high) = (height(five.quartiles.0), height(five.quartiles.1));
    let (bottom, top) = (height(five.whiskers.0), height(five.whiskers.1));
    for (from, to) in [(bottom, low), (high, top)] {
        area.draw(&PathElement::new([(x, from), (x, to)], INK))?;
    }
    for y in [bottom, top] {
        area.draw(&PathElement::new([(x - half / 2, y), (x + half / 2, y)], INK))?;
    }
    area.draw(&Rectangle::new([(x - half, high), (x + half, low)], fill.filled()))?;
    area.draw(&Rectangle::new([(x - half, high), (x + half, low)], INK))?;
    let median = height(five.median);
    area.draw(&PathElement::new(
        [(x - half, median), (x + half, median)],
        ShapeStyle::from(INK).stroke_width(3),
    ))
}

/// The macro F1 as a diamond below its number, with the interval.
fn macro_mark<B: DrawingBackend>(
    area: &Area<B>,
    x: i32,
    series: &Series,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let Some(mark) = series.macro_f1 else { return Ok(()) };
    let y = height(mark.mean);
    if let Some(interval) = mark.interval {
        whisker(area, x, interval)?;
    }
    let diamond = [(x, y - 8), (x + 8, y), (x, y + 8), (x - 8, y)];
    area.draw(&Polygon::new(diamond, WHITE))?;
    area.draw(&PathElement::new(diamond.iter().copied().chain([diamond[0]]).collect::<Vec<_>>(), INK))?;
    // In a row above all boxes, where nothing is in its way.
    let label = format!("{:.3}", mark.mean);
    text(area, &label, (x, TOP - 12), 15.0, (HPos::Center, VPos::Center), 0)
}

fn whisker<B: DrawingBackend>(
    area: &Area<B>,
    x: i32,
    (low, high): (f64, f64),
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    area.draw(&PathElement::new([(x, height(low)), (x, height(high))], ShapeStyle::from(INK).stroke_width(2)))
}

fn text<B: DrawingBackend>(
    area: &Area<B>,
    content: &str,
    at: (i32, i32),
    size: f64,
    (horizontal, vertical): (HPos, VPos),
    turned: u16,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let transform = if turned == 270 { FontTransform::Rotate270 } else { FontTransform::None };
    let style = TextStyle::from((FONT, size).into_font().transform(transform)).color(&INK);
    area.draw(&Text::new(content.to_owned(), at, style.pos(Pos::new(horizontal, vertical))))
}

fn colour(i: usize) -> RGBColor {
    COLOURS[i % COLOURS.len()]
}

/// Where a value of 0..=1 lies; what is beyond (an interval) is cut off.
fn height(value: f64) -> i32 {
    BOTTOM - (value.clamp(0.0, 1.0) * f64::from(BOTTOM - TOP)).round() as i32
}
