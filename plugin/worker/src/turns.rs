//! Workers take turns: at most as many work at once as there are cores, first come, first served.
//!
//! Without this, sixteen workers would all be scheduled at once, thrash each other's caches, and compete with the
//! host's own threads; and the system's scheduler would not be fair over the length of one inference.

use std::{
    num::NonZeroUsize,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

struct Line {
    free: usize,
    /// Next number to be drawn, and next to be served.
    drawn: u64,
    served: u64,
}

pub(crate) struct Turns {
    line: Mutex<Line>,
    moved: Condvar,
}

/// The line of this process.
static TURNS: std::sync::LazyLock<Turns> =
    std::sync::LazyLock::new(|| Turns::new(thread::available_parallelism().map_or(1, NonZeroUsize::get)));

/// Waits for a turn; dropping it ends the turn.
pub(crate) fn take() -> Turn<'static> {
    TURNS.take()
}

impl Turns {
    pub(crate) fn new(places: usize) -> Self {
        Self { line: Mutex::new(Line { free: places, drawn: 0, served: 0 }), moved: Condvar::new() }
    }

    pub(crate) fn take(&self) -> Turn<'_> {
        let mut line = self.lock();
        let mine = line.drawn;
        line.drawn += 1;
        while line.free == 0 || line.served != mine {
            line = self.moved.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
        line.free -= 1;
        line.served += 1;
        // The next in line may find another free place.
        self.moved.notify_all();
        Turn(self)
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        // The counts are whole at every point where a panic could be: a poisoned lock is as good as any.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn, until it is dropped.
pub(crate) struct Turn<'a>(&'a Turns);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().free += 1;
        self.0.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

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
}
