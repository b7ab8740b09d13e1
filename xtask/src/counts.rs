//! Reading from a test runner's output how many tests ran: a suite that ran none has shown nothing.

/// How a command tells what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// It is one check: it succeeds or fails as a whole.
    Whole,
    /// `cargo nextest run`: the `Summary` line.
    Nextest,
    /// `cargo test`: every `test result:` line.
    CargoTest,
    /// `cargo bench --no-run`: every `Executable` line is a bench that compiles.
    Executables,
    /// The suites of tests/hosts: the closing line `N passed, N failed`.
    Closing,
}

/// How many tests ran, and how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Counts {
    /// Tests that ran.
    pub(crate) fn run(self) -> usize {
        self.passed + self.failed
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Reads the counts from everything that the program said. A program that failed has at least one failed test:
/// a crash or a build that broke must not pass for "nothing failed".
pub(crate) fn read(counted: Counted, succeeded: bool, output: &str) -> Counts {
    let output = plain(output);
    let lines = || output.lines().map(str::trim);
    let mut counts = match counted {
        Counted::Whole => Counts { passed: usize::from(succeeded), failed: 0 },
        Counted::Nextest => lines().rfind(|line| line.starts_with("Summary")).map(tally).unwrap_or_default(),
        Counted::CargoTest => {
            let mut sum = Counts::default();
            lines().filter(|line| line.starts_with("test result:")).for_each(|line| sum += tally(line));
            sum
        }
        Counted::Closing => {
            let is_tally = |line: &&str| line.ends_with(" failed") && line.contains(" passed, ");
            lines().rfind(is_tally).map(tally).unwrap_or_default()
        }
        Counted::Executables => {
            Counts { passed: lines().filter(|line| line.starts_with("Executable")).count(), failed: 0 }
        }
    };
    if !succeeded && counts.failed == 0 {
        counts.failed = 1;
    }
    counts
}

/// The numbers before `passed`, and before `failed` and `timed out`.
fn tally(line: &str) -> Counts {
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':'))
        .filter(|w| !w.is_empty())
        .collect();
    let mut counts = Counts::default();
    for pair in words.windows(2) {
        let Ok(number) = pair[0].parse::<usize>() else {
            continue;
        };
        match pair[1] {
            "passed" => counts.passed += number,
            "failed" | "timed" => counts.failed += number,
            _ => {}
        }
    }
    counts
}

/// Without the colours that some runners keep even when they write to a pipe.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // An escape sequence ends with its first letter.
            let _ = characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: usize, failed: usize) -> Counts {
        Counts { passed, failed }
    }

    #[test]
    fn each_runner_is_read() {
        let nextest = "   Compiling 3 passed\n     Summary [   1.2s] 34 tests run: 32 passed (1 slow), 1 failed, 1 timed out, 2 skipped\n";
        assert_eq!(read(Counted::Nextest, false, nextest), counts(32, 2));
        let cargo = "test result: ok. 3 passed; 0 failed; 0 ignored\ntest result: FAILED. 1 passed; 2 failed; 0 ignored";
        assert_eq!(read(Counted::CargoTest, false, cargo), counts(4, 2));
        let coloured = "\u{1b}[32m     Summary\u{1b}[0m [ 0.1s] 2 tests run: \u{1b}[1m2\u{1b}[0m passed";
        assert_eq!(read(Counted::Nextest, true, coloured), counts(2, 0));
        let bench =
            "  Executable benches src/push.rs (target/x)\n  Executable benches src/head.rs (target/y)";
        assert_eq!(read(Counted::Executables, true, bench), counts(2, 0));
    }

    #[test]
    fn a_closing_line_is_read() {
        let said = "ok     3 passed through\n7 passed, 1 failed\nButler drops pool trash\n";
        assert_eq!(read(Counted::Closing, false, said), counts(7, 1));
        assert_eq!(read(Counted::Closing, false, "Traceback"), counts(0, 1));
    }

    #[test]
    fn nothing_run_is_nothing_shown() {
        for counted in [Counted::Nextest, Counted::CargoTest, Counted::Executables, Counted::Closing] {
            assert_eq!(read(counted, true, "all fine, honestly").run(), 0, "{counted:?}");
        }
        assert_eq!(read(Counted::Nextest, true, "Summary [ 0.0s] 0 tests run: 0 passed, 0 skipped").run(), 0);
    }

    #[test]
    fn a_crash_counts_as_a_failure() {
        assert_eq!(read(Counted::Nextest, false, "error: could not compile"), counts(0, 1));
        assert_eq!(read(Counted::CargoTest, false, "test result: ok. 3 passed; 0 failed"), counts(3, 1));
        assert_eq!(read(Counted::Whole, false, ""), counts(0, 1));
    }
}
