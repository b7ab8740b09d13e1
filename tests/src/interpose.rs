//! The C library's allocator with a counter before it, exported by this program to every plugin that it loads.
#![expect(unsafe_code, reason = "these are the C library's own symbols")]

use rollcall_host::counting::note;
use std::ffi::{c_int, c_void};

unsafe extern "C" {
    // glibc's own names for its allocator: what `malloc` would be if nobody had taken its place.
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(pointer: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_memalign(align: usize, size: usize) -> *mut c_void;
    fn __libc_free(pointer: *mut c_void);
}

// SAFETY of all of these: the arguments go to the C library as they came, and what it returns comes back.

#[unsafe(no_mangle)]
unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    note();
    // SAFETY: see above.
    unsafe { __libc_malloc(size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    note();
    // SAFETY: see above.
    unsafe { __libc_calloc(count, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(pointer: *mut c_void, size: usize) -> *mut c_void {
    note();
    // SAFETY: see above.
    unsafe { __libc_realloc(pointer, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memalign(align: usize, size: usize) -> *mut c_void {
    note();
    // SAFETY: see above.
    unsafe { __libc_memalign(align, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aligned_alloc(align: usize, size: usize) -> *mut c_void {
    note();
    // SAFETY: see above.
    unsafe { __libc_memalign(align, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(place: *mut *mut c_void, align: usize, size: usize) -> c_int {
    note();
    if !align.is_power_of_two() || !align.is_multiple_of(size_of::<*mut c_void>()) {
        return libc::EINVAL;
    }
    // SAFETY: see above; `place` is valid, as POSIX asks of the caller.
    unsafe {
        let pointer = __libc_memalign(align, size);
        if pointer.is_null() {
            return libc::ENOMEM;
        }
        *place = pointer;
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn free(pointer: *mut c_void) {
    note();
    // SAFETY: see above.
    unsafe { __libc_free(pointer) }
}
