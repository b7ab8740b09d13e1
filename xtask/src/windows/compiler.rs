//! Which compiler and linker cargo uses for a target of Windows.

use std::{fs, path::Path, process::Command};

/// The target that MinGW links for.
pub(crate) const GNU: &str = "x86_64-pc-windows-gnu";

/// Tells cargo which compiler and linker.
pub(crate) fn compiler(cargo: &mut Command, toolchain: Option<&Path>, target: &str) {
    if let Some(toolchain) = toolchain {
        // rustup's own path would load the driver of the toolchain that has no such library.
        cargo.env("RUSTC", toolchain.join("bin/rustc")).env("LD_LIBRARY_PATH", toolchain.join("lib"));
    }
    let name = target.replace('-', "_");
    let upper = name.to_uppercase();
    if target.ends_with("-msvc") {
        // Microsoft's C library in the file: else users need its "redistributable".
        cargo.env(format!("CARGO_TARGET_{upper}_RUSTFLAGS"), "-Ctarget-feature=+crt-static");
    } else if !cfg!(windows) {
        let tool = |tool: &str| format!("x86_64-w64-mingw32-{tool}");
        cargo.env(format!("CARGO_TARGET_{upper}_LINKER"), tool("gcc"));
        cargo.env(format!("CC_{name}"), tool("gcc")).env(format!("AR_{name}"), tool("ar"));
    }
}

/// What MinGW puts into every file that it links, and where Debian has its copyright.
const RUNTIME: [(&str, &str, &str); 2] = [
    (
        "The C runtime of MinGW-w64",
        "/usr/share/doc/mingw-w64-common/copyright",
        "mostly the Zope Public License 2.1, https://www.mingw-w64.org",
    ),
    (
        "GCC's runtime library libgcc",
        "/usr/share/doc/gcc-mingw-w64-base/copyright",
        "GPL 3 with the GCC Runtime Library Exception 3.1, https://gcc.gnu.org",
    ),
];

/// The licences of what the linker brings along: (what it is, text).
pub(crate) fn runtime(target: &str) -> Vec<(String, String)> {
    if target != GNU {
        return Vec::new();
    }
    let text = |path: &str, terms: &str| fs::read_to_string(path).unwrap_or_else(|_| format!("{terms}\n"));
    RUNTIME.iter().map(|(what, path, terms)| ((*what).to_owned(), text(path, terms))).collect()
}
