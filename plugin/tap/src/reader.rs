//! The worker's end.

use crate::{Event, Item, event::What, queue};
use core::marker::PhantomData;
use ringbuf::traits::Consumer;

/// The worker's end: the stream in order, cut wherever something happens.
#[derive(Debug)]
pub struct Reader<M, E: Consumer<Item = Event<M>>> {
    samples: queue::Consumer,
    events: E,
    frame: u64,
    marks: PhantomData<M>,
}

impl<M, E: Consumer<Item = Event<M>>> Reader<M, E> {
    pub(crate) fn new(samples: queue::Consumer, events: E) -> Self {
        Self { samples, events, frame: 0, marks: PhantomData }
    }

    /// The next thing in the stream, samples into the front of `buffer`, which must not be empty; none if nothing
    /// has arrived.
    pub fn next(&mut self, buffer: &mut [f32]) -> Option<Item<M>> {
        // The order matters: an event is pushed before any sample that comes after it. So whoever first counts the
        // samples and then looks for the event finds every event that lies among those samples.
        let arrived = self.samples.waiting().min(buffer.len());
        let until_event = self.events.first().map_or(u64::MAX, |event| event.frame - self.frame);
        if until_event == 0 {
            return self.events.try_pop().map(|event| match event.what {
                What::Lost(frames) => {
                    self.frame += frames;
                    Item::Lost(frames)
                }
                What::Skipped(frames) => {
                    self.frame += frames;
                    Item::Skipped(frames)
                }
                What::Mark(mark) => Item::Mark(mark),
            });
        }
        let take = until_event.min(arrived as u64) as usize;
        let taken = self.samples.read(&mut buffer[..take]);
        self.frame += taken as u64;
        (taken > 0).then_some(Item::Audio(taken))
    }

    /// Throws away up to `frames` samples that come before the next event; returns how many.
    pub fn discard(&mut self, frames: usize) -> usize {
        let arrived = self.samples.waiting().min(frames);
        let until_event = self.events.first().map_or(u64::MAX, |event| event.frame - self.frame);
        let gone = self.samples.skip(until_event.min(arrived as u64) as usize);
        self.frame += gone as u64;
        gone
    }

    /// Frames of the stream that were read, lost and skipped ones counted in.
    pub fn frames(&self) -> u64 {
        self.frame
    }
    /// Samples that have arrived and wait.
    pub fn waiting_frames(&self) -> usize {
        self.samples.waiting()
    }
    /// Whether the writer is gone: what waits now is the last of the stream.
    pub fn is_closed(&self) -> bool {
        // The writer drops the samples first and the ring of events last.
        !self.events.write_is_held()
    }
}
