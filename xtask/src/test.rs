//! `cargo xtask test`: installs, runs every suite, and says in one table what each has shown.

use crate::{
    counts::{self, Counted, Counts},
    machine, python, shell,
    shown::{self, Said},
    suites::{Action, SUITES, Suite},
    trixie,
    workspaces::Workspace,
};
use anyhow::{Result, bail};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// One suite's end.
struct Outcome {
    suite: &'static Suite,
    counts: Counts,
    took: Duration,
    /// Why it did not run to its end, if so.
    error: Option<String>,
    /// Why it was not run, where it cannot be here or was left out.
    not_run: Option<String>,
    /// Everything it wrote, where it is a program.
    said: String,
}

impl Outcome {
    fn begun(suite: &'static Suite) -> Self {
        let (counts, took) = (Counts::default(), Duration::ZERO);
        Self { suite, counts, took, error: None, not_run: None, said: String::new() }
    }

    fn not_run(suite: &'static Suite, why: String) -> Self {
        Self { not_run: Some(why), ..Self::begun(suite) }
    }

    fn passed(&self) -> bool {
        self.error.is_none() && self.counts.failed == 0 && (self.counts.run() > 0 || self.not_run.is_some())
    }
}

/// Runs the suites with these names, all, or all but those that stand behind `--without`.
///
/// # Errors
/// A name is unknown, the machine lacks something, or a suite failed or ran no test.
pub(crate) fn run(names: &[String]) -> Result<()> {
    if names.first().is_some_and(|name| name == "--list") {
        for suite in SUITES {
            println!("{:10} {}", suite.name, suite.shows);
        }
        return Ok(());
    }
    let (names, without) = match names {
        [first, without @ ..] if first == "--without" => (&[][..], without),
        names => (names, &[][..]),
    };
    if let Some(unknown) =
        names.iter().chain(without).find(|name| SUITES.iter().all(|suite| suite.name != **name))
    {
        bail!("there is no suite `{unknown}`; `cargo xtask test --list` names them");
    }
    let start = Instant::now();
    machine::ensure_for(names)?;
    let python = python::ensure(python::REFERENCES)?;
    eprintln!("== set-up took {}", clock(start.elapsed()));

    let chosen =
        SUITES.iter().filter(|suite| names.is_empty() || names.iter().any(|name| name == suite.name));
    let mut outcomes = Vec::new();
    for suite in chosen {
        if without.iter().any(|name| name == suite.name) {
            outcomes.push(Outcome::not_run(suite, "left out by --without".to_owned()));
            continue;
        }
        eprintln!("\n== {}: {}", suite.name, suite.shows);
        let outcome = run_suite(suite, &python);
        eprintln!("== {}: {} in {}", suite.name, verdict(&outcome), clock(outcome.took));
        outcomes.push(outcome);
    }

    let mut table = table(&outcomes, start.elapsed());
    let said = outcomes.iter().map(|outcome| Said { suite: outcome.suite.name, output: &outcome.said });
    let mut unshown = Vec::new();
    if let Some((hosts, missing)) = shown::table(&said.collect::<Vec<_>>()) {
        writeln!(table, "\n{hosts}").expect("a String takes everything");
        // Some suites alone need not show everything.
        unshown = if names.is_empty() && without.is_empty() { missing } else { Vec::new() };
    }
    fs::create_dir_all(logs())?;
    fs::write(logs().join("summary.txt"), &table)?;
    let mut sum = Counts::default();
    outcomes.iter().for_each(|outcome| sum += outcome.counts);
    let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
    // A suite that ran nothing, or broke off, is a failure even though none of its tests failed.
    sum.failed = sum.failed.max(failed);
    println!("\n{table}");
    for (suite, why) in outcomes.iter().filter_map(|one| Some((one.suite.name, one.not_run.as_ref()?))) {
        println!("{suite} not run: {why}");
    }
    println!("{} passed, {} failed", sum.passed, sum.failed);
    if !unshown.is_empty() {
        bail!("no host has shown: {}; see TOPICS in xtask/src/shown.rs", unshown.join(", "));
    }
    match failed {
        0 => Ok(()),
        failed => {
            bail!("{failed} of {} suites failed; what they said is in {}", outcomes.len(), logs().display())
        }
    }
}

fn logs() -> PathBuf {
    shell::target().join("suites")
}

fn run_suite(suite: &'static Suite, python: &Path) -> Outcome {
    let start = Instant::now();
    let ended = match act(suite, python) {
        Ok(Acted::Ran(counts, said)) => Outcome { counts, said, ..Outcome::begun(suite) },
        Ok(Acted::NotRun(why)) => Outcome::not_run(suite, why),
        Err(error) => Outcome {
            counts: Counts { passed: 0, failed: 1 },
            error: Some(format!("{error:#}")),
            ..Outcome::begun(suite)
        },
    };
    Outcome { took: start.elapsed(), ..ended }
}

/// What came of a suite.
enum Acted {
    /// What ran, and what it wrote.
    Ran(Counts, String),
    /// Nothing: why not.
    NotRun(String),
}

