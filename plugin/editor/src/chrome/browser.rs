//! Picking a file or a folder inside the window: a system's dialogue may need a main loop or a parent that a plugin's
//! window does not have, and takes the keyboard from the host.

use super::labels::note;
use crate::{
    browse::{Entry, Folder, Kind, Pick, Places},
    errand::Unwatched,
    look::Theme,
};
use egui::{Align, Button, ComboBox, Layout, RichText, ScrollArea, Ui, vec2};
use std::path::{Path, PathBuf};

/// Height of the list.
const LIST: f32 = 212.0;

/// The browser, while it is open.
#[derive(Debug, Default)]
pub(crate) struct Browser {
    open: Option<(Pick, Folder)>,
    places: Places,
    left: Unwatched,
}

impl Browser {
    /// Whether it is open for this.
    pub(super) fn is_for(&self, pick: Pick) -> bool {
        self.open.as_ref().is_some_and(|(open_for, _)| *open_for == pick)
    }
    /// Opens it near a path that was typed, or closes it.
    pub(super) fn toggle(&mut self, pick: Pick, typed: Option<&Path>) {
        let was_open = self.is_for(pick);
        self.close();
        if !was_open {
            self.places.ask();
            self.open = Some((pick, Folder::near(typed.map(Path::to_owned), pick)));
        }
    }
    /// Closes it; a folder that is still being read is left to itself.
    pub(crate) fn close(&mut self) {
        if let Some((_, folder)) = self.open.take() {
            folder.leave(&mut self.left);
        }
    }

    fn go(&mut self, pick: Pick, folder: PathBuf) {
        self.close();
        self.open = Some((pick, Folder::read(folder, pick)));
    }

    /// Draws it; returns what was picked.
    pub(super) fn show(&mut self, ui: &mut Ui, theme: &Theme) -> Option<PathBuf> {
        let Self { open, places, .. } = self;
        let (pick, folder) = open.as_mut()?;
        folder.poll();
        let (pick, here) = (*pick, folder.path().map(Path::to_owned));
        let above = here.as_ref().and_then(|here| here.parent());
        let (mut next, mut picked) = (None, None);
        ui.horizontal(|ui| {
            let up = ui.add_enabled(above.is_some(), Button::new("Up"));
            if up.on_hover_text("The folder above").clicked() {
                next = above.map(Path::to_owned);
            }
            ComboBox::from_id_salt("places").selected_text("Places").width(96.0).show_ui(ui, |ui| {
                for (name, path) in places.known() {
                    if ui.selectable_label(here.as_ref() == Some(path), name).clicked() {
                        next = Some(path.clone());
                    }
                }
                if places.is_asking() {
                    ui.spinner();
                }
            });
            if pick != Pick::File {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let take = ui.add_enabled(here.is_some(), Button::new("Choose this"));
                    if take.on_hover_text("Take the folder that is open here").clicked() {
                        picked.clone_from(&here);
                    }
                });
            }
        });
        if let Some(here) = &here {
            let whole = here.display().to_string();
            let name = here.file_name().map_or_else(|| whole.clone(), |name| name.to_string_lossy().into());
            ui.label(RichText::new(name).strong()).on_hover_text(whole);
        }
        let list = ScrollArea::vertical().id_salt(&here).max_height(LIST).auto_shrink([false, true]);
        list.show(ui, |ui| match folder.entries() {
            None => {
                ui.spinner();
            }
            Some(Err(why)) => {
                ui.colored_label(theme.bad, format!("It can't be read: {why}"));
            }
            Some(Ok(entries)) if entries.is_empty() => {
                let nothing = if pick == Pick::File { "No audio files or folders." } else { "No folders." };
                note(ui, theme, nothing);
            }
            Some(Ok(entries)) => {
                for entry in entries {
                    if row(ui, theme, entry) {
                        match entry.kind {
                            Kind::Folder => next = Some(entry.path.clone()),
                            Kind::Package | Kind::File => picked = Some(entry.path.clone()),
                        }
                    }
                }
            }
        });
        if picked.is_some() {
            self.close();
        } else if let Some(folder) = next {
            self.go(pick, folder);
        }
        picked
    }
}

/// One entry; returns whether it was clicked.
fn row(ui: &mut Ui, theme: &Theme, entry: &Entry) -> bool {
    let (mark, colour) = match entry.kind {
        Kind::Folder => ("\u{203a}", theme.muted),
        Kind::Package => ("\u{2022}", theme.good),
        Kind::File => (" ", theme.text),
    };
    let label = match entry.kind {
        Kind::Package => format!("{} \u{b7} model", entry.name),
        Kind::Folder | Kind::File => entry.name.clone(),
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.add_sized(vec2(10.0, 20.0), egui::Label::new(RichText::new(mark).color(colour)));
        let width = ui.available_width();
        let button = Button::new(RichText::new(label).color(theme.text)).frame(false).truncate();
        let size = vec2(width, 22.0);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| ui.add(button).clicked())
            .inner
    })
    .inner
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering::SeqCst},
            mpsc,
        },
        time::Duration,
    };

    /// The window goes on while a disk does not answer.
    #[test]
    fn a_folder_that_does_not_answer_is_left_at_once() {
        let (answer, asked) = mpsc::channel::<()>();
        let was_answered = Arc::new(AtomicBool::new(false));
        let is_answered = Arc::clone(&was_answered);
        let slow = Folder::begin(None, move |_| {
            let _ = asked.recv_timeout(Duration::from_secs(20));
            is_answered.store(true, SeqCst);
            (Ok(Vec::new()), PathBuf::from("/slow"))
        });
        let mut browser = Browser { open: Some((Pick::File, slow)), ..Browser::default() };
        browser.go(Pick::File, std::env::temp_dir());
        browser.close();
        assert!(!was_answered.load(SeqCst), "it was waited for");
        drop(answer);
    }
}
