//! Marks of classes, drawn from lines on a grid of 16 x 16.

use super::icon::arc;
use egui::{Color32, Painter, Rect, Shape, Stroke, vec2};
use rollcall_classes::Mark;

/// Draws a mark into the square in the middle of `rect`.
pub(crate) fn paint_mark(mark: Mark, painter: &Painter, rect: Rect, colour: Color32) {
    let side = rect.width().min(rect.height());
    let unit = side / 16.0;
    let origin = rect.center() - vec2(side, side) / 2.0;
    let at = |x: f32, y: f32| origin + vec2(x, y) * unit;
    let stroke = Stroke::new((1.4 * unit).max(1.0), colour);
    let line = |points: &[(f32, f32)]| {
        painter.add(Shape::line(points.iter().map(|&(x, y)| at(x, y)).collect(), stroke));
    };
    let ring = |x: f32, y: f32, radius: f32| {
        painter.circle_stroke(at(x, y), radius * unit, stroke);
    };
    let dot = |x: f32, y: f32, radius: f32| {
        painter.circle_filled(at(x, y), radius * unit, colour);
    };
    let bow = |x: f32, y: f32, radius: f32, from: f32, to: f32| {
        painter.add(Shape::line(arc(at(x, y), radius * unit, from, to), stroke));
    };
    const HALF_TURN: f32 = std::f32::consts::PI;
    match mark {
        Mark::Bell => {
            bow(8.0, 7.0, 4.0, -HALF_TURN, 0.0);
            line(&[(4.0, 7.0), (3.6, 10.5), (2.0, 12.5), (14.0, 12.5), (12.4, 10.5), (12.0, 7.0)]);
            dot(8.0, 14.4, 1.1);
        }
        Mark::Bow => {
            line(&[(5.0, 1.5), (5.0, 14.5)]);
            line(&[(8.0, 1.5), (8.0, 14.5)]);
            line(&[(1.5, 11.5), (14.5, 4.5)]);
        }
        Mark::Drum => {
            ring(8.0, 8.0, 5.8);
            line(&[(1.5, 2.0), (7.0, 7.5)]);
            line(&[(14.5, 2.0), (9.0, 7.5)]);
        }
        Mark::Horn => {
            line(&[(1.5, 8.0), (8.0, 8.0), (11.5, 5.5), (14.0, 2.0)]);
            line(&[(8.0, 8.0), (11.5, 10.5), (14.0, 14.0)]);
            line(&[(14.0, 2.0), (14.0, 14.0)]);
        }
        Mark::Keys => {
            line(&[(2.0, 3.0), (14.0, 3.0), (14.0, 13.0), (2.0, 13.0), (2.0, 3.0)]);
            for x in [6.0, 10.0] {
                line(&[(x, 9.0), (x, 13.0)]);
                painter.rect_filled(Rect::from_min_max(at(x - 1.2, 3.0), at(x + 1.2, 9.0)), 0.0, colour);
            }
        }
        Mark::Person => {
            ring(8.0, 4.8, 2.8);
            bow(8.0, 14.5, 5.2, -HALF_TURN, 0.0);
        }
        Mark::Pipe => {
            line(&[(2.0, 12.0), (12.0, 2.0), (14.0, 4.0), (4.0, 14.0), (2.0, 12.0)]);
            for t in [0.25, 0.5, 0.75] {
                dot(3.0 + 10.0 * t, 13.0 - 10.0 * t, 0.8);
            }
        }
        Mark::Room => {
            line(&[(2.0, 7.5), (8.0, 2.0), (14.0, 7.5)]);
            line(&[(3.5, 6.5), (3.5, 14.0), (12.5, 14.0), (12.5, 6.5)]);
        }
        Mark::Strings => {
            ring(8.0, 8.0, 5.8);
            for x in [6.0, 8.0, 10.0] {
                line(&[(x, 1.0), (x, 15.0)]);
            }
        }
        Mark::Voice => {
            ring(8.0, 5.0, 3.0);
            bow(8.0, 6.0, 5.2, 0.0, HALF_TURN);
            line(&[(8.0, 11.2), (8.0, 14.5)]);
            line(&[(5.0, 14.5), (11.0, 14.5)]);
        }
        Mark::Wave => {
            let point = |i: u8| {
                let x = f32::from(i) / 2.0;
                (1.5 + x, 8.0 - 4.5 * (x / 13.0 * 2.0 * HALF_TURN).sin())
            };
            line(&(0..=26).map(point).collect::<Vec<_>>());
        }
    }
}
