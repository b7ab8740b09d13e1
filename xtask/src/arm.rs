//! 64-bit Arm with Linux: kernels, engine and program, built here and run by `qemu-aarch64`, held to what this machine answers. How
//! fast they are an emulator cannot say: the instructions of the inner loops are counted instead.

mod loops;

use crate::{
    counts::{self, Counted},
    cross::{Target, answers, profile},
    machine,
    report::{self, Report},
    shell,
    workspaces::Workspace,
};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

const TARGET: &str = "aarch64-unknown-linux-gnu";
/// With the folder where Debian has the C library for it.
const EMULATOR: [&str; 3] = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"];

/// Multiply-adds of a whole tile: 4 positions of 4 registers.
const TILE: usize = 16;
/// The most instructions for each multiply-add in the inner loops, with weights of 32 and of 16 bits. A tile of 16 cannot do with less
/// than 22 and 25, which read weights and inputs and widen the weights: 1.38 and 1.56. The compiler's loops take 29 and 33, those over
/// what is left of a block of inputs 32 and 36. More is registers that are spilled.
const MOST: [(&str, f64); 2] = [("32", 2.0), ("16", 2.25)];

/// `cargo xtask arm`: the kernels' tests, the engine's golden tests, and the program on the demo; with `kernels`, the first alone.
///
/// # Errors
/// Something is missing or cannot be built, or a check fails.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    machine::ensure(machine::Need::CommandLine)?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => {}
        ["kernels"] => return report::print(check()?),
        _ => bail!("`cargo xtask arm` takes nothing, or `kernels`"),
    }
    let target = match find()? {
        Ok(target) => target,
        Err(why) => bail!("nothing can be built or run for {TARGET} here: {why}"),
    };
    let mut report = Report::default();
    kernels(&target, &mut report)?;
    let settings = profile::quick_but("rollcall-kernels")?;
    engine(&target, &settings, &mut report)?;
    demo(&target, &settings, &mut report)?;
    report::print(report)
}

/// The kernels alone, which are built in seconds: engine and program take ten minutes of a processor more, [`run`].
///
/// # Errors
/// Something cannot be built.
pub(crate) fn check() -> Result<Report> {
    let target = match find()? {
        Ok(target) => target,
        Err(why) => return Ok(Report::not_run(why)),
    };
    let mut report = Report::default();
    kernels(&target, &mut report)?;
    Ok(report)
}

/// What builds for it, or why nothing does.
fn find() -> Result<std::result::Result<Target, String>> {
    if machine::is_debian() && !Target::is_native(TARGET) {
        machine::ensure_one("qemu-user")?;
    }
    if !Target::is_native(TARGET) && !shell::succeeds(EMULATOR[0], &["--version"]) {
        return Ok(Err(format!("no {} here, which Debian's package qemu-user has", EMULATOR[0])));
    }
    let target = Target::find(TARGET)?;
    Ok(target.map_err(|why| format!("no standard library for {TARGET} here: {why}")))
}

/// Cargo, whose tests the emulator runs, and which compiles as for what ships: pieces that are kept for another time have other loops.
fn cargo(target: &Target, words: &[&str]) -> Result<Command> {
    let mut cargo = target.cargo(Workspace::Main, words)?;
    cargo.env("CARGO_INCREMENTAL", "0");
    if !Target::is_native(TARGET) {
        target.runner(&mut cargo, &EMULATOR.join(" "));
    }
    Ok(cargo)
}

/// Runs tests, and says how many there were.
fn tests(what: &str, log: &str, mut cargo: Command, report: &mut Report) -> Result<()> {
    let log = shell::target().join("suites").join(log);
    let (succeeded, said) = shell::keep(cargo.env("CARGO_TERM_COLOR", "never"), &log)?;
    report.tests(what, counts::read(Counted::CargoTest, succeeded, &said), &log);
    Ok(())
}

