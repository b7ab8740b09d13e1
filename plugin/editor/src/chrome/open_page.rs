//! Analysing an audio file beside the live session, and loading another model.

use super::browser::Browser;
use super::input::DrawerInput;
use super::labels::{group, note};
use super::path_field::{path_field, typed_path};
use crate::browse::Pick;
use egui::{ProgressBar, Ui};
use rollcall_board::{Command, FileState, ModelState};

pub(super) fn show(
    ui: &mut Ui,
    input: &mut DrawerInput<'_>,
    model: &mut String,
    audio: &mut String,
    browser: &mut Browser,
) {
    let theme = input.theme;
    group(ui, &theme, "Audio file");
    note(
        ui,
        &theme,
        "Analysed in the background, beside the live session. You can also drop a file onto the window.",
    );
    let entered = path_field(ui, &theme, browser, ("File", "Path of an audio file"), audio, Pick::File);
    let path = typed_path(audio);
    let start = ui.add_enabled(path.is_some(), egui::Button::new("Analyse")).clicked();
    if let Some(path) = path.filter(|_| entered || start) {
        input.board.send(Command::AnalyseFile(path));
    }
    file_state(ui, input);

    ui.add_space(8.0);
    group(ui, &theme, "Model");
    match &input.status.model {
        ModelState::Loading => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Loading\u{2026}");
            });
        }
        ModelState::Ready(model) => {
            ui.label(format!("{} {}", model.name, model.version));
            note(ui, &theme, &format!("SHA-256 {}", model.sha256.get(..16).unwrap_or(&model.sha256)));
            note(ui, &theme, &model.licence);
        }
        ModelState::Failed(why) => {
            ui.colored_label(theme.bad, why);
        }
    }
    note(
        ui,
        &theme,
        "A model package is a folder with a manifest.toml. The choice is kept with the project.",
    );
    let entered =
        path_field(ui, &theme, browser, ("Folder", "Folder of a model package"), model, Pick::Model);
    let path = typed_path(model);
    ui.horizontal(|ui| {
        let load = ui.add_enabled(path.is_some(), egui::Button::new("Load")).clicked();
        if let Some(path) = path.filter(|_| entered || load) {
            input.board.send(Command::LoadModel(path));
        }
        if ui.button("Use built-in model").clicked() {
            input.board.send(Command::UseEmbeddedModel);
        }
    });
}

fn file_state(ui: &mut Ui, input: &DrawerInput<'_>) {
    let Some(job) = input.file else { return };
    let name = job.path.file_name().unwrap_or(job.path.as_os_str()).to_string_lossy().into_owned();
    match &job.state {
        FileState::Running(share) => {
            let bar = ProgressBar::new(*share).text(format!("{name}  {:.0} %", share * 100.0));
            ui.add(bar.desired_width(ui.available_width()));
        }
        FileState::Done => {
            ui.label(format!("{name}: done"));
        }
        FileState::Failed(why) => {
            ui.colored_label(input.theme.bad, format!("{name}: {why}"));
        }
    }
    let label = if matches!(job.state, FileState::Running(_)) { "Stop" } else { "Close file" };
    if ui.button(label).clicked() {
        input.board.send(Command::CloseFile);
    }
}
