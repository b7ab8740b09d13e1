//! What comes between: a project that is restored while another model loads, an analysis that breaks off.

use rollcall_board::{Board, Command, ModelState, board};
use rollcall_tap::Pick;
use rollcall_worker::{ModelSlot, Worker};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

fn wait(what: &str, board: &Board, until: impl Fn(&Board) -> bool) {
    let began = Instant::now();
    while !until(board) {
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "waited too long for {what}: {:?}",
            board.status()
        );
        thread::sleep(Duration::from_micros(200));
    }
}

/// What somebody picked in the window is still being read when the host restores a project: the project's choice stands, and is loaded.
#[cfg(target_os = "linux")]
#[test]
fn a_project_that_is_restored_while_another_model_loads_stands() {
    use rollcall_worker::ModelChoice;
    use std::{fs, path::Path};

    let (writer, board, inbox) = board();
    let models = Arc::new(ModelSlot::default());
    let worker = Worker::spawn(writer, inbox, Arc::clone(&models), Box::new(|| {})).expect("a thread");
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().canonicalize().expect("a folder");
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/default");
    for file in fs::read_dir(package).expect("a package") {
        let file = file.expect("a file");
        fs::copy(file.path(), folder.join(file.file_name())).expect("room");
    }
    let is_being_read = |_: &Board| {
        let files = fs::read_dir("/proc/self/fd").expect("open files");
        files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|path| path.starts_with(&folder)))
    };
    board.send(Command::LoadModel(folder.clone()));
    wait("the reading", &board, is_being_read);
    let restored = ModelChoice::Package {
        name: "mine".into(),
        version: "3".into(),
        sha256: "0".repeat(64),
        folder: "/nowhere/at/all".into(),
    };
    models.restore(restored.clone());
    worker.link().want_model();
    wait("a model", &board, |board| matches!(board.status().model, ModelState::Ready(_)));
    assert_eq!(*models.get(), restored);
    assert_eq!(models.picked(), 0, "nobody's pick was kept");
    wait("its loading", &board, |board| board.status().notice.iter().any(|notice| notice.contains("mine 3")));
}

/// Whatever the host was told of stops with the analysis: no controller stays up, no note on.
#[test]
fn an_analysis_that_breaks_off_leaves_no_output_on() {
    let (writer, board, inbox) = board();
    let breaks = Arc::new(AtomicBool::new(false));
    let on_news = {
        let breaks = Arc::clone(&breaks);
        move || assert!(!breaks.load(SeqCst), "for the test")
    };
    let worker = Worker::spawn(writer, inbox, Arc::new(ModelSlot::default()), Box::new(on_news));
    let worker = worker.expect("a thread");
    let mut tap = worker.open(48_000.0, 512).expect("a rate");
    worker.link().set_freewheeling(true);
    let mut play = |seconds: f32| {
        let samples = (0..(seconds * 48_000.0) as usize).map(|frame| 0.3 * (frame as f32 * 0.05).sin());
        let samples: Vec<f32> = samples.collect();
        samples.chunks(512).for_each(|block| tap.write(&[block], block.len(), Pick::Mono));
    };
    play(3.0);
    wait("outputs", &board, |board| !board.outputs().is_quiet());
    breaks.store(true, SeqCst);
    play(1.0);
    wait("the end", &board, |board| matches!(board.status().model, ModelState::Failed(_)));
    assert!(board.outputs().is_quiet());
}
