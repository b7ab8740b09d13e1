//! What stands over the window while a file is dragged across it.

use crate::{
    drops::Drops,
    look::{Theme, display, size, space, text},
};
use egui::{Color32, Id, LayerId, Order, Rect, Stroke, StrokeKind, Ui, vec2};
use std::time::Duration;

/// How soon the disk is looked at again for its answer.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// Draws it, if something is dragged.
pub(crate) fn show(ui: &Ui, theme: &Theme, window: Rect, drops: &mut Drops) {
    let dragged = ui.ctx().input(|i| {
        let files = &i.raw.hovered_files;
        files.first().map(|file| (file.path.clone().unwrap_or_default(), files.len()))
    });
    let Some((path, count)) = dragged else {
        drops.no_drag();
        return;
    };
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Foreground, Id::unique("rollcall drop")));
    let ground = theme.ground;
    painter.rect_filled(
        window,
        0.0,
        Color32::from_rgba_unmultiplied(ground.r(), ground.g(), ground.b(), 225),
    );
    let frame = window.shrink(space::L);
    painter.rect_stroke(frame, 12.0, Stroke::new(2.0, theme.accent), StrokeKind::Inside);
    let words = match drops.is_folder(&path) {
        None => {
            ui.ctx().request_repaint_after(ASK_AGAIN);
            "Drop it here"
        }
        Some(true) => "Drop to load the model",
        Some(false) if count > 1 => "Drop to analyse the first",
        Some(false) => "Drop to analyse",
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let points = (window.width() / 16.0).clamp(22.0, 64.0);
    let words = painter.layout(words.to_owned(), display(points), theme.text, frame.width());
    let name = painter.layout(name, text(size::TITLE), theme.muted, frame.width() - 2.0 * space::L);
    let top = frame.center() - vec2(0.0, (words.size().y + name.size().y + space::S) / 2.0);
    let below = top + vec2(-name.size().x / 2.0, words.size().y + space::S);
    painter.galley(top - vec2(words.size().x / 2.0, 0.0), words, theme.text);
    painter.galley(below, name, theme.muted);
}
