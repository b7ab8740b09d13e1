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

/// Suites that build and start nothing but the program, or nothing at all: they ask for no package of the plugin or its hosts.
const PLAIN_SUITES: [&str; 13] = [
    "format", "house", "patches", "borders", "licences", "no-opus", "demo", "formats", "library", "evaluate",
    "wheel", "spark", "arm",
];

/// A Debian package, by the name that Debian 12 and 13 and Ubuntu 24.04 all know it by.
struct Wanted {
    name: &'static str,
    need: Need,
    /// The suites that ask for it: all, if there is none, but for [`PLAIN_SUITES`] where the program alone does without it.
    suites: &'static [&'static str],
    /// A command that succeeds where the thing is there without Debian's package.
    probe: Option<&'static [&'static str]>,
}

const fn program(name: &'static str, need: Need, probe: &'static [&'static str]) -> Wanted {
    Wanted { name, need, suites: &[], probe: Some(probe) }
}

const fn library(name: &'static str, need: Need) -> Wanted {
    Wanted { name, need, suites: &[], probe: None }
}

const fn of(suites: &'static [&'static str], wanted: Wanted) -> Wanted {
    Wanted { suites, ..wanted }
}

const PACKAGES: &[Wanted] = &[
    // A linker and the C library's headers: rustc links with `cc`, and libopus is C.
    program("gcc", Need::CommandLine, &["cc", "--version"]),
    library("libc6-dev", Need::CommandLine),
    // builds the bundled libopus
    program("cmake", Need::CommandLine, &["cmake", "--version"]),
    program("make", Need::CommandLine, &["make", "--version"]),
    // The framework links the windows and the standalone's audio.
    program("g++", Need::Plugin, &["c++", "--version"]),
    program("pkg-config", Need::Plugin, &["pkg-config", "--version"]),
    library("libasound2-dev", Need::Plugin),
    library("libjack-jackd2-dev", Need::Plugin),
    library("libx11-xcb-dev", Need::Plugin),
    library("libxcb1-dev", Need::Plugin),
    library("libxcb-icccm4-dev", Need::Plugin),
    library("libxcb-dri2-0-dev", Need::Plugin),
    library("libxcursor-dev", Need::Plugin),
    library("libgl-dev", Need::Plugin),
    // A screen for the plugin's window that nobody sees, with OpenGL in software and a window manager.
    program("xvfb", Need::Tests, &["Xvfb", "-help"]),
    library("libgl1-mesa-dri", Need::Tests),
    library("openbox", Need::Tests),
    // A browser for the pages of `rollcall plot`.
    of(&["page"], program("chromium", Need::Tests, &["chromium", "--version"])),
    of(&["page"], program("chromium-driver", Need::Tests, &["chromedriver", "--version"])),
    // Oracles and golden data.
    program("python3", Need::Tests, &["python3", "--version"]),
    program("python3-venv", Need::Tests, &["python3", "-c", "import ensurepip, venv"]),
    // libFuzzer, in a library of its own: of the clang that is the release's own (14, 18, 19).
    of(
        &["fuzz"],
        program(
            "libclang-rt-dev",
            Need::Tests,
            &["sh", "-c", "ls /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a"],
        ),
    ),
    of(&["memcheck"], program("valgrind", Need::Tests, &["valgrind", "--version"])),
    // Real hosts.
    of(&["ardour", "bounce"], library("ardour", Need::Tests)),
    of(&["qtractor"], library("qtractor", Need::Tests)),
    // Two libraries of instruments, and who plays them, for the example of `docs/teach.md`.
    of(&["teach"], program("fluidsynth", Need::Tests, &["fluidsynth", "--version"])),
    of(&["teach"], library("timgm6mb-soundfont", Need::Tests)),
    of(&["teach"], library("minuet-data", Need::Tests)),
    // Spark, which `examples/spark` runs on.
    of(&["spark"], program("default-jre-headless", Need::Tests, &["java", "-version"])),
    // The oracle of the trainer's gradients, in 1.13: for Debian's own interpreter.
    program("python3-torch", Need::Golden, &[DEBIAN_PYTHON, "-c", "import torch"]),
];

