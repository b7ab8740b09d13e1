//! What became of files that are being written.

use crate::look::Theme;
use egui::Ui;
use rollcall_board::ExportStatus;

/// That they are being written, where they lie, or why not, behind the words `refused`.
pub(super) fn tell(ui: &mut Ui, theme: &Theme, status: &ExportStatus, refused: &str) {
    match status {
        ExportStatus::None => {}
        ExportStatus::Running => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Saving\u{2026}");
            });
        }
        ExportStatus::Done(paths) => {
            for path in paths {
                ui.colored_label(theme.good, format!("Saved {}", path.display()));
            }
        }
        ExportStatus::Failed(why) => {
            ui.colored_label(theme.bad, format!("{refused}{why}"));
        }
    }
}
