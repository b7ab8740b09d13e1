//! One line of advice, with the buttons that follow it.

use super::button::chip;
use crate::{
    action::Action,
    advice::{Advice, Weight},
    look::{Icon, Theme, lerp, size, space, text},
};
use egui::{Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// Height of a line of advice with one line of text.
pub(crate) const HEIGHT: f32 = 34.0;

/// Draws a piece of advice; the whole text is shown on hover where the line is too short for it.
pub(crate) fn show(
    ui: &Ui,
    theme: &Theme,
    rect: Rect,
    advice: &Advice,
    more: usize,
    actions: &mut Vec<Action>,
) {
    let id = ui.scope_id().with(("advice", &advice.text));
    let (colour, icon) = match advice.weight {
        Weight::Broken => (theme.bad, Icon::Warn),
        Weight::Care => (theme.warn, Icon::Warn),
        Weight::Note => (theme.accent, Icon::Info),
    };
    let painter = ui.painter();
    painter.rect_filled(rect, 6.0, lerp(theme.panel, colour, 0.12));
    let stripe = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
    painter.rect_filled(stripe, 1.5, colour);
    let middle = rect.center().y;
    let mark = Rect::from_center_size(pos2(rect.left() + 20.0, middle), vec2(15.0, 15.0));
    icon.paint(painter, mark, colour);
    let mut right = rect.right() - space::S;
    // In a narrow window the first remedy alone.
    let shown = if rect.width() < 640.0 { 1 } else { 2 };
    for &remedy in advice.remedies.iter().take(shown).rev() {
        let (response, left) =
            chip(ui, theme, id.with(remedy.label()), right, middle, remedy.label(), colour);
        if response.clicked() {
            actions.push(Action::Apply(remedy));
        }
        right = left - space::S;
    }
    if more > 0 {
        let label = format!("+{more}");
        let galley = painter.layout_no_wrap(label, text(size::CAPTION), theme.muted);
        right -= galley.size().x;
        painter.galley(pos2(right, middle - galley.size().y / 2.0), galley, theme.muted);
        right -= space::S;
    }
    let left = rect.left() + 36.0;
    let words = Rect::from_min_max(pos2(left, rect.top()), pos2(right.max(left), rect.bottom()));
    let mut job =
        egui::text::LayoutJob::simple(advice.text.clone(), text(12.0), theme.text, words.width().max(1.0));
    job.wrap.max_rows = 2;
    let galley = painter.layout_job(job);
    painter.galley(pos2(left, middle - galley.size().y / 2.0), galley, theme.text);
    let response = ui.interact(words, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, &advice.text));
    response.on_hover_text(&advice.text);
}
