//! What travels beside the samples.

/// Something at a frame of the stream, as it lies in the ring of events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event<M> {
    /// Frames of the stream before it, lost and skipped ones counted in.
    pub(crate) frame: u64,
    pub(crate) what: What<M>,
}

/// `M` is whatever the plugin wants the worker to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum What<M> {
    Lost(u64),
    Skipped(u64),
    Mark(M),
}

/// What the reader finds next in the stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item<M> {
    /// This many samples were copied to the front of the buffer.
    Audio(usize),
    /// This many frames are missing here because the queue was full.
    Lost(u64),
    /// This many frames were left out here on purpose ([`crate::Writer::skip`]).
    Skipped(u64),
    /// What the writer marked here ([`crate::Writer::mark`]).
    Mark(M),
}
