//! libFuzzer on [`rollcall_fuzz_state::state`].
#![no_main]
#![expect(unsafe_code, non_snake_case, reason = "libFuzzer's interface is C")]

/// Called by libFuzzer for each input.
#[unsafe(no_mangle)]
extern "C" fn LLVMFuzzerTestOneInput(data: *const u8, size: usize) -> i32 {
    // SAFETY: libFuzzer lends `size` bytes for the length of this call; only an empty input may be a null pointer.
    let data = if size == 0 { &[][..] } else { unsafe { std::slice::from_raw_parts(data, size) } };
    // A panic ends at this border in an abort, which libFuzzer reports with the input.
    rollcall_fuzz_state::state(data);
    0
}
