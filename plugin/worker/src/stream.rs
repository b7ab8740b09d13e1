//! A stream: one tap at one rate, from activation to deactivation.

use crate::Mark;
use ringbuf::{HeapCons, HeapProd, HeapRb, traits::Split};
use rollcall_queue::queue;
use rollcall_tap::{Event, Reader, tap};

/// Seconds that a tap holds: a model may load, or a whole machine hang, that long before a frame is lost.
pub const TAP_S: f64 = 8.0;
/// Events that the ring holds. Marks come at most a few times a second; a full ring of them only delays them.
const EVENTS: usize = 256;

/// The audio thread's end.
pub type TapWriter = rollcall_tap::Writer<Mark, HeapProd<Event<Mark>>>;
/// The worker's end.
pub(crate) type TapReader = Reader<Mark, HeapCons<Event<Mark>>>;

/// The worker's part of an open stream.
pub(crate) struct OpenTap {
    pub rate_hz: u32,
    pub reader: TapReader,
}

/// Allocates queue and ring of events: for [`TAP_S`], and at least four of the host's greatest blocks.
pub(crate) fn open(rate_hz: u32, max_block_frames: usize) -> (TapWriter, OpenTap) {
    let frames = ((f64::from(rate_hz) * TAP_S) as usize).max(4 * max_block_frames);
    let (writer, reader) = tap(queue(frames), HeapRb::new(EVENTS).split());
    (writer, OpenTap { rate_hz, reader })
}
