//! Workers take turns: at most as many work at once as there are cores, first come, first served.
//!
//! Without this, sixteen workers would all be scheduled at once, thrash each other's caches, and compete with the
//! host's own threads; and the system's scheduler would not be fair over the length of one inference.

use crate::sync::{Condvar, Mutex, MutexGuard};
use std::{
    num::NonZeroUsize,
    sync::{LazyLock, PoisonError},
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
static TURNS: LazyLock<Turns> =
    LazyLock::new(|| Turns::new(thread::available_parallelism().map_or(1, NonZeroUsize::get)));

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

    /// Numbers that have been drawn so far.
    #[cfg(test)]
    pub(crate) fn drawn(&self) -> u64 {
        self.lock().drawn
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
