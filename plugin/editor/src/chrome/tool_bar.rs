//! The top line: what this is, and what can be done.

use super::button::{icon_button, named_width};
use crate::{
    Appearance, Family, Sort,
    action::{Action, Page},
    look::{Icon, Theme, size, space, strong},
};
use egui::{Align2, Rect, Ui, pos2, vec2};

/// Height of the tool bar.
pub(crate) const HEIGHT: f32 = 44.0;
const BUTTON: f32 = 32.0;

/// What the buttons show.
pub(crate) struct ToolBar {
    pub(crate) sort: Sort,
    pub(crate) frozen: bool,
    pub(crate) attention: bool,
    pub(crate) page: Option<Page>,
}

/// Draws the tool bar.
pub(crate) fn show(ui: &Ui, theme: &Theme, rect: Rect, bar: &ToolBar, actions: &mut Vec<Action>) {
    let painter = ui.painter();
    painter.rect_filled(rect, 0.0, theme.panel);
    painter.hline(rect.x_range(), rect.bottom() - 0.5, egui::Stroke::new(1.0, theme.line));
    wordmark(ui, theme, rect);

    let (sort_icon, sort_name) = match bar.sort {
        Sort::Family => (Icon::ByFamily, "By family"),
        Sort::Activity => (Icon::ByActivity, "By activity"),
    };
    let (freeze_icon, freeze_name) =
        if bar.frozen { (Icon::Resume, "Go on") } else { (Icon::Freeze, "Freeze") };
    let appearance = if theme.appearance == Appearance::Dark { Icon::Light } else { Icon::Dark };
    let page = |page| (bar.page == Some(page), Action::Toggle(page));
    let (settings_on, settings) = page(Page::Settings);
    let (export_on, export) = page(Page::Export);
    let (open_on, open) = page(Page::Open);
    let (teach_on, teach) = page(Page::Teach);
    // From the right to the left; the flag tells which ones are named where there is room.
    let buttons = [
        (Icon::Settings, "Settings", false, settings_on, "Settings  (,)", settings),
        (appearance, "Appearance", false, false, "Dark or light  (T)", Action::Appearance),
        (Icon::Open, "Open", true, open_on, "Analyse a file, load a model  (O)", open),
        (
            Icon::Teach,
            "Teach",
            true,
            teach_on,
            "Save what was just heard as an example of a class  (X)",
            teach,
        ),
        (Icon::Export, "Export", true, export_on, "Save this session: JSON, CSV, labels, PNG  (E)", export),
        (
            Icon::Reset,
            "Reset",
            true,
            false,
            "Begin a new session: empties meters and history  (R)",
            Action::Reset,
        ),
        (freeze_icon, freeze_name, true, bar.frozen, "Let the shown values stand still  (F)", Action::Freeze),
        (
            Icon::Attention,
            "Attention",
            true,
            bar.attention,
            "Where in the last seconds the current values come from  (A)",
            Action::Attention,
        ),
        (sort_icon, sort_name, true, false, "Order: by family or by activity  (S)", Action::Sort),
    ];
    let room = rect.width() - 150.0;
    let widths = buttons
        .each_ref()
        .map(|&(_, name, can_be_named, ..)| if can_be_named { named_width(ui, name) } else { BUTTON });
    let named = widths.iter().sum::<f32>() <= room;
    let mut places = Vec::with_capacity(buttons.len());
    let mut right = rect.right() - space::S;
    for width in widths {
        let width = if named { width } else { BUTTON };
        places.push(Rect::from_min_size(
            pos2(right - width, rect.center().y - BUTTON / 2.0),
            vec2(width, BUTTON),
        ));
        right -= width + 2.0;
    }
    // Interact from the left, so that the tabulator goes that way.
    for (place, (icon, name, can_be_named, on, help, action)) in places.into_iter().zip(buttons).rev() {
        let id = ui.scope_id().with(("tool", help));
        if icon_button(ui, theme, id, place, icon, name, named && can_be_named, on, help).clicked() {
            actions.push(action);
        }
    }
}

/// Three bars in the colours of three families, and the name.
fn wordmark(ui: &Ui, theme: &Theme, rect: Rect) {
    let left = rect.left() + space::L;
    let middle = rect.center().y;
    for (i, (family, length)) in
        [(Family::Keys, 16.0), (Family::Plucked, 10.0), (Family::Strings, 13.0)].into_iter().enumerate()
    {
        let top = middle - 7.5 + i as f32 * 5.5;
        let bar = Rect::from_min_size(pos2(left, top), vec2(length, 4.0));
        ui.painter().rect_filled(bar, 2.0, theme.family(family));
    }
    let at = pos2(left + 24.0, middle);
    ui.painter().text(at, Align2::LEFT_CENTER, "Rollcall", strong(size::TITLE), theme.text);
}
