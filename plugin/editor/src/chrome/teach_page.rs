//! From what was just heard to an example of a class: what `rollcall teach` learns from.

use super::browser::Browser;
use super::input::DrawerInput;
use super::labels::{group, note, row};
use super::path_field::{path_field, typed_path};
use super::saved;
use crate::{browse::Pick, look::space, stage::clock_text};
use egui::{Button, Role, Ui, WidgetInfo};
use rollcall_board::{Change, Command, ExportStatus, Gesture, Selected, Selection, Stretch};
use rollcall_classes::display_name;

/// Classes of which it is asked whether they are right.
const ASKED: usize = 5;
/// Nobody took less than this for heard.
const HEARD: f32 = 0.1;

/// What is to be saved of the selected stretch.
struct Lesson {
    class: String,
    plays: bool,
}

pub(super) fn show(ui: &mut Ui, input: &mut DrawerInput<'_>, class: &mut String, browser: &mut Browser) {
    let theme = input.theme;
    group(ui, &theme, "Selected");
    selection(ui, input);
    let selected = match &input.status.selected {
        Selected::Ready(selection) => Some(selection),
        Selected::Nothing | Selected::Failed(_) => None,
    };
    let default = rollcall_files::examples_folder();
    let folder = typed_path(&input.view.examples_folder).or_else(|| default.clone());
    let ready = selected.is_some() && folder.is_some() && input.status.example != ExportStatus::Running;
    let mut lesson = None;
    if let Some(selection) = selected {
        group(ui, &theme, "Heard there");
        lesson = heard(ui, input, selection, ready);
    }
    group(ui, &theme, "Something else");
    let label = ui.label("Class").id;
    let field = egui::TextEdit::singleline(class)
        .hint_text("What plays there: hurdy-gurdy")
        .desired_width(f32::INFINITY)
        .margin(egui::Margin::symmetric(8, 6));
    ui.add(field).labelled_by(label);
    ui.horizontal(|ui| {
        let ready = ready && !class.trim().is_empty();
        for (label, plays) in [("It plays there", true), ("It does not", false)] {
            if ui.add_enabled(ready, Button::new(label)).clicked() {
                lesson = Some(Lesson { class: class.trim().to_owned(), plays });
            }
        }
    });
    ui.add_space(space::XS);
    saved::tell(ui, &input.theme, &input.status.example, "Not saved: ");
    group(ui, &theme, "Where examples are kept");
    let mut typed = std::mem::take(&mut input.view.examples_folder);
    let hint = default.map_or_else(|| "Where to save".to_owned(), |folder| folder.display().to_string());
    path_field(ui, &theme, browser, ("Folder", &hint), &mut typed, Pick::ExportFolder);
    input.view.examples_folder = typed;
    let learn = "A folder for each class; \"not flute\" holds what is no flute. To learn from them: rollcall teach, \
                 this folder, -o and a name for the new model.";
    note(ui, &theme, if folder.is_some() { learn } else { "Choose a folder first." });
    if let (Some(Lesson { class, plays }), Some(folder)) = (lesson, folder) {
        input.board.send(Command::SaveExample { folder, class, plays });
    }
}

/// The selected stretch, and ways to select one without a mouse.
fn selection(ui: &mut Ui, input: &DrawerInput<'_>) {
    let theme = input.theme;
    match &input.status.selected {
        Selected::Nothing => note(
            ui,
            &theme,
            "Hold Shift and drag across the history to select a stretch of the last minute, or take its end:",
        ),
        Selected::Ready(Selection { stretch, missing_s, .. }) => {
            let (begin_s, end_s) = (stretch.begin_s, stretch.end_s);
            let ends = format!("{} to {}", clock_text(begin_s, true), clock_text(end_s, true));
            row(ui, &format!("{ends}  \u{b7}  {:.1} s", end_s - begin_s), |ui| clear(ui, input));
            if *missing_s > 0.0 {
                ui.colored_label(
                    theme.warn,
                    format!("{missing_s:.1} s of it were not heard; silence stands there."),
                );
            }
        }
        Selected::Failed(why) => {
            ui.colored_label(theme.bad, format!("Not selected: {why}."));
            clear(ui, input);
        }
    }
    if !input.panel.settings().keep_audio {
        note(ui, &theme, "The last minute is not kept.");
        if ui.button("Keep the last minute").clicked() {
            input.panel.change(Change::KeepAudio(true), Gesture::Whole);
        }
    }
    ui.horizontal(|ui| {
        let end_s = input.status.kept_s.map(|(_, end_s)| end_s);
        for seconds in [5.0, 10.0, 30.0] {
            let take = ui.add_enabled(end_s.is_some(), Button::new(format!("Last {seconds:.0} s")));
            if let Some(end_s) = end_s.filter(|_| take.clicked()) {
                let session = input.status.session;
                let stretch = Stretch { session, begin_s: (end_s - seconds).max(0.0), end_s };
                input.board.send(Command::Select(stretch));
            }
        }
    });
}

fn clear(ui: &mut Ui, input: &DrawerInput<'_>) {
    if ui.button("Clear").clicked() {
        input.board.send(Command::Deselect);
    }
}

/// The classes that were heard most, each with the question whether that is right.
fn heard(ui: &mut Ui, input: &DrawerInput<'_>, selection: &Selection, ready: bool) -> Option<Lesson> {
    let peaks = selection.peaks.iter().copied().enumerate();
    let mut loudest: Vec<(usize, f32)> = peaks.filter(|(_, peak)| *peak >= HEARD).collect();
    loudest.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    loudest.truncate(ASKED);
    if loudest.is_empty() {
        note(ui, &input.theme, "None of the classes.");
    }
    let mut lesson = None;
    for (index, peak) in loudest {
        let Some(class) = selection.classes.get(index) else { continue };
        let name = display_name(class);
        row(ui, &format!("{name}  {:.0} %", peak * 100.0), |ui| {
            // From the right.
            for (label, plays) in [("Wrong", false), ("Right", true)] {
                let response = ui.add_enabled(ready, Button::new(label));
                let spoken = format!("{name}: {}", label.to_lowercase());
                response.widget_info(|| WidgetInfo::labeled(Role::Button, ready, &spoken));
                let saves = if plays { "an example of" } else { "an example of what is not" };
                if response.on_hover_text(format!("Save it as {saves} {class}")).clicked() {
                    lesson = Some(Lesson { class: class.clone(), plays });
                }
            }
        });
    }
    lesson
}
