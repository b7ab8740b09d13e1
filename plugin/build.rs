//! Asks the linker to keep one of functions and of constants whose bytes are the same: a bundle becomes 2.8 MB smaller.
//!
//! What is folded are mostly tables of methods and code for types that differ in name alone. They then share an address, so nothing may tell
//! two of them apart by it. `--icf=safe` would leave alone whatever has its address taken, but reads that from a table
//! (`.llvm_addrsig`) which rustc does not write: all counts as taken, and a bundle is as large as without. Hence `all`, which is right here:
//!
//! - What can be written to is never folded, and with it whatever holds an atomic: tracing's call sites, thread-locals, locks.
//! - Types are told apart by `TypeId`, a hash, not an address.
//! - Our crates compare no addresses (`ptr::eq`, `fn_addr_eq`, tables of methods), nor do those that they stand on, but for these:
//!   `bytes` asks in `truncate` for two tables of methods, and one with the same functions behaves the same; `harfrust` asks whether a
//!   shaper is the default one, of constants that have no address of their own in Rust either, where a font has Apple's `morx`, which ours have
//!   not; `tracing-core` compares pointers to descriptions before their contents. A crate that is new in the tree wants the same look.

use std::{env, path::PathBuf, process::Command};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for name in ["CARGO_ENCODED_RUSTFLAGS", "RUSTC", "RUSTC_LINKER"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    if links_with_lld() {
        println!("cargo:rustc-link-arg-cdylib=-Wl,--icf=all,--ignore-data-address-equality");
    }
}

/// Whether rustc links with the lld that it brings, as it does for this target unless it is told otherwise. Other linkers
/// may not know the option, and a bundle without it is as good.
fn links_with_lld() -> bool {
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    let told = ["linker", "fuse-ld", "link-self-contained"].iter().any(|word| flags.contains(word));
    let target = variable("TARGET");
    if told || env::var_os("RUSTC_LINKER").is_some() || target != "x86_64-unknown-linux-gnu" {
        return false;
    }
    let sysroot = Command::new(variable("RUSTC")).args(["--print", "sysroot"]).output();
    let sysroot = sysroot.ok().and_then(|found| String::from_utf8(found.stdout).ok()).unwrap_or_default();
    PathBuf::from(sysroot.trim()).join("lib/rustlib").join(target).join("bin/gcc-ld/ld.lld").exists()
}
