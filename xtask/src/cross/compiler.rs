//! Which compilers and linker cargo uses for a target.

use crate::{machine, shell};
use anyhow::Result;
use std::{fs, path::Path, process::Command};

/// The target that MinGW links for.
pub(crate) const MINGW: &str = "x86_64-pc-windows-gnu";

/// What builds for a target on Debian.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tools {
    /// Debian's package with the compiler of C and the linker.
    package: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// GNU's tools, whose names begin so.
    Gnu(&'static str),
    /// clang, which compiles and assembles for every system and has no headers of Apple's: enough for `cargo check`.
    Checking,
}

/// What cross-compiles for a target here, if anything does.
pub(super) fn tools(target: &str) -> Option<Tools> {
    let (package, kind) = match target {
        MINGW => ("gcc-mingw-w64-x86-64", Kind::Gnu("x86_64-w64-mingw32-")),
        "aarch64-unknown-linux-gnu" => ("gcc-aarch64-linux-gnu", Kind::Gnu("aarch64-linux-gnu-")),
        "aarch64-apple-darwin" | "x86_64-apple-darwin" => ("clang", Kind::Checking),
        _ => return None,
    };
    Some(Tools { package, kind })
}

impl Tools {
    /// Sees to it that they are there.
    ///
    /// # Errors
    /// They are missing and may not be installed from here.
    pub(super) fn ensure(self) -> Result<()> {
        let packages = match self.kind {
            // The C library for programs that are linked for another processor; MinGW's comes with its compiler.
            Kind::Gnu("aarch64-linux-gnu-") => &[self.package, "libc6-dev-arm64-cross"][..],
            Kind::Gnu(_) => &[self.package],
            Kind::Checking => &[self.package, "llvm"],
        };
        if machine::is_debian() {
            packages.iter().try_for_each(|name| machine::ensure_one(name))
        } else {
            Ok(())
        }
    }

    /// Tells cargo of them.
    fn tell(self, cargo: &mut Command, target: &str) -> Result<()> {
        let name = target.replace('-', "_");
        match self.kind {
            Kind::Gnu(prefix) => {
                let tool = |tool: &str| format!("{prefix}{tool}");
                cargo.env(format!("CARGO_TARGET_{}_LINKER", name.to_uppercase()), tool("gcc"));
                cargo.env(format!("CC_{name}"), tool("gcc")).env(format!("AR_{name}"), tool("ar"));
            }
            Kind::Checking => {
                cargo.env(format!("CC_{name}"), "clang").env(format!("AR_{name}"), "llvm-ar");
                // Assembly needs no SDK; build scripts ask Apple's `xcrun` for one unless they are told of a folder.
                let none = shell::target().join("cross/no-sdk");
                fs::create_dir_all(&none)?;
                cargo.env("SDKROOT", none);
                // C does need one. What is checked is never linked, so that libopus need not be built.
                cargo.env(format!("CMAKE_{name}"), "true");
            }
        }
        Ok(())
    }
}

/// Tells cargo which compilers and linker.
///
/// # Errors
/// A folder cannot be made.
pub(super) fn compiler(cargo: &mut Command, toolchain: Option<&Path>, target: &str) -> Result<()> {
    if let Some(toolchain) = toolchain {
        // rustup's own path would load the driver of the toolchain that has no such library.
        cargo.env("RUSTC", toolchain.join("bin/rustc")).env("LD_LIBRARY_PATH", toolchain.join("lib"));
    }
    if target.ends_with("-msvc") {
        // Microsoft's C library in the file: else users need its "redistributable".
        let upper = target.replace('-', "_").to_uppercase();
        cargo.env(format!("CARGO_TARGET_{upper}_RUSTFLAGS"), "-Ctarget-feature=+crt-static");
    }
    match tools(target) {
        // The system's own are the right ones where it is the system itself.
        Some(tools) if !is_native(target) => tools.tell(cargo, target),
        _ => Ok(()),
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
    if target != MINGW {
        return Vec::new();
    }
    let text = |path: &str, terms: &str| fs::read_to_string(path).unwrap_or_else(|_| format!("{terms}\n"));
    RUNTIME.iter().map(|(what, path, terms)| ((*what).to_owned(), text(path, terms))).collect()
}

/// Whether this is the system that a target stands for, on whichever processor.
pub(super) fn is_native(target: &str) -> bool {
    match target {
        target if target.contains("-windows-") => cfg!(windows),
        target if target.contains("-apple-") => cfg!(target_os = "macos"),
        target => shell::host().is_ok_and(|host| host == target),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_has_its_tools_and_no_other_s() {
        let of = |target: &str| {
            let mut cargo = shell::command::<&str>("cargo", &[]);
            compiler(&mut cargo, None, target).unwrap();
            let set = |(name, value): (&std::ffi::OsStr, Option<&std::ffi::OsStr>)| {
                format!("{}={}", name.display(), value.unwrap_or_default().display())
            };
            let mut told: Vec<String> = cargo.get_envs().map(set).collect();
            told.retain(|line| !line.starts_with("SDKROOT="));
            told.join(" ")
        };
        if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            assert_eq!(
                of("aarch64-unknown-linux-gnu"),
                "AR_aarch64_unknown_linux_gnu=aarch64-linux-gnu-ar CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
                 CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc"
            );
            assert_eq!(
                of("x86_64-apple-darwin"),
                "AR_x86_64_apple_darwin=llvm-ar CC_x86_64_apple_darwin=clang CMAKE_x86_64_apple_darwin=true"
            );
        }
        assert_eq!(
            of("x86_64-pc-windows-msvc"),
            "CARGO_TARGET_X86_64_PC_WINDOWS_MSVC_RUSTFLAGS=-Ctarget-feature=+crt-static"
        );
        assert!(tools("riscv64gc-unknown-linux-gnu").is_none());
    }
}
