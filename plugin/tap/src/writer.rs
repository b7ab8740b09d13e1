//! The audio thread's end.

use crate::{Event, Pick, event::What};
use core::marker::PhantomData;
use ringbuf::traits::Producer;

/// The audio thread's end: it drops, counts and goes on.
#[derive(Debug)]
pub struct Writer<M, S: Producer<Item = f32>, E: Producer<Item = Event<M>>> {
    samples: S,
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

impl<M, S: Producer<Item = f32>, E: Producer<Item = Event<M>>> Writer<M, S, E> {
    pub(crate) fn new(samples: S, events: E) -> Self {
        Self { samples, events, frame: 0, pending: Pending::default(), lost_frames: 0, marks: PhantomData }
    }

    /// Frames of the stream so far, lost and skipped ones counted in.
    pub fn frames(&self) -> u64 {
        self.frame + self.pending.lost + self.pending.skipped
    }
    /// Frames that a full ring has dropped so far.
    pub fn lost_frames(&self) -> u64 {
        self.lost_frames
    }
    /// Frames that the ring could take now.
    pub fn vacant_frames(&self) -> usize {
        self.samples.vacant_len()
    }
    /// Frames that the ring can hold.
    pub fn capacity_frames(&self) -> usize {
        self.samples.capacity().get()
    }

    /// Takes a block of planar channels, downmixed as `pick` says. What does not fit is dropped and counted as lost.
    pub fn write<C: AsRef<[f32]>>(&mut self, channels: &[C], frames: usize, pick: Pick) {
        // A gap is told once it is over, so that a long one is one event.
        let may = self.pending.is_empty() || (self.samples.vacant_len() > 0 && self.settle());
        let taken = if may { self.fill(channels, frames, pick) } else { 0 };
        self.frame += taken as u64;
        let lost = (frames - taken) as u64;
        self.pending.lost += lost;
        self.lost_frames += lost;
    }

    /// Writes what fits straight into the ring; returns how many frames that is.
    #[inline]
    fn fill<C: AsRef<[f32]>>(&mut self, channels: &[C], frames: usize, pick: Pick) -> usize {
        let (first, second) = self.samples.vacant_slices_mut();
        let until_end = first.len().min(frames);
        pick.write(channels, 0, &mut first[..until_end]);
        let mut taken = until_end;
        if until_end < frames {
            let from_start = second.len().min(frames - until_end);
            pick.write(channels, until_end, &mut second[..from_start]);
            taken += from_start;
        }
        #[expect(unsafe_code, reason = "the ring has no safe way to be written in place")]
        // SAFETY: [`Pick::write`] has written every one of these vacant slots, and their slices are gone.
        unsafe {
            self.samples.advance_write_index(taken);
        }
        taken
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

impl<M, S: Producer<Item = f32>, E: Producer<Item = Event<M>>> Drop for Writer<M, S, E> {
    fn drop(&mut self) {
        self.settle();
    }
}
