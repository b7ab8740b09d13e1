//! Where moments lie across the history.

use egui::Rect;

/// The moment at `x`, of a stretch of time that fills the area.
pub(super) fn time_at(area: Rect, (begin_s, end_s): (f64, f64), x: f32) -> f64 {
    begin_s + f64::from((x - area.left()) / area.width().max(1.0)) * (end_s - begin_s)
}

/// Where a moment lies, also beyond the area.
pub(super) fn x_at(area: Rect, (begin_s, end_s): (f64, f64), time_s: f64) -> f32 {
    area.left() + ((time_s - begin_s) / (end_s - begin_s)) as f32 * area.width()
}
