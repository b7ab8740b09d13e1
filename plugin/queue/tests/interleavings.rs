//! The two ends of a queue, in every order of the two threads and of memory that C11 allows.
//!
//! loom runs each model again and again, once for every order, and fails on a wrong value, a deadlock, or a sample that is
//! written and read without an order between.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "the crate's files are whole, and only their hand-overs are tried"
)]

extern crate alloc;

mod watched;

use watched::{Consumer, Producer, queue};

/// Switches away from a thread that could go on: with so many, all orders are tried in seconds.
const SWITCHES: usize = 2;

fn every_order(samples: usize, model: impl Fn(Producer, Consumer) + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(SWITCHES);
    builder.check(move || {
        let (producer, consumer) = queue(samples);
        model(producer, consumer);
    });
}

/// Every sample is its own number.
fn write(producer: &mut Producer, first: usize, samples: usize) -> usize {
    producer.fill(samples, |from, places| {
        places.iter_mut().zip(first + from..).for_each(|(place, number)| *place = number as f32);
    })
}

/// Reads until so many have come, two at a time; each must be the next.
fn read(consumer: &mut Consumer, from: usize, to: usize) {
    let mut next = from;
    let mut buffer = [0.0; 2];
    while next < to {
        let got = consumer.read(&mut buffer);
        for sample in &buffer[..got] {
            assert_eq!(*sample, next as f32);
            next += 1;
        }
        if got == 0 {
            loom::thread::yield_now();
        }
    }
}

#[test]
fn samples_come_in_order_through_chunks_that_come_back() {
    every_order(2, |mut producer, mut consumer| {
        let audio = loom::thread::spawn(move || {
            let mut written = 0;
            while written < 7 {
                let took = write(&mut producer, written, 3.min(7 - written));
                written += took;
                if took == 0 {
                    loom::thread::yield_now();
                }
            }
        });
        read(&mut consumer, 0, 7);
        audio.join().expect("it does not panic");
        assert_eq!(consumer.waiting(), 0);
    });
}

#[test]
fn what_a_full_queue_refuses_is_not_seen() {
    every_order(2, |mut producer, mut consumer| {
        let audio = loom::thread::spawn(move || {
            let first = write(&mut producer, 0, 5);
            assert_eq!(first, 4, "two chunks of two");
            first + write(&mut producer, first, 1)
        });
        read(&mut consumer, 0, 2);
        let written = audio.join().expect("it does not panic");
        assert!(written == 4 || written == 5, "{written}: a chunk may have come back in time");
        read(&mut consumer, 2, written);
        assert_eq!(consumer.waiting(), 0);
    });
}

#[test]
fn what_is_skipped_makes_room() {
    every_order(2, |mut producer, mut consumer| {
        let audio = loom::thread::spawn(move || {
            assert_eq!(write(&mut producer, 0, 4), 4);
            while producer.vacant() == 0 {
                loom::thread::yield_now();
            }
            assert!(write(&mut producer, 4, 2) == 2);
        });
        let mut gone = 0;
        while gone < 3 {
            gone += consumer.skip(3 - gone);
            loom::thread::yield_now();
        }
        read(&mut consumer, 3, 6);
        audio.join().expect("it does not panic");
    });
}
