//! Recordings: the network computes pieces of ten seconds, anywhere and several at the same time, ahead of the listening.
//!
//! An engine that is made with [`crate::Engine::ahead`] cuts its spectrogram into [`Task`]s and hands them to a [`Crew`],
//! which runs them where it likes. What comes back is listened to in order: steps, and the bits in them, are those of any
//! other engine; they only come later.

use crate::{
    COLUMN_HOPS, EngineError, LogMelHop,
    gate::HopPower,
    network::{Network, Piece},
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Columns of one task: 10.24 s. What a task computes that its neighbours compute too is 1.5 columns, 2.3 % of it; a
/// longer task would keep more audio in memory and leave fewer to share among cores.
pub(crate) const TASK_COLUMNS: usize = 64;

/// A piece of a spectrogram for the network to compute.
pub struct Task {
    /// Counts the tasks of an engine.
    number: u64,
    network: Network,
    /// The context, and the hops of `wanted.len()` columns.
    hops: Vec<LogMelHop>,
    /// Of the hops less the context.
    powers: Vec<HopPower>,
    wanted: Vec<bool>,
}

/// A task that was run.
pub struct Done {
    number: u64,
    pub(crate) hops: Vec<LogMelHop>,
    pub(crate) powers: Vec<HopPower>,
    pub(crate) wanted: Vec<bool>,
    pub(crate) piece: Result<Piece, EngineError>,
}

/// Who runs tasks: on this thread or on others. They come back in the order in which they were given: an engine that gets another one fails.
pub trait Crew: Send {
    /// Takes a task, and gives back the one taken first, if it is done or if no more may wait; then it waits for it.
    fn give(&mut self, task: Task) -> Option<Done>;

    /// Waits for the one taken first of those that were not given back, if there is one.
    fn take(&mut self) -> Option<Done>;
}

/// Runs each task at once on the thread that pushes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Crew for Alone {
    fn give(&mut self, task: Task) -> Option<Done> {
        Some(task.run())
    }

    fn take(&mut self) -> Option<Done> {
        None
    }
}

impl Task {
    /// Computes it. A panic becomes an error that the engine will report.
    pub fn run(self) -> Done {
        let Self { number, network, mut hops, powers, wanted } = self;
        let piece = catch_unwind(AssertUnwindSafe(|| network.piece(&hops, &wanted)));
        let piece = piece.unwrap_or_else(|_| Err(EngineError::Network { reason: "a task panicked".into() }));
        hops.drain(..hops.len() - powers.len());
        Done { number, hops, powers, wanted, piece }
    }
}

/// The end of an engine that cuts tasks.
pub(crate) struct Ahead {
    crew: Box<dyn Crew>,
    network: Network,
    /// Context and what is no task yet.
    hops: Vec<LogMelHop>,
    powers: Vec<HopPower>,
    wanted: Vec<bool>,
    /// Tasks that were handed over.
    given: u64,
    /// Tasks that have not come back.
    under_way: u64,
    /// Hops since the spectrogram began.
    pub(crate) heard: u64,
}

impl Ahead {
    pub(crate) fn new(network: Network, crew: Box<dyn Crew>) -> Self {
        let (hops, powers, wanted) = (Vec::new(), Vec::new(), Vec::new());
        Self { crew, network, hops, powers, wanted, given: 0, under_way: 0, heard: 0 }
    }

    /// Takes a hop; `wanted` says whether the window is wanted that the hop completes, if it completes one.
    pub(crate) fn hear(&mut self, hop: &LogMelHop, power: HopPower, wanted: impl FnOnce() -> bool) {
        self.hops.push(*hop);
        self.powers.push(power);
        self.heard += 1;
        if self.heard.is_multiple_of(COLUMN_HOPS as u64) {
            self.wanted.push(wanted());
        }
    }

    /// Hands over what is enough for a task (or, when it is to be the last, whatever there is). `None` when there is no
    /// more; else the task that came back for it, if one did.
    pub(crate) fn give(&mut self, last: bool) -> Option<Option<Done>> {
        let columns = self.wanted.len().min(TASK_COLUMNS);
        if columns == 0 || (columns < TASK_COLUMNS && !last) {
            return None;
        }
        let end = self.hops.len() - self.powers.len() + columns * COLUMN_HOPS;
        let task = Task {
            number: self.given,
            network: self.network.clone(),
            hops: self.hops[..end].to_vec(),
            powers: self.powers.drain(..columns * COLUMN_HOPS).collect(),
            wanted: self.wanted.drain(..columns).collect(),
        };
        self.hops.drain(..end.saturating_sub(self.network.context_columns() * COLUMN_HOPS));
        self.given += 1;
        self.under_way += 1;
        let done = self.crew.give(task);
        Some(done.map(|done| self.back(done)))
    }

    /// Waits for the task that was handed over first.
    pub(crate) fn take(&mut self) -> Option<Done> {
        self.crew.take().map(|done| self.back(done))
    }

    /// A task has come back; if it is not the one that was handed over first, it is a failure.
    fn back(&mut self, mut done: Done) -> Done {
        let first = self.given - self.under_way;
        if done.number != first {
            let reason = format!("task {} came back where task {first} was waited for", done.number);
            done.piece = Err(EngineError::Network { reason });
        }
        self.under_way = self.under_way.saturating_sub(1);
        done
    }

    /// Whether anything was heard that has not come back.
    pub(crate) fn is_behind(&self) -> bool {
        self.under_way > 0 || !self.wanted.is_empty()
    }

    /// Another spectrogram begins. What has not come back is lost.
    pub(crate) fn begin(&mut self) {
        while self.take().is_some() {}
        self.hops.clear();
        self.powers.clear();
        self.wanted.clear();
        self.heard = 0;
    }
}
