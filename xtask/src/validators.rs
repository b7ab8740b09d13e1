//! `cargo xtask validators`: the three public validators on the built bundles, each where it is installed.

use crate::{
    bundle,
    report::{self, Report},
    shell,
};
use anyhow::{Context, Result, bail};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// A validator: in no registry of packages, so that a person installs it and says where it lies.
struct Validator {
    name: &'static str,
    /// Names its program, where that is not found by its own name.
    variable: &'static str,
    /// Its program's names.
    programs: &'static [&'static str],
    bundle: &'static str,
    /// What it is run with, before the bundle's path.
    runs: &'static [&'static [&'static str]],
    /// What a line of its result has in it: a run that says no result has validated nothing.
    result: &'static str,
    source: &'static str,
}

const VALIDATORS: [Validator; 3] = [
    Validator {
        name: "clap-validator",
        variable: "CLAP_VALIDATOR",
        programs: &["clap-validator"],
        bundle: "Rollcall.clap",
        runs: &[&["validate"], &["validate", "--in-process"]],
        result: " tests run, ",
        source: "github.com/free-audio/clap-validator",
    },
    Validator {
        name: "vst3-validator",
        variable: "VST3_VALIDATOR",
        programs: &["validator", "vstvalidator"],
        bundle: "Rollcall.vst3",
        runs: &[&["-e"], &["-e", "-l"]],
        result: " tests passed, ",
        source: "github.com/steinbergmedia/vst3sdk, the target `validator`",
    },
    // Not `--randomise`: pluginval then compares the parameters of before with those of a restored state, and holds its own unrounded
    // values for those of a plugin whose switches have been moved since a state was last set.
    Validator {
        name: "pluginval",
        variable: "PLUGINVAL",
        programs: &["pluginval"],
        bundle: "Rollcall.vst3",
        runs: &[
            &["--strictness-level", "10", "--skip-gui-tests", "--validate"],
            &["--strictness-level", "10", "--validate"],
            &["--strictness-level", "10", "--sample-rates", RATES, "--block-sizes", BLOCKS, "--validate"],
        ],
        result: "Completed tests in pluginval / ",
        source: "github.com/Tracktion/pluginval",
    },
];

const RATES: &str = "8000,22050,44100,48000,88200,96000,192000,384000";
const BLOCKS: &str = "1,17,32,64,512,1024,4096";

/// What a line has in it that tells of a failure, an error or a warning; no validator's good news has one of them.
const BAD: [&str; 8] = ["ERROR", "Error", "WARN", "Warning", "FAIL", "Failed", "CRASHED", "!!!"];

/// Builds the bundles and runs all validators on them, or those that are named.
///
/// # Errors
/// The bundles do not build, a name is unknown, a validator is not there, or one of them tells of a failure, an error or a warning.
pub(crate) fn run(names: &[String]) -> Result<()> {
    if let Some(unknown) =
        names.iter().find(|name| VALIDATORS.iter().all(|validator| validator.name != **name))
    {
        let known: Vec<&str> = VALIDATORS.iter().map(|validator| validator.name).collect();
        bail!("there is no validator `{unknown}`: they are {}", known.join(", "));
    }
    bundle::run(None, Vec::new())?;
    let mut report = Report::default();
    for validator in
        VALIDATORS.iter().filter(|one| names.is_empty() || names.iter().any(|name| *name == one.name))
    {
        match validator.program() {
            Some(program) => validator.hold(&program, &mut report)?,
            None => report.rule(validator.name, vec![validator.missing()]),
        }
    }
    report::print(report)
}

impl Validator {
    /// Where it lies: what the variable says, else the first of its names on the path.
    fn program(&self) -> Option<PathBuf> {
        if let Some(named) = env::var_os(self.variable) {
            return Some(named.into());
        }
        let path = env::var_os("PATH").unwrap_or_default();
        let here: Vec<PathBuf> = env::split_paths(&path).collect();
        let named = |name: &&str| here.iter().map(|folder| folder.join(name)).find(|file| file.is_file());
        self.programs.iter().find_map(named)
    }

