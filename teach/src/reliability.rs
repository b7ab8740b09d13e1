//! The reliability diagram of a package: how often an instrument plays of which it says that it does.

use crate::font::{self, FONT};
use anyhow::{Result, anyhow};
use plotters::prelude::*;
use rollcall_metrics::{Scored, calibration_error, reliability};

/// Name of the diagram beside a card.
pub const FILE: &str = "reliability.svg";
const SIZE: (u32, u32) = (640, 640);
/// Bins of the diagram and of the expected calibration error.
pub const BINS: usize = 15;
const INK: RGBColor = RGBColor(32, 33, 36);
const FAINT: RGBColor = RGBColor(190, 194, 200);
const BLUE: RGBColor = RGBColor(0, 114, 178);

/// The diagram as an SVG document: a point a bin, its area by the share of the scores in it (at least a dot), beside the
/// diagonal on which a calibrated model lies.
///
/// # Errors
/// What plotters says.
pub fn svg(title: &str, scored: &Scored) -> Result<String> {
    font::register();
    let mut text = String::new();
    draw(&mut text, title, scored).map_err(|error| anyhow!("drawing the reliability diagram: {error}"))?;
    Ok(text)
}

fn draw(text: &mut String, title: &str, scored: &Scored) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, (FONT, 22).into_font().color(&INK))
        .margin(18)
        .x_label_area_size(56)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
    chart
        .configure_mesh()
        .x_desc("posterior")
        .y_desc("share in which the instrument plays")
        .x_labels(6)
        .y_labels(6)
        .bold_line_style(FAINT.mix(0.5))
        .light_line_style(WHITE)
        .axis_style(INK)
        .label_style((FONT, 18).into_font().color(&INK))
        .draw()?;
    chart.draw_series(LineSeries::new([(0.0, 0.0), (1.0, 1.0)], FAINT.stroke_width(2)))?;
    let bins = reliability(scored, BINS);
    let points = || bins.iter().filter_map(|bin| Some((bin.mean_score, bin.positives?, bin.count)));
    chart.draw_series(LineSeries::new(points().map(|(x, y, _)| (x, y)), BLUE.stroke_width(2)))?;
    let radius = |count: usize| 3.0 + 24.0 * (count as f64 / scored.len().max(1) as f64).sqrt();
    chart.draw_series(
        points().map(|(x, y, count)| Circle::new((x, y), radius(count) as i32, BLUE.mix(0.55).filled())),
    )?;
    if let Some(error) = calibration_error(scored, BINS) {
        let label = format!("expected calibration error {error:.3}, {} scores", scored.len());
        chart.draw_series([Text::new(label, (0.03, 0.96), (FONT, 18).into_font().color(&INK))])?;
    }
    area.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_a_bin_that_holds_scores() {
        let scored: Scored =
            (0..100).map(|i| (if i < 50 { 0.1 } else { 0.9 }, i % 10 == 0 || i >= 55)).collect();
        let svg = svg("title", &scored).unwrap();
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains("100 scores"), "the count is told");
    }
}
