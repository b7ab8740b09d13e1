//! A screen that nobody sees. A plugin of VST3 makes a window for its messages as it is made, which Windows always allows, but
//! Wine only where it has a screen.

use crate::machine;
use anyhow::{Context, Result, ensure};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// Xvfb, until it is dropped.
pub(super) struct Screen {
    server: Child,
    /// As `DISPLAY` names it.
    pub(super) display: String,
}

impl Screen {
    /// The first display that is free.
    ///
    /// # Errors
    /// Xvfb is missing, or does not start.
    pub(super) fn start() -> Result<Self> {
        machine::ensure_for(&["window".to_owned()])?;
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start Xvfb")?;
        let mut number = String::new();
        let said = server.stdout.take().context("Xvfb's output is ours")?;
        BufReader::new(said).read_line(&mut number)?;
        let screen = Self { server, display: format!(":{}", number.trim()) };
        ensure!(!number.trim().is_empty(), "Xvfb did not start");
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Gone already, if not: nothing else can be done.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
