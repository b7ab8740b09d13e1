//! `cargo xtask bundle`: the plugin as `Rollcall.clap` and `Rollcall.vst3` (named in `bundler.toml`), put together by
//! nice-plug's own bundler in `target/bundled/`.

use crate::{machine, report::Report, shell};
use anyhow::Result;
use std::fs;

/// What a host is given: the file that holds each format's entry point.
const ENTRIES: &[(&str, &str)] = &[
    ("Rollcall.clap", "clap_entry"),
    ("Rollcall.vst3/Contents/x86_64-linux/Rollcall.so", "GetPluginFactory"),
];

/// Builds both bundles. Further arguments go to `cargo build`.
///
/// # Errors
/// The machine lacks something, or the build fails.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    machine::ensure(machine::Need::Plugin)?;
    let bundler = ["run", "--quiet", "--release", "--locked", "-p", "rollcall-bundler", "--"];
    let mut command = shell::command("cargo", &bundler);
    shell::run(command.args(["bundle", "rollcall-plugin", "--release", "--locked"]).args(arguments))
}

/// Builds them from nothing, and looks for the entry points that hosts call.
///
/// # Errors
/// The build fails.
pub(crate) fn check() -> Result<Report> {
    let bundles = shell::target().join("bundled");
    if bundles.exists() {
        fs::remove_dir_all(&bundles)?;
    }
    run(&[])?;
    let mut report = Report::default();
    for (file, symbol) in ENTRIES {
        let library = fs::read(bundles.join(file)).unwrap_or_default();
        let named = library.windows(symbol.len()).any(|bytes| bytes == symbol.as_bytes());
        let broken = (!named).then(|| format!("target/bundled/{file}: {} bytes, no {symbol}", library.len()));
        report.rule(format!("{file} has {symbol}"), broken.into_iter().collect());
    }
    Ok(report)
}
