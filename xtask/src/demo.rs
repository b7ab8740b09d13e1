//! `cargo xtask demo`: from a fresh clone to a look at what plays in a real recording.

use crate::{machine, report::Report, shell};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The recording (demo/README.md says whose it is and what is in it).
const RECORDING: &str = "demo/feelings.ogg";

/// Installs, builds, analyses, shows.
///
/// # Errors
/// A step fails; the message says what to do.
pub(crate) fn run() -> Result<()> {
    machine::ensure(machine::Need::CommandLine)?;
    shell::run(&mut shell::command("cargo", &["build", "--release", "--locked", "-p", "rollcall"]))?;
    eprintln!("\n{RECORDING}: 28 s of a guitar and a cello (demo/README.md). Who does Rollcall hear?\n");
    shell::run(&mut rollcall(&["analyze", RECORDING]))?;
    eprintln!(
        "\nNow your own: {} analyze SONG.flac\nFor programs: add --format json, csv or audacity",
        shell::target().join("release/rollcall").display()
    );
    Ok(())
}

fn rollcall(arguments: &[&str]) -> std::process::Command {
    let program = shell::target().join("release/rollcall");
    shell::command(program.to_str().unwrap_or("rollcall"), arguments)
}

/// The same recording as a check: the built binary, with the model inside it, hears somebody play, in ranges that lie in
/// the recording. Whether it hears the right ones is a matter of the model, and scored with it (MODEL_CARD.md).
///
/// # Errors
/// The build fails, or the binary does.
pub(crate) fn check() -> Result<Report> {
    shell::run(&mut shell::command("cargo", &["build", "--release", "--locked", "-p", "rollcall"]))?;
    let json = shell::read(&mut rollcall(&["analyze", RECORDING, "--format", "json"]))?;
    let timeline: Value =
        serde_json::from_str(&json).context("`rollcall analyze --format json` is not JSON")?;
    let duration = timeline["duration_s"].as_f64().context("the timeline has no duration_s")?;
    ensure!((duration - 28.0).abs() < 1e-6, "{RECORDING} is 28 s long, but the timeline says {duration} s");

    let mut report = Report::default();
    let ranges: Vec<(f64, f64)> = timeline["ranges"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|range| (range["start_s"].as_f64().unwrap_or(-1.0), range["end_s"].as_f64().unwrap_or(-1.0)))
        .collect();
    let silent = ranges.is_empty().then(|| "no instrument is heard in 28 s of music".to_string());
    report.rule("somebody is heard", silent.into_iter().collect());
    let outside =
        ranges.iter().filter(|(start, end)| !(0.0 <= *start && start <= end && *end <= duration + 0.01));
    let outside = outside.map(|(start, end)| format!("a range from {start} s to {end} s in {duration} s"));
    report.rule("every range lies in the recording", outside.collect());
    Ok(report)
}
