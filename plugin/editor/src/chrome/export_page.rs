//! Saving the session, or the analysed file: JSON, CSV, labels, and a picture.

use super::browser::Browser;
use super::input::DrawerInput;
use super::labels::{group, note, row};
use super::path_field::{path_field, typed_path};
use super::saved;
use crate::{
    browse::Pick,
    poster,
    save::{Saving, State, Wanted},
};
use egui::{Button, Ui};
use rollcall_board::{Formats, Subject, file_stem};

pub(super) fn show(ui: &mut Ui, input: &mut DrawerInput<'_>, saving: &mut Saving, browser: &mut Browser) {
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
            let stem = file_stem(&input.view.export_name);
            let picture = png.then(|| poster::content(input.board, input.view, subject));
            let formats = Formats { json, csv, labels };
            saving.begin(input.board, Wanted { subject, folder, stem, formats, picture });
        }
    });
    if folder.is_none() {
        note(ui, &theme, "Choose a folder first.");
    } else if nothing {
        note(ui, &theme, "Choose at least one format.");
    }
    outcome(ui, input, saving.state());
}

fn outcome(ui: &mut Ui, input: &DrawerInput<'_>, saving: &State) {
    let theme = input.theme;
    saved::tell(ui, &theme, &input.status.export, "");
    match saving {
        State::Nothing => {}
        State::Running { draws, .. } => {
            ui.label(if *draws { "Drawing the picture\u{2026}" } else { "Looking for a free name\u{2026}" });
        }
        State::Done(path) => {
            ui.colored_label(theme.good, format!("Saved {}", path.display()));
        }
        State::Failed(why) => {
            ui.colored_label(theme.bad, why);
        }
    }
}
