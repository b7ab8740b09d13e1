//! Where the current posterior comes from: each class's attention weights, drawn over its lane.

use crate::Appearance;
use egui::{Color32, Painter, Rect, Shape, Stroke, pos2};
use rollcall_board::Attention;

/// Draws one class's weights as a curve over its lane; the greatest one reaches the lane's top.
pub(crate) fn paint(
    painter: &Painter,
    colour: Color32,
    appearance: Appearance,
    attention: &Attention,
    class: usize,
    lane: Rect,
    (begin_s, end_s): (f64, f64),
) {
    let weights = weights(attention, class);
    let greatest = weights.iter().map(|&(_, weight)| weight).fold(0.0, f32::max);
    if greatest <= 0.0 || end_s <= begin_s {
        return;
    }
    let x = |time_s: f64| lane.left() + ((time_s - begin_s) / (end_s - begin_s)) as f32 * lane.width();
    let points: Vec<_> = weights
        .iter()
        .map(|&(time_s, weight)| {
            pos2(x(time_s), lane.bottom() - 1.0 - weight / greatest * (lane.height() - 3.0))
        })
        .collect();
    if let [only] = points[..] {
        painter.circle_filled(only, 2.0, colour);
        return;
    }
    let shadow = match appearance {
        Appearance::Dark => Color32::from_black_alpha(150),
        Appearance::Light => Color32::from_white_alpha(150),
    };
    painter.add(Shape::line(points.clone(), Stroke::new(3.0, shadow)));
    painter.add(Shape::line(points, Stroke::new(1.5, colour)));
}

/// Time and weight of each step in the memory.
pub(crate) fn weights(attention: &Attention, class: usize) -> Vec<(f64, f32)> {
    let times = attention.times_s.iter().enumerate();
    times.filter_map(|(i, &time_s)| Some((time_s, *attention.step(i).get(class)?))).collect()
}
