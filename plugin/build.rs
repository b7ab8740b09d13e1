//! Asks the linker to keep one of functions and of constants whose bytes are the same: bundles become 2.8 MB smaller.
//!
//! What is folded are mostly tables of methods and code for types that differ in name alone. They then share an address,
//! which Rust promises for neither, and which nothing here compares; what can be written to is never folded.

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