fn kernels(target: &Target, report: &mut Report) -> Result<()> {
    let words = ["test", "--release", "--locked", "-p", "rollcall-kernels", "--lib", "--test", "layers"];
    tests("the kernels, NEON's bits being AVX2's", "arm-kernels.log", cargo(target, &words)?, report)?;
    let built =
        shell::read(&mut cargo(target, &[&words[..], &["--no-run", "--message-format=json"]].concat())?)?;
    let file = executable(&built, "layers").context("cargo names no program with the kernels' tests")?;
    let tool = if Target::is_native(TARGET) { "objdump" } else { "aarch64-linux-gnu-objdump" };
    let listing = shell::read(shell::command(tool, &["--disassemble", "--no-show-raw-insn"]).arg(file))?;
    count(&loops::inner(&listing), report);
    Ok(())
}

/// The program that holds these tests, by what cargo says as JSON.
fn executable(said: &str, name: &str) -> Option<PathBuf> {
    let messages = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut own = messages.filter(|message| message["target"]["name"] == name);
    own.find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

/// Holds the loops over whole tiles to what they may cost.
fn count(loops: &[loops::Loop], report: &mut Report) {
    for (bits, most) in MOST {
        let own = loops.iter().filter(|one| one.products >= TILE && one.widens == (bits == "16"));
        let mut costs: Vec<f64> = own.map(loops::Loop::cost).collect();
        costs.sort_by(f64::total_cmp);
        let (broken, found) = match costs.as_slice() {
            [least, .., greatest] => {
                let broken = (*greatest > most).then(|| format!("{greatest:.2} in the dearest"));
                (broken, format!("{least:.2} to {greatest:.2}"))
            }
            _ => (Some(format!("{} such loops in the tests' program", costs.len())), "no".to_owned()),
        };
        report.rule(
            format!(
                "inner loops with weights of {bits} bits: {found} instructions for each multiply-add of four lanes, at most {most}"
            ),
            broken.into_iter().collect(),
        );
    }
}

/// The engine against onnxruntime's numbers and the references of log-mel and resampler.
fn engine(target: &Target, settings: &[String], report: &mut Report) -> Result<()> {
    let words = [
        "test",
        "--release",
        "--locked",
        "-p",
        "rollcall-engine",
        "--lib",
        "--test",
        "logmel",
        "--test",
        "resampler",
    ];
    let mut cargo = cargo(target, &words)?;
    cargo.args(settings);
    tests("the engine against its golden data", "arm-engine.log", cargo, report)
}

/// The program on the demo's recording, here and there.
fn demo(target: &Target, settings: &[String], report: &mut Report) -> Result<()> {
    // The whole workspace, so that its dependencies have the features that all other suites build them with.
    let build = ["build", "--release", "--locked", "--workspace", "--bin", "rollcall"];
    shell::run(cargo(target, &build)?.args(settings))?;
    let program = target.folder().join("rollcall").display().to_string();
    let there = |words: &[&str], embeddings: &Path| {
        let mut command = if Target::is_native(TARGET) {
            shell::command::<&str>(&program, &[])
        } else {
            let mut emulator = shell::command(EMULATOR[0], &EMULATOR[1..]);
            emulator.arg(&program);
            emulator
        };
        Ok(shell::read(command.args(words).arg(embeddings))?.into_bytes())
    };
    answers::check(&format!("the program for {TARGET}"), there, report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_that_cost_too_much_or_are_missing_are_told() {
        let of = |costs: &[(usize, usize, bool)]| {
            let one = |&(products, instructions, widens)| loops::Loop { products, instructions, widens };
            let mut report = Report::default();
            count(&costs.iter().map(one).collect::<Vec<_>>(), &mut report);
            report.counts().failed
        };
        let good = [(16, 29, false), (20, 36, false), (16, 33, true), (16, 36, true)];
        assert_eq!(of(&good), 0);
        assert_eq!(of(&[&good[..], &[(8, 90, true)]].concat()), 0, "no whole tile");
        assert_eq!(of(&[&good[..], &[(16, 37, true)]].concat()), 1);
        assert_eq!(of(&good[..2]), 1, "none with 16 bits");
    }

    #[test]
    fn the_program_is_that_of_the_tests_asked_for() {
        let said = "{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"half\"},\"executable\":null}\nnot JSON\n\
                    {\"target\":{\"name\":\"layers\"},\"executable\":\"deps/layers-1\"}\n";
        assert_eq!(executable(said, "layers"), Some(PathBuf::from("deps/layers-1")));
        assert_eq!(executable(said, "half"), None);
    }
}
