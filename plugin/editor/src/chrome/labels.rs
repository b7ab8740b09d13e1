//! Words of a page: titles, names beside their controls, lines that explain.

use crate::look::{Theme, space, strong};
use egui::{Align, Layout, RichText, Ui};

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

/// A line that explains.
pub(super) fn note(ui: &mut Ui, theme: &Theme, text: &str) {
    ui.label(RichText::new(text).size(12.0).color(theme.muted));
}
