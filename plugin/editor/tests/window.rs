//! The window as a person uses it: with a mouse, with keys, with a screen reader.

#[path = "support/session.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod session;
#[path = "support/window.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod window;

use egui::{Key, pos2};
use egui_kittest::kittest::{NodeT, Queryable};
use rollcall_board::{
    Another, Change, Command, Counters, FileJob, FileState, Gesture, HistoryWriter, ModelState, RowData,
    SongPosition, WorkerState,
};
use rollcall_editor::{Appearance, Axis, Family, Sort, ViewSettings, display_name};
use session::{CLASSES, STEP_S, Session, class};
use window::{SIZE, Window, commands, next_command, open, playing};

#[test]
fn a_screen_reader_hears_every_instrument() {
    let session = playing(71.0);
    let window = open(&session);
    for (class, name) in CLASSES.iter().enumerate() {
        let meter = &session.meters[class];
        let state = if meter.active { "plays" } else { "silent" };
        let expected = format!("{}: {state}, {:.0} %", display_name(name), meter.activity * 100.0);
        assert!(window.has(&expected), "{expected}");
    }
    assert!(
        window.has("Now \u{b7} bar 34.2: Voice, Guitar, Bass, Violin, Cello, Drums"),
        "the headline is read out"
    );
    window.harness.check_accessibility();
}

#[test]
fn another_instrument_is_a_quiet_line_that_is_read_out_too() {
    let mut session = playing(71.0);
    session.another = Some(Another { probability: 0.8, instrument: 1 });
    session.play(1.0);
    let mut window = open(&session);
    window.settle();
    assert!(window.has("Violin, Cello, Drums, perhaps: harp"), "after those that play");
    session.step_with(&[0.0; CLASSES.len()]);
    window.settle();
    assert!(window.has(": perhaps: harp") && !window.has(", perhaps"), "in the place of those that play");
    session.another = None;
    session.play(10.0);
    window.settle();
    assert!(!window.has("perhaps:"));
    // A name that the model does not give is none.
    session.show_latest(|latest| latest.perhaps = Some(7));
    window.settle();
    assert!(!window.has("perhaps:"));
    window.harness.check_accessibility();
}

#[test]
fn families_fold_by_mouse_and_by_key() {
    let session = playing(71.0);
    let mut window = open(&session);
    window.click("Keys family, open");
    assert!(window.has("Keys family, folded") && !window.has("Piano:"));
    assert!(window.view.borrow().settings().folded.contains(&Family::Keys));
    window.harness.get_by_label_contains("Keys family").focus();
    window.press(Key::Enter);
    window.settle();
    assert!(window.has("Keys family, open") && window.has("Piano:"));
}

#[test]
fn sorting_puts_who_plays_first() {
    let session = playing(71.0);
    let mut window = open(&session);
    window.press(Key::S);
    window.settle();
    assert_eq!(window.view.borrow().settings().sort, Sort::Activity);
    let lowest = CLASSES
        .iter()
        .enumerate()
        .filter(|(class, _)| session.meters[*class].active)
        .map(|(_, name)| window.rect(&format!("{}:", display_name(name))).bottom())
        .fold(0.0, f32::max);
    for (class, name) in CLASSES.iter().enumerate().filter(|(class, _)| !session.meters[*class].active) {
        let top = window.rect(&format!("{}: silent", display_name(name))).top();
        assert!(
            top >= lowest - 0.5,
            "{name} ({}) stands above one that plays",
            session.meters[class].activity
        );
    }
    assert!(!window.has("Keys family"), "no titles between them");
}

#[test]
fn keys_do_what_the_buttons_do() {
    let session = playing(10.0);
    let mut window = open(&session);
    window.press(Key::F);
    assert_eq!(session.host.1.borrow().last(), Some(&(Change::Freeze(true), Gesture::Whole)));
    assert!(window.has("Go on"));
    window.press(Key::R);
    assert_eq!(commands(&session), [Command::Reset]);
    window.press(Key::T);
    assert_eq!(window.view.borrow().settings().appearance, Appearance::Light);
    window.press(Key::B);
    assert_eq!(window.view.borrow().settings().axis, Axis::Bars);
    window.press(Key::Plus);
    window.press(Key::Plus);
    assert!((window.view.borrow().settings().zoom - 1.21).abs() < 1e-4);
    window.press(Key::Num0);
    assert_eq!(window.view.borrow().settings().zoom, 1.0);
    window.press(Key::E);
    assert!(window.has("Save session"));
    window.press(Key::Escape);
    assert!(!window.has("Save session"));
}