impl Wanted {
    /// Whether one of these suites asks for it; of no names, all do.
    fn is_for(&self, suites: &[String]) -> bool {
        let asks = |suite: &String| match self.suites {
            [] => {
                self.need == Need::CommandLine || !PLAIN_SUITES.contains(&suite.as_str()) || self.is_python()
            }
            own => own.contains(&suite.as_str()),
        };
        suites.is_empty() || suites.iter().any(asks)
    }

    /// The interpreter of the tests' environment, which is made before any suite.
    fn is_python(&self) -> bool {
        self.name.starts_with("python3") && self.need == Need::Tests
    }

    fn is_present(&self) -> bool {
        if let Some([program, arguments @ ..]) = self.probe {
            return shell::succeeds(program, arguments);
        }
        let status = shell::command("dpkg-query", &["-W", "-f=${db:Status-Status}\n", self.name]).output();
        status.is_ok_and(|output| is_installed(&String::from_utf8_lossy(&output.stdout)))
    }
}

/// Of what dpkg says: a line for each architecture that the package is known for.
fn is_installed(statuses: &str) -> bool {
    statuses.lines().any(|status| status == "installed")
}

/// Sees to it that the packages of this need and the ones before it are there.
///
/// # Errors
/// As [`ensure_for`].
pub(crate) fn ensure(need: Need) -> Result<()> {
    ensure_missing(missing(need, &[]))
}

/// Sees to it that the packages that these suites ask for are there; of no names, those of all.
///
/// # Errors
/// Something is missing and may not be installed from here; the message is the line to type.
pub(crate) fn ensure_for(suites: &[String]) -> Result<()> {
    ensure_missing(missing(Need::Tests, suites))
}

fn ensure_missing(mut missing: Vec<&Wanted>) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let names = |missing: &[&Wanted]| missing.iter().map(|wanted| wanted.name).collect::<Vec<_>>().join(" ");
    if !is_debian() {
        eprintln!(
            "xtask: this is not Debian, so I go on as it is. The Debian names of what may be missing here:"
        );
        eprintln!("       {}", names(&missing));
        return Ok(());
    }
    let Some(mut update) = as_root("apt-get") else {
        bail!(
            "some Debian packages are missing, and installing them needs root. Please run\n\n    \
             sudo apt-get update && sudo apt-get install -y --no-install-recommends {}\n\nand then this command again",
            names(&missing)
        );
    };
    // An archive may have one list wrong that nothing here is in: whether what is needed can be had, the installation shows.
    if let Err(error) = shell::run_patiently(update.args(["update", "-qq"])) {
        eprintln!("xtask: {error:#}; I go on with the lists that are here");
    }
    // One name that this release does not have would keep apt from installing the others.
    missing.retain(|wanted| {
        let is_there = has_candidate(wanted.name);
        if !is_there {
            let who = match wanted.suites {
                [] => "what needs it".to_owned(),
                suites => format!("of the suites: {}", suites.join(", ")),
            };
            eprintln!("xtask: this system's archive has no package {}; {who} will fail", wanted.name);
        }
        is_there
    });
    if missing.is_empty() {
        return Ok(());
    }
    let mut install = as_root("apt-get").expect("it was allowed just now");
    install.args(["install", "-y", "-qq", "--no-install-recommends"]);
    install.args(missing.iter().map(|wanted| wanted.name));
    shell::run_patiently(&mut install)
}

/// Sees to it that one package is there that no suite asks for.
///
/// # Errors
/// As [`ensure_for`].
pub(crate) fn ensure_one(name: &'static str) -> Result<()> {
    let wanted: &'static Wanted = Box::leak(Box::new(library(name, Need::Tests)));
    ensure_missing(if wanted.is_present() { Vec::new() } else { vec![wanted] })
}

/// What these suites ask for (all, if there is none), for this need and the ones before it.
pub(crate) fn names(need: Need, suites: &[String]) -> Vec<&'static str> {
    let wanted = PACKAGES.iter().filter(|wanted| wanted.need <= need && wanted.is_for(suites));
    wanted.map(|wanted| wanted.name).collect()
}

