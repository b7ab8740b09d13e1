//! A file dropped on the window and the same file given to the program: one document, to the byte, for every format.

use rollcall_board::{Command, ExportStatus, FileState, Formats, ModelState, Subject, board};
use rollcall_engine::{Model, Settings, timeline::RangeSettings};
use rollcall_media::Audio;
use rollcall_results::{Listener, MERGE_GAP_S, MIN_DURATION_S, json};
use rollcall_worker::{ModelSlot, Worker};
use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

fn wait(what: &str, mut until: impl FnMut() -> bool) {
    let began = Instant::now();
    while !until() {
        assert!(began.elapsed() < Duration::from_secs(120), "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What `rollcall analyze --format json` writes with its defaults.
fn program(path: &Path, model: &Arc<Model>) -> String {
    let listener = Listener {
        model: Arc::clone(model),
        engine: Settings::default(),
        ranges: RangeSettings {
            thresholds: model.thresholds().to_vec(),
            min_duration_s: MIN_DURATION_S,
            merge_gap_s: MERGE_GAP_S,
        },
        start_s: 0.0,
        duration_s: None,
        keep_partial: false,
        threads: 2,
        is_ranked: false,
        is_pictured: false,
    };
    let audio = Audio::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.to_string_lossy().into_owned();
    let mut analysis =
        listener.analyze(audio, name, &mut |_, _| ControlFlow::Continue(())).expect("an analysis");
    let mut text = Vec::new();
    json::write(&mut analysis, &mut text).expect("room");
    String::from_utf8(text).expect("UTF-8")
}

#[test]
fn every_format_gives_the_program_s_document() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = here.join("../../engine/tests/golden/models/stream");
    let model =
        rollcall_models::shared(rollcall_models::read_dir(&package).expect("a package")).expect("a model");
    let mut files: Vec<PathBuf> = fs::read_dir(here.join("../../media/tests/golden"))
        .expect("golden files")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| rollcall_media::has_audio_extension(path))
        .collect();
    files.sort();
    assert!(files.len() > 20, "{} files", files.len());
    // One that something is to be said about, twice: it ends early, and nothing is heard.
    let scratch = tempfile::tempdir().expect("a folder");
    let silent = scratch.path().join("silent.wav");
    let size = |bytes: u32| bytes.to_le_bytes();
    let format = [1, 0, 1, 0, 0x80, 0x3e, 0, 0, 0, 0x7d, 0, 0, 2, 0, 16, 0];
    let head =
        [&b"RIFF"[..], &size(32_036), b"WAVEfmt ", &size(16), &format, b"data", &size(32_000)].concat();
    fs::write(&silent, [head, vec![0; 30_000]].concat()).expect("room");
    let said = program(&silent, &model);
    assert!(
        said.contains("62 ms before the end that it tells") && said.contains("digital silence"),
        "{said}"
    );
    files.push(silent);

    let (writer, board, inbox) = board();
    let worker =
        Worker::spawn(writer, inbox, Arc::new(ModelSlot::default()), Box::new(|| {})).expect("a thread");
    worker.link().want_model();
    wait("a model", || matches!(board.status().model, ModelState::Ready(_)));
    board.send(Command::LoadModel(package));
    let is_ours = || matches!(&board.status().model, ModelState::Ready(loaded) if loaded.sha256 == model.package().sha256());
    wait("the small model", is_ours);
    let folder = tempfile::tempdir().expect("a folder");
    for path in files {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        board.send(Command::AnalyseFile(path.clone()));
        let is_done = || {
            board.file().is_some_and(|file| {
                assert!(!matches!(file.state, FileState::Failed(_)), "{name}: {:?}", file.state);
                file.path == path && file.state == FileState::Done
            })
        };
        wait(&name, is_done);
        let written = folder.path().join(format!("{name}.json"));
        board.send(Command::Export {
            subject: Subject::File,
            folder: folder.path().to_owned(),
            name: name.clone(),
            formats: Formats { json: true, csv: false, labels: false },
        });
        wait("the export", || {
            let export = board.status().export.clone();
            assert!(!matches!(export, ExportStatus::Failed(_)), "{name}: {export:?}");
            written.exists()
        });
        let dropped = fs::read_to_string(&written).expect("a file");
        assert_eq!(dropped, program(&path, &model), "{name}");
    }
}
