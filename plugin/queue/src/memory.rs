//! Where the samples lie. Who may touch which of them is for the two ends to know.

use core::{cell::UnsafeCell, ops::Range, slice};

/// Samples of a chunk: 4 KiB, a page, so that the two or three that are in use stay in the first cache.
pub(crate) const CHUNK: usize = 1024;

/// Samples that one end writes while the other reads others of them.
#[repr(align(4096))]
pub(crate) struct Chunk([UnsafeCell<f32>; CHUNK]);

// SAFETY: the two ends never touch the same sample at a time; that is the contract of both functions below.
unsafe impl Sync for Chunk {}

impl Chunk {
    /// A chunk of zeros.
    pub(crate) fn silent() -> Self {
        Self([const { UnsafeCell::new(0.0) }; CHUNK])
    }

    /// Some of the samples, to read.
    ///
    /// # Safety
    /// Nobody writes them as long as the slice lives.
    #[inline]
    pub(crate) unsafe fn samples(&self, range: Range<usize>) -> &[f32] {
        let cells = &self.0[range];
        // SAFETY: an `UnsafeCell<f32>` lies in memory as an `f32`; the caller says that nobody writes.
        unsafe { slice::from_raw_parts(cells.as_ptr().cast(), cells.len()) }
    }

    /// Some of the samples, to write.
    ///
    /// # Safety
    /// Nobody else reads or writes them as long as the slice lives.
    #[expect(clippy::mut_from_ref, reason = "the two ends share the chunk, and each has its own part of it")]
    #[inline]
    pub(crate) unsafe fn samples_mut(&self, range: Range<usize>) -> &mut [f32] {
        let cells = &self.0[range];
        // SAFETY: an `UnsafeCell<f32>` lies in memory as an `f32` and may be written through; the caller says that it is alone.
        unsafe { slice::from_raw_parts_mut(UnsafeCell::raw_get(cells.as_ptr()), cells.len()) }
    }
}
