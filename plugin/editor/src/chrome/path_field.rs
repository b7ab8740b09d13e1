//! A field for a path, with a browser below it.

use super::browser::Browser;
use crate::{browse::Pick, look::Theme};
use egui::Ui;

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
