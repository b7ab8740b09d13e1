//! An export, and an example, onto a disk that is really full: a small file system in memory, mounted where only a child of this test sees it
//! (`unshare` of util-linux).
#![cfg(target_os = "linux")]

use rollcall_board::{
    Board, Command as Order, ExportStatus, FileState, Formats, Selected, Stretch, Subject, board,
};
use rollcall_tap::Pick;
use rollcall_worker::{ModelSlot, Worker};
use std::{
    env, fs,
    path::Path,
    process::Command,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// Says to the child where the full disk is mounted.
const MOUNTED: &str = "ROLLCALL_TEST_FULL_DISK";
/// Some 15 KB of CSV and 40 KB of JSON are to go there.
const ROOM: &str = "16k";

#[test]
fn a_full_disk_is_told_and_the_analysis_stays() {
    match env::var_os(MOUNTED) {
        Some(folder) => export_there(Path::new(&folder)),
        None => in_a_child_with_a_small_disk(),
    }
}

fn in_a_child_with_a_small_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = env::current_exe().expect("this program");
    let script = format!(
        "mount -t tmpfs -o size={ROOM} full '{folder}' && exec '{program}' --exact a_full_disk_is_told_and_the_analysis_stays",
        folder = folder.path().display(),
        program = program.display()
    );
    // Whoever is not root becomes it in a user namespace of their own.
    let output = Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", &script])
        .env(MOUNTED, folder.path())
        .output()
        .expect("unshare of util-linux");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

fn wait(what: &str, mut until: impl FnMut() -> bool) {
    let began = Instant::now();
    while !until() {
        assert!(began.elapsed() < Duration::from_secs(120), "waited too long for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn export_there(full: &Path) {
    let (writer, board, inbox) = board();
    let models = Arc::new(ModelSlot::default());
    let worker = Worker::spawn(writer, inbox, models, Box::new(|| {})).expect("a thread");
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/war-of-freedom.ogg");
    board.send(Order::AnalyseFile(recording));
    let is_done = || board.file().is_some_and(|file| matches!(file.state, FileState::Done));
    wait("the file", is_done);

    let export = |folder: &Path| {
        board.send(Order::Export {
            subject: Subject::File,
            folder: folder.to_owned(),
            name: "take".into(),
            formats: Formats { json: true, csv: false, labels: false },
        });
    };
    export(full);
    wait("the refusal", || matches!(board.status().export, ExportStatus::Failed(_)));
    let ExportStatus::Failed(why) = board.status().export.clone() else { unreachable!("it was there") };
    assert!(why.contains("the disk is full: free some space or pick another folder"), "{why}");
    assert_eq!(fs::read_dir(full).expect("a folder").count(), 0, "no half file is left");
    assert!(is_done(), "the analysis is still there");
    example_there(&worker, &board, full);
    let elsewhere = tempfile::tempdir().expect("a folder");
    export(elsewhere.path());
    wait("the export", || matches!(board.status().export, ExportStatus::Done(_)));
    assert!(elsewhere.path().join("take.json").exists());
}

/// Three seconds are 192 KB.
fn example_there(worker: &Worker, board: &Board, full: &Path) {
    let mut writer = worker.open(16_000.0, 512).expect("a rate");
    worker.link().set_freewheeling(true);
    for second in 0..3 {
        let samples: Vec<f32> =
            (0..16_000).map(|i| ((second * 16_000 + i) as f32 * 0.2).sin() * 0.3).collect();
        wait("room", || writer.vacant_frames() > 16_000);
        writer.write(&[&samples], samples.len(), Pick::Mono);
    }
    wait("all of it", || board.status().kept_s == Some((0.0, 3.0)));
    let stretch = Stretch { session: board.status().session, begin_s: 0.0, end_s: 3.0 };
    board.send(Order::Select(stretch));
    wait("a selection", || matches!(board.status().selected, Selected::Ready(_)));
    board.send(Order::SaveExample { folder: full.to_owned(), class: "flute".into(), plays: true });
    wait("the refusal", || matches!(board.status().example, ExportStatus::Failed(_)));
    let ExportStatus::Failed(why) = board.status().example.clone() else { unreachable!("it was there") };
    assert!(why.contains("the disk is full: free some space or pick another folder"), "{why}");
    assert_eq!(
        fs::read_dir(full).expect("a folder").count(),
        0,
        "neither half a file nor an empty class is left"
    );
    assert!(matches!(board.status().selected, Selected::Ready(_)), "what is selected is still there");
}
