//! Turns are fair, measured on real threads; `tests/interleavings.rs` tries every order of a few.

use crate::turns::Turns;
use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
};

#[test]
fn never_more_than_the_places_and_nobody_starves() {
    let turns = Turns::new(2);
    let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let counts: Vec<AtomicUsize> = (0..8).map(|_| AtomicUsize::new(0)).collect();
    let total = AtomicUsize::new(0);
    thread::scope(|scope| {
        for count in &counts {
            scope.spawn(|| {
                while total.load(SeqCst) < 800 {
                    let turn = turns.take();
                    most.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
                    thread::sleep(std::time::Duration::from_micros(100));
                    inside.fetch_sub(1, SeqCst);
                    count.fetch_add(1, SeqCst);
                    total.fetch_add(1, SeqCst);
                    drop(turn);
                }
            });
        }
    });
    assert_eq!(most.load(SeqCst), 2);
    for count in counts {
        let count = count.load(SeqCst);
        assert!((80..=120).contains(&count), "a fair share is 100, but one had {count}");
    }
}
