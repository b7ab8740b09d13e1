//! Valgrind's memcheck round the lives of workers: stopped, begun anew and dropped while their model loads or their stream
//! runs. No foreign memory is read or written, nothing is decided by what was never written, and nothing is lost.

use crate::{report::Report, shell, workspaces::Workspace};
use anyhow::{Context, Result};
use std::{fs, process::Output};

/// Memcheck takes a quarter of a second for each.
const LIVES: &str = "100";
const FLAGS: [&str; 3] = ["--error-exitcode=97", "--leak-check=full", "--errors-for-leak-kinds=definite"];
/// What memcheck must find, so that its silence about the lives says something. What is read must matter: valgrind leaves out
/// a load whose value nothing uses.
const FREED: &str = "#include <stdlib.h>\nint main(void) { volatile char *p = malloc(9); free((void *)p); return p[3] ? 1 : 0; }\n";

/// Runs both.
///
/// # Errors
/// The tests do not build, or valgrind or the C compiler does not start.
pub(crate) fn check() -> Result<Report> {
    let mut report = Report::default();
    let mut cargo =
        Workspace::Plugin.cargo(&["test", "--release", "--locked", "--workspace", "--test", "lives"])?;
    let runner = format!("valgrind {}", FLAGS.join(" "));
    cargo.env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER", runner).env("ROLLCALL_LIVES", LIVES);
    let lives = cargo.output().context("cargo did not run")?;
    let is_clean = lives.status.success() && said(&lives).contains("ERROR SUMMARY: 0 errors");
    let broken = (!is_clean).then(|| said(&lives));
    report.rule(format!("memcheck finds nothing in {LIVES} lives"), broken.into_iter().collect());

    let folder = shell::target().join("memcheck");
    fs::create_dir_all(&folder)?;
    let (source, program) = (folder.join("freed.c"), folder.join("freed"));
    fs::write(&source, FREED)?;
    shell::run(shell::command("cc", &["-O0", "-o"]).arg(&program).arg(&source))?;
    let freed =
        shell::command("valgrind", &FLAGS).arg(&program).output().context("valgrind did not start")?;
    let is_found = freed.status.code() == Some(97) && said(&freed).contains("Invalid read");
    let broken = (!is_found).then(|| said(&freed));
    report.rule("memcheck finds a read of freed memory", broken.into_iter().collect());
    Ok(report)
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}
