//! Hosts for Windows that others wrote, under Wine: the suites that this system's own hosts run, with Windows' bundle in them.

use super::{python, screen::Screen, wine::Wine};
use crate::{
    counts::{self, Counted},
    report::Report,
    shell,
};
use anyhow::Result;
use std::path::Path;

/// Each with its suite, of `tests/hosts/`.
const HOSTS: [(&str, &str); 2] = [("pedalboard", "pedalboard_host.py"), ("DawDreamer", "dawdreamer_host.py")];

/// Runs them.
///
/// # Errors
/// Wine or Xvfb is missing, or a package for Windows cannot be had.
pub(super) fn check(folder: &Path, report: &mut Report) -> Result<()> {
    let screen = Screen::start()?;
    let wine = Wine::ensure()?.on(&screen);
    let interpreter = python::ensure()?;
    for (name, suite) in HOSTS {
        let log = shell::target().join("suites").join(format!("windows-{suite}.log"));
        let mut host = wine.program(&interpreter);
        host.args([&shell::root().join("tests/hosts").join(suite), folder].map(Wine::path));
        let (succeeded, said) = shell::keep(&mut host, &log)?;
        let counts = counts::read(Counted::Closing, succeeded, &said);
        report.tests(&format!("{name} for Windows, with the suite that it runs here"), counts, &log);
    }
    Ok(())
}
