//! `cargo xtask`: everything that a developer or CI does with this repository, set-up included.
#![forbid(unsafe_code)]

mod arm;
mod borders;
mod bundle;
mod cargo;
mod circles;
mod counts;
mod cross;
mod debian13;
mod demo;
mod fuzz;
mod golden;
mod hash;
mod house;
mod licences;
mod machine;
mod macos;
mod memcheck;
mod metadata;
mod notices;
mod patches;
mod peers;
mod profiles;
mod published;
mod python;
mod release;
mod report;
mod rtsan;
mod rust_paths;
mod shell;
mod shown;
mod standalone;
mod strangers;
mod suites;
mod test;
mod trixie;
mod validators;
mod wheel;
mod windows;
mod workspaces;

use anyhow::{Result, bail};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  demo              install what the build needs, build `rollcall`, analyse the recording in demo/
  test [SUITE...]   install what the tests need, build, run every suite (or the ones named); --list names them, and
                    --without SUITE... leaves some out
  ci                what CI runs: the same as `test`
  bundle            build Rollcall.clap and Rollcall.vst3 into target/bundled/; with --target x86_64-pc-windows-gnu (or -msvc) also
                    rollcall.exe and rollcall-host.exe, into target/bundled/TARGET/; on a Mac with --target universal-apple-darwin
                    for both of its processors
  windows [quick|tested]  build that, and run it under Wine: tests, numbers, both formats, states, the window
  arm [kernels]     build kernels, engine and program for 64-bit Arm, and run them under qemu-aarch64: tests, golden data, the demo
  macos             check that everything that ships compiles for macOS, on both of its processors
  fuzz TARGET [S]   run a target of fuzz/ for so many seconds
  golden [FILTER]   make the golden data again with the generators beside it, and say what differs
  borders           check which crate may name which, and that no files import each other in a circle
  house             check the house rules that a machine can read
  licences          show every dependency's licence, and check it against deny.toml
  patches           patch the crates that the plugin stands on; --without NAME... leaves some out
  peers [OPTION...] measure ours against onnxruntime, tract and the machine's limits; writes BENCHMARKS.md
  validators [NAME...]  build the bundles, and run the public validators on them: clap-validator, vst3-validator, pluginval
  wheel             build the Python package as one file for CPython 3.11 and later, into target/wheels/
  release STEP      a step of what people download: archives of three systems, wheels, crates, hashes; --dry-run takes all that this
                    machine can; without a step, lists them
  debian13 [COMMAND...]  run a command of these in a root file system of Debian 13, bootstrapped under target/ (by root, on Debian);
                    without one, show that every suite finds its packages there
  setup [plugin]    only install what the tests need, or the plugin alone, and patch its crates
";

fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    match command.as_str() {
        "demo" => demo::run(),
        "test" | "ci" => test::run(&rest),
        "bundle" => match bundle::target_of(&rest) {
            (Some(target), rest) if target.contains("-windows-") => windows::bundle(&target, &rest),
            (target, rest) if macos::is_macos(target.as_deref()) => macos::bundle(target.as_deref(), &rest),
            (target, rest) => bundle::run(target, rest),
        },
        "arm" => arm::run(&rest),
        "fuzz" => fuzz::run(&rest),
        "golden" => golden::run(&rest),
        "borders" => report::print(borders::check()?),
        "house" => report::print(house::check()?),
        "release" => release::run(&rest),
        "macos" => macos::run(&rest),
        "licences" => licences::run(),
        "patches" => patches::run(&rest),
        "peers" => peers::run(&rest),
        "validators" => validators::run(&rest),
        "wheel" => wheel::run(),
        "windows" => windows::run(&rest),
        "debian13" => debian13::run(&rest),
        "setup" if rest == ["plugin"] => {
            machine::ensure(machine::Need::Plugin)?;
            patches::ensure()
        }
        "setup" => {
            machine::ensure(machine::Need::Tests)?;
            python::ensure(python::REFERENCES)?;
            // Elsewhere `machine` has said that it goes on with what is there.
            if machine::is_debian() {
                trixie::ensure()?;
            }
            patches::ensure()
        }
        "" | "help" | "-h" | "--help" => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("there is no command `{other}`\n\n{HELP}"),
    }
}
