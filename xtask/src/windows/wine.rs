//! Wine with a Windows of its own under `target/`: where it is made, and how programs run in it.

use super::screen::Screen;
use crate::{machine, shell};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What Wine 8 lacks, see there.
const RANDOM: &str = "xtask/src/windows/bcryptprimitives.c";
/// Longer than any program here takes on a busy machine: what hangs must not hold up the others for ever.
const PATIENCE: &str = "1200";

/// Seconds that the server stays after the last program: longer than a build between two of them.
const SERVED: &str = "-p600";

/// A Windows of our own.
#[derive(Clone, Debug)]
pub(crate) struct Wine {
    prefix: PathBuf,
    /// The screen of its programs, if they have one.
    display: Option<String>,
}

impl Wine {
    /// Made once, and again when there is another Wine.
    ///
    /// # Errors
    /// Wine is missing, or cannot make it.
    pub(crate) fn ensure() -> Result<Self> {
        let folder = shell::target().join("windows");
        let wine = Self { prefix: folder.join("prefix"), display: None };
        let stamp = folder.join("prefix-of.txt");
        if !shell::succeeds("wine", &["--version"]) {
            machine::ensure_one("wine")?;
        }
        let wanted = shell::read(wine.command("wine").arg("--version"))?;
        if fs::read_to_string(&stamp).is_ok_and(|made_by| made_by == wanted) {
            return Ok(wine.served());
        }
        if wine.prefix.exists() {
            fs::remove_dir_all(&wine.prefix)?;
        }
        fs::create_dir_all(&folder)?;
        let quiet = |command: &mut Command| shell::keep_quietly(command, &folder.join("prefix.log"));
        quiet(wine.command("wineboot").arg("--init"))?;
        // Programs of today refuse an older one.
        quiet(wine.command("wine").args(["winecfg", "-v", "win10"]))?;
        let system = wine.prefix.join("drive_c/windows/system32");
        ensure!(system.is_dir(), "Wine made no {}; see prefix.log beside it", system.display());
        let random = system.join("bcryptprimitives.dll");
        if !random.exists() {
            let mut compile =
                shell::command("x86_64-w64-mingw32-gcc", &["-O1", "-shared", "-static-libgcc", RANDOM, "-o"]);
            shell::run(compile.arg(random).arg("-ladvapi32"))?;
        }
        fs::write(stamp, wanted)?;
        Ok(wine.served())
    }

    /// With a server that outlives each program: Debian's goes with the last one, and a program that begins at that moment finds it gone
    /// ("recvmsg: Connection reset by peer").
    ///
    /// Wine's services are begun with it. Begun by a program of ours, they would hold the pipe that its output is read from, for as long as
    /// the server stays.
    fn served(self) -> Self {
        let quietly = |command: &mut Command| {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()
        };
        // The first says no where a server is running already, and goes into the background; what fails here fails again where it matters.
        let _ = quietly(self.command("wineserver").arg(SERVED));
        let _ = quietly(self.command("wineboot").env_remove("DISPLAY"));
        self
    }

    /// With a screen for its programs.
    pub(super) fn on(self, screen: &Screen) -> Self {
        Self { display: Some(screen.display.clone()), ..self }
    }

    /// A program of Windows.
    pub(crate) fn program(&self, program: &Path) -> Command {
        let mut command = self.command("timeout");
        command.args([PATIENCE, "wine"]).arg(program).env_remove("DISPLAY");
        command.envs(self.display.iter().map(|display| ("DISPLAY", display)));
        command
    }

    /// A path of this system as programs of Windows know it.
    pub(super) fn path(path: &Path) -> String {
        format!("Z:{}", path.display()).replace('/', "\\")
    }

    /// Lets a folder be one that another machine shares: `\\MACHINE\SHARE`.
    ///
    /// # Errors
    /// Wine's folder of such machines cannot be written.
    pub(super) fn share(&self, machine: &str, share: &str, folder: &Path) -> Result<()> {
        let machine = self.prefix.join("dosdevices/unc").join(machine);
        fs::create_dir_all(&machine)?;
        shell::read(shell::command("ln", &["-sfn"]).args([folder, &machine.join(share)])).map(drop)
    }

    /// Where programs keep what is a user's: `%APPDATA%`.
    ///
    /// # Errors
    /// Wine made no user.
    pub(super) fn user_data(&self) -> Result<PathBuf> {
        let users = fs::read_dir(self.prefix.join("drive_c/users"))?;
        let data = users.filter_map(|user| Some(user.ok()?.path().join("AppData/Roaming")));
        data.into_iter().find(|data| data.is_dir()).context("Wine made no folder for a user's data")
    }

    /// What cargo runs tests with.
    pub(crate) fn runner(&self, cargo: &mut Command, target: &str) {
        let name = format!("CARGO_TARGET_{}_RUNNER", target.replace('-', "_").to_uppercase());
        cargo.env(name, "wine").env_remove("DISPLAY");
        self.surroundings(cargo);
    }

    /// Runs it, and returns what it printed.
    ///
    /// # Errors
    /// It fails.
    pub(crate) fn read(command: &mut Command) -> Result<Vec<u8>> {
        let line = shell::line(command);
        let output = command.output().with_context(|| format!("cannot start `{line}`"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`{line}` failed: {}\n{said}", output.status);
        Ok(output.stdout)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = shell::command::<&str>(program, &[]);
        self.surroundings(&mut command);
        command
    }

    /// Without what Wine says of itself, and without its browser, its .NET and its entries in the menus of this machine.
    pub(crate) fn surroundings(&self, command: &mut Command) {
        command.env("WINEPREFIX", &self.prefix).env("WINEDEBUG", "-all");
        command.env("WINEDLLOVERRIDES", "mscoree,mshtml=;winemenubuilder.exe=d");
    }
}
