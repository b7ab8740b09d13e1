//! The suite of the plugin as a program of its own: it is sound, and plays a file to the end.

use crate::{demo::RECORDING, report::Report, shell, workspaces::Workspace};
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeSet;

const FEATURES: [&str; 6] = ["--release", "--locked", "-p", "rollcall-plugin", "--features", "standalone"];

/// clippy finds nothing; without a window a file's players are those of `rollcall analyze`; a file that can't be played is an
/// error that says so.
///
/// # Errors
/// A program does not build or does not start.
pub(crate) fn check() -> Result<Report> {
    let mut report = Report::default();
    let lint = [&["clippy"], &FEATURES[..], &["--", "-D", "warnings"]].concat();
    shell::run(&mut Workspace::Plugin.cargo(&lint)?)?;
    report.rule("clippy finds nothing", Vec::new());
    let build = [&["build"], &FEATURES[..], &["--bin", "rollcall-standalone"]].concat();
    shell::run(&mut Workspace::Plugin.cargo(&build)?)?;
    shell::run(&mut shell::command("cargo", &["build", "--release", "--locked", "-p", "rollcall"]))?;

    let program = shell::target().join("release/rollcall-standalone").display().to_string();
    let shown = shell::read(&mut shell::command(&program, &["--input", RECORDING, "--no-window"]))?;
    // A line is a time and the names of those who play from then on.
    let names = shown.lines().filter_map(|line| line.trim().split_once("  "));
    let names: BTreeSet<&str> = names.flat_map(|(_, names)| names.split(", ")).collect();
    let cli = shell::target().join("release/rollcall").display().to_string();
    let json = shell::read(&mut shell::command(&cli, &["analyze", RECORDING, "--format", "json"]))?;
    let timeline: Value =
        serde_json::from_str(&json).context("`rollcall analyze --format json` is not JSON")?;
    let ranges = timeline["ranges"].as_array().into_iter().flatten();
    let heard: BTreeSet<&str> = ranges.filter_map(|range| range["class"].as_str()).collect();
    let mut missing: Vec<String> =
        heard.difference(&names).map(|name| format!("{name} is heard by rollcall analyze only")).collect();
    if heard.is_empty() {
        missing.push("rollcall analyze hears nobody, so nothing was compared".into());
    }
    report.rule("a file's players are those of rollcall analyze", missing);

    let refused = shell::command(&program, &["--input", "Cargo.toml", "--no-window"])
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    let said = String::from_utf8_lossy(&refused.stderr);
    let silent = refused.status.success() || !said.contains("can't be played");
    report.rule(
        "what is no audio is refused in words",
        silent.then(|| said.into_owned()).into_iter().collect(),
    );
    Ok(report)
}
