//! The worker as the plugin uses it: streams in, board out, whatever the pace.

use rollcall_board::{
    Board, Command, ExportStatus, FileState, Formats, ModelState, Settings, Subject, WorkerState, board,
};
use rollcall_engine::{Engine, InputFormat, Settings as EngineSettings};
use rollcall_tap::Pick;
use rollcall_worker::{Mark, ModelChoice, ModelSlot, TapWriter, Transport, Worker};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const RATE_HZ: u32 = 44_100;

fn worker() -> (Worker, Board, Arc<ModelSlot>) {
    let (writer, board, inbox) = board();
    let models = Arc::new(ModelSlot::default());
    let worker = Worker::spawn(writer, inbox, Arc::clone(&models), Box::new(|| {})).expect("a thread");
    (worker, board, models)
}

/// Harmonic notes with noise: something that moves the network, different in each second.
fn music(seconds: f32, channels: usize) -> Vec<Vec<f32>> {
    let frames = (seconds * RATE_HZ as f32) as usize;
    let mut seed = 7_u32;
    let mut planar = vec![Vec::with_capacity(frames); channels];
    for frame in 0..frames {
        let time_s = frame as f32 / RATE_HZ as f32;
        let note_hz = 110.0 * 2.0_f32.powf((time_s as u32 * 7 % 24) as f32 / 12.0);
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (seed >> 8) as f32 / (1 << 24) as f32 - 0.5;
        for (channel, samples) in planar.iter_mut().enumerate() {
            let phase = time_s * note_hz * std::f32::consts::TAU * (1.0 + channel as f32 * 0.003);
            let tone: f32 = (1..6).map(|k| (phase * k as f32).sin() / k as f32).sum();
            samples.push(0.2 * tone * (-2.0 * time_s.fract()).exp() + 0.01 * noise);
        }
    }
    planar
}

/// What the engine says by itself about the same frames, interleaved: time and activities of every step.
fn reference(planar: &[Vec<f32>]) -> Vec<(f64, Vec<f32>)> {
    let model = rollcall_models::shared(rollcall_models::embedded().expect("a model")).expect("a model");
    let format = InputFormat { sample_rate_hz: RATE_HZ, channels: planar.len() };
    let mut engine = Engine::new(model, format, EngineSettings::default()).expect("an engine");
    let mut steps = Vec::new();
    let mut take = |step: &rollcall_engine::Step| steps.push((step.time_s, step.activity.clone()));
    let interleaved: Vec<f32> = (0..planar[0].len()).flat_map(|i| planar.iter().map(move |c| c[i])).collect();
    for block in interleaved.chunks(1_000 * planar.len()) {
        engine.push(block, &mut take).expect("a network");
    }
    engine.flush(&mut take).expect("a network");
    steps
}

