//! Icons, drawn from lines on a grid of 16 x 16.

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};

/// What a button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    Freeze,
    Resume,
    Reset,
    ByFamily,
    ByActivity,
    Export,
    Open,
    Teach,
    Settings,
    Dark,
    Light,
    Close,
    Attention,
    Warn,
    Info,
}

impl Icon {
    /// Draws into the square in the middle of `rect`.
    pub(crate) fn paint(self, painter: &Painter, rect: Rect, colour: Color32) {
        let side = rect.width().min(rect.height());
        let unit = side / 16.0;
        let origin = rect.center() - vec2(side, side) / 2.0;
        let at = |x: f32, y: f32| origin + vec2(x, y) * unit;
        let stroke = Stroke::new((1.5 * unit).max(1.0), colour);
        let line = |points: &[(f32, f32)]| match *points {
            [from, to] => painter.line_segment([from, to].map(|(x, y)| at(x, y)), stroke),
            _ => painter.add(Shape::line(points.iter().map(|&(x, y)| at(x, y)).collect(), stroke)),
        };
        let bar = |x: f32, y: f32, w: f32, h: f32| {
            painter.rect_filled(Rect::from_min_size(at(x, y), vec2(w, h) * unit), unit, colour);
        };
        match self {
            Self::Freeze => {
                bar(4.0, 3.0, 3.0, 10.0);
                bar(9.0, 3.0, 3.0, 10.0);
            }
            Self::Resume => {
                let points = vec![at(4.5, 2.5), at(13.0, 8.0), at(4.5, 13.5)];
                painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
            }
            Self::Reset => {
                painter.add(Shape::line(arc(at(8.0, 8.5), 5.0 * unit, -0.9, 4.2), stroke));
                line(&[(8.2, 1.2), (10.9, 4.0), (8.0, 6.3)]);
            }
            Self::ByFamily => {
                for y in [3.5, 8.0, 12.5] {
                    bar(2.0, y - 1.0, 2.0, 2.0);
                    line(&[(6.5, y), (14.0, y)]);
                }
            }
            Self::ByActivity => {
                line(&[(2.0, 3.5), (14.0, 3.5)]);
                line(&[(2.0, 8.0), (10.0, 8.0)]);
                line(&[(2.0, 12.5), (6.0, 12.5)]);
            }
            Self::Export => {
                line(&[(8.0, 2.0), (8.0, 10.0)]);
                line(&[(4.8, 7.0), (8.0, 10.2), (11.2, 7.0)]);
                line(&[(2.5, 11.0), (2.5, 14.0), (13.5, 14.0), (13.5, 11.0)]);
            }
            Self::Open => {
                line(&[
                    (2.0, 13.0),
                    (2.0, 3.5),
                    (6.3, 3.5),
                    (7.8, 5.2),
                    (14.0, 5.2),
                    (14.0, 13.0),
                    (2.0, 13.0),
                ]);
            }
            Self::Teach => {
                line(&[(8.0, 2.8), (15.0, 6.2), (8.0, 9.6), (1.0, 6.2), (8.0, 2.8)]);
                line(&[(4.0, 8.0), (4.0, 11.8), (8.0, 13.6), (12.0, 11.8), (12.0, 8.0)]);
                line(&[(15.0, 6.2), (15.0, 11.0)]);
            }
            Self::Settings => {
                for (y, knob) in [(3.5, 10.5), (8.0, 5.0), (12.5, 9.0)] {
                    line(&[(2.0, y), (14.0, y)]);
                    painter.circle_filled(at(knob, y), 2.2 * unit, colour);
                }
            }
            Self::Light => {
                painter.circle_stroke(at(8.0, 8.0), 2.8 * unit, stroke);
                for i in 0..8_u8 {
                    let (sin, cos) = (f32::from(i) * std::f32::consts::FRAC_PI_4).sin_cos();
                    line(&[(8.0 + 4.8 * cos, 8.0 + 4.8 * sin), (8.0 + 6.6 * cos, 8.0 + 6.6 * sin)]);
                }
            }
            Self::Dark => {
                // Two circles that cross; the angles are those of their common points.
                let mut moon = arc(at(8.0, 8.0), 6.0 * unit, 0.087, 4.626);
                moon.extend(arc(at(10.5, 5.5), 4.6 * unit, 4.0, 0.713));
                painter.add(Shape::line(moon, stroke));
            }
            Self::Close => {
                line(&[(4.0, 4.0), (12.0, 12.0)]);
                line(&[(12.0, 4.0), (4.0, 12.0)]);
            }
            Self::Attention => {
                line(&[
                    (1.5, 12.5),
                    (4.5, 11.5),
                    (6.5, 7.5),
                    (8.0, 3.0),
                    (9.5, 7.5),
                    (11.5, 11.5),
                    (14.5, 12.5),
                ]);
            }
            Self::Warn => {
                line(&[(8.0, 2.0), (14.5, 13.5), (1.5, 13.5), (8.0, 2.0)]);
                line(&[(8.0, 6.2), (8.0, 9.6)]);
                painter.circle_filled(at(8.0, 11.6), 0.9 * unit, colour);
            }
            Self::Info => {
                painter.circle_stroke(at(8.0, 8.0), 6.2 * unit, stroke);
                line(&[(8.0, 7.4), (8.0, 11.4)]);
                painter.circle_filled(at(8.0, 4.9), 0.9 * unit, colour);
            }
        }
    }
}

/// Points of an arc; angles in radians, clockwise from the right.
pub(super) fn arc(centre: Pos2, radius: f32, from: f32, to: f32) -> Vec<Pos2> {
    const STEPS: u8 = 20;
    (0..=STEPS)
        .map(|i| {
            let (sin, cos) = (from + (to - from) * f32::from(i) / f32::from(STEPS)).sin_cos();
            pos2(centre.x + radius * cos, centre.y + radius * sin)
        })
        .collect()
}
