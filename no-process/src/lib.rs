//! Makes a program or library for Windows unable to start a process.
//!
//! Thread: none; what it stands in has no code of its own that runs.
//!
//! tract asks `wmic`, a program, for the sizes of the caches when it first runs a network (tract-linalg 0.23.9, `cache.rs`), and waits for
//! its answer: a process of ours in somebody's DAW, interpreter or console, for a second or, under Wine, for ever; removing the plugin
//! would wait with it. With a `CreateProcessW` of our own the standard library starts none, and tract goes on with the sizes that it
//! takes where it knows none.
#![no_std]
#![forbid(unsafe_code)]

/// In the crate that is linked, so that the linker finds this `CreateProcessW` before the system's. On 64-bit Windows; nothing elsewhere.
///
/// It says that nothing was started, as the system's does with 0. Once as what code calls directly, once as what the table of imports
/// would hold. In assembly, since symbols of Rust's would be exported from a library.
///
/// ```
/// rollcall_no_process::starts_none!();
/// # #[cfg(not(windows))]
/// assert!(std::process::Command::new("true").status().is_ok(), "other systems go on as they are");
/// ```
#[macro_export]
macro_rules! starts_none {
    () => {
        #[cfg(all(windows, target_arch = "x86_64"))]
        ::core::arch::global_asm!(
            ".text",
            ".globl CreateProcessW",
            "CreateProcessW:",
            "xor eax, eax",
            "ret",
            ".section .rdata,\"dr\"",
            ".p2align 3",
            ".globl __imp_CreateProcessW",
            "__imp_CreateProcessW:",
            ".quad CreateProcessW",
            ".text",
        );
    };
}
