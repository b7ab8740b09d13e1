//! What readers see while the writer writes.

use rollcall_board::{
    Another, CHUNK_STEPS, Command, HistoryWriter, Latest, MAX_CHUNKS, Meter, RowData, SongPosition, board,
};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

fn another(index: u64) -> Option<Another> {
    (!index.is_multiple_of(7)).then_some(Another { probability: index as f32, instrument: index as usize })
}

/// A row whose every field tells its index, so that a torn row shows.
fn row(index: u64, activity: &mut [f32]) -> RowData<'_> {
    for (class, value) in activity.iter_mut().enumerate() {
        *value = index as f32 + class as f32 * 0.01;
    }
    RowData {
        time_s: index as f64,
        position: SongPosition {
            playing: index % 2 == 1,
            song_s: Some(index as f64 * 2.0),
            beats: None,
            bar: Some((-(index as i32), 0.5)),
            tempo_bpm: None,
        },
        level_dbfs: -(index as f32),
        gate_open: index.is_multiple_of(3),
        after_gap: index.is_multiple_of(5),
        another: another(index),
        hops: 16,
        activity,
    }
}

fn check(row: &rollcall_board::Row<'_>, index: u64) {
    assert_eq!(row.time_s(), index as f64);
    assert_eq!(row.level_dbfs(), -(index as f32));
    assert_eq!((row.gate_open(), row.after_gap()), (index.is_multiple_of(3), index.is_multiple_of(5)));
    assert_eq!(row.another(), another(index));
    let position = row.position();
    assert_eq!(position.song_s, Some(index as f64 * 2.0));
    assert_eq!(position.beats, None);
    assert_eq!(position.bar, Some((-(index as i32), 0.5)));
    for class in 0..row.classes() {
        assert_eq!(row.activity(class), index as f32 + class as f32 * 0.01, "row {index}, class {class}");
    }
}

#[test]
fn rows_come_back_as_written_and_the_oldest_go() {
    let mut writer = HistoryWriter::new(20);
    let total = (MAX_CHUNKS * CHUNK_STEPS + CHUNK_STEPS + 3) as u64;
    let mut activity = [0.0; 20];
    let early = {
        for index in 0..10 {
            writer.push(&row(index, &mut activity));
        }
        writer.view()
    };
    for index in 10..total {
        writer.push(&row(index, &mut activity));
    }
    assert_eq!(early.range(), 0..10, "a view stands still");
    check(&early.row(9).unwrap(), 9);
    let view = writer.view();
    assert_eq!(view.range(), 2 * CHUNK_STEPS as u64..total);
    for index in view.range() {
        check(&view.row(index).unwrap(), index);
    }
    assert!(view.row(total).is_none() && view.row(0).is_none());
    assert_eq!(view.index_at(5_000.5), 5_001);
    assert_eq!(view.index_at(5_000.0), 5_000);
    assert_eq!(view.index_at(-1.0), view.range().start);
    assert_eq!(view.index_at(1e12), total);
    writer.clear(3);
    assert!(writer.view().is_empty() && writer.view().last().is_none());
    writer.push(&row(0, &mut activity[..3]));
    assert_eq!(writer.view().last().unwrap().classes(), 3);
}

#[test]
fn no_reader_ever_sees_a_torn_row() {
    let total = 40 * CHUNK_STEPS as u64;
    let mut writer = HistoryWriter::new(20);
    let done = AtomicBool::new(false);
    let reader = writer.reader();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut newest = 0;
                while !done.load(Relaxed) {
                    let view = reader.view();
                    let range = view.range();
                    assert!(range.end >= newest, "a history never shrinks");
                    newest = range.end;
                    for index in range.end.saturating_sub(50).max(range.start)..range.end {
                        check(&view.row(index).unwrap(), index);
                    }
                }
            });
        }
        let mut activity = [0.0; 20];
        for index in 0..total {
            writer.push(&row(index, &mut activity));
        }
        done.store(true, Relaxed);
    });
    assert_eq!(writer.view().len() as u64, total);
}

#[test]
fn snapshots_are_whole_and_outputs_follow() {
    let (mut writer, board, inbox) = board();
    assert_eq!((board.outputs().classes(), board.latest().steps), (0, 0));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                let latest = board.latest();
                assert!(latest.meters.iter().all(|m| m.activity == latest.time_s as f32));
            }
        });
        for steps in 1..20_000_u64 {
            let meter = Meter { activity: steps as f32, active: steps % 2 == 0, ..Meter::default() };
            writer.set_outputs(&[meter; 20]);
            writer.show_latest(Latest {
                steps,
                time_s: steps as f64,
                meters: vec![meter; 20],
                ..Latest::default()
            });
        }
        done.store(true, Relaxed);
    });
    let outputs = board.outputs();
    assert_eq!((outputs.classes(), outputs.activity(19), outputs.active(19)), (20, 19_999.0, false));
    assert_eq!((outputs.activity(20), outputs.active(20), outputs.active(1_000)), (0.0, false, false));
    board.send(Command::Reset);
    board.clone().send(Command::ResetPeak(3));
    assert_eq!(inbox.next(), Some(Command::Reset));
    assert_eq!(inbox.next(), Some(Command::ResetPeak(3)));
    assert_eq!(inbox.next(), None);
    drop(inbox);
    board.send(Command::Reset);
}

#[test]
fn a_full_history_stays_under_20_megabytes() {
    // Words of a row: time, song, beats of 8 bytes; bar, bar beats, level of 4; flags of 1; 20 activities of 4.
    let row_bytes = 3 * 8 + 3 * 4 + 1 + 20 * 4;
    assert!(MAX_CHUNKS * CHUNK_STEPS * row_bytes < 20_000_000);
}