/// Whether apt could install it. Where apt cannot be asked, the installation shows.
fn has_candidate(package: &str) -> bool {
    let policy = shell::command("apt-cache", &["policy", package]).env("LC_ALL", "C").output();
    policy.map_or(true, |output| is_candidate(&String::from_utf8_lossy(&output.stdout)))
}

/// Of what `apt-cache policy` says: nothing at all of a name that it never heard.
fn is_candidate(policy: &str) -> bool {
    let candidate = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: "));
    candidate.is_some_and(|version| version != "(none)")
}

/// Whether Debian's packages are what this machine is made of.
pub(crate) fn is_debian() -> bool {
    shell::succeeds("dpkg-query", &["--version"])
}

fn missing(need: Need, suites: &[String]) -> Vec<&'static Wanted> {
    let wanted = PACKAGES.iter().filter(|wanted| wanted.need <= need && wanted.is_for(suites));
    wanted.filter(|wanted| !wanted.is_present()).collect()
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

    fn names(suites: &[&str]) -> Vec<&'static str> {
        let suites: Vec<String> = suites.iter().map(|&suite| suite.to_owned()).collect();
        super::names(Need::Tests, &suites)
    }

    #[test]
    fn the_command_line_needs_no_window() {
        let of = |need| PACKAGES.iter().filter(|wanted| wanted.need <= need).count();
        assert!(of(Need::CommandLine) < of(Need::Plugin) && of(Need::Plugin) < of(Need::Tests));
        assert!(of(Need::CommandLine) <= 4, "the demo should need next to nothing");
    }

    #[test]
    fn what_is_not_there_is_missed() {
        assert!(!library("a-package-that-nobody-made", Need::Tests).is_present());
        assert!(!program("gcc", Need::Tests, &["a-program-that-nobody-wrote"]).is_present());
        assert!(program("anything", Need::Tests, &["true"]).is_present());
        // On a machine with packages of two architectures dpkg answers for each.
        assert!(is_installed("installed\ninstalled\n") && is_installed("not-installed\ninstalled\n"));
        assert!(!is_installed("") && !is_installed("config-files\n") && !is_installed("not-installed\n"));
    }

    #[test]
    fn a_suite_asks_for_what_it_needs() {
        let plain = names(&["format", "house", "evaluate"]);
        assert!(plain.contains(&"gcc") && plain.contains(&"python3-venv"), "{plain:?}");
        assert!(!plain.contains(&"xvfb") && !plain.contains(&"libgl-dev") && !plain.contains(&"ardour"));
        let page = names(&["page"]);
        assert!(
            page.contains(&"chromium") && !page.contains(&"ardour") && !page.contains(&"libclang-rt-dev")
        );
        assert!(names(&["fuzz", "spark"]).contains(&"default-jre-headless"));
        let wheel = names(&["wheel"]);
        assert!(wheel.contains(&"python3-venv") && !wheel.contains(&"libgl-dev"), "{wheel:?}");
        assert_eq!(names(&[]).len(), PACKAGES.iter().filter(|wanted| wanted.need <= Need::Tests).count());
        // A suite that is written here must be one that there is.
        let all: Vec<&str> = crate::suites::SUITES.iter().map(|suite| suite.name).collect();
        let named = PACKAGES.iter().flat_map(|wanted| wanted.suites).chain(&PLAIN_SUITES);
        assert!(named.clone().all(|suite| all.contains(suite)), "{all:?}");
    }

    #[test]
    fn no_name_stands_for_one_release_alone() {
        // Debian 12 has clang 14, Debian 13 clang 19, Ubuntu 24.04 clang 18: all have the name without a number.
        let is_numbered = |name: &str| {
            name.split('-').any(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        assert!(PACKAGES.iter().all(|wanted| !is_numbered(wanted.name)));
        assert!(is_numbered("libclang-rt-14-dev"));
        assert!(is_candidate("gcc:\n  Installed: (none)\n  Candidate: 4:14.2.0-1\n"));
        assert!(!is_candidate("chromium:\n  Candidate: (none)\n") && !is_candidate(""));
    }
}
