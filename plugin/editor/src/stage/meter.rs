//! One row: a name, a bar with its threshold and peak, a number; and a family's title.

use crate::{
    Family,
    look::{Theme, Tint, lerp, paint_mark, strong, text},
};
use egui::{
    Align2, Color32, CornerRadius, Id, Painter, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};
use rollcall_board::Meter;

/// Height of a class's mark in that of its name's type.
const MARK: f32 = 1.1;
/// Between the name and the mark, at least.
const MARK_GAP: f32 = 4.0;

/// Where the parts of a row are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MeterLook {
    pub(crate) theme: Theme,
    /// Left and right end of the names.
    pub(crate) names: (f32, f32),
    /// Left and right end of the bars: activities 0 and 1.
    pub(crate) bars: (f32, f32),
    /// Right end of the numbers; none where there is no room.
    pub(crate) numbers: Option<f32>,
}

/// What a row shows of its instrument.
pub(crate) struct Instrument<'a> {
    pub(crate) name: &'a str,
    pub(crate) tint: Tint,
    /// As known.
    pub(crate) meter: &'a Meter,
    /// As drawn: on its way to `meter.activity`.
    pub(crate) shown: f32,
    /// Whether the values are those of a picked moment, which has no peak.
    pub(crate) past: bool,
}

/// Draws an instrument's row. A click resets its peak.
pub(crate) fn meter_row(
    ui: &Ui,
    look: &MeterLook,
    id: Id,
    rect: Rect,
    instrument: &Instrument<'_>,
) -> Response {
    let Instrument { name, tint, meter, shown, past } = *instrument;
    let theme = &look.theme;
    let response = ui.interact(rect, id, Sense::click());
    let painter = ui.painter();
    let alive = ui.ctx().animate_bool_with_time(id.with("alive"), meter.active, 0.15);
    let pointed = response.hovered() || response.has_focus();
    if response.hovered() {
        painter.rect_filled(rect, 4.0, lerp(theme.ground, theme.track, 0.6));
    }
    if response.has_focus() {
        painter.rect_stroke(rect.shrink(1.0), 4.0, Stroke::new(1.5, theme.accent), StrokeKind::Inside);
    }

    // The longest name of OpenMIC, "Synthesizer", is 6.4 times as wide as its type is high.
    let widest = (look.names.1 - look.names.0) / 6.4;
    let points = (rect.height() * 0.68).clamp(10.5, 30.0).min(rect.height() * 0.88).min(widest.max(10.5));
    let points = whole(points);
    let names = lerp(theme.faint, theme.text, alive);
    let font = if meter.active { strong(points) } else { text(points) };
    // At the end of the column, so that names begin below each other.
    let room = tint.mark.map_or(0.0, |mark| {
        let side = points * MARK;
        let middle = pos2(look.names.1 - side / 2.0, rect.center().y);
        paint_mark(mark, painter, Rect::from_center_size(middle, vec2(side, side)), names);
        side + MARK_GAP
    });
    clipped_text(painter, rect, (look.names.0, look.names.1 - room), name, font, names);

    let bar = bar_rect(look, rect);
    let full = theme.tint(tint);
    let colour = lerp(theme.dimmed(full), full, alive);
    paint_bar(painter, theme, bar, shown, colour);
    let at = |value: f32| bar.left() + value.clamp(0.0, 1.0) * bar.width();
    if !past && meter.peak > shown + 0.01 {
        let peak = if meter.peak >= meter.threshold { full } else { lerp(theme.track, theme.faint, 0.7) };
        let x = at(meter.peak).clamp(bar.left() + 1.5, bar.right() - 1.5);
        painter.rect_filled(
            Rect::from_center_size(pos2(x, bar.center().y), vec2(3.0, bar.height())),
            1.5,
            peak,
        );
    }
    let mark = Stroke::new(1.5, if alive > 0.5 { theme.text } else { theme.muted });
    // Before the first step no threshold is known.
    if meter.threshold > 0.0 {
        painter.vline(at(meter.threshold), (bar.top() - 2.5)..=(bar.bottom() + 2.5), mark);
    }

    if let Some(right) = look.numbers.filter(|_| pointed || meter.active) {
        let colour = if pointed { theme.text } else { theme.muted };
        let value = format!("{:.0}", meter.activity * 100.0);
        painter.text(
            pos2(right, rect.center().y),
            Align2::RIGHT_CENTER,
            value,
            text(points.min(20.0)),
            colour,
        );
    }
    response.widget_info(|| WidgetInfo {
        value: Some(f64::from(meter.activity)),
        ..WidgetInfo::labeled(Role::Meter, true, spoken(name, meter))
    });
    response
}

