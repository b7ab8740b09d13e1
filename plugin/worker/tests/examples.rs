//! Examples: a stretch of what was heard last, saved as `rollcall teach` reads it, whole or not at all.

use rollcall_board::{
    Board, Command, ExportStatus, ModelState, Selected, Selection, Settings, Stretch, board,
};
use rollcall_tap::Pick;
use rollcall_worker::{Mark, ModelSlot, Recording, TapWriter, Worker};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// Passes the resampler bit for bit.
const RATE_HZ: u32 = 16_000;

fn wait(what: &str, mut until: impl FnMut() -> bool) {
    let began = Instant::now();
    while !until() {
        assert!(began.elapsed() < Duration::from_secs(120), "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A worker that has loaded the engine's small package.
fn worker() -> (Worker, Board) {
    let (writer, board, inbox) = board();
    let worker =
        Worker::spawn(writer, inbox, Arc::new(ModelSlot::default()), Box::new(|| {})).expect("a thread");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../engine/tests/golden/models/stream");
    board.send(Command::LoadModel(folder));
    wait(
        "the model",
        || matches!(&board.status().model, ModelState::Ready(model) if model.name == "fixture-stream"),
    );
    (worker, board)
}

/// A stream of which nothing is left out, however slow the machine is.
fn open(worker: &Worker) -> TapWriter {
    let writer = worker.open(f64::from(RATE_HZ), 512).expect("a rate");
    worker.link().set_freewheeling(true);
    writer
}

/// A tone that tells where each sample lies.
fn sample(frame: usize) -> f32 {
    0.3 * (frame as f32 * 0.11).sin() + (frame % 977) as f32 / 9_770.0
}

fn play(writer: &mut TapWriter, frames: std::ops::Range<usize>) {
    let samples: Vec<f32> = frames.map(sample).collect();
    for block in samples.chunks(400) {
        wait("room", || writer.vacant_frames() > 1_000);
        writer.write(&[block], block.len(), Pick::Mono);
    }
}

fn heard(board: &Board, frames: usize) {
    wait("all of it", || {
        board.status().kept_s.is_some_and(|(_, end_s)| end_s == frames as f64 / f64::from(RATE_HZ))
    });
}

fn select(board: &Board, begin_s: f64, end_s: f64) -> Selected {
    board.send(Command::Deselect);
    wait("nothing", || board.status().selected == Selected::Nothing);
    board.send(Command::Select(Stretch { session: board.status().session, begin_s, end_s }));
    wait("a selection", || board.status().selected != Selected::Nothing);
    board.status().selected.clone()
}

fn selected(board: &Board, begin_s: f64, end_s: f64) -> Selection {
    match select(board, begin_s, end_s) {
        Selected::Ready(selection) => selection,
        other => panic!("{other:?}"),
    }
}

fn save(board: &Board, folder: &Path, class: &str, plays: bool) -> ExportStatus {
    let before = board.status().example.clone();
    board.send(Command::SaveExample { folder: folder.to_owned(), class: class.to_owned(), plays });
    wait("an outcome", || {
        let now = board.status().example.clone();
        now != before && !matches!(now, ExportStatus::Running | ExportStatus::None)
    });
    board.status().example.clone()
}

fn done(outcome: ExportStatus) -> PathBuf {
    match outcome {
        ExportStatus::Done(paths) => paths.into_iter().next().expect("a path"),
        other => panic!("{other:?}"),
    }
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inside) = folders.pop() {
        for path in fs::read_dir(inside).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            match path.is_dir() {
                true => folders.push(path),
                false => found
                    .push(path.strip_prefix(folder).expect("inside").to_string_lossy().replace('\\', "/")),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn what_was_heard_is_saved_sample_for_sample_with_what_the_model_said() {
    let (worker, board) = worker();
    let mut writer = open(&worker);
    play(&mut writer, 0..12 * 16_000);
    heard(&board, 12 * 16_000);
    assert_eq!(board.status().kept_s, Some((0.0, 12.0)));
    let selection = selected(&board, 3.25, 7.0);
    assert_eq!((selection.stretch.begin_s, selection.stretch.end_s, selection.missing_s), (3.25, 7.0, 0.0));
    assert!(selection.peaks.len() == 20 && selection.peaks.iter().any(|peak| *peak > 0.0));

    let folder = tempfile::tempdir().expect("a folder");
    let audio = done(save(&board, folder.path(), " Anna's violin ", true));
    assert_eq!(audio, folder.path().join("Anna's violin/Anna's violin 1.wav"));
    let mut reader = hound::WavReader::open(&audio).expect("a WAV");
    assert_eq!((reader.spec().channels, reader.spec().sample_rate), (1, 16_000));
    let read: Vec<f32> = reader.samples().map(|sample| sample.expect("a sample")).collect();
    let expected: Vec<f32> = (52_000..112_000).map(sample).collect();
    assert_eq!(
        read.iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
        expected.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
    );
    let as_program = Recording::read(&audio).expect("what the program reads");
    assert_eq!((as_program.rate_hz, as_program.channels), (16_000, vec![expected]));

    let text = fs::read_to_string(audio.with_extension("json")).expect("a companion");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (&json["schema"], &json["class"], &json["plays"]),
        (&"rollcall.example/1".into(), &"Anna's violin".into(), &true.into())
    );
    assert_eq!(
        (&json["audio"], &json["model"]["name"]),
        (&"Anna's violin 1.wav".into(), &"fixture-stream".into())
    );
    assert_eq!((json["session_begin_s"].as_f64(), json["duration_s"].as_f64()), (Some(3.25), Some(3.75)));
    // Each step that is centred in it, as the history has it.
    let history = board.history();
    let rows: Vec<_> =
        history.rows(history.range()).filter(|row| (3.25..7.0).contains(&row.time_s())).collect();
    let times = json["heard"]["times_s"].as_array().expect("times");
    assert!(rows.len() > 20 && times.len() == rows.len());
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(times[i].as_f64(), Some(row.time_s() - 3.25));
        let activity = json["heard"]["activity"][i].as_array().expect("activities");
        let activity: Vec<f32> =
            activity.iter().map(|value| value.as_f64().expect("a number") as f32).collect();
        assert_eq!(activity, (0..20).map(|class| row.activity(class)).collect::<Vec<_>>());
    }

    // The same stretch says more than one thing; nothing goes over anything.
    let second = done(save(&board, folder.path(), "Anna's violin", true));
    let capitals = done(save(&board, folder.path(), "ANNA'S VIOLIN", false));
    done(save(&board, folder.path(), "drums/kick", false));
    fs::write(folder.path().join("not drums_kick/drums_kick 2.json"), "someone's").expect("room");
    let third = done(save(&board, folder.path(), "drums/kick", false));
    assert!(
        second.ends_with("Anna's violin 2.wav")
            && capitals.starts_with(folder.path().join("not ANNA'S VIOLIN"))
    );
    assert!(third.ends_with("not drums_kick/drums_kick 3.wav"), "{third:?}");
    let refused = save(&board, folder.path(), "not a flute", true);
    assert!(
        matches!(&refused, ExportStatus::Failed(why) if why.contains("type the class alone")),
        "{refused:?}"
    );
    assert_eq!(files(folder.path()).len(), 11, "{:?}", files(folder.path()));

    // What is selected is held, however long it takes to find a name for it, and over a new session.
    board.send(Command::Reset);
    wait("a new session", || board.status().kept_s.is_none());
    let held = done(save(&board, folder.path(), "anna's violin", true));
    assert_eq!(held, folder.path().join("Anna's violin/anna's violin 1.wav"), "capitals make no other class");
    assert_eq!(hound::WavReader::open(held).expect("a WAV").duration(), 60_000);
}

#[test]
fn the_switch_empties_what_is_kept_and_sessions_are_not_mixed_up() {
    let (worker, board) = worker();
    let mut writer = open(&worker);
    play(&mut writer, 0..3 * 16_000);
    heard(&board, 3 * 16_000);
    let stale = Stretch { session: board.status().session + 1, begin_s: 0.0, end_s: 3.0 };
    board.send(Command::Select(stale));
    wait(
        "a refusal",
        || matches!(&board.status().selected, Selected::Failed(why) if why.contains("begun anew")),
    );
    assert!(matches!(select(&board, 0.0, 0.5), Selected::Failed(why) if why.contains("at least 1 s")));
    let nothing = save(&board, Path::new("/"), "flute", true);
    assert!(
        matches!(&nothing, ExportStatus::Failed(why) if why.contains("nothing is selected")),
        "{nothing:?}"
    );
    let off = Settings { keep_audio: false, ..Settings::default() };
    wait("room", || writer.mark(Mark::Settings(off)));
    wait("nothing kept", || board.status().kept_s.is_none());
    play(&mut writer, 3 * 16_000..5 * 16_000);
    assert!(
        matches!(select(&board, 3.0, 5.0), Selected::Failed(why) if why.contains("Keep the last minute"))
    );
}

/// Where nothing can be written it is told, and nothing half is left; removing the plugin waits for no disk.
#[test]
fn a_place_that_takes_nothing_is_told() {
    let (worker, board) = worker();
    let mut writer = open(&worker);
    play(&mut writer, 0..3 * 16_000);
    heard(&board, 3 * 16_000);
    selected(&board, 0.0, 3.0);
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("flute"), "a file, not a folder").expect("room");
    let outcome = save(&board, folder.path(), "flute", true);
    assert!(
        matches!(&outcome, ExportStatus::Failed(why) if why.contains("pick another folder")),
        "{outcome:?}"
    );
    assert_eq!(files(folder.path()), ["flute"]);
    // The selection is still there.
    done(save(&board, folder.path(), "oboe", true));
    board.send(Command::SaveExample { folder: folder.path().to_owned(), class: "late".into(), plays: true });
    drop(worker);
    let late = files(folder.path()).into_iter().filter(|name| name.starts_with("late")).collect::<Vec<_>>();
    assert!(late.is_empty() || late == ["late/late 1.json", "late/late 1.wav"], "both or none: {late:?}");
}
