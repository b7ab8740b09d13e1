//! The program of another system on the demo's recording, held to this system's: the same numbers to the last digit, and the same
//! embeddings to the last bit.

use super::documents::apart;
use crate::{demo::RECORDING, report::Report, shell};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{fs, path::Path};

/// What the program is asked; a file for the embeddings follows.
const WORDS: [&str; 6] = ["analyze", RECORDING, "--format", "json", "--force", "--embeddings"];

/// `who` is the other program's name; `there` runs it with words and a file for the embeddings, and gives what it printed.
///
/// # Errors
/// This system's own program does not build, or fails.
pub(crate) fn check(
    who: &str,
    there: impl FnOnce(&[&str], &Path) -> Result<Vec<u8>>,
    report: &mut Report,
) -> Result<()> {
    let own = ["build", "--release", "--locked", "--workspace", "--bin", "rollcall"];
    shell::run(&mut shell::command("cargo", &own))?;
    let program = shell::target().join("release/rollcall").display().to_string();
    let folder = shell::target().join("answers");
    fs::create_dir_all(&folder)?;
    let files = ["here.npy", "there.npy"].map(|name| folder.join(name));
    let here = shell::command(&program, &WORDS).arg(&files[0]).output();
    let here: Value = serde_json::from_slice(&here.context("rollcall does not start")?.stdout)
        .context("`rollcall` printed something other than JSON")?;
    let broken = match there(&WORDS, &files[1]).and_then(|there| Ok(serde_json::from_slice::<Value>(&there)?))
    {
        Ok(there) => apart(&there, &here, 0.0),
        Err(error) => Some(format!("{error:#}")),
    };
    report.rule(
        format!("{who} says of {RECORDING} what `rollcall` says, to the last digit"),
        broken.into_iter().collect(),
    );
    let [here, there] = files.map(fs::read);
    let broken = (here? != there.unwrap_or_default()).then(|| format!("see {}", folder.display()));
    report.rule("and its embeddings are those of here, to the last bit", broken.into_iter().collect());
    Ok(())
}