/// What a screen reader says.
fn spoken(name: &str, meter: &Meter) -> String {
    let state = if meter.active { "plays" } else { "silent" };
    format!("{name}: {state}, {:.0} %, threshold {:.0} %", meter.activity * 100.0, meter.threshold * 100.0)
}

/// A whole size of type, but for the smallest: rows that change their height must not fill the font's texture with ever
/// new sizes of its letters.
fn whole(points: f32) -> f32 {
    if points < 11.0 { points.clamp(10.0, 10.5) } else { points.floor() }
}

/// The bar of a row.
pub(crate) fn bar_rect(look: &MeterLook, rect: Rect) -> Rect {
    let thick = (rect.height() * 0.42).clamp(5.0, 26.0).round();
    let top = (rect.center().y - thick / 2.0).round();
    Rect::from_min_max(pos2(look.bars.0, top), pos2(look.bars.1, top + thick))
}

fn paint_bar(painter: &Painter, theme: &Theme, bar: Rect, value: f32, colour: Color32) {
    let radius = CornerRadius::same((bar.height() / 2.0) as u8);
    painter.rect_filled(bar, radius, theme.track);
    let length = value.clamp(0.0, 1.0) * bar.width();
    if length > 1.0 {
        painter.rect_filled(Rect::from_min_size(bar.min, vec2(length, bar.height())), radius, colour);
    }
}

/// What a title shows of its family.
pub(crate) struct Title<'a> {
    pub(crate) family: Family,
    /// 1 open, 0 folded.
    pub(crate) open: f32,
    /// The greatest activity in it, as drawn.
    pub(crate) shown: f32,
    /// Names of its members that play.
    pub(crate) playing: &'a [&'a str],
}

/// Draws a family's title. A click folds or unfolds it; folded, its bar shows its most active member.
pub(crate) fn header_row(ui: &Ui, look: &MeterLook, id: Id, rect: Rect, title: &Title<'_>) -> Response {
    let theme = &look.theme;
    let response = ui.interact(rect, id, Sense::click());
    let painter = ui.painter();
    if response.has_focus() {
        painter.rect_stroke(rect.shrink(1.0), 4.0, Stroke::new(1.5, theme.accent), StrokeKind::Inside);
    }
    let middle = rect.center().y;
    let colour = theme.family(title.family);
    chevron(painter, pos2(look.names.0 + 4.0, middle), title.open, theme.muted);
    let swatch = Rect::from_center_size(pos2(look.names.0 + 17.0, middle), vec2(8.0, 8.0));
    painter.rect_filled(swatch, 2.5, colour);
    let points = (rect.height() * 0.66).clamp(10.0, 22.0).min(rect.height() * 0.88);
    let points = whole(points);
    let bright = response.hovered() || !title.playing.is_empty();
    let written = if bright { theme.text } else { theme.muted };
    let from = look.names.0 + 27.0;
    if title.open > 0.5 {
        let whole = (from, look.bars.1);
        clipped_text(painter, rect, whole, title.family.label(), strong(points), written);
    } else {
        let label =
            if title.playing.is_empty() { title.family.label().to_owned() } else { title.playing.join(", ") };
        clipped_text(painter, rect, (from, look.names.1), &label, strong(points), written);
        let fill = if title.playing.is_empty() { theme.dimmed(colour) } else { colour };
        paint_bar(painter, theme, bar_rect(look, rect), title.shown, fill);
    }
    let folded = title.open < 0.5;
    response.widget_info(|| {
        let state = if folded { "folded" } else { "open" };
        WidgetInfo::selected(Role::Button, true, !folded, format!("{} family, {state}", title.family.label()))
    });
    response
}

fn chevron(painter: &Painter, centre: egui::Pos2, open: f32, colour: Color32) {
    let turn = egui::emath::Rot2::from_angle(open * std::f32::consts::FRAC_PI_2);
    let points = [vec2(-2.0, -3.5), vec2(2.0, 0.0), vec2(-2.0, 3.5)].map(|p| centre + turn * p);
    painter.add(Shape::line(points.to_vec(), Stroke::new(1.5, colour)));
}

/// One line of text between two x, cut off with an ellipsis where it does not fit.
pub(crate) fn clipped_text(
    painter: &Painter,
    rect: Rect,
    (left, right): (f32, f32),
    text: &str,
    font: egui::FontId,
    colour: Color32,
) {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width((right - left).max(1.0));
    let galley = painter.layout_job(job);
    painter.galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, colour);
}
