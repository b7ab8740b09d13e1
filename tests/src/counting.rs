//! Counting what the plugin allocates inside one call: only on the thread that asks, only while it asks.
//!
//! On Linux the program `rollcall-host` exports its own `malloc`, `free` and their kin (`src/interpose.rs`). The dynamic linker
//! resolves a plugin's calls to the program's before the C library's, so a plugin's own Rust or C++ allocator is seen as
//! well. What it cannot see: an allocator linked into the plugin that never calls `malloc`, `mmap`, and a plugin built for
//! another C library. On Windows the plugin's own calls of an allocator are counted (`src/platform/windows/imports.rs`).

use std::{
    cell::Cell,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

/// Whether a loaded plugin's calls are counted, whatever is with this program's own.
static WATCHED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static ON: Cell<bool> = const { Cell::new(false) };
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Called by the interposed allocator at each call.
pub fn note() {
    // The allocator is also called while a thread's variables are being torn down.
    let _ = ON.try_with(|on| {
        if on.get() {
            COUNT.with(|count| count.set(count.get() + 1));
        }
    });
}

/// What `work` returns, and how often it called the allocator on this thread (releases count too).
pub fn during<R>(work: impl FnOnce() -> R) -> (R, u64) {
    COUNT.set(0);
    ON.set(true);
    let result = work();
    ON.set(false);
    (result, COUNT.get())
}

/// Runs the host's part of a callback from the plugin: what it allocates is not the plugin's.
pub fn paused<R>(work: impl FnOnce() -> R) -> R {
    let was_on = ON.replace(false);
    let result = work();
    ON.set(was_on);
    result
}

/// The plugin's calls of its allocator are counted from now on.
#[cfg(windows)]
pub(crate) fn watched() {
    WATCHED.store(true, Relaxed);
}

/// Whether the plugin's calls are counted: otherwise every count is 0 and says nothing.
pub fn is_installed() -> bool {
    WATCHED.load(Relaxed) || during(|| drop(std::hint::black_box(Box::new(1_u8)))).1 == 2
}
