//! The end that samples come out of.

use super::memory::CHUNK;
use super::shared::Shared;
use super::sync::Arc;
use core::fmt;

/// Reads samples and gives their memory back.
pub struct Consumer {
    shared: Arc<Shared>,
    /// The chunk that is being read; none before the first, when `seen` is a whole chunk.
    chunk: usize,
    /// Samples of it that were read.
    seen: usize,
    /// Where the next chunk is in the order.
    place: usize,
    read: usize,
}

impl Consumer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, chunk: 0, seen: CHUNK, place: 0, read: 0 }
    }

    /// Samples that have arrived.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.published().wrapping_sub(self.read)
    }

    /// Moves what has arrived to the front of the buffer, as far as that reaches; returns how many samples they are.
    pub fn read(&mut self, buffer: &mut [f32]) -> usize {
        self.take(buffer.len(), |at, samples| buffer[at..at + samples.len()].copy_from_slice(samples))
    }
    /// Drops up to so many samples; returns how many had arrived.
    pub fn skip(&mut self, samples: usize) -> usize {
        self.take(samples, |_, _| ())
    }

    fn take(&mut self, most: usize, mut see: impl FnMut(usize, &[f32])) -> usize {
        let samples = self.waiting().min(most);
        let mut done = 0;
        while done < samples {
            if self.seen == CHUNK {
                (self.chunk, self.place) = (self.shared.taken(self.place), self.shared.after(self.place));
                self.seen = 0;
            }
            let end = CHUNK.min(self.seen + samples - done);
            // SAFETY: these samples are published, so the producer has left them; it comes back to none before the chunk is
            // given back.
            see(done, unsafe { self.shared.chunk(self.chunk).samples(self.seen..end) });
            done += end - self.seen;
            self.seen = end;
            if self.seen == CHUNK {
                self.shared.give_back(self.chunk);
            }
        }
        self.read = self.read.wrapping_add(done);
        done
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}
