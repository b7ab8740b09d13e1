//! Which host has shown what: read from the lines that the suites said, so that the table holds what ran and nothing else.

use std::fmt::Write as _;

/// A host, and the suites that run the bundles in it.
const HOSTS: [(&str, &[&str]); 5] = [
    ("rollcall-host", &["host"]),
    ("pedalboard", &["pedalboard"]),
    ("DawDreamer", &["dawdreamer", "window"]),
    ("Ardour", &["ardour", "bounce"]),
    ("Qtractor", &["qtractor"]),
];

/// What can be shown, and words of the tests that show it.
const TOPICS: [(&str, &[&str]); 11] = [
    (
        "found and loaded",
        &[
            "scanner finds",
            "bundle names one plugin",
            "lists the CLAP",
            "lists the VST3",
            "loads at once",
            "makes a session",
        ],
    ),
    ("audio bit for bit", &["bit for bit", "every_bit_passes", "denormals_pass", "touch_no_sample"]),
    ("latency 0", &["latency is 0", "an_impulse_comes_out"]),
    ("parameters", &["parameter", "automation"]),
    ("state", &["state comes back", "the state", "states_come_back", "missing_model"]),
    ("many instances", &["16 instances", "sixteen_instances"]),
    ("loaded and unloaded", &["two_hundred_times"]),
    ("an hour, flat memory", &["an_hour"]),
    ("unannounced fast render", &["fast_render"]),
    ("the program's activities", &["program_s_own", "program's analysis"]),
    ("window", &["window"]),
];

/// What a suite said.
pub(crate) struct Said<'a> {
    /// Name of the suite.
    pub(crate) suite: &'a str,
    /// Everything it wrote.
    pub(crate) output: &'a str,
}

/// How a line of a test ends the test, if it is one: of `checks.py`, of cargo-nextest, of `cargo test`.
fn verdict(line: &str) -> Option<bool> {
    let line = line.trim();
    if line.starts_with("ok ") || line.starts_with("PASS [") || line.ends_with("... ok") {
        Some(true)
    } else if line.starts_with("FAILED ") || line.starts_with("FAIL [") || line.ends_with("... FAILED") {
        Some(false)
    } else {
        None
    }
}

/// Tests that passed and that failed, of one topic in one host.
fn cell(said: &[Said], suites: &[&str], words: &[&str]) -> (usize, usize) {
    let of_host = said.iter().filter(|said| suites.contains(&said.suite));
    let lines = of_host.flat_map(|said| said.output.lines());
    let of_topic = lines.filter(|line| words.iter().any(|word| line.contains(word)));
    let verdicts = of_topic.filter_map(verdict);
    verdicts.fold((0, 0), |(passed, failed), ok| (passed + usize::from(ok), failed + usize::from(!ok)))
}

/// The table of what was shown in which host, in tests that passed; none where no host's suite ran. And what no host showed.
pub(crate) fn table(said: &[Said]) -> Option<(String, Vec<&'static str>)> {
    let hosts: Vec<_> =
        HOSTS.iter().filter(|(_, suites)| said.iter().any(|said| suites.contains(&said.suite))).collect();
    if hosts.is_empty() {
        return None;
    }
    let mut table = format!("{:24}", "shown in, by tests");
    hosts.iter().for_each(|(host, _)| write!(table, "  {host:>13}").expect("writing to memory"));
    let mut missing = Vec::new();
    for (topic, words) in TOPICS {
        write!(table, "\n{topic:24}").expect("writing to memory");
        let mut shown = false;
        for (_, suites) in &hosts {
            let text = match cell(said, suites, words) {
                (0, 0) => "-".to_owned(),
                (passed, 0) => passed.to_string(),
                (passed, failed) => format!("{passed}, {failed} FAILED"),
            };
            shown |= text != "-";
            write!(table, "  {text:>13}").expect("writing to memory");
        }
        if !shown {
            missing.push(topic);
        }
    }
    Some((table, missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_said_is_shown() {
        let nextest = "   PASS [ 1.2s] (1/2) rollcall-host::bundles audio::an_impulse_comes_out_in_its_own_frame\n   FAIL [ 0.1s] (2/2) rollcall-host::bundles states::states_come_back_to_the_byte";
        let pedalboard = "note  latency is 0 is what we hope for\nok     latency is 0 at 48000 Hz\nok     latency is 0 at 8000 Hz\n";
        let said = [
            Said { suite: "host", output: nextest },
            Said { suite: "pedalboard", output: pedalboard },
            Said { suite: "crates", output: "ok an_hour" },
        ];
        let (table, missing) = table(&said).expect("two hosts ran");
        let row = |name: &str| {
            table
                .lines()
                .find(|line| line.starts_with(name))
                .expect(name)
                .split_whitespace()
                .collect::<Vec<_>>()
        };
        assert_eq!(row("shown in")[3..], ["tests", "rollcall-host", "pedalboard"]);
        assert_eq!(row("latency 0")[2..], ["1", "2"]);
        assert_eq!(row("state")[1..], ["0,", "1", "FAILED", "-"]);
        assert!(missing.contains(&"an hour, flat memory") && !missing.contains(&"state"), "{missing:?}");
    }

    #[test]
    fn without_a_host_there_is_no_table() {
        assert!(table(&[Said { suite: "crates", output: "test a ... ok" }]).is_none());
    }
}
