//! On Windows the plugin can start no process.
//!
//! tract asks `wmic`, a program, for the sizes of the caches when it first runs a network (tract-linalg 0.23.9, `cache.rs`), and waits for
//! its answer: a process of ours in somebody's DAW, for a second or, under Wine, for ever; removing the plugin would wait with it. The
//! standard library's `CreateProcessW` is this one, so that tract goes on with the sizes that it takes where it knows none.
#![expect(unsafe_code, reason = "a function of the system's is defined under its own name")]

use std::arch::global_asm;

// It says that nothing was started, as the system's does with 0. Once as what code calls directly, once as what the table of imports would
// hold. In assembly, since symbols of Rust's would be exported to the host.
global_asm!(
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
