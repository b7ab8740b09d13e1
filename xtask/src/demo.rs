//! `cargo xtask demo`: from a fresh clone to a look at what plays in a real recording.

use crate::{machine, report::Report, shell};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The recording (demo/README.md says whose it is and what is in it).
pub(crate) const RECORDING: &str = "demo/war-of-freedom.ogg";

/// Installs, builds, analyses, shows.
///
/// # Errors
/// A step fails; the message says what to do.
pub(crate) fn run() -> Result<()> {
    machine::ensure(machine::Need::CommandLine)?;
    shell::run(&mut shell::command("cargo", &["build", "--release", "--locked", "-p", "rollcall"]))?;
    eprintln!(
        "\n{RECORDING}: 28 s of a rock band that comes in at second 14 (demo/README.md). Who does Rollcall hear?\n"
    );
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

/// Who plays in the recording, and for how long at least that must be heard.
struct Part {
    class: &'static str,
    from_s: f64,
    to_s: f64,
    at_least_s: f64,
}

const PARTS: [Part; 4] = [
    Part { class: "guitar", from_s: 0.0, to_s: 28.0, at_least_s: 22.0 },
    Part { class: "bass", from_s: 0.0, to_s: 28.0, at_least_s: 22.0 },
    // The band comes in at second 13.7.
    Part { class: "drums", from_s: 13.0, to_s: 28.0, at_least_s: 10.0 },
    Part { class: "cymbals", from_s: 13.0, to_s: 28.0, at_least_s: 10.0 },
];

/// The same recording as a check: the built binary, with the model inside it, hears those who play in it when they do, and
/// nobody else (`demo/README.md` says how that is known).
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
    let ranges: Vec<(String, f64, f64)> = timeline["ranges"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|range| {
            let time_s = |name: &str| range[name].as_f64().unwrap_or(-1.0);
            (range["class"].as_str().unwrap_or_default().to_owned(), time_s("start_s"), time_s("end_s"))
        })
        .collect();
    let outside = ranges.iter().filter(|(_, start, end)| !(0.0 <= *start && start <= end && *end <= 28.01));
    let outside = outside.map(|(class, start, end)| format!("{class} from {start} s to {end} s of 28 s"));
    report.rule("every range lies in the recording", outside.collect());
    for Part { class, from_s, to_s, at_least_s } in PARTS {
        let own = ranges.iter().filter(|(heard, ..)| heard == class);
        let inside = own.map(|(_, start, end)| (end.min(to_s) - start.max(from_s)).max(0.0));
        let heard_s: f64 = inside.sum();
        let little = heard_s < at_least_s;
        let broken = little.then(|| format!("for {heard_s:.1} s between {from_s} and {to_s} s"));
        report.rule(format!("the {class} is heard for {at_least_s} s or more"), broken.into_iter().collect());
    }
    let too_soon = ranges
        .iter()
        .filter(|(heard, start, _)| PARTS.iter().any(|part| part.class == heard && *start < part.from_s));
    let too_soon = too_soon.map(|(class, start, _)| format!("{class} from {start:.1} s on"));
    report.rule("and not before", too_soon.collect());
    let strangers = ranges.iter().filter(|(heard, ..)| PARTS.iter().all(|part| part.class != heard));
    let strangers = strangers.map(|(class, start, end)| format!("{class} from {start:.1} to {end:.1} s"));
    report.rule("and nobody else", strangers.collect());
    Ok(report)
}
