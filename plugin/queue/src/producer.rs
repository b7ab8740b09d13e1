//! The end that samples go in at.

use super::memory::CHUNK;
use super::shared::Shared;
use super::sync::Arc;
use core::fmt;

/// Writes samples in place and publishes them.
pub struct Producer {
    shared: Arc<Shared>,
    /// The chunk that is being filled; none before the first, when `filled` is a whole chunk.
    chunk: usize,
    /// Samples of it that are written.
    filled: usize,
    /// Where the next chunk goes in the order.
    place: usize,
    published: usize,
}

impl Producer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, chunk: 0, filled: CHUNK, place: 0, published: 0 }
    }

    /// Samples that always find room in an empty queue.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shared.capacity()
    }
    /// Samples that find room now.
    #[must_use]
    pub fn vacant(&self) -> usize {
        CHUNK - self.filled + self.shared.free() * CHUNK
    }

    /// Lets `write` put as many of `samples` as find room into their places, one stretch after another: it gets the number of
    /// samples before the stretch, and the stretch. Returns how many they are; from then on the consumer has them.
    #[inline]
    pub fn fill(&mut self, samples: usize, mut write: impl FnMut(usize, &mut [f32])) -> usize {
        // Nearly always there is one stretch.
        let done = if samples <= CHUNK - self.filled {
            self.stretch(0, samples, &mut write);
            samples
        } else {
            self.fill_on(samples, &mut write)
        };
        self.published = self.published.wrapping_add(done);
        self.shared.publish(self.published);
        done
    }

    /// As [`Self::fill`], over the end of a chunk.
    #[inline(never)]
    fn fill_on(&mut self, samples: usize, write: &mut impl FnMut(usize, &mut [f32])) -> usize {
        let mut done = 0;
        while done < samples && (self.filled < CHUNK || self.go_on()) {
            let stretch = (CHUNK - self.filled).min(samples - done);
            self.stretch(done, stretch, write);
            done += stretch;
        }
        done
    }

    /// Lets `write` have the next `samples` places of the chunk, which has so many left.
    #[inline]
    fn stretch(&mut self, done: usize, samples: usize, write: &mut impl FnMut(usize, &mut [f32])) {
        let end = self.filled + samples;
        // SAFETY: the chunk was free when it was taken, so the consumer is done with what was in it before, and it reads none
        // of these samples before they are published. Before the first chunk the range is empty.
        write(done, unsafe { self.shared.chunk(self.chunk).samples_mut(self.filled..end) });
        self.filled = end;
    }

    /// Takes another chunk; returns whether one is free.
    #[cold]
    fn go_on(&mut self) -> bool {
        let Some(chunk) = self.shared.take(self.place) else { return false };
        (self.chunk, self.filled, self.place) = (chunk, 0, self.shared.after(self.place));
        true
    }
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").field("vacant", &self.vacant()).finish_non_exhaustive()
    }
}
