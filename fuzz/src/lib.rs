//! Hostile input for every door that bytes from outside come through, but the plugin's (`plugin/fuzz/`).
//!
//! Thread: offline, in programs.
//!
//! Each function takes bytes and panics if what must never happen happens. libFuzzer calls them (`targets/`, feature
//! `libfuzzer`), with the coverage of our own crates to guide it (`instrument`); this crate's tests replay `corpus/`, so that
//! what was found once stays found.

mod decode;
mod engine;
mod fixture;
mod package;
mod timeline;

pub use decode::decode;
pub use engine::engine;
pub use package::package;
pub use timeline::timeline;

#[cfg(test)]
mod corpus_tests;

/// The function by which libFuzzer calls a target.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        /// Called by libFuzzer for each input.
        #[expect(unsafe_code, non_snake_case, reason = "libFuzzer's interface is C")]
        #[unsafe(no_mangle)]
        extern "C" fn LLVMFuzzerTestOneInput(data: *const u8, size: usize) -> i32 {
            // SAFETY: libFuzzer lends `size` bytes for the length of this call; only an empty input may be a null pointer.
            let data = if size == 0 { &[][..] } else { unsafe { std::slice::from_raw_parts(data, size) } };
            // A panic ends at this border in an abort, which libFuzzer reports with the input.
            $crate::$name(data);
            0
        }
    };
}
