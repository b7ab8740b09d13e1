//! A lock-free queue of samples, from one thread to another, that keeps to the memory it has just used.
//!
//! Thread: any.
//!
//! A ring that holds seconds of audio walks through all of its memory, which no near cache holds: every block is written to
//! lines that went cold long ago. Here the samples lie in chunks of 4 KiB, and the producer goes on in the free chunk with
//! the lowest number. While the consumer keeps up, the same few chunks are used again and again; only what piles up goes
//! further. The audio thread then pays half of what it did, and leaves the caches to the host's other plugins.
//!
//! # Invariants
//! * The samples come out in their order, each once.
//! * After [`queue`], nothing allocates, waits or fails: each call's work is bounded by its samples and the number of chunks.
//! * All memory was written once before the queue is handed out: no call meets a page that is not there yet.
#![no_std]

extern crate alloc;

mod consumer;
mod memory;
mod producer;
mod shared;
mod sync;

pub use consumer::Consumer;
pub use producer::Producer;

/// An empty queue that holds at least this many samples, and its two ends.
#[must_use]
pub fn queue(samples: usize) -> (Producer, Consumer) {
    let shared = sync::Arc::new(shared::Shared::new(samples));
    (Producer::new(sync::Arc::clone(&shared)), Consumer::new(shared))
}
