//! Selecting a stretch of the history: with Shift held, or with the right button, and dragging across it.

use super::{
    across::{time_at, x_at},
    window::Window,
};
use crate::look::{Theme, size, strong};
use egui::{Color32, Painter, PointerButton, Rect, Response, Stroke, Ui, pos2, vec2};

/// A stretch that is being selected.
#[derive(Debug, Default)]
pub(super) struct Selecting {
    dragged: Option<Dragged>,
    done_s: Option<(f64, f64)>,
}

#[derive(Debug)]
struct Dragged {
    from_s: f64,
    to_s: f64,
    /// Whether the history followed the newest step before it was held still for this.
    followed: bool,
}

impl Selecting {
    /// Follows the pointer; says whether it is at it.
    pub(super) fn drag(
        &mut self,
        ui: &Ui,
        response: &Response,
        window: &mut Window,
        area: Rect,
        now_s: f64,
    ) -> bool {
        let (shift, origin, now) =
            ui.ctx().input(|i| (i.modifiers.shift, i.pointer.press_origin(), i.pointer.latest_pos()));
        let begins = response.drag_started_by(PointerButton::Secondary)
            || shift && response.drag_started_by(PointerButton::Primary);
        let at = |x: f32, window: &Window| time_at(area, window.range(now_s), x).clamp(0.0, now_s.max(0.0));
        if let Some(origin) = origin.filter(|_| begins) {
            let followed = window.follows();
            window.hold(now_s);
            let from_s = at(origin.x, window);
            self.dragged = Some(Dragged { from_s, to_s: from_s, followed });
        }
        let Some(dragged) = &mut self.dragged else { return false };
        if let Some(now) = now {
            dragged.to_s = at(now.x.clamp(area.left(), area.right()), window);
        }
        if response.drag_stopped() || !response.dragged() {
            self.done_s = self.drawn_s();
            if self.dragged.take().is_some_and(|dragged| dragged.followed) {
                window.follow();
            }
        }
        true
    }

    /// What has been drawn so far, in seconds.
    pub(super) fn drawn_s(&self) -> Option<(f64, f64)> {
        self.dragged
            .as_ref()
            .map(|dragged| (dragged.from_s.min(dragged.to_s), dragged.from_s.max(dragged.to_s)))
    }

    /// What was drawn to its end just now, once.
    pub(super) fn take(&mut self) -> Option<(f64, f64)> {
        self.done_s.take()
    }
}

/// Where a moment lies, at the area's edge if it lies outside.
fn x_within(area: Rect, range: (f64, f64), time_s: f64) -> f32 {
    x_at(area, range, time_s).clamp(area.left(), area.right())
}

/// A stretch over all lanes, with its length on the axis.
pub(super) fn paint(
    painter: &Painter,
    theme: &Theme,
    (area, axis): (Rect, Rect),
    range: (f64, f64),
    (begin_s, end_s): (f64, f64),
) {
    let (left, right) = (x_within(area, range, begin_s), x_within(area, range, end_s));
    if right - left < 0.5 {
        return;
    }
    let band = Rect::from_min_max(pos2(left, area.top()), pos2(right, axis.top()));
    let [r, g, b, _] = theme.accent.to_array();
    painter.rect_filled(band, 0.0, Color32::from_rgba_unmultiplied(r, g, b, 56));
    for x in [left, right] {
        painter.vline(x, band.y_range(), Stroke::new(1.5, theme.accent));
    }
    let label = format!("{:.1} s", end_s - begin_s);
    let galley = painter.layout_no_wrap(label, strong(size::CAPTION), theme.on_accent());
    let wide = galley.size() + vec2(10.0, 4.0);
    let most = (axis.right() - wide.x).max(axis.left());
    let at = pos2(((left + right - wide.x) / 2.0).clamp(axis.left(), most), axis.top() + 2.0);
    let chip = Rect::from_min_size(at, wide);
    painter.rect_filled(chip, 4.0, theme.accent);
    painter.galley(chip.min + vec2(5.0, 2.0), galley, theme.on_accent());
}

/// A line over the axis where audio is kept.
pub(super) fn paint_kept(
    painter: &Painter,
    theme: &Theme,
    (area, axis): (Rect, Rect),
    range: (f64, f64),
    (begin_s, end_s): (f64, f64),
) {
    let kept = x_within(area, range, begin_s)..=x_within(area, range, end_s);
    painter.hline(kept, axis.top() + 1.0, Stroke::new(2.0, theme.accent));
}
