//! `cargo xtask test fuzz`: builds libFuzzer's targets with the coverage of our own crates, and runs each for a fixed count from
//! a fixed seed over its kept corpus. `cargo xtask fuzz TARGET [SECONDS]` runs one for longer, by hand.

use crate::{machine, report::Report, shell, workspaces::Workspace};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Each target, and the runs that it is given in CI: about ten seconds each on one core.
const TARGETS: &[(&str, u32)] =
    &[("engine", 2_000), ("package", 600), (STATE, 60_000), ("timeline", 60_000), ("decode", 20_000)];

/// The target that lies in the plugin's workspace.
const STATE: &str = "state";

/// The same in every run, so that a finding in CI is one here.
const SEED: &str = "-seed=20261125";

/// Where Debian and others put clang's runtimes. libFuzzer is one of them, in a library of its own.
const RUNTIMES: &str = "/usr/lib";

/// Builds, and runs every target for its fixed count.
///
/// # Errors
/// libFuzzer is missing, or the build fails.
pub(crate) fn check() -> Result<Report> {
    build()?;
    let mut report = Report::default();
    for (name, runs) in TARGETS {
        let limit = format!("-runs={runs}");
        let found = run_target(name, &limit)?;
        report.rule(format!("{name}: {runs} inputs, none of which breaks a promise"), found);
    }
    Ok(report)
}

/// Runs one target for so many seconds, 300 if none are given.
///
/// # Errors
/// No such target, no libFuzzer, a failed build, or a finding.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let name = arguments.first().map(String::as_str).unwrap_or_default();
    if !TARGETS.iter().any(|(target, _)| *target == name) {
        let names: Vec<&str> = TARGETS.iter().map(|(target, _)| *target).collect();
        bail!("there is no target `{name}`; there are {}", names.join(", "));
    }
    let seconds: u32 =
        arguments.get(1).map_or(Ok(300), |text| text.parse()).context("SECONDS is no number")?;
    machine::ensure(machine::Need::Tests)?;
    build()?;
    match run_target(name, &format!("-max_total_time={seconds}"))? {
        found if found.is_empty() => Ok(()),
        found => bail!("{}", found.join("\n")),
    }
}

/// With the features of a build of the whole workspace, so that nothing below our crates is built again.
fn build() -> Result<()> {
    for workspace in Workspace::BOTH {
        let feature = match workspace {
            Workspace::Main => "rollcall-fuzz/libfuzzer",
            Workspace::Plugin => "rollcall-fuzz-state/libfuzzer",
        };
        let mut command =
            workspace.cargo(&["build", "--release", "--locked", "--workspace", "--features", feature])?;
        for (name, _) in
            TARGETS.iter().filter(|(name, _)| (*name == STATE) == (workspace == Workspace::Plugin))
        {
            command.args(["--bin", &format!("fuzz-{name}")]);
        }
        command.env("RUSTC_WORKSPACE_WRAPPER", shell::root().join("fuzz/instrument"));
        command.env("ROLLCALL_LIBFUZZER", libfuzzer()?);
        shell::run(&mut command)?;
    }
    Ok(())
}

/// The newest clang's libFuzzer.
fn libfuzzer() -> Result<PathBuf> {
    let name = format!("libclang_rt.fuzzer-{}.a", std::env::consts::ARCH);
    let versions = folders(Path::new(RUNTIMES)).into_iter().filter(|path| path.join("lib/clang").is_dir());
    let mut found: Vec<PathBuf> = versions
        .flat_map(|version| folders(&version.join("lib/clang")))
        .map(|clang| clang.join("lib/linux").join(&name))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found.pop().with_context(|| {
        format!("clang's {name} is not under {RUNTIMES}; on Debian `cargo xtask setup` installs it (libclang-rt-dev)")
    })
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect()
}

/// What it found: nothing, or where the input lies. New inputs go to `target/fuzz/`, never into the kept corpus.
fn run_target(name: &str, limit: &str) -> Result<Vec<String>> {
    let place = shell::target().join("fuzz").join(name);
    let (grown, artifacts) = (place.join("corpus"), place.join("found"));
    if grown.exists() {
        fs::remove_dir_all(&grown)?;
    }
    fs::create_dir_all(&grown)?;
    fs::create_dir_all(&artifacts)?;
    let program = shell::target().join("release").join(format!("fuzz-{name}"));
    let program = program.to_str().context("the path of the target folder is not UTF-8")?;
    let prefix = format!("-artifact_prefix={}/", artifacts.display());
    let fuzz = if name == STATE { "plugin/fuzz" } else { "fuzz" };
    let kept = shell::root().join(fuzz).join("corpus").join(name);
    let mut command =
        shell::command(program, &[SEED, limit, "-timeout=60", "-rss_limit_mb=3000", "-print_final_stats=1"]);
    command.arg(prefix).arg(&grown).arg(kept);
    let log = shell::target().join("suites").join(format!("fuzz-{name}.log"));
    let (succeeded, said) = shell::keep_quietly(&mut command, &log)?;
    if succeeded {
        let done = said.lines().rfind(|line| line.starts_with("Done ")).unwrap_or("Done nothing");
        eprintln!("{name}: {done}");
        return Ok(if done.starts_with("Done 0") || done == "Done nothing" {
            vec!["no input ran".into()]
        } else {
            Vec::new()
        });
    }
    let written = said
        .lines()
        .find(|line| line.contains("Test unit written to"))
        .unwrap_or("it ended without an input");
    let why =
        said.lines().find(|line| line.contains("panicked at") || line.contains("ERROR:")).unwrap_or_default();
    Ok(vec![format!("{why}; {written}; see {}", log.display())])
}
