//! From the window to an example: what is selected in the history, and what is asked of the worker.

#[path = "support/session.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod session;
#[path = "support/window.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod window;

use egui::{Event, Key, Modifiers, PointerButton, Pos2, pos2};
use egui_kittest::kittest::Queryable;
use rollcall_board::{Change, Command, ExportStatus, Gesture, Selected};
use rollcall_editor::ViewSettings;
use session::Session;
use std::path::PathBuf;
use window::{SIZE, Window, commands, open, playing};

fn drag(window: &mut Window, button: PointerButton, modifiers: Modifiers, from: Pos2, to: Pos2) {
    let mut event = |event| {
        window.harness.event_modifiers(event, modifiers);
        window.harness.run_steps(1);
    };
    event(Event::PointerMoved(from));
    event(Event::PointerButton { pos: from, button, pressed: true, modifiers });
    for share in [0.3, 0.7, 1.0] {
        event(Event::PointerMoved(from + (to - from) * share));
    }
    event(Event::PointerButton { pos: to, button, pressed: false, modifiers });
    window.settle();
}

fn stretch(session: &Session) -> (u64, f64, f64) {
    match &commands(session)[..] {
        [Command::Select(stretch)] => (stretch.session, stretch.begin_s, stretch.end_s),
        others => panic!("{others:?}"),
    }
}

fn folder() -> ViewSettings {
    ViewSettings { examples_folder: "/music/examples".into(), ..ViewSettings::default() }
}

fn saved(session: &Session) -> (PathBuf, String, bool) {
    match commands(session).pop() {
        Some(Command::SaveExample { folder, class, plays }) => (folder, class, plays),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stretch_is_selected_by_dragging_and_the_history_stays_where_it_is() {
    for (button, modifiers) in
        [(PointerButton::Primary, Modifiers::SHIFT), (PointerButton::Secondary, Modifiers::NONE)]
    {
        let session = playing(71.0);
        let mut window = open(&session);
        let history = window.rect("History: ");
        let at = |share: f32| pos2(history.left() + share * history.width(), history.center().y);
        // Backwards is the same.
        drag(&mut window, button, modifiers, at(0.75), at(0.5));
        let (number, begin_s, end_s) = stretch(&session);
        let now_s = 0.48 + 443.0 * 0.16;
        assert_eq!(number, 1);
        assert!(
            (begin_s - (now_s - 30.0)).abs() < 0.4 && (end_s - (now_s - 15.0)).abs() < 0.4,
            "{begin_s} to {end_s}"
        );
        assert!(!window.has("Back to live"), "it follows again");
        assert!(window.has("Selected") && window.has("Something else"), "the page is open");
    }
    // Without Shift it scrolls, as ever.
    let session = playing(171.0);
    let mut window = open(&session);
    let middle = window.rect("History: ").center();
    drag(&mut window, PointerButton::Primary, Modifiers::NONE, middle, middle + egui::vec2(80.0, 0.0));
    assert!(window.has("Back to live") && commands(&session).is_empty());
}

#[test]
fn right_and_wrong_and_something_else_become_examples() {
    let mut session = playing(71.0);
    session.select(60.0, 66.0);
    let mut window = Window::open(&session, folder(), SIZE, 1.0);
    window.press(Key::X);
    window.settle();
    assert!(window.has("1:00.0 to 1:06.0") && window.has("0.4 s of it were not heard"));
    window.click("Violin: right");
    assert_eq!(saved(&session), (PathBuf::from("/music/examples"), "violin".into(), true));
    window.click("Drums: wrong");
    assert_eq!(saved(&session), (PathBuf::from("/music/examples"), "drums".into(), false));
    assert!(!window.has("Flute: right"), "nobody heard a flute");
    window.click("It plays there");
    assert!(commands(&session).is_empty(), "it has no name yet");
    let field =
        window.harness.get_all_by_role(egui::Role::TextInput).next().expect("a field").rect().center();
    window.click_at(field);
    window.harness.event(Event::Text(" hurdy-gurdy ".into()));
    window.settle();
    window.click("It plays there");
    assert_eq!(saved(&session), (PathBuf::from("/music/examples"), "hurdy-gurdy".into(), true));
    window.click("It does not");
    assert_eq!(saved(&session), (PathBuf::from("/music/examples"), "hurdy-gurdy".into(), false));

    session.status.example =
        ExportStatus::Failed("the disk is full: free some space or pick another folder".into());
    session.show_status();
    window.settle();
    assert!(
        window.has("No example was saved: the disk is full") && window.has("Not saved: the disk is full")
    );
    session.status.example = ExportStatus::Done(vec!["/music/examples/oud/oud 1.wav".into()]);
    session.show_status();
    window.settle();
    assert!(window.has("Saved /music/examples/oud/oud 1.wav"));
    session.status.example = ExportStatus::Running;
    session.show_status();
    window.settle();
    window.click("Violin: right");
    assert!(commands(&session).is_empty(), "one after the other");
}

#[test]
fn without_a_mouse_the_end_is_taken_and_what_is_switched_off_can_be_switched_on() {
    let mut session = playing(71.0);
    session.status.kept_s = Some((11.0, 71.0));
    session.show_status();
    let mut window = Window::open(&session, folder(), SIZE, 1.0);
    window.press(Key::X);
    window.settle();
    window.click("Last 10 s");
    assert_eq!(stretch(&session), (1, 61.0, 71.0));
    session.host.0.borrow_mut().keep_audio = false;
    session.status.kept_s = None;
    session.status.selected = Selected::Failed("nothing is kept".into());
    session.show_status();
    window.settle();
    assert!(window.has("Not selected: nothing is kept."));
    window.click("Last 10 s");
    assert!(commands(&session).is_empty());
    window.click("Keep the last minute");
    assert_eq!(session.host.1.borrow().last(), Some(&(Change::KeepAudio(true), Gesture::Whole)));
    window.click("Clear");
    assert_eq!(commands(&session), [Command::Deselect]);
}

/// The selection is drawn where it lies, and not over another session.
#[test]
fn what_is_selected_is_seen_in_the_history() {
    let mut session = playing(71.0);
    let window = open(&session);
    let (before, history) = (window.picture(), window.rect("History: "));
    let x = |time_s: f64| {
        (f64::from(history.right()) - (71.2 - time_s) / 60.0 * f64::from(history.width())) as usize
    };
    let y = (history.bottom() - 30.0) as usize;
    session.select(40.0, 50.0);
    let window = open(&session);
    let after = window.picture();
    for (time_s, is_inside) in [(38.0, false), (42.0, true), (48.0, true), (52.0, false)] {
        assert_eq!(before.at(x(time_s), y) != after.at(x(time_s), y), is_inside, "{time_s}");
    }
    session.status.session += 1;
    session.show_status();
    let other = open(&session).picture();
    assert_eq!(before.at(x(45.0), y), other.at(x(45.0), y));
}
