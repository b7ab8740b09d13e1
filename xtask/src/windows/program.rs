//! The program for Windows under Wine: the same numbers as here, and names and paths as Windows has them.

use super::wine::Wine;
use crate::{cross::documents::apart, demo::RECORDING, report::Report, shell};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{fs, path::Path};

/// The program.
///
/// # Errors
/// Wine is missing, or this system's own program fails.
pub(super) fn check(folder: &Path, report: &mut Report) -> Result<()> {
    let wine = Wine::ensure()?;
    same_numbers(&wine, folder, report)?;
    habits(&wine, &folder.join("rollcall.exe"), report)
}

/// The most that two numbers for one thing may lie apart. The 64-bit functions of two C libraries differ in the last bit here and there; of
/// that mostly nothing is left in 32 bits.
const APART: f64 = 1e-5;

/// The same file: the same ranges, and numbers as near as two C libraries are.
fn same_numbers(wine: &Wine, folder: &Path, report: &mut Report) -> Result<()> {
    let words = ["analyze", RECORDING, "--format", "json"];
    let own = ["build", "--release", "--locked", "--workspace", "--bin", "rollcall"];
    shell::run(&mut shell::command("cargo", &own))?;
    let program = shell::target().join("release/rollcall").display().to_string();
    let here = shell::command(&program, &words).output().context("rollcall does not start")?.stdout;
    let there = Wine::read(wine.program(&folder.join("rollcall.exe")).args(words));
    let here: Value =
        serde_json::from_slice(&here).context("`rollcall` printed something other than JSON")?;
    let broken = match there.and_then(|there| Ok(serde_json::from_slice::<Value>(&there)?)) {
        Ok(there) => apart(&there, &here, APART),
        Err(error) => Some(format!("{error:#}")),
    };
    report.rule(
        format!("rollcall.exe says of {RECORDING} what `rollcall` says, within {APART:e}"),
        broken.into_iter().collect(),
    );
    Ok(())
}

/// What names and paths mean on Windows, as the program sees them there.
fn habits(wine: &Wine, program: &Path, report: &mut Report) -> Result<()> {
    let place = shell::target().join("windows/habits");
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    // Beyond the 260 characters that Windows had once.
    let deep = place.join("n".repeat(120)).join("m".repeat(120));
    for folder in ["one", "two"] {
        fs::create_dir_all(place.join(folder))?;
    }
    let recording = shell::root().join(RECORDING);
    for file in ["one/Song.ogg", "two/song.ogg"] {
        fs::copy(&recording, place.join(file))?;
    }
    let windows = |path: &Path| format!("Z:{}", path.display()).replace('/', "\\");
    let address = format!("file:///Z:{}", place.join("two/song.ogg").display());
    fs::write(
        place.join("list.m3u8"),
        format!("#EXTM3U\r\n{}\r\n{address}\r\n", windows(&place.join("one/Song.ogg"))),
    )?;

    let analyze = |words: &[&str]| {
        let output = wine.program(program).arg("analyze").args(words).args(["--duration", "1"]).output();
        let output = output.context("Wine does not start")?;
        anyhow::Ok((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
    };
    let mut rule = |what: &str, holds: bool, (code, said): (Option<i32>, String)| {
        let broken = (!holds).then(|| format!("exit code {code:?}: {said}"));
        report.rule(format!("rollcall.exe: {what}"), broken.into_iter().collect());
    };
    let song = windows(&place.join("one/Song.ogg"));
    let done = analyze(&[&song, "--format", "csv", "-o", "nul"])?;
    rule(
        "NUL is a device, whatever its case",
        done.0 == Some(0) && !shell::root().join("nul").exists(),
        done,
    );
    let done = analyze(&[&song, "-o", &windows(&place.join("con.json"))])?;
    rule("con.json is refused", done.0 == Some(2) && done.1.contains("use another name"), done);
    let done = analyze(&[&song, "--out-dir", &windows(&deep)])?;
    rule("paths longer than 260 characters are written", deep.join("Song.ogg.json").is_file(), done);
    let done = analyze(&[&song, "--out-dir", &windows(&deep), "--force"])?;
    rule("and written over", done.0 == Some(0), done);
    let list = windows(&place.join("list.m3u8"));
    let done = analyze(&[&list, "--beside"])?;
    let is_there = |file: &str| place.join(file).is_file();
    let both = is_there("one/Song.ogg.json") && is_there("two/song.ogg.json");
    rule("a list with CRLF, drives, backslashes and addresses", both && done.0 == Some(0), done);
    let (one, two) = (windows(&place.join("one/Song.ogg")), windows(&place.join("two/song.ogg")));
    let done = analyze(&[&one, &two, "--out-dir", &windows(&place.join("out"))])?;
    rule("Song and song are one name", done.0 == Some(2) && done.1.contains("would both be written"), done);
    Ok(())
}
