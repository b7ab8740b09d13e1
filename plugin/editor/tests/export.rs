//! Saving the session from the window: what is asked of the worker, and the picture that the editor draws itself.

#[path = "support/session.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod session;
#[path = "support/window.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod window;

use egui::Key;
use rollcall_board::{Command, ExportStatus, Formats, Subject};
use rollcall_editor::ViewSettings;
use session::Session;
use std::{
    fs, thread,
    time::{Duration, Instant},
};
use window::{Window, next_command};

#[test]
fn a_session_is_saved_with_its_picture() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("rollcall-export-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let mut session = Session::new();
    session.play(140.0);
    let settings = ViewSettings {
        export_folder: folder.to_string_lossy().into_owned(),
        export_name: "blue take".into(),
        export_formats: [true, false, true, true],
        ..ViewSettings::default()
    };
    let mut window = Window::open(&session, settings, [1_040.0, 740.0], 1.0);
    window.press(Key::E);
    window.settle();
    window.click("Save session");
    let asked = next_command(&session);
    let expected = Command::Export {
        subject: Subject::Session,
        folder: folder.clone(),
        name: "blue take".into(),
        formats: Formats { json: true, csv: false, labels: true },
    };
    assert_eq!(asked, expected);

    let picture = folder.join("blue take.png");
    let begin = Instant::now();
    while !window.has("blue take.png") {
        assert!(begin.elapsed() < Duration::from_secs(60), "no picture after a minute");
        thread::sleep(Duration::from_millis(20));
        window.harness.run_steps(1);
    }
    let mut reader = png::Decoder::new(std::io::BufReader::new(fs::File::open(&picture)?)).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("a picture without a size")?];
    let info = reader.next_frame(&mut pixels)?;
    assert_eq!(info.width, 2_400);
    let vivid = pixels
        .chunks_exact(3)
        .filter(|p| p.iter().max() > p.iter().min().map(|m| m.saturating_add(90)).as_ref());
    assert!(vivid.count() > 50_000, "the history is in colour");

    session.status.export = ExportStatus::Failed("the disk is full; choose another folder".into());
    session.show_status();
    window.settle();
    assert!(window.has("Not exported: the disk is full"));
    if let Ok(keep) = std::env::var("ROLLCALL_KEEP_POSTER") {
        fs::copy(&picture, keep)?;
    }
    fs::remove_dir_all(&folder)?;
    Ok(())
}

#[test]
fn nothing_is_saved_without_a_folder_or_a_format() {
    let session = Session::new();
    for (export_folder, export_formats, why) in
        [("", [true; 4], "Choose a folder first."), ("/music", [false; 4], "Choose at least one format.")]
    {
        let settings =
            ViewSettings { export_folder: export_folder.into(), export_formats, ..ViewSettings::default() };
        let mut window = Window::open(&session, settings, [1_040.0, 740.0], 1.0);
        window.press(Key::E);
        window.settle();
        assert!(window.has(why));
        window.click("Save session");
        assert_eq!(session.inbox.next(), None);
    }
}
