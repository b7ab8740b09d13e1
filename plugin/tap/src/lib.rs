//! audio thread: a mono downmix into a lock-free ring, with everything else the worker must know at the right frame.
//!
//! [`tap`] joins two rings, one of samples and one of [`Event`]s, into a [`Writer`] for the audio thread and a
//! [`Reader`] for the worker: split once, moved once, neither is `Clone`. The rings are the caller's, made where
//! allocation is allowed; this crate cannot allocate, lock, wait or print: `no_std`, no `alloc`.
//!
//! # Invariants
//! * The reader gets the stream's events and samples in the order of their frames, none twice, none left out: what a
//!   full ring drops comes out as [`Item::Lost`] at the exact frame where it is missing.
//! * The work of a call is bounded by the block's samples; nothing ever waits for the other end.
#![no_std]
#![deny(unsafe_code)]

mod event;
mod pick;
mod reader;
mod writer;

pub use event::{Event, Item};
pub use pick::Pick;
pub use reader::Reader;
pub use writer::Writer;

use ringbuf::traits::{Consumer, Producer};

/// Joins the two rings, which must be empty, into the two ends of a tap.
pub fn tap<M, SP, EP, SC, EC>(samples: (SP, SC), events: (EP, EC)) -> (Writer<M, SP, EP>, Reader<M, SC, EC>)
where
    SP: Producer<Item = f32>,
    EP: Producer<Item = Event<M>>,
    SC: Consumer<Item = f32>,
    EC: Consumer<Item = Event<M>>,
{
    (Writer::new(samples.0, events.0), Reader::new(samples.1, events.1))
}