fn act(suite: &Suite, python: &Path) -> Result<Acted> {
    let (counts, said) = match suite.action {
        Action::Check(check) => {
            let report = check()?;
            eprint!("{report}");
            if let Some(why) = report.why_not_run() {
                return Ok(Acted::NotRun(why.to_owned()));
            }
            (report.counts(), report.to_string())
        }
        Action::Command(words, counted) => {
            let words: Vec<PathBuf> = words.iter().map(|word| meant(word, python)).collect::<Result<_>>()?;
            let command = shell::command(&words[0].to_string_lossy(), &words[1..]);
            observe(suite, "", command, counted)?
        }
        Action::Cargo(workspaces, arguments, counted) => {
            each(workspaces, |one| observe(suite, one.suffix(), one.cargo(arguments)?, counted))?
        }
        Action::Tests(workspaces, arguments) => each(workspaces, |one| {
            let (command, counted) = tests(one, arguments)?;
            observe(suite, one.suffix(), command, counted)
        })?,
    };
    Ok(Acted::Ran(counts, said))
}

/// The same in each workspace, also after a failure, and counted together.
fn each(
    workspaces: &[Workspace],
    run: impl Fn(Workspace) -> Result<(Counts, String)>,
) -> Result<(Counts, String)> {
    let (mut sum, mut said) = (Counts::default(), String::new());
    for one in workspaces {
        let (mut counts, output) = run(*one)?;
        // One that ran nothing must not hide behind the other.
        counts.failed += usize::from(counts.run() == 0);
        sum += counts;
        said += &output;
    }
    Ok((sum, said))
}

/// Runs it in view of the person, and counts.
fn observe(suite: &Suite, suffix: &str, mut command: Command, counted: Counted) -> Result<(Counts, String)> {
    command.env("CARGO_TERM_COLOR", "never");
    let log = logs().join(format!("{}{suffix}.log", suite.name));
    let (succeeded, output) = shell::keep(&mut command, &log)?;
    Ok((counts::read(counted, succeeded, &output), output))
}

/// A word of the table in this place.
fn meant(word: &str, python: &Path) -> Result<PathBuf> {
    Ok(match word {
        "python" => python.to_owned(),
        "{rollcall}" => shell::target().join("release/rollcall"),
        "{bundles}" => shell::target().join("bundled"),
        "{pictures}" => logs(),
        "{trixie}" => trixie::ensure()?,
        word => word.into(),
    })
}

/// The tests run in processes of their own with cargo-nextest, which Debian does not have: cargo's own runner serves.
fn tests(workspace: Workspace, arguments: &[&str]) -> Result<(Command, Counted)> {
    if shell::succeeds("cargo", &["nextest", "--version"]) {
        // Of the bundles' tests each is named: the table of hosts reads them.
        let level = if arguments.contains(&"bundles") { "pass" } else { "slow" };
        let run = ["nextest", "run", "--no-fail-fast", "--status-level", level];
        Ok((workspace.cargo(&[&run, arguments].concat())?, Counted::Nextest))
    } else {
        let run = ["test", "--no-fail-fast", "--lib", "--bins", "--tests"];
        Ok((workspace.cargo(&[&run, arguments].concat())?, Counted::CargoTest))
    }
}

fn verdict(outcome: &Outcome) -> String {
    let Counts { passed, failed } = outcome.counts;
    match &outcome.error {
        Some(error) => format!("BROKE OFF: {error}"),
        None if outcome.not_run.is_some() => "not run".to_owned(),
        None if failed > 0 => format!("FAILED: {failed} of {}", passed + failed),
        None if passed == 0 => "FAILED: no test ran".to_owned(),
        None => format!("ok, {passed}"),
    }
}

fn table(outcomes: &[Outcome], took: Duration) -> String {
    let mut table = format!("{:10} {:>9} {:>7}  what it showed\n", "suite", "tests run", "time");
    for outcome in outcomes {
        let shown = match &outcome.not_run {
            Some(why) => format!("not run: {why}"),
            None if outcome.passed() => outcome.suite.shows.to_owned(),
            None => verdict(outcome),
        };
        let (name, run) = (outcome.suite.name, outcome.counts.run());
        writeln!(table, "{name:10} {run:>9} {:>7}  {shown}", clock(outcome.took))
            .expect("a String takes everything");
    }
    writeln!(table, "{:10} {:>9} {:>7}", "all", "", clock(took)).expect("a String takes everything");
    table
}

fn clock(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(counts: Counts) -> Outcome {
        Outcome { counts, ..Outcome::begun(&SUITES[0]) }
    }

    #[test]
    fn a_suite_that_ran_no_test_fails() {
        assert!(outcome(Counts { passed: 3, failed: 0 }).passed());
        assert!(!outcome(Counts { passed: 3, failed: 1 }).passed());
        assert!(!outcome(Counts::default()).passed());
        assert!(verdict(&outcome(Counts::default())).contains("no test ran"));
        // What cannot be run here is no failure, and is said.
        let not_run = Outcome::not_run(&SUITES[0], "no such system here".to_owned());
        assert!(
            not_run.passed() && table(&[not_run], Duration::ZERO).contains("not run: no such system here")
        );
    }

    #[test]
    fn every_suite_has_a_name_of_its_own() {
        let mut names: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SUITES.len());
    }

    #[test]
    fn a_program_that_fails_fails_its_suite() {
        static SUITE: Suite =
            Suite { name: "false", action: Action::Command(&["false"], Counted::Whole), shows: "nothing" };
        let outcome = run_suite(&SUITE, Path::new("python3"));
        assert!(!outcome.passed());
        static MISSING: Suite = Suite {
            name: "missing",
            action: Action::Command(&["a-program-that-nobody-wrote"], Counted::Whole),
            shows: "nothing",
        };
        assert!(!run_suite(&MISSING, Path::new("python3")).passed());
    }
}