    fn missing(&self) -> String {
        let names = self.programs.join("` or `");
        format!("no `{names}` on the path, and {} names none: get it from {}", self.variable, self.source)
    }

    fn hold(&self, program: &Path, report: &mut Report) -> Result<()> {
        let program = program.to_str().context("a validator's path is not UTF-8")?;
        let bundle = shell::target().join("bundled").join(self.bundle).display().to_string();
        let folder = shell::target().join("validators");
        fs::create_dir_all(&folder)?;
        for (number, run) in self.runs.iter().enumerate() {
            let mut words = [&[program], *run, &[&bundle]].concat();
            // A window wants a screen.
            if cfg!(target_os = "linux") && env::var_os("DISPLAY").is_none() {
                words.splice(0..0, ["xvfb-run", "--auto-servernum"]);
            }
            let log = folder.join(format!("{}-{number}.txt", self.name));
            let (succeeded, said) = shell::keep_quietly(&mut shell::command(words[0], &words[1..]), &log)?;
            let broken = findings(&said, succeeded, self.result);
            let results: Vec<String> =
                said.lines().filter(|line| line.contains(self.result)).map(plain).collect();
            // One that has no line for all of its tests has one for each.
            let result = match &results[..] {
                [result] => result.trim().to_owned(),
                results => format!("{} tests run", results.len()),
            };
            report.rule(format!("{} {}: {}", self.name, run.join(" "), result), broken);
        }
        Ok(())
    }
}

/// Every line that tells of a failure, an error or a warning; a run that failed without a word, and one that came to no result.
fn findings(said: &str, succeeded: bool, result: &str) -> Vec<String> {
    let lines = said.lines().map(plain);
    let mut bad: Vec<String> = lines.filter(|line| BAD.iter().any(|word| line.contains(word))).collect();
    if !said.lines().any(|line| line.contains(result)) {
        bad.push("it says no result".to_owned());
    }
    if !succeeded && bad.is_empty() {
        bad.push("it failed without a word".to_owned());
    }
    bad
}

/// The line without its colours.
fn plain(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or(part, |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_news_breaks_nothing() {
        let clap = "\u{1b}[32m INFO\u{1b}[0m Test scan-time completed\n│ └── \u{1b}[32mPASSED\u{1b}[0m ─ 1ms\n\
            44 tests run, \u{1b}[1;32m34\u{1b}[0m passed, 0 failed, 0 warnings, 10 skipped";
        assert_eq!(findings(clap, true, VALIDATORS[0].result), [""; 0]);
        let vst3 = "Info:  64bit Audio Processing not supported.\n[Succeeded]\nResult: 537 tests passed, 0 tests failed";
        assert_eq!(findings(vst3, true, VALIDATORS[1].result), [""; 0]);
        let pluginval = "INFO: Startup Locale: [C]\nCompleted tests in pluginval / Fuzz parameters";
        assert_eq!(findings(pluginval, true, VALIDATORS[2].result), [""; 0]);
    }

    #[test]
    fn every_kind_of_bad_news_is_found() {
        let result = " tests passed, ";
        let bad = [
            "ERROR: The bypass parameter is not in sync in the controller!",
            "[XXXXXXX Failed]",
            "Failed to setup test!",
            "Info:  No units found, while controller implements IUnitInfo !!!",
            "  12ms  WARN Test process-audio-denormals completed with a warning",
            "│ └── WARNING ─ 40ms",
            "│ └── CRASHED ─ 40ms",
            "!!! WARNING: Enabling all buses failed",
            "*** FAILED: Timeout after 30 secs",
        ];
        for line in bad {
            let said = format!("{line}\nResult: 537 tests passed, 0 tests failed");
            assert_eq!(findings(&said, true, result), [line], "{line}");
        }
        assert_eq!(findings("Result: 1 tests passed, ", false, result), ["it failed without a word"]);
        assert_eq!(findings("Loading module", true, result), ["it says no result"]);
    }
}
