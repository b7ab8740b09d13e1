//! Buttons that are drawn at a given place.

use crate::look::{Icon, Theme, lerp, size, text};
use egui::{
    Align2, Color32, Id, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

/// Fill and text of a button in its state; paints the ground and the focus ring.
fn ground(ui: &Ui, theme: &Theme, rect: Rect, response: &Response, on: bool) -> Color32 {
    let fill = if on {
        theme.accent
    } else if response.is_pointer_button_down_on() {
        lerp(theme.track, theme.text, 0.12)
    } else if response.hovered() {
        theme.track
    } else {
        Color32::TRANSPARENT
    };
    ui.painter().rect_filled(rect, 6.0, fill);
    if response.has_focus() {
        let ring = Stroke::new(1.5, if on { theme.text } else { theme.accent });
        ui.painter().rect_stroke(rect.expand(1.0), 7.0, ring, StrokeKind::Inside);
    }
    match (on, response.hovered()) {
        (true, _) => theme.on_accent(),
        (false, true) => theme.text,
        (false, false) => theme.muted,
    }
}

/// An icon, with its name beside it if `named`. `help` is shown on hover.
#[allow(clippy::too_many_arguments, reason = "each names one plain property of a button")]
pub(crate) fn icon_button(
    ui: &Ui,
    theme: &Theme,
    id: Id,
    rect: Rect,
    icon: Icon,
    name: &str,
    named: bool,
    on: bool,
    help: &str,
) -> Response {
    let response = ui.interact(rect, id, Sense::click());
    let colour = ground(ui, theme, rect, &response, on);
    let square = vec2(16.0, 16.0);
    if named {
        icon.paint(
            ui.painter(),
            Rect::from_center_size(pos2(rect.left() + 17.0, rect.center().y), square),
            colour,
        );
        let at = pos2(rect.left() + 31.0, rect.center().y);
        ui.painter().text(at, Align2::LEFT_CENTER, name, text(size::BODY), colour);
    } else {
        icon.paint(ui.painter(), Rect::from_center_size(rect.center(), square), colour);
    }
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, name));
    response.on_hover_ui(|ui| {
        ui.label(help);
    })
}

/// Width of a named icon button.
pub(crate) fn named_width(ui: &Ui, name: &str) -> f32 {
    let galley = ui.painter().layout_no_wrap(name.to_owned(), text(size::BODY), Color32::PLACEHOLDER);
    31.0 + galley.size().x.ceil() + 10.0
}

/// A small text button with an outline; `right` is its right end. Returns it and its left end.
pub(crate) fn chip(
    ui: &Ui,
    theme: &Theme,
    id: Id,
    right: f32,
    middle: f32,
    label: &str,
    colour: Color32,
) -> (Response, f32) {
    let galley = ui.painter().layout_no_wrap(label.to_owned(), text(12.0), colour);
    let wide = galley.size() + vec2(16.0, 6.0);
    let rect = Rect::from_min_size(pos2(right - wide.x, middle - wide.y / 2.0), wide);
    let response = ui.interact(rect, id, Sense::click());
    let fill = if response.hovered() { lerp(theme.panel, colour, 0.18) } else { Color32::TRANSPARENT };
    let ring = if response.has_focus() {
        Stroke::new(2.0, theme.accent)
    } else {
        Stroke::new(1.0, lerp(theme.panel, colour, 0.6))
    };
    ui.painter().rect(rect, 5.0, fill, ring, StrokeKind::Inside);
    ui.painter().galley(rect.min + vec2(8.0, 3.0), galley, colour);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    (response, rect.left())
}
