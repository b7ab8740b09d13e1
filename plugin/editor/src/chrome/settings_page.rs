//! Parameters of the analysis, and how the window looks.

use super::input::DrawerInput;
use super::labels::{group, note, row};
use crate::{
    Appearance, Axis, HeatColours, Placement, Sort,
    action::{Action, ZoomStep},
};
use egui::{ComboBox, Response, Slider, Ui};
use rollcall_board::{
    ATTACK_MS, Change, Channels, Gesture, HOLD_S, Input, MEMORY_S, ModelState, RELEASE_MS, SENSITIVITY,
    Settings, UPDATE_MS,
};
use std::ops::RangeInclusive;

pub(super) fn show(ui: &mut Ui, input: &mut DrawerInput<'_>) {
    let theme = input.theme;
    let settings = input.panel.settings();
    group(ui, &theme, "Listens to");
    heard(ui, input, &settings);
    group(ui, &theme, "Analysis");
    analysis(ui, input, &settings);
    group(ui, &theme, "To the host");
    switch(ui, input, "MIDI controllers out", settings.midi_cc, Change::MidiCc);
    switch(ui, input, "MIDI notes out", settings.midi_notes, Change::MidiNotes);
    group(ui, &theme, "View");
    view(ui, input);
    group(ui, &theme, "About");
    about(ui, input);
    ui.add_space(4.0);
    note(
        ui,
        &theme,
        "Keys: F freeze, R reset, S sort, T dark or light, A attention, B bars or time, E export, O open, X teach, L live, \
         + \u{2212} 0 size, comma settings. In the history: \u{2190} \u{2192} read a moment, Shift+drag selects a stretch, Esc back to live.",
    );
}

/// Under which terms program and model are used.
fn about(ui: &mut Ui, input: &DrawerInput<'_>) {
    let version = env!("CARGO_PKG_VERSION");
    note(
        ui,
        &input.theme,
        &format!("Rollcall {version}: MIT or Apache-2.0. What is in it by others: THIRD-PARTY.txt."),
    );
    if let ModelState::Ready(model) = &input.status.model {
        note(ui, &input.theme, &format!("{} {}. {}", model.name, model.version, model.licence));
    }
}

fn heard(ui: &mut Ui, input: &mut DrawerInput<'_>, settings: &Settings) {
    let inputs = [(Input::Main, "Main input"), (Input::Sidechain, "Sidechain")];
    if let Some(value) = choose(ui, "Input", settings.input, &inputs) {
        input.panel.change(Change::Input(value), Gesture::Whole);
    }
    let channels = [
        (Channels::MonoSum, "Mono sum"),
        (Channels::Left, "Left"),
        (Channels::Right, "Right"),
        (Channels::Mid, "Mid"),
        (Channels::Side, "Side"),
    ];
    if let Some(value) = choose(ui, "Channels", settings.channels, &channels) {
        input.panel.change(Change::Channels(value), Gesture::Whole);
    }
}

fn analysis(ui: &mut Ui, input: &mut DrawerInput<'_>, s: &Settings) {
    slide(ui, input, "Memory", s.memory_s, &MEMORY_S, false, " s", 1, Change::MemoryS);
    slide(ui, input, "Sensitivity", s.sensitivity, &SENSITIVITY, true, " \u{d7}", 2, Change::Sensitivity);
    slide(ui, input, "Attack", s.attack_ms, &ATTACK_MS, false, " ms", 0, Change::AttackMs);
    slide(ui, input, "Release", s.release_ms, &RELEASE_MS, false, " ms", 0, Change::ReleaseMs);
    slide(ui, input, "Hold", s.hold_s, &HOLD_S, false, " s", 1, Change::HoldS);
    let names = UPDATE_MS.map(|ms| format!("{ms} ms"));
    let updates: Vec<(u32, &str)> = UPDATE_MS.into_iter().zip(names.iter().map(String::as_str)).collect();
    if let Some(value) = choose(ui, "Update every", s.update_ms, &updates) {
        input.panel.change(Change::UpdateMs(value), Gesture::Whole);
    }
    switch(ui, input, "Reset when the host starts to play", s.reset_on_play, Change::ResetOnPlay);
    switch(ui, input, "Keep the last minute", s.keep_audio, Change::KeepAudio);
    switch(ui, input, "Bypass the analysis", s.bypass, Change::Bypass);
}

