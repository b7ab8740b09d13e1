//! The drawer at the right: settings, export, opening files and models.

use super::{browser::Browser, export_page, open_page, settings_page};
use crate::{
    action::{Action, Page},
    browse::Pick,
    look::{Icon, Theme, size, space, strong},
    settings::ViewSettings,
};
use egui::{Align, Layout, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};
use rollcall_board::{Board, FileJob, Panel, Status};
use std::sync::Arc;

/// Width of the drawer where there is room.
pub(crate) const WIDTH: f32 = 316.0;

/// What a page may read and change.
pub(crate) struct DrawerInput<'a> {
    pub(crate) theme: Theme,
    pub(crate) board: &'a Board,
    pub(crate) panel: &'a dyn Panel,
    pub(crate) view: &'a mut ViewSettings,
    pub(crate) status: &'a Status,
    pub(crate) file: Option<&'a Arc<FileJob>>,
    pub(crate) actions: &'a mut Vec<Action>,
}

/// Which page is open, and what was typed into it.
#[derive(Debug, Default)]
pub(crate) struct Drawer {
    pub(crate) page: Option<Page>,
    pub(crate) model_folder: String,
    pub(crate) audio_file: String,
    pub(crate) poster: export_page::Poster,
    pub(crate) browser: Browser,
}

impl Drawer {
    pub(crate) fn toggle(&mut self, page: Page) {
        self.page = if self.page == Some(page) { None } else { Some(page) };
        self.browser.close();
    }

    /// Draws the open page.
    pub(crate) fn show(&mut self, ui: &mut Ui, rect: Rect, input: &mut DrawerInput<'_>) {
        let Some(page) = self.page else { return };
        let theme = input.theme;
        // Swallows what would reach the stage beneath.
        ui.interact(rect, ui.scope_id().with("drawer ground"), Sense::click_and_drag());
        ui.painter().rect_filled(rect, 0.0, theme.panel);
        ui.painter().vline(rect.left() + 0.5, rect.y_range(), egui::Stroke::new(1.0, theme.line));
        let title = match page {
            Page::Settings => "Settings",
            Page::Export => "Export",
            Page::Open => "Open",
        };
        let middle = rect.top() + 24.0;
        let at = pos2(rect.left() + space::L, middle);
        ui.painter().text(at, egui::Align2::LEFT_CENTER, title, strong(size::TITLE), theme.text);
        let close = Rect::from_center_size(pos2(rect.right() - 26.0, middle), vec2(28.0, 28.0));
        let id = ui.scope_id().with("close drawer");
        if super::icon_button(ui, &theme, id, close, Icon::Close, "Close", false, false, "Close  (Esc)")
            .clicked()
        {
            input.actions.push(Action::CloseDrawer);
        }
        let inside = Rect::from_min_max(pos2(rect.left() + space::L, rect.top() + 46.0), rect.max);
        let mut page_ui = ui.new_child(UiBuilder::new().id_salt(title).max_rect(inside));
        page_ui.set_clip_rect(inside.intersect(ui.clip_rect()));
        ScrollArea::vertical().auto_shrink(false).show(&mut page_ui, |ui| {
            ui.set_max_width(inside.width() - space::L);
            match page {
                Page::Settings => settings_page::show(ui, input),
                Page::Export => export_page::show(ui, input, &mut self.poster, &mut self.browser),
                Page::Open => {
                    let Self { model_folder, audio_file, browser, .. } = self;
                    open_page::show(ui, input, model_folder, audio_file, browser);
                }
            }
            ui.add_space(space::L);
        });
    }
}

/// The title of a group.
pub(super) fn group(ui: &mut Ui, theme: &Theme, title: &str) {
    ui.add_space(space::XS);
    ui.label(RichText::new(title).font(strong(12.0)).color(theme.muted));
}

/// A name at the left, its control at the right; the control carries the name for screen readers.
pub(super) fn row<R>(ui: &mut Ui, name: &str, control: impl FnOnce(&mut Ui) -> R) -> R {
    ui.horizontal(|ui| {
        let label = ui.label(name).id;
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label_inputs_by(label, control)).inner
    })
    .inner
}

/// A field for a path, and the browser below it; returns whether the path was confirmed.
pub(super) fn path_field(
    ui: &mut Ui,
    theme: &Theme,
    browser: &mut Browser,
    (name, hint): (&str, &str),
    path: &mut String,
    pick: Pick,
) -> bool {
    let label = ui.label(name).id;
    let mut confirmed = false;
    ui.horizontal(|ui| {
        let field = egui::TextEdit::singleline(path)
            .hint_text(hint)
            .desired_width(ui.available_width() - 92.0)
            .margin(egui::Margin::symmetric(8, 6));
        let response = ui.add(field).labelled_by(label);
        confirmed = response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let is_open = browser.is_for(pick);
        if ui.selectable_label(is_open, "Browse\u{2026}").on_hover_text("Look through folders").clicked() {
            browser.toggle(pick, typed_path(path).as_deref());
        }
    });
    if browser.is_for(pick)
        && let Some(picked) = browser.show(ui, theme)
    {
        *path = picked.to_string_lossy().into_owned();
        // An export's folder alone asks for more: a name.
        confirmed |= pick != Pick::ExportFolder;
    }
    confirmed
}

/// A path as typed, without quotes and spaces round it: that is how file managers copy it.
pub(super) fn typed_path(text: &str) -> Option<std::path::PathBuf> {
    let text = text.trim().trim_matches(['"', '\'']);
    let text = text.strip_prefix("file://").unwrap_or(text);
    (!text.is_empty()).then(|| text.into())
}

/// A line that explains.
pub(super) fn note(ui: &mut Ui, theme: &Theme, text: &str) {
    ui.label(RichText::new(text).size(12.0).color(theme.muted));
}

#[cfg(test)]
mod tests {
    use super::typed_path;
    use std::path::PathBuf;

    #[test]
    fn paths_may_be_pasted_from_a_file_manager() {
        assert_eq!(typed_path("  '/a b/c.flac' \n"), Some(PathBuf::from("/a b/c.flac")));
        assert_eq!(typed_path("file:///x/y"), Some(PathBuf::from("/x/y")));
        assert_eq!(typed_path("  "), None);
    }
}
