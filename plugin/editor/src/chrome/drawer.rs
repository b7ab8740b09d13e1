//! The drawer at the right: settings, export, opening files and models, saving examples.

use super::input::DrawerInput;
use super::{browser::Browser, export_page, open_page, settings_page, teach_page};
use crate::{
    action::{Action, Page},
    look::{Icon, size, space, strong},
    save::Saving,
};
use egui::{Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

/// Width of the drawer where there is room.
pub(crate) const WIDTH: f32 = 316.0;

/// Which page is open, and what was typed into it.
#[derive(Debug, Default)]
pub(crate) struct Drawer {
    pub(crate) page: Option<Page>,
    pub(crate) model_folder: String,
    pub(crate) audio_file: String,
    pub(crate) example_class: String,
    pub(crate) saving: Saving,
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
            Page::Teach => "Teach",
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
                Page::Export => export_page::show(ui, input, &mut self.saving, &mut self.browser),
                Page::Teach => teach_page::show(ui, input, &mut self.example_class, &mut self.browser),
                Page::Open => {
                    let Self { model_folder, audio_file, browser, .. } = self;
                    open_page::show(ui, input, model_folder, audio_file, browser);
                }
            }
            ui.add_space(space::L);
        });
    }
}
