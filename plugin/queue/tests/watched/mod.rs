//! The queue over loom: the crate's own files, on loom's atomics and on chunks of two samples, each of which loom watches. It
//! fails where a sample is written and read without an order between.

#[path = "../../src/consumer.rs"]
mod consumer;
#[path = "../../src/producer.rs"]
mod producer;
#[path = "../../src/shared.rs"]
mod shared;

pub(crate) use consumer::Consumer;
pub(crate) use producer::Producer;

/// As in the crate.
pub(crate) fn queue(samples: usize) -> (Producer, Consumer) {
    let shared = sync::Arc::new(shared::Shared::new(samples));
    (Producer::new(sync::Arc::clone(&shared)), Consumer::new(shared))
}

mod sync {
    //! The crate's `sync`, over loom.
    pub(crate) use loom::sync::atomic::{AtomicUsize, Ordering};
    pub(crate) use std::sync::Arc;
}

mod memory {
    //! The crate's `memory`, watched.
    use std::{cell::UnsafeCell, ops::Range, slice};

    pub(crate) const CHUNK: usize = 2;

    pub(crate) struct Chunk {
        samples: [UnsafeCell<f32>; CHUNK],
        watches: [loom::cell::UnsafeCell<()>; CHUNK],
    }

    // SAFETY: that no sample is touched by both ends at a time is what loom's watches check.
    unsafe impl Sync for Chunk {}

    impl Chunk {
        pub(crate) fn silent() -> Self {
            Self {
                samples: [const { UnsafeCell::new(0.0) }; CHUNK],
                watches: std::array::from_fn(|_| loom::cell::UnsafeCell::new(())),
            }
        }
        pub(crate) unsafe fn samples(&self, range: Range<usize>) -> &[f32] {
            self.watches[range.clone()].iter().for_each(|watch| watch.with(|_| ()));
            let cells = &self.samples[range];
            // SAFETY: as in the crate.
            unsafe { slice::from_raw_parts(cells.as_ptr().cast(), cells.len()) }
        }
        #[expect(clippy::mut_from_ref, reason = "as in the crate")]
        pub(crate) unsafe fn samples_mut(&self, range: Range<usize>) -> &mut [f32] {
            self.watches[range.clone()].iter().for_each(|watch| watch.with_mut(|_| ()));
            let cells = &self.samples[range];
            // SAFETY: as in the crate.
            unsafe { slice::from_raw_parts_mut(UnsafeCell::raw_get(cells.as_ptr()), cells.len()) }
        }
    }
}
