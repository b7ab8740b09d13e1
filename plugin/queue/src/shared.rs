//! What both ends see: the chunks, which of them are free, in which order they were filled, and how far that is.

use super::memory::{CHUNK, Chunk};
use super::sync::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use alloc::boxed::Box;

/// Chunks whose freedom one word holds, a bit each.
const WORD: usize = usize::BITS as usize;

/// Lines that another core writes are fetched in pairs: what the producer writes in each call lies apart from the rest.
#[repr(align(128))]
struct Apart<T>(T);

pub(crate) struct Shared {
    /// Samples that the consumer may read, counted from the queue's beginning, round and round.
    published: Apart<AtomicUsize>,
    chunks: Box<[Chunk]>,
    /// Bit `i % WORD` of word `i / WORD` is set while chunk `i` is free. The producer clears, the consumer sets.
    free: Box<[AtomicUsize]>,
    /// The chunks in the order in which they were filled, round and round: as many places as there are chunks, so that a
    /// place is taken again only when its chunk was given back.
    order: Box<[AtomicUsize]>,
}

impl Shared {
    /// Chunks for so many samples and one more: the chunk that the consumer has read in part is not yet free.
    pub(crate) fn new(samples: usize) -> Self {
        let chunks = samples.div_ceil(CHUNK).max(1) + 1;
        let bits = |word: usize| match chunks - word * WORD {
            left @ 0..WORD => (1 << left) - 1,
            _ => usize::MAX,
        };
        Self {
            published: Apart(AtomicUsize::new(0)),
            chunks: (0..chunks).map(|_| Chunk::silent()).collect(),
            free: (0..chunks.div_ceil(WORD)).map(|word| AtomicUsize::new(bits(word))).collect(),
            order: (0..chunks).map(|_| AtomicUsize::new(0)).collect(),
        }
    }

    /// Samples that always find room in an empty queue.
    pub(crate) fn capacity(&self) -> usize {
        (self.chunks.len() - 1) * CHUNK
    }
    #[inline]
    pub(crate) fn chunk(&self, index: usize) -> &Chunk {
        &self.chunks[index]
    }
    /// The place of the order that comes after this one.
    pub(crate) fn after(&self, place: usize) -> usize {
        if place + 1 == self.order.len() { 0 } else { place + 1 }
    }

    /// For the producer: all samples up to this count are written.
    #[inline]
    pub(crate) fn publish(&self, count: usize) {
        self.published.0.store(count, Release);
    }
    /// For the consumer: samples that are written. What the producer wrote for them, the order included, is seen after this.
    pub(crate) fn published(&self) -> usize {
        self.published.0.load(Acquire)
    }

    /// For the producer: takes the free chunk with the lowest number, to be the next in the order.
    ///
    /// That the consumer has read `order[place]` of the round before: it gives chunks back in their order, so those that the
    /// producer has not yet seen come back are the last of the order; they are of different numbers, none of them the one
    /// that is taken now, hence fewer than there are places.
    pub(crate) fn take(&self, place: usize) -> Option<usize> {
        for (number, word) in self.free.iter().enumerate() {
            // Whoever sees the bit sees that the consumer is done with the chunk.
            let bits = word.load(Acquire);
            if bits != 0 {
                let bit = bits.trailing_zeros() as usize;
                word.fetch_and(!(1 << bit), Relaxed);
                let chunk = number * WORD + bit;
                self.order[place].store(chunk, Relaxed);
                return Some(chunk);
            }
        }
        None
    }
    /// For the consumer: the chunk at this place of the order, of which at least one sample is published.
    pub(crate) fn taken(&self, place: usize) -> usize {
        self.order[place].load(Relaxed)
    }
    /// For the consumer: all of the chunk was read.
    pub(crate) fn give_back(&self, chunk: usize) {
        self.free[chunk / WORD].fetch_or(1 << (chunk % WORD), Release);
    }
    /// Chunks that are free at this moment.
    pub(crate) fn free(&self) -> usize {
        self.free.iter().map(|word| word.load(Relaxed).count_ones() as usize).sum()
    }
}
