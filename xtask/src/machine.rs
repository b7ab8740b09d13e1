//! The Debian packages that a fresh machine lacks: installed where that is allowed, else named with the line to type.

use crate::shell;
use anyhow::{Result, bail};
use std::process::Command;

/// What a Debian package is needed for. Each set holds the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// `cargo build -p rollcall`.
    CommandLine,
    /// `cargo xtask bundle`.
    Plugin,
    /// `cargo xtask test`.
    Tests,
    /// `cargo xtask golden`.
    Golden,
}

/// The interpreter that Debian's Python packages belong to.
pub(crate) const DEBIAN_PYTHON: &str = "/usr/bin/python3";

/// Name, what needs it, and a command that succeeds where the thing is there without Debian's package.
const PACKAGES: &[(&str, Need, Option<&[&str]>)] = &[
    // A linker and the C library's headers: rustc links with `cc`, and libopus is C.
    ("gcc", Need::CommandLine, Some(&["cc", "--version"])),
    ("libc6-dev", Need::CommandLine, None),
    // builds the bundled libopus
    ("cmake", Need::CommandLine, Some(&["cmake", "--version"])),
    ("make", Need::CommandLine, Some(&["make", "--version"])),
    // The framework links the windows and the standalone's audio.
    ("g++", Need::Plugin, Some(&["c++", "--version"])),
    ("pkg-config", Need::Plugin, Some(&["pkg-config", "--version"])),
    ("libasound2-dev", Need::Plugin, None),
    ("libjack-jackd2-dev", Need::Plugin, None),
    ("libx11-xcb-dev", Need::Plugin, None),
    ("libxcb1-dev", Need::Plugin, None),
    ("libxcb-icccm4-dev", Need::Plugin, None),
    ("libxcb-dri2-0-dev", Need::Plugin, None),
    ("libxcursor-dev", Need::Plugin, None),
    ("libgl-dev", Need::Plugin, None),
    // A screen for the plugin's window, with OpenGL in software.
    ("xvfb", Need::Tests, Some(&["Xvfb", "-help"])),
    ("libgl1-mesa-dri", Need::Tests, None),
    // A browser for the pages of `rollcall plot`.
    ("chromium", Need::Tests, Some(&["chromium", "--version"])),
    ("chromium-driver", Need::Tests, Some(&["chromedriver", "--version"])),
    // Oracles and golden data.
    ("python3", Need::Tests, Some(&["python3", "--version"])),
    ("python3-venv", Need::Tests, Some(&["python3", "-c", "import ensurepip, venv"])),
    // libFuzzer, in a library of its own.
    ("libclang-rt-14-dev", Need::Tests, None),
    ("valgrind", Need::Tests, Some(&["valgrind", "--version"])),
    // Real hosts, and a screen that nobody sees.
    ("ardour", Need::Tests, None),
    ("qtractor", Need::Tests, None),
    ("xvfb", Need::Tests, None),
    ("openbox", Need::Tests, None),
    ("libgl1-mesa-dri", Need::Tests, None),
    // Spark, which `examples/spark` runs on.
    ("default-jre-headless", Need::Tests, Some(&["java", "-version"])),
    // The oracle of the trainer's gradients, in 1.13: for Debian's own interpreter.
    ("python3-torch", Need::Golden, Some(&[DEBIAN_PYTHON, "-c", "import torch"])),
];

/// Sees to it that the packages of this need and the ones before it are there.
///
/// # Errors
/// Something is missing and may not be installed from here; the message is the line to type.
pub(crate) fn ensure(need: Need) -> Result<()> {
    let missing = missing(need);
    if missing.is_empty() {
        return Ok(());
    }
    if !is_debian() {
        eprintln!(
            "xtask: this is not Debian, so I go on as it is. The Debian names of what may be missing here:"
        );
        eprintln!("       {}", missing.join(" "));
        return Ok(());
    }
    let Some(mut update) = as_root("apt-get") else {
        bail!(
            "some Debian packages are missing, and installing them needs root. Please run\n\n    \
             sudo apt-get update && sudo apt-get install -y --no-install-recommends {}\n\nand then this command again",
            missing.join(" ")
        );
    };
    // An archive may have one list wrong that nothing here is in: whether what is needed can be had, the installation shows.
    if let Err(error) = shell::run_patiently(update.args(["update", "-qq"])) {
        eprintln!("xtask: {error:#}; I go on with the lists that are here");
    }
    let mut install = as_root("apt-get").expect("it was allowed just now");
    install.args(["install", "-y", "-qq", "--no-install-recommends"]).args(&missing);
    shell::run_patiently(&mut install)
}

/// Whether Debian's packages are what this machine is made of.
pub(crate) fn is_debian() -> bool {
    shell::succeeds("dpkg-query", &["--version"])
}

fn missing(need: Need) -> Vec<&'static str> {
    let wanted = PACKAGES.iter().filter(|(_, needed_for, _)| *needed_for <= need);
    wanted.filter(|(name, _, probe)| !present(name, *probe)).map(|(name, ..)| *name).collect()
}

fn present(package: &str, probe: Option<&[&str]>) -> bool {
    if let Some([program, arguments @ ..]) = probe {
        return shell::succeeds(program, arguments);
    }
    let status = shell::command("dpkg-query", &["-W", "-f=${db:Status-Status}", package]).output();
    status.is_ok_and(|output| output.stdout == b"installed")
}

/// The program with the rights to install, if this user has them without typing a password.
fn as_root(program: &str) -> Option<Command> {
    let root = shell::read(&mut shell::command("id", &["-u"])).is_ok_and(|id| id.trim() == "0");
    if root {
        let mut command = shell::command::<&str>(program, &[]);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        Some(command)
    } else if shell::succeeds("sudo", &["-n", "true"]) {
        Some(shell::command("sudo", &["-n", "DEBIAN_FRONTEND=noninteractive", program]))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_needs_no_window() {
        let of = |need| PACKAGES.iter().filter(|(_, for_what, _)| *for_what <= need).count();
        assert!(of(Need::CommandLine) < of(Need::Plugin) && of(Need::Plugin) < of(Need::Tests));
        assert!(of(Need::CommandLine) <= 4, "the demo should need next to nothing");
    }

    #[test]
    fn what_is_not_there_is_missed() {
        assert!(!present("a-package-that-nobody-made", None));
        assert!(!present("gcc", Some(&["a-program-that-nobody-wrote"])));
        assert!(present("anything", Some(&["true"])));
    }
}
