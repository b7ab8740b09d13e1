//! `ringbuf`'s shared ring over loom's atomics: the same indices, flags and orderings as `ringbuf::SharedRb`
//! (`rb/shared.rs` of 0.6.0), so that its own caching ends, which the plugin has too, run on it unchanged.

use loom::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{AcqRel, Acquire, Release},
};
use ringbuf::{
    CachingCons, CachingProd,
    traits::{Observer, Raw, RingBuffer},
};
use std::{cell::UnsafeCell, mem::MaybeUninit, num::NonZeroUsize, ops::Range, sync::Arc};

/// Of items that need no drop.
pub(crate) struct Ring<T: Copy> {
    slots: Box<[UnsafeCell<MaybeUninit<T>>]>,
    /// loom watches these: it fails where a slot is written and read without an order between.
    watches: Box<[loom::cell::UnsafeCell<()>]>,
    read: AtomicUsize,
    write: AtomicUsize,
    read_held: AtomicBool,
    write_held: AtomicBool,
}

pub(crate) type Prod<T> = CachingProd<Arc<Ring<T>>>;
pub(crate) type Cons<T> = CachingCons<Arc<Ring<T>>>;

/// The two ends of an empty ring.
pub(crate) fn ring<T: Copy>(capacity: usize) -> (Prod<T>, Cons<T>) {
    let ring = Arc::new(Ring {
        slots: (0..capacity).map(|_| UnsafeCell::new(MaybeUninit::uninit())).collect(),
        watches: (0..capacity).map(|_| loom::cell::UnsafeCell::new(())).collect(),
        read: AtomicUsize::new(0),
        write: AtomicUsize::new(0),
        read_held: AtomicBool::new(false),
        write_held: AtomicBool::new(false),
    });
    (CachingProd::new(Arc::clone(&ring)), CachingCons::new(ring))
}

impl<T: Copy> Ring<T> {
    /// Slots from `start` to `end`, which are below twice the capacity: up to the last slot, and on from the first.
    fn ranges(&self, start: usize, end: usize) -> [Range<usize>; 2] {
        let capacity = self.slots.len();
        let (from, to) = (start % capacity, end % capacity);
        if start / capacity == end / capacity { [from..to, 0..0] } else { [from..capacity, 0..to] }
    }
}

impl<T: Copy> Observer for Ring<T> {
    type Item = T;

    fn capacity(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.slots.len()).expect("a ring has slots")
    }
    fn read_index(&self) -> usize {
        self.read.load(Acquire)
    }
    fn write_index(&self) -> usize {
        self.write.load(Acquire)
    }
    fn read_is_held(&self) -> bool {
        self.read_held.load(Acquire)
    }
    fn write_is_held(&self) -> bool {
        self.write_held.load(Acquire)
    }
}

// SAFETY: the slots and the two indices are those of one ring of a fixed capacity; both kinds of slices name the slots
// between the indices that they are given.
unsafe impl<T: Copy> Raw for Ring<T> {
    unsafe fn unsafe_slices(&self, start: usize, end: usize) -> (&[MaybeUninit<T>], &[MaybeUninit<T>]) {
        let [first, second] = self.ranges(start, end).map(|range| {
            self.watches[range.clone()].iter().for_each(|watch| watch.with(|_| ()));
            let slots = &self.slots[range];
            // SAFETY: an `UnsafeCell` lies in memory as what it holds; the caller holds these slots.
            unsafe { std::slice::from_raw_parts(slots.as_ptr().cast::<MaybeUninit<T>>(), slots.len()) }
        });
        (first, second)
    }
    unsafe fn unsafe_slices_mut(
        &self,
        start: usize,
        end: usize,
    ) -> (&mut [MaybeUninit<T>], &mut [MaybeUninit<T>]) {
        let [first, second] = self.ranges(start, end).map(|range| {
            self.watches[range.clone()].iter().for_each(|watch| watch.with_mut(|_| ()));
            let slots = &self.slots[range];
            // SAFETY: as above, and the two ranges share no slot.
            unsafe {
                std::slice::from_raw_parts_mut(
                    slots.as_ptr().cast_mut().cast::<MaybeUninit<T>>(),
                    slots.len(),
                )
            }
        });
        (first, second)
    }
    unsafe fn set_read_index(&self, value: usize) {
        self.read.store(value, Release);
    }
    unsafe fn set_write_index(&self, value: usize) {
        self.write.store(value, Release);
    }
    unsafe fn hold_read(&self, flag: bool) -> bool {
        self.read_held.swap(flag, AcqRel)
    }
    unsafe fn hold_write(&self, flag: bool) -> bool {
        self.write_held.swap(flag, AcqRel)
    }
}

impl<T: Copy> RingBuffer for Ring<T> {}

// SAFETY: a slot belongs to the producer or to the consumer, as the indices say; loom's watches check just that.
unsafe impl<T: Copy + Send> Sync for Ring<T> {}
