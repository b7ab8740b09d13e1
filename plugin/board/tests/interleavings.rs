//! What readers may see of the history and of the outputs, in every order of threads and memory that C11 allows.
//!
//! loom runs each model again and again, once for every order (Norris and Demsky, "CDSChecker", OOPSLA 2013), and fails on a
//! wrong value as on a deadlock. The rooms are compiled here from their own files, over loom's atomics and with chunks of two
//! rows. arc-swap's slot is not ours: a lock stands in for it, which orders what arc-swap orders.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "the rooms' files are whole, and only their hand-overs are tried"
)]

#[path = "../src/history.rs"]
mod history;
#[path = "../src/latest.rs"]
mod latest;
#[path = "../src/outputs.rs"]
mod outputs;

mod sync {
    //! The board's `sync`, over loom.
    pub(crate) use loom::sync::{
        Mutex,
        atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    };
    pub(crate) use std::sync::Arc;

    #[derive(Debug, Default)]
    pub(crate) struct ArcSwap<T>(Mutex<Arc<T>>);

    impl<T> ArcSwap<T> {
        pub(crate) fn load_full(&self) -> Arc<T> {
            Arc::clone(&self.0.lock().expect("no model panics in a lock"))
        }
        pub(crate) fn store(&self, new: Arc<T>) {
            *self.0.lock().expect("no model panics in a lock") = new;
        }
    }
}

use history::{HistoryWriter, RowData};
use latest::{Another, Meter, SongPosition};
use outputs::Outputs;

const CHUNK_STEPS: usize = 2;
const MAX_CHUNKS: usize = 2;
const MAX_CLASSES: usize = 2;

/// Every order, however often a thread is left that could go on.
fn every_order(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = None;
    builder.check(model);
}

/// A row whose every word tells its index.
fn push(writer: &mut HistoryWriter, index: u64) {
    let number = index as f64 + 1.0;
    writer.push(&RowData {
        time_s: number,
        position: SongPosition {
            playing: true,
            song_s: Some(number),
            beats: Some(number),
            bar: Some((number as i32, number as f32)),
            tempo_bpm: None,
        },
        level_dbfs: number as f32,
        gate_open: true,
        after_gap: true,
        another: Some(Another { probability: number as f32, instrument: index as usize }),
        hops: 16,
        activity: &[number as f32],
    });
}

fn check(view: &history::History) {
    for index in view.range() {
        let row = view.row(index).expect("it is in the range");
        let number = index as f64 + 1.0;
        assert_eq!((row.time_s(), row.level_dbfs(), row.activity(0)), (number, number as f32, number as f32));
        assert_eq!(row.another(), Some(Another { probability: number as f32, instrument: index as usize }));
        assert!(row.gate_open() && row.after_gap(), "row {index}");
        let position = row.position();
        assert_eq!((position.song_s, position.beats), (Some(number), Some(number)));
        assert_eq!(position.bar, Some((number as i32, number as f32)));
    }
}

#[test]
fn a_row_in_a_view_is_whole() {
    every_order(|| {
        let mut writer = HistoryWriter::new(1);
        let reader = writer.reader();
        let writing = loom::thread::spawn(move || (0..3).for_each(|index| push(&mut writer, index)));
        let early = reader.view();
        check(&early);
        let late = reader.view();
        assert!(late.range().end >= early.range().end, "a history never shrinks");
        check(&late);
        writing.join().expect("it does not panic");
        assert_eq!(reader.view().range(), 0..3);
    });
}

#[test]
fn a_view_outlives_the_rows_that_are_let_go() {
    every_order(|| {
        let mut writer = HistoryWriter::new(1);
        (0..4).for_each(|index| push(&mut writer, index));
        let reader = writer.reader();
        let writing = loom::thread::spawn(move || {
            push(&mut writer, 4);
            writer.clear(1);
        });
        let view = reader.view();
        writing.join().expect("it does not panic");
        check(&view);
        assert!([0..4, 2..5, 0..0].contains(&view.range()), "{:?}", view.range());
        assert!(reader.view().is_empty());
    });
}

#[test]
fn an_output_is_one_that_was_shown() {
    every_order(|| {
        let outputs = sync::Arc::new(Outputs::default());
        let meter = |activity, active| Meter { activity, active, ..Meter::default() };
        let seen = sync::Arc::clone(&outputs);
        let audio = loom::thread::spawn(move || {
            for class in 0..2 {
                let (first, second) = (seen.activity(class), seen.activity(class));
                assert!(first <= second && [0.0, 0.25, 0.5].contains(&first), "{first} {second}");
            }
            assert!(seen.classes() <= 2 && seen.activity(2) == 0.0 && !seen.active(2));
        });
        outputs.set(&[meter(0.25, true), meter(0.25, false)]);
        outputs.set(&[meter(0.5, false), meter(0.5, true)]);
        audio.join().expect("it does not panic");
        assert_eq!((outputs.classes(), outputs.activity(1)), (2, 0.5));
        assert!(!outputs.active(0) && outputs.active(1));
    });
}