#[test]
fn letters_typed_into_a_field_are_not_shortcuts() {
    let session = playing(10.0);
    let mut window = open(&session);
    window.press(Key::O);
    let field = |window: &Window| {
        window.harness.get_all_by_role(egui::Role::TextInput).next().map(|node| node.rect())
    };
    let at = field(&window).expect("a field for the file").center();
    window.click_at(at);
    window.harness.event(egui::Event::Text("/music/frost.flac".into()));
    window.press(Key::F);
    window.press(Key::R);
    assert_eq!(*session.host.1.borrow(), []);
    assert_eq!(commands(&session), []);
    window.press(Key::Enter);
    assert_eq!(commands(&session), [Command::AnalyseFile("/music/frost.flac".into())]);
}

#[test]
fn every_button_is_reached_with_the_tabulator() {
    let session = playing(10.0);
    let mut window = open(&session);
    let mut reached = Vec::new();
    for _ in 0..60 {
        window.press(Key::Tab);
        let focused = window.harness.root().children_recursive().find(|node| node.is_focused());
        let label = focused.and_then(|node| node.accesskit_node().label());
        reached.extend(label);
    }
    for name in [
        "Attention",
        "Freeze",
        "Reset",
        "Export",
        "Open",
        "Settings",
        "Piano: plays",
        "Keys family",
        "History: ",
    ] {
        assert!(reached.iter().any(|label| label.contains(name)), "{name} is not among {reached:?}");
    }
}

#[test]
fn a_click_on_a_meter_resets_its_peak() {
    let session = playing(71.0);
    let mut window = open(&session);
    window.click("Piano: silent");
    assert_eq!(commands(&session), [Command::ResetPeak(class("piano"))]);
    window.harness.event(egui::Event::ModifiersChanged(egui::Modifiers::SHIFT));
    window.click("Piano: silent");
    assert_eq!(commands(&session), [Command::ResetPeaks]);
}

#[test]
fn a_click_on_the_history_reads_that_moment() {
    let session = playing(71.0);
    let mut window = open(&session);
    let history = window.rect("History: ");
    window.click_at(pos2(history.center().x, history.center().y));
    let row = session
        .board
        .history()
        .row(((41.2 - 0.48) / STEP_S).round() as u64)
        .map(|row| row.activity(class("piano")));
    let piano = row.expect("a row 30 s ago");
    assert!(window.has("Session at 0:41"), "the caption tells the moment");
    let expected = format!("Piano: plays, {:.0} %", piano * 100.0);
    let near = (-2..=2).any(|off| window.has(&format!("Piano: plays, {:.0} %", piano * 100.0 + off as f32)));
    assert!(near, "{expected}");
    assert!(!window.has("Voice: plays"));
    window.press(Key::ArrowLeft);
    assert!(window.has("Back to live"));
    window.press(Key::Escape);
    window.settle();
    assert!(window.has("Voice: plays") && !window.has("Back to live"));
}

#[test]
fn scrolling_and_zooming_move_the_history() {
    let session = playing(200.0);
    let mut window = open(&session);
    let history = window.rect("History: ");
    let wheel = |window: &mut Window, delta, modifiers| {
        window.harness.hover_at(history.center());
        window.harness.run_steps(1);
        window.harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta,
            modifiers,
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
        });
        window.settle();
    };
    wheel(&mut window, egui::vec2(0.0, 200.0), egui::Modifiers::NONE);
    assert!(window.has("Back to live"), "scrolled into the past");
    window.click("Back to live");
    window.harness.event(egui::Event::ModifiersChanged(egui::Modifiers::COMMAND));
    wheel(&mut window, egui::vec2(0.0, -150.0), egui::Modifiers::COMMAND);
    assert!(window.view.borrow().settings().span_s > 80.0, "{}", window.view.borrow().settings().span_s);
}

#[test]
fn abnormal_states_say_what_to_do_and_do_it() {
    let mut session = playing(10.0);
    session.status.interval_s = 0.48;
    session.status.counters = Counters { frames: 480_000, gap_frames: 24_000, ..Counters::default() };
    session.show_status();
    let mut window = open(&session);
    assert!(window.has("updates every 480 ms instead of 160 ms"));
    assert!(window.has("0.50 s of audio (4.8 %) was left out"));
    assert!(window.has("0.50 s lost"), "the status line has it too");
    window.click("Reset counters (R)");
    assert_eq!(commands(&session), [Command::Reset]);

    session.status.model = ModelState::Failed("head.onnx: hash: found 12, expected 34".into());
    session.show_status();
    window.settle();
    assert!(window.has("head.onnx: hash: found 12, expected 34"));
    window.click("Load another model");
    assert!(window.has("Use built-in model"));
}

#[test]
fn the_window_says_under_which_terms_the_model_stands() {
    let session = playing(5.0);
    for page in ["Settings", "Open"] {
        let mut window = open(&session);
        window.click(page);
        assert!(window.has("no commercial use of the weights"), "{page}");
    }
}