fn view(ui: &mut Ui, input: &mut DrawerInput<'_>) {
    let view = &mut *input.view;
    let appearances = [(Appearance::Dark, "Dark"), (Appearance::Light, "Light")];
    set(ui, "Appearance", &mut view.appearance, &appearances);
    set(ui, "Order", &mut view.sort, &[(Sort::Family, "By family"), (Sort::Activity, "By activity")]);
    let places = [
        (Placement::Auto, "Where it fits"),
        (Placement::Beside, "Beside the meters"),
        (Placement::Below, "Below the meters"),
        (Placement::Hidden, "Hidden"),
    ];
    set(ui, "History", &mut view.placement, &places);
    let colours = [(HeatColours::Family, "By family"), (HeatColours::Cividis, "Cividis")];
    set(ui, "History colours", &mut view.heat, &colours);
    set(ui, "Time axis", &mut view.axis, &[(Axis::Time, "Minutes"), (Axis::Bars, "Bars")]);
    row(ui, "Log-mel picture", |ui| ui.checkbox(&mut view.picture, ""));
    row(ui, "Size", |ui| {
        for (label, step) in [("+", ZoomStep::In), ("\u{2212}", ZoomStep::Out)] {
            if ui.button(label).clicked() {
                input.actions.push(Action::Zoom(step));
            }
        }
        ui.label(format!("{:.0} %", input.view.zoom * 100.0));
    });
}

fn set<T: PartialEq + Copy>(ui: &mut Ui, name: &str, value: &mut T, choices: &[(T, &str)]) {
    if let Some(chosen) = choose(ui, name, *value, choices) {
        *value = chosen;
    }
}

/// A drop-down list; returns what was newly chosen.
fn choose<T: PartialEq + Copy>(ui: &mut Ui, name: &str, current: T, choices: &[(T, &str)]) -> Option<T> {
    let mut value = current;
    let shown = choices.iter().find(|(choice, _)| *choice == current).map_or("", |(_, label)| label);
    row(ui, name, |ui| {
        ComboBox::from_id_salt(name).selected_text(shown).width(132.0).show_ui(ui, |ui| {
            for (choice, label) in choices {
                ui.selectable_value(&mut value, *choice, *label);
            }
        });
    });
    (value != current).then_some(value)
}

fn switch(ui: &mut Ui, input: &DrawerInput<'_>, name: &str, current: bool, change: fn(bool) -> Change) {
    let mut value = current;
    row(ui, name, |ui| ui.checkbox(&mut value, ""));
    if value != current {
        input.panel.change(change(value), Gesture::Whole);
    }
}

#[allow(clippy::too_many_arguments, reason = "each names one plain property of a parameter")]
fn slide(
    ui: &mut Ui,
    input: &DrawerInput<'_>,
    name: &str,
    current: f32,
    range: &RangeInclusive<f32>,
    logarithmic: bool,
    unit: &str,
    decimals: usize,
    change: fn(f32) -> Change,
) {
    let mut value = current;
    let response = row(ui, name, |ui| {
        ui.spacing_mut().slider_width = 104.0;
        ui.spacing_mut().interact_size.y = 20.0;
        ui.add(
            Slider::new(&mut value, range.clone())
                .logarithmic(logarithmic)
                .suffix(unit)
                .min_decimals(decimals)
                .max_decimals(decimals),
        )
    });
    if let Some(gesture) = gesture(&response) {
        input.panel.change(change(value), gesture);
    }
}

/// A drag is one gesture from its beginning to its end; typing and keys are one of their own.
fn gesture(response: &Response) -> Option<Gesture> {
    if response.drag_started() {
        Some(Gesture::Begin)
    } else if response.drag_stopped() {
        Some(Gesture::End)
    } else if response.changed() {
        Some(if response.dragged() { Gesture::Move } else { Gesture::Whole })
    } else {
        None
    }
}
