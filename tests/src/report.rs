//! Cases, what came of them, and reports for people and CI.

use crate::{Assertion, Plan, Ran, assertion};
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A plan, what was asserted, and what came of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Name.
    pub name: String,
    /// What was run.
    pub plan: Plan,
    /// What came of it.
    pub ran: Ran,
    /// Each claim: what it says, and whether it holds.
    pub checks: Vec<(String, Result<String, String>)>,
}

impl Case {
    /// Holds the assertions against a run. What must hold of every run is among them.
    pub fn new(name: impl Into<String>, plan: Plan, ran: Ran, assertions: &[Assertion]) -> Self {
        let ended = match ran.failure() {
            None => Ok("ran to its end".to_owned()),
            Some(why) => Err(why),
        };
        let mut checks = vec![("run".to_owned(), ended)];
        // After a crash there is nothing to hold the rest against.
        if checks[0].1.is_ok() {
            checks.push(("conduct".to_owned(), assertion::conduct(&ran.record)));
            checks.extend(assertions.iter().map(|claim| (claim.to_string(), claim.check(&ran.record))));
        }
        Self { name: name.into(), plan, ran, checks }
    }

    /// Whether every claim holds.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|(_, result)| result.is_ok())
    }

    /// The claims that do not hold.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.checks
            .iter()
            .filter_map(|(claim, result)| Some((claim.as_str(), result.as_ref().err()?.as_str())))
    }

    /// One line that does all of it again.
    pub fn reproduce(&self) -> String {
        let plan = serde_json::to_string(&self.plan).unwrap_or_default();
        let mut line = format!("rollcall-host run --plan {}", quote(&plan));
        for (claim, _) in self.checks.iter().filter(|(claim, _)| !matches!(claim.as_str(), "run" | "conduct"))
        {
            let _ = write!(line, " --assert {}", quote(claim));
        }
        line
    }

    /// What a person wants to know of a failed case: what broke, the seed, the line that does it again.
    pub fn explain(&self) -> String {
        let mut text = String::new();
        for (claim, why) in self.failures() {
            let _ = writeln!(text, "{}: {claim}: {why}", self.name);
        }
        let _ = writeln!(text, "  seed {}", self.plan.seed);
        let _ = writeln!(text, "  again: {}", self.reproduce());
        if !self.ran.output.is_empty() {
            let _ = writeln!(text, "  the plugin's own output ends with:");
            self.ran.output.lines().rev().take(12).collect::<Vec<_>>().iter().rev().for_each(|line| {
                let _ = writeln!(text, "    {line}");
            });
        }
        text
    }

    fn json(&self) -> Value {
        let checks: Vec<Value> = self
            .checks
            .iter()
            .map(|(claim, result)| match result {
                Ok(shown) => json!({"claim": claim, "holds": true, "shown": shown}),
                Err(why) => json!({"claim": claim, "holds": false, "shown": why}),
            })
            .collect();
        json!({
            "name": self.name, "passed": self.passed(), "seed": self.plan.seed, "plan": self.plan, "outcome": self.ran.outcome,
            "at": self.ran.at, "took_s": self.ran.took_s, "checks": checks, "again": self.reproduce(), "record": self.ran.record,
        })
    }
}

/// For this system's shell: a POSIX one, `cmd` on Windows.
pub fn quote(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@".contains(c);
    match text {
        _ if !text.is_empty() && text.chars().all(is_plain) => text.to_owned(),
        _ if cfg!(windows) => quote_for_cmd(text),
        _ => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// As programs read their command line on Windows: a backslash stands for itself but before a quotation mark.
fn quote_for_cmd(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut backslashes = 0;
    for c in text.chars() {
        match c {
            '\\' => backslashes += 1,
            '"' => quoted.push_str(&"\\".repeat(backslashes + 1)),
            _ => {}
        }
        if c != '\\' {
            backslashes = 0;
        }
        quoted.push(c);
    }
    quoted.push_str(&"\\".repeat(backslashes));
    quoted.push('"');
    quoted
}

/// Everything, for programs: schema `rollcall-host.report/1`.
pub fn json(cases: &[Case]) -> impl Serialize {
    let cases: Vec<Value> = cases.iter().map(Case::json).collect();
    json!({"schema": "rollcall-host.report/1", "cases": cases})
}

/// JUnit's XML, as CI systems read it.
pub fn junit(suite: &str, cases: &[Case]) -> String {
    let failed = cases.iter().filter(|case| !case.passed()).count();
    let took_s: f64 = cases.iter().map(|case| case.ran.took_s).sum();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" time=\"{took_s:.3}\">",
        escape(suite),
        cases.len()
    );
    for case in cases {
        let (name, time) = (escape(&case.name), case.ran.took_s);
        let _ = write!(xml, "<testcase classname=\"{}\" name=\"{name}\" time=\"{time:.3}\"", escape(suite));
        if case.passed() {
            xml.push_str("/>\n");
        } else {
            let first =
                case.failures().next().map_or_else(String::new, |(claim, why)| format!("{claim}: {why}"));
            let (first, all) = (escape(&first), escape(&case.explain()));
            let _ = writeln!(xml, "><failure message=\"{first}\">{all}</failure></testcase>");
        }
    }
    xml.push_str("</testsuite>\n</testsuites>\n");
    xml
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML 1.0 has no other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_windows_read_what_was_quoted() {
        assert_eq!(quote_for_cmd(r#"{"a": 1}"#), r#""{\"a\": 1}""#);
        assert_eq!(quote_for_cmd(r"C:\a b\c"), r#""C:\a b\c""#);
        assert_eq!(quote_for_cmd(r"C:\a b\"), r#""C:\a b\\""#);
        assert_eq!(quote_for_cmd(r#"\"x"#), r#""\\\"x""#);
        assert_eq!(quote("max<1%").chars().next(), Some(if cfg!(windows) { '"' } else { '\'' }));
    }
}