#[test]
fn an_empty_session_tells_what_to_do() {
    let mut session = Session::new();
    session.status.state = WorkerState::Idle;
    session.show_status();
    let window = open(&session);
    assert!(window.has("Now: Press play"));
    session.status.model = ModelState::Loading;
    session.status.classes = std::sync::Arc::from([]);
    session.show_status();
    assert!(open(&session).has("Now: Loading the model"), "also without any class");
}

#[test]
fn a_dropped_file_has_its_own_history() {
    let mut session = playing(20.0);
    let mut file = HistoryWriter::new(CLASSES.len());
    let mut activity = [0.02; CLASSES.len()];
    activity[class("flute")] = 0.9;
    for i in 0..100 {
        let (time_s, position) = (0.48 + f64::from(i) * STEP_S, SongPosition::default());
        let row = RowData {
            time_s,
            position,
            level_dbfs: -20.0,
            gate_open: true,
            after_gap: false,
            another: None,
            hops: 16,
            activity: &activity,
        };
        file.push(&row);
    }
    let job = |state| FileJob {
        path: "/music/solo.flac".into(),
        state,
        duration_s: Some(16.0),
        history: file.reader(),
    };
    session.writer.show_file(Some(job(FileState::Running(0.4))));
    let mut window = open(&session);
    assert!(window.has("solo.flac \u{b7} 40 % analysed: Flute"));
    session.writer.show_file(Some(job(FileState::Done)));
    window.settle();
    assert!(window.has("Flute: plays, 90 %") && window.has("heard anywhere in it"));
    window.click("Show session");
    assert!(window.has("Flute: silent") && window.has("Piano: plays"));
    session.writer.show_file(Some(job(FileState::Failed("it holds no audio".into()))));
    window.settle();
    window.click("Close file");
    assert_eq!(commands(&session), [Command::CloseFile]);
}

/// A folder of its own, with a file and a folder in it.
fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("rollcall-window-{}-{name}", std::process::id()));
    std::fs::create_dir_all(folder.join("Album")).expect("a folder");
    std::fs::write(folder.join("solo.flac"), "").expect("a file");
    folder
}

/// Clicks the first of several that have this label, once it is there.
fn click_first(window: &mut Window, label: &str) {
    let began = std::time::Instant::now();
    while !window.has(label) {
        assert!(began.elapsed().as_secs() < 60, "no {label}");
        std::thread::sleep(std::time::Duration::from_millis(5));
        window.settle();
    }
    let at = window.harness.get_all_by_label_contains(label).next().map(|node| node.rect().center());
    window.click_at(at.expect("just seen"));
}

#[test]
fn a_file_is_picked_by_looking_through_folders() {
    let folder = folder("file");
    let session = playing(10.0);
    let mut window = open(&session);
    window.press(Key::O);
    let field = window.harness.get_all_by_role(egui::Role::TextInput).next().map(|node| node.rect());
    window.click_at(field.expect("a field for the file").center());
    window.harness.event(egui::Event::Text(folder.join("Album").to_string_lossy().into_owned()));
    window.settle();
    click_first(&mut window, "Browse");
    click_first(&mut window, "Up");
    click_first(&mut window, "solo.flac");
    assert_eq!(commands(&session), [Command::AnalyseFile(folder.join("solo.flac"))]);
    std::fs::remove_dir_all(&folder).expect("gone");
}

#[test]
fn an_export_goes_to_the_folder_that_was_picked_and_over_no_other() {
    let folder = folder("export");
    std::fs::write(folder.join("Album/take.csv"), "").expect("a file");
    let session = playing(10.0);
    let settings = ViewSettings {
        export_folder: folder.to_string_lossy().into_owned(),
        export_name: "take".into(),
        export_formats: [true, true, false, false],
        ..ViewSettings::default()
    };
    let mut window = Window::open(&session, settings, SIZE, 1.0);
    window.press(Key::E);
    click_first(&mut window, "Browse");
    click_first(&mut window, "Album");
    click_first(&mut window, "Choose this");
    assert_eq!(window.view.borrow().settings().export_folder, folder.join("Album").to_string_lossy());
    window.click("Save session");
    let Command::Export { folder: to, name, .. } = next_command(&session) else { panic!("no export") };
    assert_eq!((to, name.as_str()), (folder.join("Album"), "take 2"));
    std::fs::remove_dir_all(&folder).expect("gone");
}

#[derive(Debug)]
struct Dropped(std::path::PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }
    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody asks".into())
    }
}

