//! A file dropped on the window, or played in a session, and the same file given to the program: one document, to the byte, for every
//! format.

use rollcall_board::{Board, Command, ExportStatus, FileState, Formats, ModelState, Subject, board};
use rollcall_engine::{Model, Settings, timeline::RangeSettings};
use rollcall_media::Audio;
use rollcall_results::{Listener, MERGE_GAP_S, MIN_DURATION_S, json};
use rollcall_tap::Pick;
use rollcall_worker::{ModelSlot, Worker};
use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

const RATE_HZ: u32 = 44_100;

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
        keeps_embeddings: false,
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

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../engine/tests/golden")
}

/// A worker that has loaded one of the engine's small packages, and what it loaded.
fn with_model(name: &str) -> (Worker, Board, Arc<Model>) {
    let package = golden().join("models").join(name);
    let model =
        rollcall_models::shared(rollcall_models::read_dir(&package).expect("a package")).expect("a model");
    let (writer, board, inbox) = board();
    let worker =
        Worker::spawn(writer, inbox, Arc::new(ModelSlot::default()), Box::new(|| {})).expect("a thread");
    worker.link().want_model();
    wait("a model", || matches!(board.status().model, ModelState::Ready(_)));
    board.send(Command::LoadModel(package));
    let is_ours = || matches!(&board.status().model, ModelState::Ready(loaded) if loaded.sha256 == model.package().sha256());
    wait("the small model", is_ours);
    (worker, board, model)
}

/// What an export writes as JSON.
fn exported(board: &Board, subject: Subject, folder: &Path, name: &str) -> String {
    let written = folder.join(format!("{name}.json"));
    board.send(Command::Export {
        subject,
        folder: folder.to_owned(),
        name: name.to_owned(),
        formats: Formats { json: true, csv: false, labels: false },
    });
    wait("the export", || {
        let export = board.status().export.clone();
        assert!(!matches!(export, ExportStatus::Failed(_)), "{name}: {export:?}");
        written.exists()
    });
    fs::read_to_string(&written).expect("a file")
}

fn analyse(board: &Board, path: &Path) {
    board.send(Command::AnalyseFile(path.to_owned()));
    wait("the file", || {
        board.file().is_some_and(|file| {
            assert!(!matches!(file.state, FileState::Failed(_)), "{}: {:?}", path.display(), file.state);
            file.path == path && file.state == FileState::Done
        })
    });
}

/// Notes with overtones and a rest, mono: in which the small model hears harp and gong.
fn tune(path: &Path) -> Vec<f32> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE_HZ,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut wav = hound::WavWriter::create(path, spec).expect("a file");
    let (mut phase, mut all) = (0.0, Vec::new());
    for frame in 0..6 * RATE_HZ {
        let time_s = f64::from(frame) / f64::from(RATE_HZ);
        phase += 110.0 * 2_f64.powf((2.0 * time_s).floor() * 5.0 % 24.0 / 12.0) / f64::from(RATE_HZ);
        let overtones = (1..6).map(|k| (std::f64::consts::TAU * phase * f64::from(k)).sin() / f64::from(k));
        let plays = if (2.5..3.5).contains(&time_s) { 0.0 } else { 0.2 };
        all.push((plays * overtones.sum::<f64>()) as f32);
    }
    all.iter().for_each(|sample| wav.write_sample(*sample).expect("room"));
    wav.finalize().expect("room");
    all
}

#[test]
fn other_instruments_are_told_alike_live_dropped_and_by_the_program() {
    let (worker, board, model) = with_model("events");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tune.wav");
    let samples = tune(&path);
    let expected = program(&path, &model);
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    let others = &parse(&expected)["others"];
    let told: std::collections::BTreeSet<_> =
        others["ranges"].as_array().expect("ranges").iter().map(|range| range["class"].to_string()).collect();
    assert!(told.len() == 2, "the small model hears harp and gong in it: {others}");

    analyse(&board, &path);
    assert_eq!(exported(&board, Subject::File, folder.path(), "tune"), expected);

    let mut writer = worker.open(f64::from(RATE_HZ), 1_600).expect("a rate");
    for block in samples.chunks(777) {
        wait("room", || writer.vacant_frames() > 2_000);
        writer.write(&[block], block.len(), Pick::Mono);
    }
    drop(writer);
    let steps = parse(&expected)["times_s"].as_array().expect("times").len();
    wait("the end", || board.history().len() == steps);
    let session = parse(&exported(&board, Subject::Session, folder.path(), "session"));
    for part in ["others", "activity", "times_s", "clip", "ranges"] {
        assert_eq!(session[part], parse(&expected)[part], "{part}");
    }
    let named = |row: rollcall_board::Row<'_>| row.another().map(|another| another.instrument);
    let history = board.history();
    assert_eq!(
        history.rows(history.range()).filter_map(named).collect::<std::collections::BTreeSet<_>>().len(),
        2
    );
    assert_eq!(board.status().others[..], ["harp".to_owned(), "gong".to_owned()]);
}

#[test]
fn every_format_gives_the_program_s_document() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (_worker, board, model) = with_model("stream");
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

    let folder = tempfile::tempdir().expect("a folder");
    for path in files {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        analyse(&board, &path);
        let dropped = exported(&board, Subject::File, folder.path(), &name);
        assert_eq!(dropped, program(&path, &model), "{name}");
    }
}
