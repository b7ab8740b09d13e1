//! The samples come out as they went in, whatever the blocks and however slow the reader; and memory is used sparingly.

use proptest::prelude::*;
use rollcall_queue::{Consumer, Producer, queue};
use std::collections::{BTreeSet, VecDeque};

/// Samples that lie side by side.
const CHUNK: usize = 1024;

/// Writes numbers from `first` on; returns how many found room.
fn write(producer: &mut Producer, first: usize, samples: usize) -> usize {
    producer.fill(samples, |from, places| {
        places.iter_mut().zip(first + from..).for_each(|(place, number)| *place = number as f32);
    })
}

fn read(consumer: &mut Consumer, samples: usize) -> Vec<f32> {
    let mut buffer = vec![-1.0; samples];
    let got = consumer.read(&mut buffer);
    buffer.truncate(got);
    buffer
}

#[test]
fn an_empty_queue_takes_what_it_says() {
    for samples in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 70 * CHUNK] {
        let (mut producer, mut consumer) = queue(samples);
        let capacity = producer.capacity();
        assert!(capacity >= samples && capacity < samples + CHUNK + 1, "{capacity} for {samples}");
        // Wherever the last round ended within a chunk.
        for start in [0, 1, 511, 700] {
            assert_eq!(write(&mut producer, 0, start), start);
            assert_eq!(consumer.skip(start), start);
            assert!(producer.vacant() >= capacity);
            assert_eq!(write(&mut producer, 0, capacity), capacity);
            let room = producer.vacant();
            assert_eq!(write(&mut producer, 0, CHUNK * 2), room, "and no more than it says");
            assert_eq!(producer.vacant(), 0);
            assert_eq!(consumer.waiting(), capacity + room);
            assert_eq!(consumer.skip(usize::MAX), capacity + room);
        }
    }
}

/// While the consumer keeps up, two chunks do, of a queue of hundreds: that is what it is for.
#[test]
fn who_keeps_up_stays_in_the_same_memory() {
    let (mut producer, mut consumer) = queue(400 * CHUNK);
    let mut pages = BTreeSet::new();
    for _ in 0..5_000 {
        let mut see = |_: usize, places: &mut [f32]| {
            pages.insert(places.as_ptr().addr() / 4096);
        };
        assert_eq!(producer.fill(577, &mut see), 577);
        assert_eq!(consumer.skip(577), 577);
    }
    assert!(pages.len() <= 2, "{} pages", pages.len());
    // One who is late uses as many as he must, and then no more.
    assert_eq!(write(&mut producer, 0, 100 * CHUNK), 100 * CHUNK);
    assert_eq!(consumer.skip(usize::MAX), 100 * CHUNK);
    pages.clear();
    for _ in 0..100 {
        producer.fill(577, |_, places| _ = pages.insert(places.as_ptr().addr() / 4096));
        consumer.skip(577);
    }
    assert!(pages.len() <= 3, "{} pages", pages.len());
}

#[derive(Clone, Debug)]
enum Do {
    Write(usize),
    Read(usize),
    Skip(usize),
}

fn deeds() -> impl Strategy<Value = Vec<Do>> {
    let deed = prop_oneof![
        3 => (0_usize..3_000).prop_map(Do::Write),
        2 => (0_usize..3_000).prop_map(Do::Read),
        1 => (0_usize..2_000).prop_map(Do::Skip),
    ];
    proptest::collection::vec(deed, 0..200)
}

proptest! {
    #[test]
    fn it_is_a_queue(deeds in deeds(), capacity in 0_usize..70_000) {
        let (mut producer, mut consumer) = queue(capacity);
        let (mut model, mut next) = (VecDeque::new(), 0);
        for deed in deeds {
            match deed {
                Do::Write(samples) => {
                    let room = producer.vacant();
                    let written = write(&mut producer, next, samples);
                    prop_assert_eq!(written, samples.min(room));
                    model.extend((next..next + written).map(|number| number as f32));
                    next += written;
                }
                Do::Read(samples) => {
                    let expected: Vec<f32> = model.drain(..samples.min(model.len())).collect();
                    prop_assert_eq!(read(&mut consumer, samples), expected);
                }
                Do::Skip(samples) => {
                    let gone = model.drain(..samples.min(model.len())).count();
                    prop_assert_eq!(consumer.skip(samples), gone);
                }
            }
            prop_assert_eq!(consumer.waiting(), model.len());
        }
    }
}

#[test]
fn two_threads_agree() {
    let (mut producer, mut consumer) = queue(3 * CHUNK);
    const TOTAL: usize = 3_000_000;
    let writing = std::thread::spawn(move || {
        let mut at = 0;
        while at < TOTAL {
            let written = write(&mut producer, at, (1 + at % 1_500).min(TOTAL - at));
            at += written;
            if written == 0 {
                std::thread::yield_now();
            }
        }
    });
    let mut next = 0;
    while next < TOTAL {
        let got = read(&mut consumer, 1_300);
        for sample in &got {
            assert_eq!(*sample, next as f32);
            next += 1;
        }
        if got.is_empty() {
            std::thread::yield_now();
        }
    }
    writing.join().unwrap();
}
