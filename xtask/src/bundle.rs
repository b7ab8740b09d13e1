//! `cargo xtask bundle`: the plugin as `Rollcall.clap` and `Rollcall.vst3` (named in `plugin/bundler.toml`), put together by
//! nice-plug's own bundler in `target/bundled/`, with the licences of all that is in it beside them.

use crate::{cross::shipped::PLUGIN, machine, notices, report::Report, shell};
use anyhow::{Context, Result};
use std::fs;

/// What a host is given: the file that holds each format's entry point.
const ENTRIES: &[(&str, &str)] = &[
    ("Rollcall.clap", "clap_entry"),
    ("Rollcall.vst3/Contents/x86_64-linux/Rollcall.so", "GetPluginFactory"),
];

/// What a bundle has at most beside the model that is in it: what a user downloads and each host maps. With 8-bit weights (5.9 MB) a bundle
/// stays below 35 MB, with 16 bits (11.4 MB) below 40.
const MOST_BYTES_BESIDE_MODEL: u64 = 28_500_000;

/// Runs of `rollcall-host fuzz` on each bundle: under a minute for both on two cores.
const FUZZ_RUNS: &str = "25";

/// Builds both bundles for this system, or for a target that is alike. Further arguments go to `cargo build`.
///
/// # Errors
/// The machine lacks something, or the build fails.
pub(crate) fn run(target: Option<String>, arguments: Vec<String>) -> Result<()> {
    let named = target.iter().flat_map(|target| ["--target".to_owned(), target.clone()]);
    let arguments: Vec<String> = named.chain(arguments).collect();
    let target = target.map_or_else(shell::host, Ok)?;
    machine::ensure(machine::Need::Plugin)?;
    let (workspace, plugin) = PLUGIN;
    let build = [&["build", "--release", "--locked"], plugin].concat();
    shell::run(workspace.cargo(&build)?.args(&arguments))?;
    let bundler = ["run", "--quiet", "--release", "--locked", "-p", "rollcall-bundler", "--"];
    let mut bundler = shell::command("cargo", &bundler);
    let folder = shell::target();
    shell::run(bundler.arg(&folder).args(["rollcall-plugin", "--release"]).args(&arguments))?;
    notices::write(&folder.join("bundled"), &target)
}

/// The value of `--target`, and all other arguments.
pub(crate) fn target_of(arguments: &[String]) -> (Option<String>, Vec<String>) {
    let mut rest = arguments.to_vec();
    let Some(at) = rest.iter().position(|word| word == "--target" || word.starts_with("--target=")) else {
        return (None, rest);
    };
    let word = rest.remove(at);
    let target = match word.strip_prefix("--target=") {
        Some(target) => Some(target.to_owned()),
        None => (at < rest.len()).then(|| rest.remove(at)),
    };
    (target, rest)
}

/// Builds them from nothing, and looks for the entry points that hosts call and at their size.
///
/// # Errors
/// The build fails.
pub(crate) fn check() -> Result<Report> {
    let bundles = shell::target().join("bundled");
    if bundles.exists() {
        fs::remove_dir_all(&bundles)?;
    }
    run(None, Vec::new())?;
    let mut report = Report::default();
    let model = model_bytes()?;
    for (file, symbol) in ENTRIES {
        let library = fs::read(bundles.join(file)).unwrap_or_default();
        let named = library.windows(symbol.len()).any(|bytes| bytes == symbol.as_bytes());
        let broken = (!named).then(|| format!("target/bundled/{file}: {} bytes, no {symbol}", library.len()));
        report.rule(format!("{file} has {symbol}"), broken.into_iter().collect());
        let most = model + MOST_BYTES_BESIDE_MODEL;
        let large = library.len() as u64 > most;
        let large = large.then(|| format!("target/bundled/{file}: {} bytes", library.len()));
        report.rule(
            format!("{file} has at most {most} bytes, {model} of them the model's"),
            large.into_iter().collect(),
        );
    }
    for place in notices::PLACES {
        let text = fs::read_to_string(bundles.join(place)).unwrap_or_default();
        let silent = !["nice-plug ", "baseview ", "tract-core ", "opus/COPYING", "SIL OPEN FONT LICENSE"]
            .iter()
            .all(|name| text.contains(name));
        let broken = silent.then(|| format!("target/bundled/{place}: {} bytes", text.len()));
        report.rule(format!("{place} names what is in the bundles"), broken.into_iter().collect());
    }
    Ok(report)
}

/// Bytes of the default package, all of which is in each bundle (the card's picture isn't).
fn model_bytes() -> Result<u64> {
    let folder = shell::root().join("models/default");
    let entries = fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut bytes = 0;
    for entry in entries {
        let entry = entry?;
        if entry.path().extension().is_none_or(|ending| ending != "svg") {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes)
}

/// Builds `rollcall-host` and returns its path.
///
/// # Errors
/// It does not build.
pub(crate) fn harness() -> Result<String> {
    // The whole workspace, so that its dependencies have the features that all other suites build them with.
    let build = ["build", "--release", "--locked", "--workspace", "--bin", "rollcall-host"];
    shell::run(&mut shell::command("cargo", &build))?;
    Ok(shell::target().join("release/rollcall-host").display().to_string())
}

/// Random hosts, the same ones each time: what is found is found again by the line that is printed.
///
/// # Errors
/// The harness does not build.
pub(crate) fn fuzz() -> Result<Report> {
    let host = harness()?;
    let mut report = Report::default();
    for name in ["Rollcall.clap", "Rollcall.vst3"] {
        let mut command = shell::command(&host, &["fuzz"]);
        command.args(["--seed", "1", "--runs", FUZZ_RUNS]).arg(shell::target().join("bundled").join(name));
        command.args(
            ["pass-through", "latency=0", "no-edits", "no-allocations"]
                .iter()
                .flat_map(|claim| ["--assert", claim]),
        );
        let broken = shell::run(&mut command).err().map(|error| format!("{error:#}"));
        report.rule(
            format!("{FUZZ_RUNS} random hosts of seed 1 find nothing in {name}"),
            broken.into_iter().collect(),
        );
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GNU: &str = "x86_64-pc-windows-gnu";

    #[test]
    fn the_target_is_taken_out_of_the_arguments() {
        let of = |words: &[&str]| {
            let (target, rest) = target_of(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
            (target, rest.join(" "))
        };
        let windows = || Some(GNU.to_owned());
        assert_eq!(of(&["-v", "--target", GNU, "-j1"]), (windows(), "-v -j1".to_owned()));
        assert_eq!(of(&[&format!("--target={}", GNU)]), (windows(), String::new()));
        assert_eq!(of(&["-v"]), (None, "-v".to_owned()));
        assert_eq!(of(&["--target"]), (None, String::new()));
    }
}
