//! The house rules that a machine can read off the files (CONTRIBUTING.md, "House rules").

use crate::{report::Report, shell};
use anyhow::{Result, ensure};
use std::fs;

/// Lines of a Rust file beyond which it holds more than one concept.
const MOST_LINES: usize = 500;

/// What must not stand in a file of this repository: names of package registries' hosts, and paths of one machine.
/// Each is written in two halves, so that this list does not find itself.
const HOSTS_AND_PATHS: &[[&str; 2]] = &[
    ["index.crates", ".io"],
    ["static.crates", ".io"],
    ["pypi", ".org"],
    ["files.python", "hosted.org"],
    ["registry.npm", "js.org"],
    ["deb.deb", "ian.org"],
    ["proxy.go", "lang.org"],
    ["/ro", "ot/"],
    ["/wo", "rk/"],
    ["/ho", "me/"],
    ["/tm", "p/"],
];

/// What a pure room may not name: (folder, words, why).
const PURE: &[(&str, &[&str], &str)] = &[
    (
        "engine/src/",
        &[
            "std::fs",
            "std::thread",
            "std::net",
            "std::process",
            "std::time::Instant",
            "SystemTime",
            "std::env",
        ],
        "the engine knows no file, thread, clock or process",
    ),
    (
        "plugin/tap/src/",
        &["extern crate alloc", "println!", "Mutex", "RwLock"],
        "the audio thread never allocates or waits",
    ),
    (
        "plugin/queue/src/",
        &["println!", "Mutex", "RwLock", "std::"],
        "the audio thread never allocates or waits",
    ),
    ("plugin/editor/src/", &["rollcall_engine", "rollcall_tap"], "the editor sees the board, nothing else"),
];

/// Checks every file that git tracks or would track.
///
/// # Errors
/// This is not a git clone, or a file cannot be read.
pub(crate) fn check() -> Result<Report> {
    let mut files = Vec::new();
    for path in shell::files()? {
        // Binary files have no words to read.
        if let Ok(text) = String::from_utf8(fs::read(shell::root().join(&path))?) {
            files.push((path, text));
        }
    }
    ensure!(
        files.iter().any(|(path, _)| path == "xtask/src/house.rs"),
        "git lists none of this repository's files"
    );
    Ok(check_files(&files))
}

fn check_files(files: &[(String, String)]) -> Report {
    let mut report = Report::default();
    let rust = || files.iter().filter(|(path, _)| path.ends_with(".rs"));

    let silent = rust().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path.clone());
    report.rule("every .rs file opens with a //! line that says what it is for", silent.collect());

    let long =
        rust().map(|(path, text)| (path, text.lines().count())).filter(|(_, lines)| *lines > MOST_LINES);
    let long = long.map(|(path, lines)| format!("{path}: {lines} lines"));
    report.rule(format!("no .rs file has more than {MOST_LINES} lines"), long.collect());

    let ignored = ["#[ig", "nore"].concat();
    let skipped = ["pytest.mark.", "skip"].concat();
    let unrun = find(files, &[&ignored, &skipped], |path| path.ends_with(".rs") || path.ends_with(".py"));
    report.rule("no test is switched off", unrun);

    let (todo, missing) = (["todo", "!("].concat(), ["unimple", "mented!("].concat());
    let mut unfinished = find(files, &[&todo, &missing], |path| path.ends_with(".rs"));
    let note = ["FIX", "ME"].concat();
    unfinished.extend(find(files, &[&note], |path| path.ends_with(".rs")));
    report.rule("nothing is left unfinished", unfinished);

    let words: Vec<String> = HOSTS_AND_PATHS.iter().map(|halves| halves.concat()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // Cargo itself writes the name of its index into every lock file.
    let places = find(files, &words, |path| !path.ends_with("Cargo.lock"));
    report.rule("no registry's host and no path of one machine stands in a file", places);

    let shipped: Vec<(String, String)> = rust().filter_map(without_tests).collect();
    for (folder, words, why) in PURE {
        report.rule(format!("{folder}: {why}"), find(&shipped, words, |path| path.starts_with(folder)));
    }
    report.rule("workflows run nothing but `cargo xtask`, which can be typed by hand", other_commands(files));
    let tap =
        files.iter().filter(|(path, text)| path == "plugin/tap/src/lib.rs" && !text.contains("#![no_std]"));
    report.rule("plugin/tap is #![no_std]", tap.map(|(path, _)| path.clone()).collect());
    report
}

/// Steps of GitHub's workflows that run something else.
fn other_commands(files: &[(String, String)]) -> Vec<String> {
    let mut others = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with(".github/workflows/")) {
        for (number, line) in text.lines().enumerate() {
            let step = line.trim_start().trim_start_matches("- ").strip_prefix("run:");
            if step.is_some_and(|command| !command.trim_start().starts_with("cargo xtask ")) {
                others.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    others
}

/// A file as it ships: tests, and examples in the documentation, may read files and wait. Unit tests are a file `tests.rs` or
/// `*_tests.rs`, or stand at the end of theirs. Lines keep their numbers.
fn without_tests((path, text): &(String, String)) -> Option<(String, String)> {
    let shipped = text.split("#[cfg(test)]\nmod tests {").next()?;
    let is_comment = |line: &str| line.trim_start().starts_with("//");
    let shipped = shipped.lines().map(|line| if is_comment(line) { "" } else { line }).collect::<Vec<_>>();
    (!path.ends_with("tests.rs")).then(|| (path.clone(), shipped.join("\n")))
}

fn find(files: &[(String, String)], words: &[&str], is_meant: impl Fn(&str) -> bool) -> Vec<String> {
    let mut places = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| is_meant(path)) {
        for (number, line) in text.lines().enumerate() {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                places.push(format!("{path}:{}: {word}", number + 1));
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(path: &str, text: &str) -> usize {
        check_files(&[(path.to_owned(), text.to_owned())]).counts().failed
    }

    #[test]
    fn each_rule_can_break() {
        assert_eq!(failed("cli/src/a.rs", "//! Fine.\nfn a() {}\n"), 0);
        assert_eq!(failed("cli/src/a.rs", "fn a() {}\n"), 1);
        assert_eq!(failed("cli/src/a.rs", &format!("//! Long.\n{}", "\n".repeat(MOST_LINES))), 1);
        assert_eq!(failed("cli/tests/a.rs", &["//! A.\n#[ig", "nore]"].concat()), 1);
        assert_eq!(failed("cli/src/a.rs", &["//! A.\nfn a() { todo", "!() }"].concat()), 1);
        assert_eq!(failed("cli/src/a.rs", &["//! A.\n// FIX", "ME: later"].concat()), 1);
        for halves in HOSTS_AND_PATHS {
            assert_eq!(failed("README.md", &halves.concat()), 1, "{halves:?}");
        }
        assert_eq!(failed("engine/src/a.rs", "//! A.\nuse std::fs;"), 1);
        assert_eq!(failed("engine/src/a.rs", "//! A.\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}"), 0);
        assert_eq!(failed("engine/src/network/tests.rs", "//! A.\nuse std::fs;"), 0);
        assert_eq!(failed("plugin/editor/src/a.rs", "//! A.\nuse rollcall_engine::Engine;"), 1);
        assert_eq!(failed("plugin/tap/src/lib.rs", "//! A."), 1);
        assert_eq!(failed(".github/workflows/a.yml", "    - run: cargo xtask test\n"), 0);
        assert_eq!(failed(".github/workflows/a.yml", "    - run: cargo test\n"), 1);
        assert_eq!(failed(".github/workflows/a.yml", "    - name: a\n      run: |\n        true\n"), 1);
    }
}
