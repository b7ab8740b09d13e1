//! What the program shows and writes where Windows' console is no UTF-8, which it hardly ever is.

use super::{screen::Screen, wine::Wine};
use crate::{demo::RECORDING, report::Report, shell};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const SOURCE: &str = "xtask/src/windows/console.c";
/// Of the first computers for it in America, and of western Europe.
const CODE_PAGES: [&str; 2] = ["437", "1252"];
/// In neither of them there is Cyrillic or Chinese.
const NAME: &str = "Песня 歌.ogg";

/// Names beyond the console's code page, shown in it and written to where it sends them.
///
/// # Errors
/// Wine or Xvfb is missing, or a file cannot be written.
pub(super) fn check(wine: &Wine, program: &Path, report: &mut Report) -> Result<()> {
    let place = shell::target().join("windows/signs");
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fs::create_dir_all(&place)?;
    fs::copy(shell::root().join(RECORDING), place.join(NAME))?;
    // Wine opens a console of its own in a window.
    let screen = Screen::start()?;
    let wine = wine.clone().on(&screen);
    let console = compile()?;
    let program = Wine::path(program);
    let written = place.join("written.csv");
    for page in CODE_PAGES {
        let words = [&program, "analyze", &Wine::path(&place), "--duration", "1", "--quiet"];
        let said = told(wine.program(&console).arg(page).args(words))?;
        rule(report, &format!("shown in a console with code page {page}"), &said);
        let to = ["--format", "csv", ">", &Wine::path(&written)];
        let said = told(wine.program(&console).arg(page).args(["cmd", "/c"]).args(words).args(to))?;
        let text = fs::read_to_string(&written).unwrap_or_else(|error| format!("{error}; {said}"));
        rule(report, &format!("UTF-8 in what a console with code page {page} sends to a file"), &text);
    }
    Ok(())
}

fn rule(report: &mut Report, what: &str, said: &str) {
    let broken = (!said.contains(NAME)).then(|| said.to_owned());
    report.rule(format!("rollcall.exe: {NAME} is {what}"), broken.into_iter().collect());
}

/// All that it said. File names are UTF-8 to Wine where the language's settings are.
fn told(command: &mut Command) -> Result<String> {
    let output = command.env("LC_ALL", "C.UTF-8").output().context("Wine does not start")?;
    let said = [output.stdout, output.stderr].concat();
    Ok(format!("{}, {}", String::from_utf8_lossy(&said), output.status))
}

/// The console that other programs run in.
fn compile() -> Result<PathBuf> {
    let program = shell::target().join("windows/console.exe");
    let options = ["-std=c11", "-O1", "-static", "-municode", SOURCE, "-o"];
    shell::run(shell::command("x86_64-w64-mingw32-gcc", &options).arg(&program))?;
    Ok(program)
}
