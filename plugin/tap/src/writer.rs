//! The audio thread's end.

use crate::{Event, Pick, event::What, pick::Heard, queue};
use core::marker::PhantomData;
use ringbuf::traits::Producer;

/// The audio thread's end: it drops, counts and goes on.
#[derive(Debug)]
pub struct Writer<M, E: Producer<Item = Event<M>>> {
    samples: queue::Producer,
    events: E,
    /// Frames of the stream so far, those of `pending` left out.
    frame: u64,
    /// Frames that are missing at `frame` and that the reader has not been told of. While there are any, no sample
    /// and no mark goes in: so their place in the stream is exact.
    pending: Pending,
    lost_frames: u64,
    marks: PhantomData<M>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Pending {
    lost: u64,
    skipped: u64,
}

impl Pending {
    fn is_empty(self) -> bool {
        self.lost == 0 && self.skipped == 0
    }
}

impl<M, E: Producer<Item = Event<M>>> Writer<M, E> {
    pub(crate) fn new(samples: queue::Producer, events: E) -> Self {
        Self { samples, events, frame: 0, pending: Pending::default(), lost_frames: 0, marks: PhantomData }
    }

    /// Frames of the stream so far, lost and skipped ones counted in.
    pub fn frames(&self) -> u64 {
        self.frame + self.pending.lost + self.pending.skipped
    }
    /// Frames that a full queue has dropped so far.
    pub fn lost_frames(&self) -> u64 {
        self.lost_frames
    }
    /// Frames that the queue could take now.
    pub fn vacant_frames(&self) -> usize {
        self.samples.vacant()
    }
    /// Frames that the queue always takes when it is empty.
    pub fn capacity_frames(&self) -> usize {
        self.samples.capacity()
    }

    /// Takes a block of planar channels, downmixed as `pick` says. What does not fit is dropped and counted as lost.
    pub fn write<C: AsRef<[f32]>>(&mut self, channels: &[C], frames: usize, pick: Pick) {
        // A gap is told once it is over, so that a long one is one event.
        if self.pending.is_empty() || (self.samples.vacant() > 0 && self.settle()) {
            let taken = match pick.of(channels, frames) {
                // By itself, since what a copy of a short block costs is what stands around it.
                Heard::One(samples) => self
                    .samples
                    .fill(frames, |from, places| places.copy_from_slice(&samples[from..][..places.len()])),
                heard => self.samples.fill(frames, |from, places| heard.write(from, places)),
            };
            self.frame += taken as u64;
            if taken < frames {
                self.lose(frames - taken);
            }
        } else {
            self.lose(frames);
        }
    }

    #[cold]
    fn lose(&mut self, frames: usize) {
        self.pending.lost += frames as u64;
        self.lost_frames += frames as u64;
    }

    /// Lets time go on by `frames` without samples.
    pub fn skip(&mut self, frames: usize) {
        // Loss and skip are told apart, but not their order within one pending stretch: settle the loss first.
        if self.pending.lost > 0 {
            self.settle();
        }
        self.pending.skipped += frames as u64;
    }

    /// Marks this frame; returns whether there was room. If not, the caller keeps what it has to say and tries again.
    pub fn mark(&mut self, mark: M) -> bool {
        self.settle() && self.events.try_push(Event { frame: self.frame, what: What::Mark(mark) }).is_ok()
    }

    /// Tells the reader of pending frames; returns whether none are left.
    fn settle(&mut self) -> bool {
        let Pending { lost, skipped } = self.pending;
        if lost > 0 && self.events.try_push(Event { frame: self.frame, what: What::Lost(lost) }).is_ok() {
            self.frame += lost;
            self.pending.lost = 0;
        }
        if self.pending.lost == 0
            && skipped > 0
            && self.events.try_push(Event { frame: self.frame, what: What::Skipped(skipped) }).is_ok()
        {
            self.frame += skipped;
            self.pending.skipped = 0;
        }
        self.pending.is_empty()
    }
}

impl<M, E: Producer<Item = Event<M>>> Drop for Writer<M, E> {
    fn drop(&mut self) {
        self.settle();
    }
}
