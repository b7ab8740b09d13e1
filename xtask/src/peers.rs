//! `cargo xtask peers`: ours against onnxruntime, tract and the machine's limits, written to BENCHMARKS.md.

use crate::{machine, python, shell, workspaces::Workspace};
use anyhow::{Context, Result};
use std::fs;

/// Builds what is measured, then measures; some ten minutes. Arguments go to `xtask/python/peers.py`.
///
/// # Errors
/// A build fails, or a measurement.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    machine::ensure(machine::Need::Tests)?;
    let python = python::ensure(python::REFERENCES)?;
    shell::run(&mut shell::command("cargo", &["build", "--release", "--locked", "-p", "rollcall"]))?;
    let build = ["bench", "--no-run", "--locked", "-p", "rollcall-engine", "--bench", "peers"];
    let messages = shell::read(shell::command("cargo", &build).arg("--message-format=json"))?;
    let bench = executable(&messages).context("cargo did not say where it put the bench `peers`")?;
    let target = shell::target();
    let tap = ["bench", "--locked", "-p", "rollcall-tap", "--bench", "block"];
    fs::create_dir_all(target.join("peers"))?;
    fs::write(target.join("peers/tap.md"), shell::read(&mut Workspace::Plugin.cargo(&tap)?)?)?;
    let mut script = shell::command(
        python.to_str().context("the target folder is not UTF-8")?,
        &[
            "xtask/python/peers.py",
            "--bench",
            &bench,
            "--target",
            target.to_str().context("the target folder is not UTF-8")?,
        ],
    );
    shell::run(script.args(arguments))
}

/// The last executable that cargo tells of.
fn executable(messages: &str) -> Option<String> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    messages.filter_map(|message| Some(message["executable"].as_str()?.to_owned())).next_back()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_executable_is_found_among_the_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":null}\nnoise\n\
            {\"reason\":\"compiler-artifact\",\"executable\":\"target/release/deps/peers-1\"}\n\
            {\"reason\":\"build-finished\",\"success\":true}";
        assert_eq!(super::executable(messages).as_deref(), Some("target/release/deps/peers-1"));
        assert_eq!(super::executable(""), None);
    }
}
