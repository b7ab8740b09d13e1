//! A mono downmix into a lock-free queue, with everything else the worker must know at the right frame.
//!
//! Thread: the host's audio thread writes, the worker reads.
//!
//! [`tap`] joins a queue of samples and a ring of [`Event`]s into a [`Writer`] for the audio thread and a
//! [`Reader`] for the worker: split once, moved once, neither is `Clone`. Queue and ring are the caller's, made where
//! allocation is allowed; this crate cannot allocate, lock, wait or print: `no_std`, no `alloc`.
//!
//! # Invariants
//! * The reader gets the stream's events and samples in the order of their frames, none twice, none left out: what a
//!   full queue drops comes out as [`Item::Lost`] at the exact frame where it is missing.
//! * The work of a call is bounded by the block's samples; nothing ever waits for the other end.
#![no_std]
#![forbid(unsafe_code)]

mod event;
mod pick;
mod reader;
mod writer;

pub use event::{Event, Item};
pub use pick::Pick;
pub use reader::Reader;
pub use writer::Writer;

use ringbuf::traits::{Consumer, Producer};
use rollcall_queue as queue;

/// Joins queue and ring, which must be empty, into the two ends of a tap.
pub fn tap<M, P, C>(
    samples: (queue::Producer, queue::Consumer),
    events: (P, C),
) -> (Writer<M, P>, Reader<M, C>)
where
    P: Producer<Item = Event<M>>,
    C: Consumer<Item = Event<M>>,
{
    (Writer::new(samples.0, events.0), Reader::new(samples.1, events.1))
}
