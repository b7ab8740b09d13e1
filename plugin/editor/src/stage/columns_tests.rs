//! Columns against the rows they were made from.

use super::*;
use rollcall_board::{HistoryWriter, RowData, SongPosition};

fn push(writer: &mut HistoryWriter, time_s: f64, after_gap: bool, activity: &[f32]) {
    let position = SongPosition::default();
    writer.push(&RowData {
        time_s,
        position,
        level_dbfs: -20.0,
        gate_open: true,
        after_gap,
        another: None,
        hops: 16,
        activity,
    });
}

/// 0.48, 0.64, ...: what the engine gives.
fn steady(rows: usize, activity: impl Fn(usize) -> [f32; 2]) -> HistoryWriter {
    let mut writer = HistoryWriter::new(2);
    for i in 0..rows {
        push(&mut writer, 0.48 + 0.16 * i as f64, false, &activity(i));
    }
    writer
}

#[test]
fn each_step_has_its_column_at_the_finest_zoom() {
    let writer = steady(5_000, |i| [(i % 256) as f32 / 255.0, 0.5]);
    let history = writer.view();
    let mut columns = Columns::default();
    columns.update(&history, 1, 60.0, 1_000);
    for (i, row) in history.rows(0..5_000).enumerate() {
        let (cover, values) = columns.get(columns.column_at(row.time_s()));
        assert_eq!(
            (cover, values),
            (Cover::Heard, &[(i % 256) as u8, 128][..]),
            "row {i} at {} s",
            row.time_s()
        );
    }
}

#[test]
fn columns_keep_the_greatest_value_at_any_zoom() {
    let writer = steady(4_000, |i| [if i == 1_234 { 1.0 } else { 0.1 }, 0.0]);
    let mut columns = Columns::default();
    for span_s in [10.0, 100.0, 640.0, 5_000.0] {
        columns.update(&writer.view(), 1, span_s, 200);
        let time_s = 0.48 + 0.16 * 1_234.0;
        let at = columns.column_at(time_s);
        assert_eq!(columns.get(at).1[0], 255, "span {span_s}");
        assert!(columns.begin_s(at) <= time_s && time_s < columns.begin_s(at + 1));
        let others =
            (0..columns.column_at(640.0)).filter(|&column| columns.get(column).1.first() == Some(&255));
        assert_eq!(others.count(), 1, "span {span_s}");
    }
}

#[test]
fn growing_gives_the_same_as_building_at_once() {
    let mut writer = HistoryWriter::new(2);
    let mut growing = Columns::default();
    for i in 0..600 {
        let gap = i > 0 && i % 97 == 0;
        let time_s = 0.48 + 0.32 * f64::from(i) + f64::from(i / 97) * 2.0;
        push(&mut writer, time_s, gap, &[i as f32 / 600.0, 0.3]);
        growing.update(&writer.view(), 1, 60.0, 100);
    }
    let mut whole = Columns::default();
    whole.update(&writer.view(), 1, 60.0, 100);
    assert_eq!((&growing.cover, &growing.values, growing.first), (&whole.cover, &whole.values, whole.first));
    assert!(whole.cover.contains(&Cover::Gap));
}

#[test]
fn slow_steps_leave_no_holes_and_lost_audio_does() {
    let mut writer = HistoryWriter::new(1);
    for i in 0..5 {
        push(&mut writer, f64::from(i) * 0.96, false, &[0.5]);
    }
    push(&mut writer, 10.0, true, &[0.5]);
    push(&mut writer, 30.0, false, &[0.5]);
    let mut columns = Columns::default();
    columns.update(&writer.view(), 1, 10.0, 1_000);
    let cover = |time_s| columns.get(columns.column_at(time_s)).0;
    assert!((0..24).all(|i| cover(f64::from(i) * 0.16) == Cover::Heard));
    assert_eq!((cover(7.0), cover(10.0), cover(20.0)), (Cover::Gap, Cover::Heard, Cover::None));
}

#[test]
fn another_session_starts_anew() {
    let mut columns = Columns::default();
    columns.update(&steady(100, |_| [1.0, 1.0]).view(), 1, 60.0, 500);
    let before = columns.version();
    columns.update(&steady(10, |_| [0.0, 0.2]).view(), 2, 60.0, 500);
    assert_eq!(columns.get(columns.column_at(0.48)).1, &[0, 51]);
    assert_eq!(columns.get(columns.column_at(10.0)).0, Cover::None);
    assert!(columns.version() > before);
}

#[test]
fn memory_stays_bounded_with_the_history() {
    let rows = (rollcall_board::CHUNK_STEPS * (rollcall_board::MAX_CHUNKS + 3)) as u64;
    let mut writer = HistoryWriter::new(1);
    let mut columns = Columns::default();
    for i in 0..rows {
        push(&mut writer, i as f64 * 0.16, false, &[0.5]);
        if i % 5_000 == 0 || i + 1 == rows {
            columns.update(&writer.view(), 1, 60.0, 1_000);
        }
    }
    assert!(columns.cover.len() <= rollcall_board::CHUNK_STEPS * rollcall_board::MAX_CHUNKS + 1);
}
