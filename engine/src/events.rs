//! What else is heard: events of AudioSet from the embedding, and whether an instrument outside of the classes explains the sound better
//! than any of them (`events.onnx`, which a package may hold).
//!
//! The layer reads the *mean* embedding of the memory, as it was trained to. Two of its logits decide: the greatest of the events by
//! which the classes are known, and the greatest of those of other instruments. A logistic function of both, whose
//! constants stand in the manifest, is the probability that somebody plays and is none of the classes.

mod probe;

use crate::head::{Dense, WeightReader};
use crate::network::Onnx;
use crate::package::{EVENTS, EventTable};
use crate::sigmoid::sigmoid;
use crate::{EMBEDDING, Package, PackageError};
use std::collections::VecDeque;

/// An instrument outside of the classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Another {
    /// Probability that somebody plays and is none of the classes, 0..=1.
    pub probability: f32,
    /// The likeliest such instrument, in the order of [`EventTable::others`].
    pub instrument: usize,
}

impl Another {
    /// Probability from which another instrument is told, and the classes give way: as likely as not.
    pub const LIKELY: f32 = 0.5;

    /// The share of what is heard that the classes may explain, 0..=1, where another instrument plays with this probability: all of
    /// it until that is likelier than not, and none when it is certain.
    pub fn share_of_classes(probability: f32) -> f32 {
        ((1.0 - probability) / (1.0 - Self::LIKELY)).clamp(0.0, 1.0)
    }
}

/// The layer from a mean embedding to the events' logits.
pub(crate) struct Events {
    layer: Dense,
    table: EventTable,
}

impl Events {
    /// Reads `events.onnx`, if the package has it, checks shapes and weights, and compares itself with the file's own graph.
    pub(crate) fn load(package: &mut Package) -> Result<Option<Self>, PackageError> {
        let Some(table) = package.manifest().events.clone() else { return Ok(None) };
        let mut onnx = Onnx::read(EVENTS, &package.take(EVENTS))?;
        let layer = WeightReader::new(&onnx).dense("events", table.names.len())?;
        let events = Self { layer, table };
        probe::compare(&events.table.names, &|mean| events.logits(mean), &mut onnx)?;
        Ok(Some(events))
    }

    /// Logit of each event.
    pub(crate) fn logits(&self, mean: &[f32; EMBEDDING]) -> Vec<f32> {
        let mut logits = vec![0.0; self.table.names.len()];
        self.layer.apply(mean, &mut logits);
        logits
    }

    /// Probability of each event, 0..=1.
    pub(crate) fn probabilities(&self, mean: &[f32; EMBEDDING]) -> Vec<f32> {
        self.logits(mean).into_iter().map(sigmoid).collect()
    }

    /// Whether somebody else than the classes plays.
    pub(crate) fn another(&self, mean: &[f32; EMBEDDING]) -> Another {
        let logits = self.logits(mean);
        let greatest = |events: &[usize]| events.iter().map(|e| logits[*e]).fold(f32::NEG_INFINITY, f32::max);
        let class =
            self.table.classes.iter().map(|events| greatest(events)).fold(f32::NEG_INFINITY, f32::max);
        let mut others = self.table.others.iter().map(|other| greatest(&other.events)).enumerate();
        let first = others.next().expect("a table without other instruments is refused");
        let (instrument, other) = others.fold(first, |best, next| if next.1 > best.1 { next } else { best });
        Another { probability: self.table.another.probability(other, class), instrument }
    }
}

/// The embeddings of a stream, as much of them as the events need.
#[derive(Clone)]
pub(crate) struct Embeddings {
    /// Column and embedding of the steps of the longest memory in which anything was heard.
    recent: VecDeque<(i64, [f32; EMBEDDING])>,
    longest: i64,
    total: [f64; EMBEDDING],
    count: u64,
}

impl Embeddings {
    /// None yet; `longest`: columns of the longest memory.
    pub(crate) fn new(longest: i64) -> Self {
        Self {
            recent: VecDeque::with_capacity(longest as usize + 1),
            longest,
            total: [0.0; EMBEDDING],
            count: 0,
        }
    }

    /// Forgets all.
    pub(crate) fn reset(&mut self) {
        self.recent.clear();
        self.total.fill(0.0);
        self.count = 0;
    }

    /// Takes the embedding of a step, later than any before.
    pub(crate) fn push(&mut self, column: i64, embedding: &[f32; EMBEDDING]) {
        while self.recent.front().is_some_and(|(oldest, _)| column - oldest >= self.longest) {
            self.recent.pop_front();
        }
        self.recent.push_back((column, *embedding));
        self.total.iter_mut().zip(embedding).for_each(|(t, e)| *t += f64::from(*e));
        self.count += 1;
    }

    /// Mean over the `columns` that end with `newest`; nothing where nothing was heard.
    pub(crate) fn mean_of_last(&self, newest: i64, columns: i64) -> Option<[f32; EMBEDDING]> {
        let mut sum = [0.0; EMBEDDING];
        let mut count = 0u64;
        for (_, embedding) in self.recent.iter().filter(|(column, _)| newest - column < columns) {
            sum.iter_mut().zip(embedding).for_each(|(s, e)| *s += f64::from(*e));
            count += 1;
        }
        mean(&sum, count)
    }

    /// Mean over all since the beginning; nothing where nothing was heard.
    pub(crate) fn mean(&self) -> Option<[f32; EMBEDDING]> {
        mean(&self.total, self.count)
    }
}

fn mean(sum: &[f64; EMBEDDING], count: u64) -> Option<[f32; EMBEDDING]> {
    (count > 0).then(|| sum.map(|s| (s / count as f64) as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_over_what_was_heard() {
        let mut embeddings = Embeddings::new(10);
        assert_eq!((embeddings.mean(), embeddings.mean_of_last(0, 5)), (None, None));
        for (column, value) in [(0, 1.0), (1, 3.0), (7, 5.0)] {
            embeddings.push(column, &[value; EMBEDDING]);
        }
        assert_eq!(embeddings.mean().unwrap()[3], 3.0);
        assert_eq!(embeddings.mean_of_last(7, 1).unwrap()[0], 5.0);
        assert_eq!(embeddings.mean_of_last(7, 7).unwrap()[0], 4.0, "columns 1 and 7");
        assert_eq!(embeddings.mean_of_last(17, 7), None, "long ago");
        embeddings.push(10, &[0.0; EMBEDDING]);
        assert_eq!(embeddings.mean_of_last(10, 10).unwrap()[0], 8.0 / 3.0, "column 0 is forgotten");
        embeddings.reset();
        assert_eq!(embeddings.mean(), None);
    }
}