#[test]
fn a_file_is_announced_while_it_is_dragged_and_analysed_when_it_is_dropped() {
    let session = playing(10.0);
    let mut window = open(&session);
    let path = std::path::PathBuf::from("/music/solo.flac");
    let before = window.picture();
    let hovered = egui::HoveredFile { path: Some(path.clone()), ..Default::default() };
    window.harness.input_mut().hovered_files = vec![hovered];
    window.harness.run_steps(1);
    let during = window.picture();
    let differ = before.data.iter().zip(&during.data).filter(|(a, b)| a != b).count();
    // All that stood there fades, and the words stand over it; the ground stays as it is.
    assert!(differ > before.data.len() / 50, "the window says so: {differ}");
    window.harness.input_mut().hovered_files.clear();
    window.harness.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(path.clone())));
    window.settle();
    assert_eq!(next_command(&session), Command::AnalyseFile(path));
}

#[test]
fn a_folder_that_is_dropped_is_a_model() {
    let folder = folder("dropped");
    let session = playing(10.0);
    let mut window = open(&session);
    window.harness.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(folder.clone())));
    window.settle();
    assert_eq!(next_command(&session), Command::LoadModel(folder.clone()));
    std::fs::remove_dir_all(&folder).expect("gone");
}

#[test]
fn a_drag_of_a_slider_is_one_gesture() {
    let session = playing(10.0);
    let mut window = open(&session);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Comma);
    window.settle();
    let slider =
        window.harness.get_all_by_role(egui::Role::Slider).map(|node| node.rect()).find(|r| r.left() > 700.0);
    let slider = slider.expect("the memory's slider");
    let (from, to) =
        (slider.left_center() + egui::vec2(20.0, 0.0), slider.right_center() - egui::vec2(8.0, 0.0));
    window.harness.hover_at(from);
    window.harness.run_steps(1);
    window.harness.drag_at(from);
    window.harness.run_steps(2);
    for i in 1..=5 {
        window.harness.hover_at(from.lerp(to, i as f32 / 5.0));
        window.harness.run_steps(1);
    }
    window.harness.drop_at(to);
    window.harness.run_steps(3);
    let gestures: Vec<Gesture> = session.host.1.borrow().iter().map(|(_, gesture)| *gesture).collect();
    assert_eq!(gestures.first(), Some(&Gesture::Begin), "{gestures:?}");
    assert_eq!(gestures.last(), Some(&Gesture::End), "{gestures:?}");
    let inner = &gestures[1..gestures.len() - 1];
    assert!(!inner.is_empty() && inner.iter().all(|gesture| *gesture == Gesture::Move), "{gestures:?}");
    assert!(session.host.0.borrow().memory_s > 20.0);
}

#[test]
fn values_that_are_no_numbers_do_no_harm() {
    let mut session = playing(10.0);
    let mut window = open(&session);
    session.step_with(&[f32::NAN; CLASSES.len()]);
    window.settle();
    session.step_with(&[f32::INFINITY; CLASSES.len()]);
    window.settle();
    session.step_with(&[0.75; CLASSES.len()]);
    window.settle();
    assert!(window.has("Piano: plays, 75 %"));
}

#[test]
fn a_model_with_other_and_more_classes_fits() {
    let mut session = Session::new();
    let names: Vec<String> = (0..rollcall_board::MAX_CLASSES).map(|i| format!("pipe_{i}")).collect();
    session.status.classes = std::sync::Arc::from(names);
    session.writer.clear_history(rollcall_board::MAX_CLASSES);
    session.meters =
        vec![rollcall_board::Meter { threshold: 0.5, ..Default::default() }; rollcall_board::MAX_CLASSES];
    session.step_with(&[0.9; rollcall_board::MAX_CLASSES]);
    let mut window = Window::open(&session, ViewSettings::default(), [420.0, 320.0], 1.0);
    assert!(window.has("Pipe 63: plays, 90 %"));
    let hidden = window.rect("Pipe 31: plays");
    assert!(hidden.top() > 320.0 || hidden.height() < 1.0, "more rows than fit: {hidden:?}");
    for _ in 0..200 {
        window.press(Key::Tab);
        if window.harness.get_by_label_contains("Pipe 31: plays").is_focused() {
            break;
        }
    }
    window.settle();
    let seen = window.rect("Pipe 31: plays");
    assert!(seen.bottom() < 300.0 && seen.height() > 8.0, "the tabulator brings it into sight: {seen:?}");
}

#[test]
fn a_reset_empties_the_history_and_a_remembered_attention_is_zoomed_in_on() {
    let mut session = playing(71.0);
    let settings = ViewSettings { attention: true, ..ViewSettings::default() };
    let mut window = Window::open(&session, settings, SIZE, 1.0);
    assert!(window.has("History: 1:05 to 1:11"), "twice the memory of 3 s");
    assert_eq!(window.view.borrow().settings().span_s, 60.0);
    session.status.session += 1;
    session.writer.clear_history(CLASSES.len());
    session.writer.show_latest(Default::default());
    session.show_status();
    window.settle();
    assert!(window.has("Piano: silent, 0 %") && window.has("Now: Listening"));
}
