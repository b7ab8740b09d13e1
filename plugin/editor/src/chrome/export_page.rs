//! Saving the session, or the analysed file: JSON, CSV, labels, and a picture.

use super::browser::Browser;
use super::input::DrawerInput;
use super::labels::{group, note, row};
use super::path_field::{path_field, typed_path};
use crate::{browse::Pick, poster};
use egui::{Button, Ui};
use rollcall_board::{Command, ExportStatus, FORMAT_ENDINGS, Formats, Subject, file_stem};
use std::path::{Path, PathBuf};

/// The picture that is being drawn, or was.
#[derive(Debug, Default)]
pub(crate) enum Poster {
    #[default]
    None,
    Running(poster::Job),
    Done(PathBuf),
    Failed(String),
}

impl Poster {
    /// Whether it is still being drawn; takes over the outcome.
    pub(crate) fn poll(&mut self) -> bool {
        let Self::Running(job) = self else { return false };
        match job.outcome() {
            None => return true,
            Some(Ok(path)) => *self = Self::Done(path),
            Some(Err(why)) => *self = Self::Failed(why),
        }
        false
    }
}

pub(super) fn show(ui: &mut Ui, input: &mut DrawerInput<'_>, poster: &mut Poster, browser: &mut Browser) {
    let theme = input.theme;
    let mut folder = std::mem::take(&mut input.view.export_folder);
    path_field(ui, &theme, browser, ("Folder", "Where to save"), &mut folder, Pick::ExportFolder);
    input.view.export_folder = folder;
    let label = ui.label("Name").id;
    let field = egui::TextEdit::singleline(&mut input.view.export_name)
        .desired_width(f32::INFINITY)
        .margin(egui::Margin::symmetric(8, 6));
    ui.add(field).labelled_by(label);
    group(ui, &theme, "Formats");
    let names = ["Timeline (JSON)", "Table (CSV)", "Labels for Audacity (TXT)", "Picture (PNG)"];
    for (name, wanted) in names.into_iter().zip(&mut input.view.export_formats) {
        row(ui, name, |ui| ui.checkbox(wanted, ""));
    }
    let [json, csv, labels, png] = input.view.export_formats;
    let folder = typed_path(&input.view.export_folder);
    let nothing = !(json || csv || labels || png);
    ui.horizontal(|ui| {
        let ready = folder.is_some() && !nothing && !input.view.export_name.trim().is_empty();
        let session =
            ui.add_enabled(ready, Button::new("Save session")).clicked().then_some(Subject::Session);
        let file = input.file.filter(|_| ready);
        let analysed = input.file.is_some()
            && ui.add_enabled(file.is_some(), Button::new("Save file's analysis")).clicked();
        let subject = session.or(analysed.then_some(Subject::File));
        if let (Some(subject), Some(folder)) = (subject, folder.clone()) {
            let formats = Formats { json, csv, labels };
            let name = free_stem(&folder, &file_stem(&input.view.export_name));
            if json || csv || labels {
                input.board.send(Command::Export {
                    subject,
                    folder: folder.clone(),
                    name: name.clone(),
                    formats,
                });
            }
            if png {
                *poster = Poster::Running(poster::start(input.board, input.view, subject, &folder, &name));
            }
        }
    });
    if folder.is_none() {
        note(ui, &theme, "Choose a folder first.");
    } else if nothing {
        note(ui, &theme, "Choose at least one format.");
    }
    outcome(ui, input, poster);
}

/// The name, with a number if it is taken in any format: an export never goes over another one.
fn free_stem(folder: &Path, stem: &str) -> String {
    let is_free = |stem: &str| {
        let mut endings = FORMAT_ENDINGS.into_iter().chain([poster::ENDING]);
        endings.all(|ending| !folder.join(format!("{stem}.{ending}")).exists())
    };
    let numbered = (2..10_000).map(|number| format!("{stem} {number}"));
    std::iter::once(stem.to_owned()).chain(numbered).find(|stem| is_free(stem)).unwrap_or(stem.to_owned())
}

fn outcome(ui: &mut Ui, input: &DrawerInput<'_>, poster: &Poster) {
    let theme = input.theme;
    match &input.status.export {
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
            ui.colored_label(theme.bad, why);
        }
    }
    match poster {
        Poster::None => {}
        Poster::Running(_) => {
            ui.label("Drawing the picture\u{2026}");
        }
        Poster::Done(path) => {
            ui.colored_label(theme.good, format!("Saved {}", path.display()));
        }
        Poster::Failed(why) => {
            ui.colored_label(theme.bad, format!("No picture: {why}"));
        }
    }
}
