//! Counting what the plugin allocates inside one call: only on the thread that asks, only while it asks.
//!
//! The program `rollcall-host` exports its own `malloc`, `free` and their kin (`src/interpose.rs`). The dynamic linker
//! resolves a plugin's calls to the program's before the C library's, so a plugin's own Rust or C++ allocator is seen as
//! well. What it cannot see: an allocator linked into the plugin that never calls `malloc`, `mmap`, and a plugin built for
//! another C library.

use std::cell::Cell;

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

/// Whether this program's allocator is the counting one: otherwise every count is 0 and says nothing.
pub fn is_installed() -> bool {
    during(|| drop(std::hint::black_box(Box::new(1_u8)))).1 == 2
}
