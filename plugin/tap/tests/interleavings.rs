//! A queue and a ring make one stream, in every order of the two threads and of memory that C11 allows.
//!
//! loom runs each model again and again, once for every order, and fails on a wrong value, a deadlock, or a slot that is read
//! and written without an order between. Tap and queue are compiled here from their own files, over loom's atomics and with
//! chunks of two samples; the ring of events is `ringbuf`'s own ends over loom's atomics.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "the rooms' files are whole, and only their hand-overs are tried"
)]

extern crate alloc;

#[path = "../src/event.rs"]
mod event;
mod events;
#[path = "../src/pick.rs"]
mod pick;
#[path = "../../queue/tests/watched/mod.rs"]
mod queue;
#[path = "../src/reader.rs"]
mod reader;
#[path = "../src/writer.rs"]
mod writer;

use event::{Event, Item};
use pick::Pick;
use reader::Reader;
use writer::Writer;

type Out = Writer<u32, events::Prod<Event<u32>>>;
type In = Reader<u32, events::Cons<Event<u32>>>;

/// As in the crate.
fn tap(samples: usize, events: usize) -> (Out, In) {
    let (samples, (prod, cons)) = (queue::queue(samples), events::ring(events));
    (Writer::new(samples.0, prod), Reader::new(samples.1, cons))
}

/// Switches away from a thread that could go on: with so many, all orders are tried in seconds.
const SWITCHES: usize = 2;

fn every_order(samples: usize, events: usize, model: impl Fn(Out, In) + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(SWITCHES);
    builder.check(move || {
        let (writer, reader) = tap(samples, events);
        model(writer, reader);
    });
}

/// Every sample is the number of its frame.
fn write(writer: &mut Out, frames: usize) {
    let first = writer.frames();
    let block: Vec<f32> = (0..frames as u64).map(|frame| (first + frame) as f32).collect();
    writer.write(&[block], frames, Pick::Mono);
}

/// What a reader has seen.
#[derive(Default)]
struct Seen {
    frames: u64,
    lost: u64,
    marks: Vec<u32>,
}

/// Reads until the writer is gone and nothing is left; everything must come in its place.
fn read_to_the_end(reader: &mut In) -> Seen {
    let mut seen = Seen::default();
    let mut buffer = [0.0; 4];
    loop {
        let (is_closed, at) = (reader.is_closed(), reader.frames());
        match reader.next(&mut buffer) {
            Some(Item::Audio(frames)) => {
                for (frame, sample) in (at..).zip(&buffer[..frames]) {
                    assert_eq!(*sample, frame as f32);
                }
            }
            Some(Item::Lost(frames)) => seen.lost += frames,
            Some(Item::Skipped(_)) => {}
            Some(Item::Mark(mark)) => {
                assert_eq!(u64::from(mark), at, "a mark is at its frame");
                seen.marks.push(mark);
            }
            None if is_closed => break,
            None => loom::thread::yield_now(),
        }
        seen.frames = reader.frames();
    }
    seen
}

#[test]
fn a_mark_is_found_before_the_samples_after_it() {
    every_order(4, 2, |mut writer, mut reader| {
        let audio = loom::thread::spawn(move || {
            write(&mut writer, 1);
            assert!(writer.mark(1));
            write(&mut writer, 1);
        });
        let seen = read_to_the_end(&mut reader);
        audio.join().expect("it does not panic");
        assert_eq!((seen.frames, seen.lost, seen.marks), (2, 0, vec![1]));
    });
}

#[test]
fn what_a_full_queue_drops_is_missing_where_it_is_told() {
    every_order(1, 2, |mut writer, mut reader| {
        let audio = loom::thread::spawn(move || {
            write(&mut writer, 5);
            assert!(writer.lost_frames() > 0, "two chunks of two samples hold four");
            write(&mut writer, 1);
            (writer.frames(), writer.lost_frames())
        });
        let seen = read_to_the_end(&mut reader);
        let (frames, lost) = audio.join().expect("it does not panic");
        assert_eq!((seen.frames, seen.lost), (frames, lost));
    });
}

#[test]
fn time_that_is_skipped_is_told_too() {
    every_order(2, 1, |mut writer, mut reader| {
        let audio = loom::thread::spawn(move || {
            write(&mut writer, 1);
            writer.skip(3);
            write(&mut writer, 1);
            writer.frames()
        });
        let seen = read_to_the_end(&mut reader);
        let frames = audio.join().expect("it does not panic");
        assert_eq!(frames, 5);
        // A ring of one event tells of a single stretch: what the writer still had to say when it went is missing at the end.
        assert!(seen.frames == 5 || seen.frames == 4, "{}", seen.frames);
    });
}

#[test]
fn who_waits_for_room_gets_it() {
    every_order(1, 1, |mut writer, mut reader| {
        let audio = loom::thread::spawn(move || {
            write(&mut writer, 4);
            while writer.vacant_frames() == 0 {
                loom::thread::yield_now();
            }
            write(&mut writer, 2);
            writer.lost_frames()
        });
        let seen = read_to_the_end(&mut reader);
        assert_eq!((seen.frames, audio.join().expect("it does not panic")), (6, 0));
    });
}

#[test]
fn what_is_discarded_ends_at_the_next_mark() {
    every_order(2, 1, |mut writer, mut reader| {
        let audio = loom::thread::spawn(move || {
            write(&mut writer, 1);
            assert!(writer.mark(1));
            write(&mut writer, 1);
        });
        let gone = reader.discard(9);
        assert!(gone <= 1, "{gone} frames are gone, but a mark stands at frame 1");
        let seen = read_to_the_end(&mut reader);
        audio.join().expect("it does not panic");
        assert_eq!((seen.frames, seen.marks), (2, vec![1]));
    });
}
