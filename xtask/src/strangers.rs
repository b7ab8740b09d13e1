//! The suite of `rollcall-host` on plugins that are not ours: the examples of two crates, one of each format.

use crate::{bundle, report::Report, shell};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// An example that is a plugin: its crate, the crate's version, and where a host looks for the built file.
struct Stranger {
    package: &'static str,
    version: &'static str,
    file: &'static str,
    /// The one check that it does not pass, and why: neither example keeps its gain in a state.
    forgets: &'static str,
}

const EXAMPLE: &str = "gain";
const STRANGERS: [Stranger; 2] = [
    Stranger { package: "clap-clap", version: "0.5.0", file: "Gain.clap", forgets: "it has no state" },
    Stranger {
        package: "vst3",
        version: "0.3.0",
        file: "Gain.vst3/Contents/x86_64-linux/Gain.so",
        forgets: "`Gain` is 1 after its own state was loaded",
    },
];

/// What holds of either at any gain, and what does at none: the harness must say so both times.
const HOLD: [&str; 6] = ["finite", "latency=0", "no-events", "no-edits", "no-allocations", "max<100000%"];

/// Builds them and runs them: the validators' checks, claims that hold, a claim that does not, a matrix and random hosts.
///
/// # Errors
/// The crates cannot be had, or do not build.
pub(crate) fn check() -> Result<Report> {
    let host = bundle::harness()?;
    let folder = shell::target().join("strangers");
    let sources = fetch(&folder)?;
    let mut report = Report::default();
    for (stranger, source) in STRANGERS.iter().zip(sources) {
        let plugin = built(stranger, &source, &folder)?;
        let plugin = plugin.display().to_string();
        let name = format!("{} {}", stranger.package, EXAMPLE);
        let mut says = |what: &str, wanted: Option<i32>, words: &[&str], arguments: &[&str]| -> Result<()> {
            let output = shell::command(&host, arguments).output().context("rollcall-host does not start")?;
            let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
            let is_so = output.status.code() == wanted && words.iter().all(|word| said.contains(word));
            let broken = (!is_so).then_some(said);
            report.rule(format!("{name}: {what}"), broken.into_iter().collect());
            Ok(())
        };
        let words = ["3 passed, 1 failed", "FAILED parameters keep what they are set to", stranger.forgets];
        says(
            "all of the validators' checks hold but that of its state",
            Some(1),
            &words,
            &["check", &plugin],
        )?;
        let mut holds =
            |what: &str, wanted: Option<i32>, arguments: &[&str]| says(what, wanted, &[], arguments);
        holds("its ports and parameters are listed", Some(0), &["inspect", &plugin])?;
        let claims: Vec<&str> = HOLD.iter().flat_map(|claim| ["--assert", claim]).collect();
        let loud = [&["run", &plugin, "--automate", "0:0=@1", "--assert", "sound"], &claims[..]].concat();
        holds("what holds at full gain", Some(0), &loud)?;
        let quiet = [&["run", &plugin, "--automate", "0:0=@0", "--assert", "silent"], &claims[..]].concat();
        holds("and silence at none", Some(0), &quiet)?;
        holds(
            "a false claim is said to be false",
            Some(1),
            &["run", &plugin, "--automate", "0:0=@0", "--assert", "pass-through"],
        )?;
        holds("rates, blocks, layouts and modes", Some(0), &["matrix", &plugin])?;
        holds("random hosts of seed 1", Some(0), &["fuzz", &plugin, "--seed", "1", "--runs", "10"])?;
    }
    Ok(report)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The manifests of the crates' sources, in the strangers' order.
fn fetch(folder: &Path) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    let head = "[package]\nname = \"strangers\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n";
    let wanted: String = STRANGERS.iter().map(|s| format!("{} = \"={}\"\n", s.package, s.version)).collect();
    let manifest = folder.join("Cargo.toml");
    fs::write(&manifest, format!("{head}{wanted}"))?;
    let manifest = manifest.display().to_string();
    let listed = ["metadata", "--format-version", "1", "--manifest-path", &manifest];
    let listed: Value = serde_json::from_str(&shell::read(&mut shell::command("cargo", &listed))?)?;
    let packages = listed["packages"].as_array().context("cargo metadata lists no packages")?;
    let manifest_of = |stranger: &Stranger| {
        let package = packages.iter().find(|package| package["name"] == stranger.package);
        let path = package.and_then(|package| package["manifest_path"].as_str());
        path.map(PathBuf::from).with_context(|| format!("cargo did not fetch {}", stranger.package))
    };
    STRANGERS.iter().map(manifest_of).collect()
}

/// Builds a plugin, and puts it where a host looks for it.
fn built(stranger: &Stranger, manifest: &Path, folder: &Path) -> Result<PathBuf> {
    // A target of its own each: both examples have the same name.
    let target = folder.join(stranger.package);
    let mut build = shell::command("cargo", &["build", "--release", "--quiet", "--example", EXAMPLE]);
    build.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(&target);
    // What a newer compiler thinks of others' code is not ours to say.
    build.env("RUSTFLAGS", "-Awarnings");
    shell::run(&mut build)?;
    let file = folder.join(stranger.file);
    fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
    let library = target.join("release/examples").join(format!("lib{EXAMPLE}.so"));
    fs::copy(&library, &file).with_context(|| format!("{} was not built", library.display()))?;
    Ok(folder.join(stranger.file.split('/').next().unwrap_or_default()))
}
