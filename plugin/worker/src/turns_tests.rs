//! Turns are fair, on real threads; `tests/interleavings.rs` tries every order of a few.

use crate::turns::Turns;
use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

#[test]
fn never_more_than_the_places() {
    let turns = Turns::new(2);
    let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let turn = turns.take();
                    most.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
                    thread::sleep(Duration::from_micros(100));
                    inside.fetch_sub(1, SeqCst);
                    drop(turn);
                }
            });
        }
    });
    assert!(most.load(SeqCst) <= 2);
    // And all of them at once: the second would not be had otherwise.
    drop([turns.take(), turns.take()]);
}

/// So nobody starves, however many there are.
#[test]
fn who_comes_first_is_served_first() {
    let turns = Turns::new(1);
    let served = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let first = turns.take();
        for number in 0..8 {
            let (turns, served) = (&turns, &served);
            scope.spawn(move || {
                let _turn = turns.take();
                served.lock().expect("no panic").push(number);
            });
            // In line behind those before it.
            while turns.drawn() < number + 2 {
                thread::sleep(Duration::from_micros(100));
            }
        }
        drop(first);
    });
    assert_eq!(served.into_inner().expect("no panic"), (0..8).collect::<Vec<_>>());
}
