//! Turns, the words that the audio thread and the worker share, and the choice of a model, in every order of threads and
//! memory that C11 allows.
//!
//! loom runs each model again and again, once for every order, and fails on a wrong value as on a deadlock or a wake-up that
//! nobody gets. The rooms are compiled here from their own files, over loom's locks and atomics.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "the rooms' files are whole, and only their hand-overs are tried"
)]

#[path = "../src/choice.rs"]
mod choice;
#[path = "../src/control.rs"]
mod control;
#[path = "../src/turns.rs"]
mod turns;

mod sync {
    //! The worker's `sync`, over loom.
    pub(crate) use loom::sync::{
        Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    };
}

use choice::{ModelChoice, ModelSlot};
use control::Link;
use std::sync::Arc;
use sync::{AtomicU64, Ordering::SeqCst};
use turns::Turns;

/// Every order with at most this many switches away from a thread that could go on.
fn every_order(switches: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.check(model);
}

/// So many threads take a turn each; nobody may wait for ever.
fn take_turns(places: usize, threads: usize) {
    every_order(2, move || {
        let turns = Arc::new(Turns::new(places));
        let inside = Arc::new(AtomicU64::new(0));
        let others: Vec<_> = (1..threads)
            .map(|_| {
                let (turns, inside) = (Arc::clone(&turns), Arc::clone(&inside));
                loom::thread::spawn(move || take_one(&turns, &inside, places))
            })
            .collect();
        take_one(&turns, &inside, places);
        for other in others {
            other.join().expect("it does not panic");
        }
        assert_eq!(inside.load(SeqCst), 0);
    });
}

fn take_one(turns: &Turns, inside: &AtomicU64, places: usize) {
    let turn = turns.take();
    let now = inside.fetch_add(1, SeqCst) + 1;
    assert!(now <= places as u64, "{now} at work at {places} places");
    inside.fetch_sub(1, SeqCst);
    drop(turn);
}

#[test]
fn one_place_for_three() {
    take_turns(1, 3);
}

#[test]
fn two_places_for_three() {
    take_turns(2, 3);
}

#[test]
fn a_worker_that_sleeps_is_woken_to_stop() {
    // `Core::run` and the drop of `Worker`, without the time-out that would hide a lost wake-up.
    every_order(3, || {
        let link = Arc::new(Link::default());
        let seen = Arc::clone(&link);
        let worker = loom::thread::spawn(move || {
            while !seen.is_stopped() {
                seen.add_taken(1);
                loom::thread::park();
            }
        });
        link.stop();
        worker.thread().unpark();
        worker.join().expect("it does not panic");
    });
}

#[test]
fn who_waits_sees_that_something_was_taken() {
    every_order(3, || {
        let link = Arc::new(Link::default());
        let seen = Arc::clone(&link);
        let worker = loom::thread::spawn(move || {
            seen.add_taken(2);
            seen.add_taken(3);
        });
        let (first, second) = (link.taken(), link.taken());
        assert!(first <= second && [0, 2, 5].contains(&first), "{first} {second}");
        worker.join().expect("it does not panic");
        assert_eq!(link.taken(), 5);
    });
}

#[test]
fn a_restored_choice_is_the_one_that_listens() {
    every_order(3, || {
        let slot = Arc::new(ModelSlot::default());
        let package = |name: &str| ModelChoice::Package {
            name: name.into(),
            version: String::new(),
            sha256: String::new(),
            folder: "model".into(),
        };
        let host = {
            let (slot, choice) = (Arc::clone(&slot), package("restored"));
            loom::thread::spawn(move || slot.restore(choice))
        };
        // The worker's part, as in `core.rs`: while it loads what somebody has picked in the window, a project may be
        // restored (`load_picked`, `take_model`); then it looks.
        let picked = package("picked");
        let mut listens = slot.get();
        let mut generation = slot.generation();
        let began = generation;
        loom::thread::yield_now();
        if slot.keep(picked.clone(), began) {
            listens = Arc::new(picked);
        }
        let look = |generation: &mut u64, listens: &mut Arc<ModelChoice>| {
            let newest = slot.generation();
            if *generation != newest {
                *generation = newest;
                *listens = slot.get();
            }
        };
        look(&mut generation, &mut listens);
        host.join().expect("it does not panic");
        look(&mut generation, &mut listens);
        assert_eq!(*listens, *slot.get(), "the model that listens is the one that a project keeps");
        if began == 0 {
            assert_eq!(
                *listens,
                package("restored"),
                "whatever was being loaded when the project was restored"
            );
        }
    });
}
