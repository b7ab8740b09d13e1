//! LLVM's RealtimeSanitizer round the plugin's real `process`: no allocation, lock, sleep or other call that may wait.
//! Its library comes with the Rust toolchain.

use crate::{report::Report, shell, workspaces::Workspace};
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;

/// What runs under it, and must pass.
const REAL_TIME: &[&str] = &["no_allocation", "every_block_size"];
/// What allocates on purpose, and must be caught.
const ALLOCATES: &str = "the_counter_counts";

/// Runs both.
///
/// # Errors
/// The toolchain lacks the library, or the tests don't build.
pub(crate) fn check() -> Result<Report> {
    let library = library()?;
    let mut report = Report::default();
    let passed = tests(&library, REAL_TIME)?;
    let broken = if passed.status.success() { None } else { Some(last_lines(&passed.stderr)) };
    report.rule("`process` does nothing that could wait, in any block", broken.into_iter().collect());
    let caught = tests(&library, &[ALLOCATES])?;
    let is_caught = !caught.status.success() && contains(&caught.stderr, "RealtimeSanitizer");
    let broken = (!is_caught).then(|| format!("{ALLOCATES} was not caught: {}", last_lines(&caught.stderr)));
    report.rule("the sanitizer catches an allocation", broken.into_iter().collect());
    Ok(report)
}

fn library() -> Result<PathBuf> {
    let sysroot = shell::read(&mut shell::command("rustc", &["--print", "sysroot"]))?;
    let target = "x86_64-unknown-linux-gnu";
    let name = "librustc-stable_rt.rtsan.a";
    let path = PathBuf::from(sysroot.trim()).join("lib/rustlib").join(target).join("lib").join(name);
    ensure!(path.is_file(), "this toolchain has no {}", path.display());
    Ok(path)
}

fn tests(library: &PathBuf, names: &[&str]) -> Result<std::process::Output> {
    // The whole workspace, so that its dependencies have the features that all other suites build them with.
    let mut cargo = Workspace::Plugin.cargo(&["test", "--release", "--locked", "--workspace"])?;
    cargo.args(["--features", "rollcall-plugin/rtsan", "--test", "process", "--"]).args(names);
    cargo.env("RTSAN_ENABLE", "1").env("RTSAN_LIB_PATH", library);
    cargo.output().context("cargo did not run")
}

fn contains(bytes: &[u8], word: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(word)
}

fn last_lines(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}
