//! What a check of the whole repository found: how many rules it held the code to, and what breaks them.

use crate::counts::Counts;
use anyhow::{Result, bail};
use std::path::Path;

/// Findings by rule.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rules: Vec<(String, Vec<String>)>,
    not_run: Option<String>,
}

impl Report {
    /// Nothing could be held to anything here, and why.
    pub(crate) fn not_run(why: impl Into<String>) -> Self {
        Self { not_run: Some(why.into()), ..Self::default() }
    }

    /// Why nothing was held to anything.
    pub(crate) fn why_not_run(&self) -> Option<&str> {
        self.not_run.as_deref()
    }

    /// One more rule, and each place that breaks it.
    pub(crate) fn rule(&mut self, name: impl Into<String>, broken: Vec<String>) {
        self.rules.push((name.into(), broken));
    }

    /// One rule for all tests of a program, which has written of them into this file.
    pub(crate) fn tests(&mut self, what: &str, counts: Counts, log: &Path) {
        let broken = match counts {
            Counts { passed: 0, failed: 0 } => Some("no test ran".to_owned()),
            Counts { failed: 0, .. } => None,
            Counts { failed, .. } => Some(format!("{failed} failed: {}", log.display())),
        };
        self.rule(format!("{what}: {} tests", counts.run()), broken.into_iter().collect());
    }

    /// Rules held, and rules broken.
    pub(crate) fn counts(&self) -> Counts {
        let failed = self.rules.iter().filter(|(_, broken)| !broken.is_empty()).count();
        Counts { passed: self.rules.len() - failed, failed }
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(why) = &self.not_run {
            writeln!(f, "not run: {why}")?;
        }
        for (name, broken) in &self.rules {
            writeln!(f, "{} {name}", if broken.is_empty() { "ok    " } else { "BROKEN" })?;
            for place in broken {
                writeln!(f, "       {place}")?;
            }
        }
        Ok(())
    }
}

/// Shows it to a person.
///
/// # Errors
/// A rule is broken.
pub(crate) fn print(report: Report) -> Result<()> {
    print!("{report}");
    match report.counts().failed {
        0 => Ok(()),
        failed => bail!("{failed} rules are broken"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_failed_or_never_ran_break_their_rule() {
        let failed = |passed, failed| {
            let mut report = Report::default();
            report.tests("it", Counts { passed, failed }, Path::new("it.log"));
            (report.counts().failed, report.to_string())
        };
        assert_eq!(failed(3, 0), (0, "ok     it: 3 tests\n".to_owned()));
        assert_eq!(failed(0, 0).0, 1);
        let (broken, said) = failed(3, 1);
        assert!(broken == 1 && said.contains("1 failed: it.log"), "{said}");
    }
}
