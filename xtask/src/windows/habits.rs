//! What names, paths and folders mean on Windows, as the program sees them there.

use super::wine::Wine;
use crate::{demo::RECORDING, report::Report, shell};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A small package, to be found where a user keeps packages.
const PACKAGE: &str = "engine/tests/golden/models/stream";

/// The program in a folder with recordings, and what it is held to.
struct Habits<'a> {
    wine: &'a Wine,
    program: &'a Path,
    place: PathBuf,
    report: &'a mut Report,
}

/// How a call ended: exit code, and all that was said.
type Done = (Option<i32>, String);

/// The program at all of them.
///
/// # Errors
/// Wine does not start, or a file cannot be written.
pub(super) fn check(wine: &Wine, program: &Path, report: &mut Report) -> Result<()> {
    let place = shell::target().join("windows/habits");
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    for (folder, file) in [("one", "Song.ogg"), ("two", "song.ogg")] {
        fs::create_dir_all(place.join(folder))?;
        fs::copy(shell::root().join(RECORDING), place.join(folder).join(file))?;
    }
    let mut habits = Habits { wine, program, place, report };
    habits.names()?;
    habits.lists()?;
    habits.shares()?;
    habits.user_data()
}

impl Habits<'_> {
    fn call(&self, words: &[&str]) -> Result<Done> {
        let output = self.wine.program(self.program).args(words).output().context("Wine does not start")?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.code(), String::from_utf8_lossy(&said).into_owned()))
    }

    /// The first second is enough for all of this.
    fn analyze(&self, words: &[&str]) -> Result<Done> {
        self.call(&[&["analyze"], words, &["--duration", "1"]].concat())
    }

    /// As a program of Windows is told of it.
    fn path(&self, file: &str) -> String {
        Wine::path(&self.place.join(file))
    }

    fn rule(&mut self, what: &str, holds: bool, (code, said): Done) {
        let broken = (!holds).then(|| format!("exit code {code:?}: {said}"));
        self.report.rule(format!("rollcall.exe: {what}"), broken.into_iter().collect());
    }

    fn names(&mut self) -> Result<()> {
        let song = self.path("one/Song.ogg");
        let done = self.analyze(&[&song, "--format", "csv", "-o", "nul"])?;
        let no_file = !shell::root().join("nul").exists();
        self.rule("NUL is a device, whatever its case", done.0 == Some(0) && no_file, done);
        let done = self.analyze(&[&song, "-o", &self.path("con.json")])?;
        self.rule("con.json is refused", done.0 == Some(2) && done.1.contains("use another name"), done);
        // Beyond the 260 characters that Windows had once.
        let deep = format!("{}/{}", "n".repeat(120), "m".repeat(120));
        let done = self.analyze(&[&song, "--out-dir", &self.path(&deep)])?;
        let is_there = self.place.join(&deep).join("Song.ogg.json").is_file();
        self.rule("paths longer than 260 characters are written", is_there, done);
        let done = self.analyze(&[&song, "--out-dir", &self.path(&deep), "--force"])?;
        self.rule("and written over", done.0 == Some(0), done);
        let done = self.analyze(&[&song, &self.path("two/song.ogg"), "--out-dir", &self.path("out")])?;
        let is_told = done.0 == Some(2) && done.1.contains("would both be written");
        self.rule("Song and song are one name", is_told, done);
        Ok(())
    }

    fn lists(&mut self) -> Result<()> {
        let address = format!("file:///Z:{}", self.place.join("two/song.ogg").display());
        let list = format!("#EXTM3U\r\n{}\r\n{address}\r\n", self.path("one/Song.ogg"));
        fs::write(self.place.join("list.m3u8"), list)?;
        let done = self.analyze(&[&self.path("list.m3u8"), "--beside"])?;
        let are_there =
            ["one/Song.ogg.json", "two/song.ogg.json"].iter().all(|file| self.place.join(file).is_file());
        self.rule(
            "a list with CRLF, drives, backslashes and addresses",
            are_there && done.0 == Some(0),
            done,
        );
        Ok(())
    }

    /// Folders that another machine shares, which paths name with two backslashes and addresses with two slashes.
    fn shares(&mut self) -> Result<()> {
        self.wine.share("machine", "music", &self.place)?;
        let done = self.analyze(&[r"\\machine\music\one\Song.ogg", "-o", r"\\machine\music\shared.json"])?;
        let is_there = self.place.join("shared.json").is_file();
        self.rule(r"\\machine\share is read from and written to", is_there && done.0 == Some(0), done);
        fs::write(self.place.join("shared.m3u8"), "file://machine/music/two/song.ogg\r\n")?;
        let done = self.analyze(&[r"\\machine\music\shared.m3u8", "--out-dir", &self.path("from-list")])?;
        let is_there = self.place.join("from-list/two/song.ogg.json").is_file();
        self.rule("file://machine/share in a list on one", is_there && done.0 == Some(0), done);
        Ok(())
    }

    fn user_data(&mut self) -> Result<()> {
        let package = self.wine.user_data()?.join("rollcall/models/ours");
        fs::create_dir_all(&package)?;
        for file in fs::read_dir(shell::root().join(PACKAGE))? {
            let file = file?;
            fs::copy(file.path(), package.join(file.file_name()))?;
        }
        let done = self.call(&["model", "verify", "ours"])?;
        self.rule("a package in %APPDATA% is known by its name", done.0 == Some(0), done);
        fs::remove_dir_all(package)?;
        Ok(())
    }
}
