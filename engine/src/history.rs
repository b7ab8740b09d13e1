//! The rolling memory: what the head said of the last seconds, and the attention over it.

use crate::head::{HeadStep, Pool};
use std::collections::VecDeque;

/// Seconds between two columns.
pub(crate) const COLUMN_S: f64 = 0.16;
/// Columns of the longest memory, 30 s.
pub(crate) const LONGEST_COLUMNS: i64 = 188;

/// The steps of the longest memory as a ring, so that a longer memory can be asked for at any time.
///
/// Steps are stamped with their column of 160 ms, not counted: what a gap leaves out has aged all the same.
pub(crate) struct History {
    steps: VecDeque<Remembered>,
    /// Reused entries.
    spare: Vec<Remembered>,
    memory_columns: i64,
    pool: Pool,
}

struct Remembered {
    column: i64,
    /// Whether the gate was open: a silent window is left out of the pooling.
    heard: bool,
    step: HeadStep,
    /// Normalised attention over the current memory.
    attention: Box<[f32]>,
}

impl History {
    pub(crate) fn new(classes: usize, memory_s: f32) -> Self {
        let entry = || Remembered {
            column: 0,
            heard: false,
            step: HeadStep::new(classes),
            attention: vec![0.0; classes].into_boxed_slice(),
        };
        Self {
            steps: VecDeque::with_capacity(LONGEST_COLUMNS as usize + 1),
            spare: std::iter::repeat_with(entry).take(LONGEST_COLUMNS as usize + 1).collect(),
            memory_columns: memory_columns(memory_s),
            pool: Pool::new(classes),
        }
    }

    pub(crate) fn set_memory(&mut self, memory_s: f32) {
        self.memory_columns = memory_columns(memory_s);
    }

    /// Columns of the memory.
    pub(crate) fn memory_columns(&self) -> i64 {
        self.memory_columns
    }

    pub(crate) fn reset(&mut self) {
        self.spare.extend(self.steps.drain(..));
        self.pool.clear();
    }

    /// Remembers the step at `column`, later than any before, and pools the memory that ends with it.
    ///
    /// `fill` writes what the head says and tells whether anything was heard.
    pub(crate) fn push<E>(
        &mut self,
        column: i64,
        fill: impl FnOnce(&mut HeadStep) -> Result<bool, E>,
    ) -> Result<(), E> {
        while self.steps.front().is_some_and(|oldest| column - oldest.column >= LONGEST_COLUMNS) {
            self.spare.extend(self.steps.pop_front());
        }
        let mut newest =
            self.spare.pop().expect("no more steps fit into the longest memory than there are entries");
        match fill(&mut newest.step) {
            Ok(heard) => (newest.column, newest.heard) = (column, heard),
            Err(error) => {
                self.spare.push(newest);
                return Err(error);
            }
        }
        self.steps.push_back(newest);
        self.pool_memory();
        Ok(())
    }

    fn pool_memory(&mut self) {
        self.pool.clear();
        let from = self.memory_start();
        for remembered in self.steps.range(from..).filter(|r| r.heard) {
            self.pool.add(&remembered.step);
        }
        for remembered in self.steps.range_mut(from..) {
            if remembered.heard {
                let weights = self.pool.attention(&remembered.step);
                remembered.attention.iter_mut().zip(weights).for_each(|(to, weight)| *to = weight);
            } else {
                remembered.attention.fill(0.0);
            }
        }
    }

    /// Index of the first step within the memory.
    fn memory_start(&self) -> usize {
        let Some(newest) = self.steps.back() else { return 0 };
        let first = newest.column - self.memory_columns + 1;
        self.steps.partition_point(|r| r.column < first)
    }

    /// Attention-pooled posterior over the memory; 0 when nothing was heard.
    pub(crate) fn posterior(&self) -> impl Iterator<Item = f32> {
        self.pool.posterior()
    }

    /// What the head said of the newest step, and its attention within the memory.
    pub(crate) fn newest(&self) -> Option<(&HeadStep, &[f32])> {
        self.steps.back().map(|r| (&r.step, &*r.attention))
    }

    /// Centre in seconds and attention of each step within the memory, oldest first.
    pub(crate) fn attention(&self) -> impl Iterator<Item = (f64, &[f32])> {
        self.steps.range(self.memory_start()..).map(|r| (seconds(r.column), &*r.attention))
    }
}

/// Centre of the window at a column: the exact quotient, so that it prints as short as it is.
pub(crate) fn seconds(column: i64) -> f64 {
    (column * 16) as f64 / 100.0
}

/// Columns within a memory: those less than `memory_s` ago. What single precision adds to a whole number is taken off.
fn memory_columns(memory_s: f32) -> i64 {
    ((f64::from(memory_s) / COLUMN_S - 1e-5).ceil() as i64).clamp(1, LONGEST_COLUMNS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(activity: f32, log_attention: f32) -> impl FnOnce(&mut HeadStep) -> Result<bool, ()> {
        move |step| {
            step.activity.fill(activity);
            step.log_attention.fill(log_attention);
            Ok(true)
        }
    }

    fn posterior(history: &History) -> f32 {
        history.posterior().next().unwrap()
    }

    #[test]
    fn memory_in_columns() {
        for (memory_s, columns) in [(1.0, 7), (3.0, 19), (3.2, 20), (30.0, 188), (1.6, 10)] {
            assert_eq!(memory_columns(memory_s), columns, "{memory_s} s");
        }
    }

    #[test]
    fn forgets_what_is_older_than_the_memory() {
        let mut history = History::new(1, 1.0);
        history.push(0, say(1.0, -1.0)).unwrap();
        history.push(1, say(0.0, -1.0)).unwrap();
        assert_eq!(posterior(&history), 0.5);
        history.push(7, say(0.0, -1.0)).unwrap();
        assert_eq!(posterior(&history), 0.0, "column 0 is 7 columns of 160 ms ago");
        history.set_memory(30.0);
        history.push(8, say(0.0, -1.0)).unwrap();
        assert_eq!(posterior(&history), 0.25, "a longer memory finds it again");
        assert_eq!(history.attention().map(|(t, _)| t).collect::<Vec<_>>(), [0.0, 0.16, 1.12, 1.28]);
        assert!(history.attention().all(|(_, w)| w == [0.25]));
    }

    #[test]
    fn silence_is_left_out() {
        let mut history = History::new(1, 3.0);
        history.push(0, say(0.75, -3.0)).unwrap();
        history.push(1, |_| Ok::<_, ()>(false)).unwrap();
        assert_eq!(posterior(&history), 0.75);
        assert_eq!(history.newest().unwrap().1, [0.0]);
    }

    #[test]
    fn runs_for_ever_and_starts_anew() {
        let mut history = History::new(1, 30.0);
        for column in 0..1000 {
            history.push(column, say(0.5, -1.0)).unwrap();
        }
        assert_eq!(history.attention().count(), 188);
        assert!(history.push(1000, |_| Err(())).is_err());
        history.reset();
        assert_eq!((history.attention().count(), posterior(&history)), (0, 0.0));
    }
}