fn wait(what: &str, mut until: impl FnMut() -> bool) {
    let began = Instant::now();
    while !until() {
        assert!(began.elapsed() < Duration::from_secs(120), "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Writes in blocks of uneven sizes; `pace` is called after each with its frames.
fn play(writer: &mut TapWriter, planar: &[Vec<f32>], mut pace: impl FnMut(&TapWriter, usize)) {
    let mut at = 0;
    let mut size = 64;
    while at < planar[0].len() {
        size = size * 7 % 1_531 + 1;
        let end = (at + size).min(planar[0].len());
        let block: Vec<&[f32]> = planar.iter().map(|channel| &channel[at..end]).collect();
        writer.write(&block, end - at, Pick::Mono);
        at = end;
        pace(writer, size);
    }
}

/// The same, no faster than it sounds.
fn play_live(writer: &mut TapWriter, planar: &[Vec<f32>]) {
    let began = Instant::now();
    let mut frames = 0;
    play(writer, planar, |_, size| {
        frames += size;
        let due = Duration::from_secs_f64(frames as f64 / f64::from(RATE_HZ));
        std::thread::sleep(due.saturating_sub(began.elapsed()));
    });
}

fn heard(board: &Board) -> Vec<(f64, Vec<f32>)> {
    let history = board.history();
    let values = |row: rollcall_board::Row<'_>| (0..row.classes()).map(|class| row.activity(class)).collect();
    history.rows(history.range()).map(|row| (row.time_s(), values(row))).collect()
}

fn assert_same(heard: &[(f64, Vec<f32>)], expected: &[(f64, Vec<f32>)]) {
    assert_eq!(heard.len(), expected.len(), "steps");
    for (step, (mine, theirs)) in heard.iter().zip(expected).enumerate() {
        assert_eq!(mine.0, theirs.0, "time of step {step}");
        let bits = |row: &[f32]| row.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&mine.1), bits(&theirs.1), "activities of step {step}");
    }
}

#[test]
fn an_offline_render_is_the_engine_s_own_numbers() {
    for channels in [1, 2] {
        let planar = music(12.0, channels);
        let expected = reference(&planar);
        let (worker, board, _) = worker();
        let mut writer = worker.open(f64::from(RATE_HZ), 1_600).expect("a rate");
        worker.link().set_freewheeling(true);
        // As fast as it goes: the queue is full at times, and the writer waits for room.
        play(&mut writer, &planar, |writer, _| {
            wait("room", || writer.vacant_frames() > 2_000);
        });
        drop(writer);
        wait("the end", || board.history().len() == expected.len());
        assert_same(&heard(&board), &expected);
        wait("the count", || board.status().counters.frames == planar[0].len() as u64);
        let status = board.status();
        assert_eq!((status.counters.gap_frames, status.counters.skipped_frames), (0, 0));
        assert!(matches!(status.model, ModelState::Ready(_)) && status.notice.is_none());
    }
}

#[test]
fn live_at_its_own_pace_is_the_same() {
    let planar = music(4.0, 2);
    let expected = reference(&planar);
    let (worker, board, _) = worker();
    board.send(Command::WindowOpened);
    wait("the model", || matches!(board.status().model, ModelState::Ready(_)));
    let mut writer = worker.open(f64::from(RATE_HZ), 1_600).expect("a rate");
    play_live(&mut writer, &planar);
    wait("live activities", || board.latest().steps > 0);
    assert_eq!(board.status().state, WorkerState::Live);
    assert!(board.outputs().classes() == 20);
    drop(writer);
    wait("the end", || board.history().len() == expected.len());
    assert_same(&heard(&board), &expected);
    // Meters are shown a moment after their step stands in the history.
    let last = expected.last().expect("steps").1[3];
    wait("the last step on the meters", || board.latest().meters[3].activity == last);
    assert!(board.picture().log_mel.hops.len() > 100 && !board.picture().attention.times_s.is_empty());
}

#[test]
fn what_the_ring_drops_is_counted_and_time_goes_on() {
    let (worker, board, _) = worker();
    let mut writer = worker.open(f64::from(RATE_HZ), 1_600).expect("a rate");
    // Far more than the queue holds, at once.
    let planar = music(14.0, 1);
    play(&mut writer, &planar, |_, _| {});
    let lost = writer.lost_frames();
    assert!(lost > 0);
    drop(writer);
    wait("all", || {
        let counters = board.status().counters;
        counters.frames + counters.gap_frames + counters.skipped_frames == planar[0].len() as u64
    });
    assert_eq!(board.status().counters.gap_frames, lost);
    wait("idle", || board.status().state == WorkerState::Idle);
}

#[test]
fn who_is_far_behind_slows_down_visibly_and_counts_what_it_leaves_out() {
    let (worker, board, _) = worker();
    board.send(Command::WindowOpened);
    wait("the model", || matches!(board.status().model, ModelState::Ready(_)));
    let mut writer = worker.open(f64::from(RATE_HZ), 1_600).expect("a rate");
    // Almost a whole queue at once, and the stream goes on: nobody catches up with that.
    let planar = music(7.5, 1);
    play(&mut writer, &planar, |_, _| {});
    let frames = planar[0].len() as u64;
    wait("all", || {
        let counters = board.status().counters;
        counters.frames + counters.skipped_frames == frames
    });
    wait("a slower pace", || board.status().interval_s > 1.5 * board.status().asked_interval_s);
    let counters = board.status().counters;
    assert_eq!((counters.gap_frames, writer.lost_frames()), (0, 0), "the queue was never full");
    let left_out_s = counters.skipped_frames as f64 / f64::from(RATE_HZ);
    assert!((5.0..7.5).contains(&left_out_s), "{left_out_s} s");
    // The half second that was left to analyse is shorter than a window: its steps come with what is played next.
    let more = music(3.0, 1);
    play_live(&mut writer, &more);
    // What is analysed lies at its own time, after the gap.
    wait("a step after the gap", || board.history().last().is_some_and(|row| row.time_s() > 7.5));
    let history = board.history();
    let first = history.rows(history.range()).find(|row| row.after_gap()).expect("the step after the gap");
    assert!(first.time_s() > left_out_s - 0.5, "{} s after {left_out_s} s left out", first.time_s());
    drop(writer);
    wait("the end", || board.history().last().is_some_and(|row| row.time_s() > 9.5));
    assert!(board.history().last().is_some_and(|row| row.time_s() <= 10.5));
}

/// What is shown stands still; what the host reads of it goes on, and falls with a bypass.
#[test]
fn a_frozen_window_freezes_no_output() {
    let (worker, board, _) = worker();
    let mut writer = worker.open(f64::from(RATE_HZ), 1_600).expect("a rate");
    worker.link().set_freewheeling(true);
    let planar = music(3.0, 1);
    play(&mut writer, &planar, |_, _| {});
    wait("a step", || board.latest().steps > 0);
    let frozen = Settings { freeze: true, ..Settings::default() };
    assert!(writer.mark(Mark::Settings(frozen)));
    wait("all", || board.status().counters.frames == planar[0].len() as u64);
    let shown = board.latest();
    let silence = vec![vec![0.0; planar[0].len()]];
    play(&mut writer, &planar, |_, _| {});
    wait("more", || board.status().counters.frames == 2 * planar[0].len() as u64);
    let rows = board.history();
    let newest = rows.last().expect("rows");
    assert!((0..20).all(|class| board.outputs().activity(class) == newest.activity(class)));
    assert!(!board.outputs().is_quiet() && *board.latest() == *shown);
    assert!(writer.mark(Mark::Settings(Settings { bypass: true, ..frozen })));
    wait("quiet outputs", || board.outputs().is_quiet());
    assert_eq!(*board.latest(), *shown);
    // The freeze goes on, the bypass ends; a model that cannot be had leaves nothing on either.
    assert!(writer.mark(Mark::Settings(frozen)));
    play(&mut writer, &planar, |_, _| {});
    wait("outputs again", || !board.outputs().is_quiet());
    play(&mut writer, &silence, |_, _| {});
    drop(writer);
    wait("quiet again", || board.outputs().is_quiet());
}

/// What is left out after an overload is one gap, however many marks (automation, transport) lie in it.
#[test]
fn what_is_left_out_is_one_gap_with_marks_in_it() {
    let (worker, board, _) = worker();
    board.send(Command::WindowOpened);
    wait("the model", || matches!(board.status().model, ModelState::Ready(_)));
    let mut writer = worker.open(f64::from(RATE_HZ), 1_600).expect("a rate");
    let planar = music(7.5, 1);
    // 8 s in the queue at most, 200 marks in it.
    let each = planar[0].len() / 200;
    for (number, block) in planar[0].chunks(each).enumerate() {
        let settings = Settings { hold_s: number as f32 / 1e3, ..Settings::default() };
        assert!(writer.mark(Mark::Settings(settings)));
        writer.write(&[block], block.len(), Pick::Mono);
    }
    let frames = planar[0].len() as u64;
    wait("all", || {
        let counters = board.status().counters;
        counters.frames + counters.skipped_frames == frames
    });
    let left_out_s = board.status().counters.skipped_frames as f64 / f64::from(RATE_HZ);
    assert!(left_out_s > 5.0, "{left_out_s} s: it stopped at a mark");
    play_live(&mut writer, &music(3.0, 1));
    drop(writer);
    wait("the end", || board.status().stream.is_none());
    let history = board.history();
    let gaps = history.rows(history.range()).filter(|row| row.after_gap()).count();
    assert_eq!(gaps, 1);
}

#[test]
fn settings_transport_reset_and_export() {
    let (worker, board, _) = worker();
    let mut writer = worker.open(f64::from(RATE_HZ), 1_600).expect("a rate");
    worker.link().set_freewheeling(true);
    let settings = Settings { reset_on_play: true, sensitivity: 4.0, ..Settings::default() };
    assert!(writer.mark(Mark::Settings(settings)));
    let planar = music(2.0, 1);
    play(&mut writer, &planar, |_, _| {});
    let start = Transport {
        playing: true,
        started: true,
        song_s: Some(60.0),
        beats: Some(120.0),
        bar: Some((30, 120.0)),
        bar_beats: Some(4.0),
        tempo_bpm: Some(120.0),
    };
    assert!(writer.mark(Mark::Transport(start)));
    play(&mut writer, &planar, |_, _| {});
    drop(writer);
    let expected = reference(&planar);
    wait("the end", || {
        board.history().last().is_some_and(|row| row.time_s() == expected[expected.len() - 1].0)
    });
    // The session began with the transport: the same as if nothing had been before.
    assert_same(&heard(&board), &expected);
    let row = board.history();
    let position = row.last().expect("rows").position();
    assert_eq!(position.song_s, Some(60.0 + row.last().expect("rows").time_s()));
    assert_eq!(position.bar.map(|bar| bar.0), Some(30));
    let meter = board.latest().meters[0];
    assert!(meter.threshold < meter.shipped_threshold);

    let folder = tempfile::tempdir().expect("a folder");
    let export = |folder: &std::path::Path| {
        board.send(Command::Export {
            subject: Subject::Session,
            folder: folder.to_owned(),
            name: "take: 1".into(),
            formats: Formats { json: true, csv: true, labels: true },
        });
        wait("the export", || !matches!(board.status().export, ExportStatus::None | ExportStatus::Running));
        board.status().export.clone()
    };
    let ExportStatus::Done(files) = export(folder.path()) else { panic!("{:?}", board.status().export) };
    assert_eq!(files.len(), 3);
    let json = std::fs::read_to_string(folder.path().join("take_ 1.json")).expect("a file");
    let timeline: rollcall_engine::timeline::Timeline = serde_json::from_str(&json).expect("a timeline");
    assert_eq!(timeline.activity.len(), expected.len());
    assert_eq!(timeline.activity[5], expected[5].1);
    let csv = std::fs::read_to_string(folder.path().join("take_ 1.csv")).expect("a file");
    assert_eq!(csv.lines().count(), expected.len() + 1);
    assert!(csv.lines().nth(1).expect("a row").starts_with("0,60,31,1,"));

    board.send(Command::Reset);
    wait("the reset", || board.history().is_empty());
}

#[test]
fn a_missing_model_is_told_and_the_choice_kept() {
    let (worker, board, models) = worker();
    let choice = ModelChoice::Package {
        name: "mine".into(),
        version: "3".into(),
        sha256: "0".repeat(64),
        folder: "/nowhere/at/all".into(),
    };
    models.restore(choice.clone());
    worker.link().want_model();
    wait("a model", || matches!(board.status().model, ModelState::Ready(_)));
    let notice = board.status().notice.clone().expect("a notice");
    assert!(notice.contains("mine 3") && notice.contains("/nowhere/at/all"), "{notice}");
    assert_eq!(*models.get(), choice);
    board.send(Command::LoadModel("/also/nowhere".into()));
    wait("the refusal", || board.status().notice.as_ref().is_some_and(|n| n.contains("/also/nowhere")));
    assert_eq!(*models.get(), choice);
    board.send(Command::UseEmbeddedModel);
    wait("the choice", || *models.get() == ModelChoice::Embedded);
    wait("no notice", || board.status().notice.is_none());
}

#[test]
fn a_dropped_file_is_the_engine_s_own_numbers_too() {
    let planar = music(5.0, 2);
    let expected = reference(&planar);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dropped.wav");
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: RATE_HZ,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut wav = hound::WavWriter::create(&path, spec).expect("a file");
    for frame in 0..planar[0].len() {
        planar.iter().for_each(|channel| wav.write_sample(channel[frame]).expect("room"));
    }
    wav.finalize().expect("room");

    let (_worker, board, _) = worker();
    board.send(Command::AnalyseFile(path.clone()));
    wait("the file", || board.file().is_some_and(|file| file.state == FileState::Done));
    let file = board.file().expect("a job");
    let history = file.history.view();
    let rows: Vec<_> = history
        .rows(history.range())
        .map(|row| (row.time_s(), (0..row.classes()).map(|class| row.activity(class)).collect()))
        .collect();
    assert_same(&rows, &expected);
    assert_eq!(file.duration_s, Some(planar[0].len() as f64 / f64::from(RATE_HZ)));
    board.send(Command::Export {
        subject: Subject::File,
        folder: folder.path().to_owned(),
        name: "dropped".into(),
        formats: Formats { json: true, csv: false, labels: false },
    });
    wait("the export", || matches!(board.status().export, ExportStatus::Done(_)));
    assert!(folder.path().join("dropped.json").exists());

    board.send(Command::AnalyseFile(folder.path().join("dropped.json")));
    let failed = |board: &Board| board.file().is_some_and(|file| matches!(file.state, FileState::Failed(_)));
    wait("the refusal", || failed(&board));
    board.send(Command::AnalyseFile(path));
    board.send(Command::CloseFile);
    wait("no file", || board.file().is_none());
}

#[test]
fn rates_out_of_range_are_refused_in_words() {
    let (worker, board, _) = worker();
    for rate in [0.0, 7_999.0, 400_000.0, f64::NAN] {
        let error = worker.open(rate, 64).err().expect("out of range").to_string();
        assert!(error.contains("8000 to 384000"), "{error}");
        wait("the words", || {
            let text = format!("{rate} Hz");
            board
                .status()
                .notice
                .as_ref()
                .is_some_and(|notice| notice.contains(&text) && notice.contains("8000"))
        });
    }
    let writer = worker.open(48_000.0, 64).expect("a rate");
    wait("no words", || board.status().notice.is_none());
    drop(writer);
}
