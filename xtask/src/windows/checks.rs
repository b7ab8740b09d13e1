//! What is shown of Windows' plugin and programs under Wine, held against this system's own.

use super::files::{self, FILES, here};
use super::screen::Screen;
use super::wine::Wine;
use crate::{
    bundle,
    cross::{Target, documents::apart},
    python,
    report::Report,
    shell,
    workspaces::Workspace,
};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const RECORDING: &str = "demo/war-of-freedom.ogg";
const BUNDLES: [&str; 2] = ["Rollcall.clap", "Rollcall.vst3"];
/// What must hold of each run.
const CLAIMS: [&str; 5] = ["pass-through", "latency=0", "no-allocations", "no-edits", "finite"];

/// Everything that shows no window.
///
/// # Errors
/// Wine or Xvfb is missing, or this system's own programs fail.
pub(super) fn headless(folder: &Path, report: &mut Report) -> Result<()> {
    let screen = Screen::start()?;
    let wine = Wine::ensure()?.on(&screen);
    imports(folder, report)?;
    same_numbers(&wine, folder, report)?;
    habits(&wine, &folder.join("rollcall.exe"), report)?;
    let host = Host { wine: &wine, there: folder.join("rollcall-host.exe"), here: bundle::harness()?.into() };
    let here = here()?;
    for name in BUNDLES {
        let (there, here) = (folder.join(name), here.join(name));
        host.inspect(&there, &here, report)?;
        host.claims(&there, report)?;
        host.states(&there, &here, report)?;
    }
    Ok(())
}

/// No DLL is needed but those of every Windows.
fn imports(folder: &Path, report: &mut Report) -> Result<()> {
    let mut foreign = Vec::new();
    for (_, file) in FILES {
        let names = files::imports(&folder.join(file))?;
        // MinGW's own begin so: libgcc_s_seh-1, libwinpthread-1, libssp-0, libstdc++-6.
        foreign.extend(
            names.into_iter().filter(|name| name.starts_with("lib")).map(|name| format!("{file}: {name}")),
        );
    }
    report.rule("no DLL of MinGW is needed beside the files for Windows", foreign);
    Ok(())
}

/// The most that two numbers for one thing may lie apart. The exponentials and logarithms of the head are the C library's of each
/// system: on `demo/war-of-freedom.ogg` they came out 4.2e-7 apart.
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

/// Where two texts part.
fn difference(a: &[u8], b: &[u8]) -> String {
    let at = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let around = |text: &[u8]| {
        let range = at.saturating_sub(40).min(text.len())..(at + 40).min(text.len());
        String::from_utf8_lossy(&text[range]).into_owned()
    };
    format!("at byte {at} `{}`, here `{}`", around(a), around(b))
}

/// The harness on both systems.
struct Host<'a> {
    wine: &'a Wine,
    there: PathBuf,
    here: PathBuf,
}

impl Host<'_> {
    fn there(&self, words: &[&str], plugin: &Path) -> Command {
        let mut command = self.wine.program(&self.there);
        command.args(&words[..1]).arg(plugin).args(&words[1..]);
        command
    }

    fn here(&self, words: &[&str], plugin: &Path) -> Command {
        let mut command = shell::command(&self.here.display().to_string(), &words[..1]);
        command.arg(plugin).args(&words[1..]);
        command
    }

    /// What a plugin says of itself is the same on both systems, the class's id among it.
    fn inspect(&self, there: &Path, here: &Path, report: &mut Report) -> Result<()> {
        let words = ["inspect", "--json"];
        let here: Value = serde_json::from_str(&shell::read(&mut self.here(&words, here))?)?;
        let said = Wine::read(&mut self.there(&words, there));
        let broken = match said.and_then(|said| Ok(serde_json::from_slice::<Value>(&said)?)) {
            Ok(said) if said == here => None,
            Ok(said) => Some(difference(said.to_string().as_bytes(), here.to_string().as_bytes())),
            Err(error) => Some(format!("{error:#}")),
        };
        report
            .rule(format!("{}: says of itself what it says here", name(there)), broken.into_iter().collect());
        Ok(())
    }

    /// What a host needs, at one rate in blocks of many sizes and over a small matrix.
    fn claims(&self, plugin: &Path, report: &mut Report) -> Result<()> {
        let claims: Vec<&str> = CLAIMS.iter().flat_map(|claim| ["--assert", claim]).collect();
        let run =
            [&["run", "--seconds", "4", "--input", "noise", "--blocks", "random:1024"], claims.as_slice()]
                .concat();
        let matrix =
            ["matrix", "--rates", "44100,96000", "--layouts", "1,2", "--blocks", "512", "--seconds", "0.5"];
        let matrix = [&matrix, claims.as_slice()].concat();
        for (what, words) in [("a run", run), ("rates and layouts", matrix)] {
            let broken = Wine::read(&mut self.there(&words, plugin)).err().map(|error| format!("{error:#}"));
            report.rule(
                format!("{}: {what}: {}", name(plugin), CLAIMS.join(", ")),
                broken.into_iter().collect(),
            );
        }
        Ok(())
    }

    /// A state that was saved on one system is what the other loads and saves again.
    fn states(&self, there: &Path, here: &Path, report: &mut Report) -> Result<()> {
        let folder = shell::target().join("windows/states");
        fs::create_dir_all(&folder)?;
        let file = |what: &str| folder.join(format!("{}.{what}.state", name(there))).display().to_string();
        let (first, second, third) = (file("here"), file("there"), file("back"));
        for old in [&first, &second, &third].into_iter().filter(|path| Path::new(path).exists()) {
            fs::remove_file(old)?;
        }
        let save = ["run", "--seconds", "0.1", "--save-state"];
        let set = ["--set", "Memory=@0.5", "--set", "Sensitivity=@0.25"];
        let mut broken = Vec::new();
        for mut command in [
            self.here(&[&save[..], &[first.as_str()], &set].concat(), here),
            self.there(&[&save[..], &[second.as_str(), "--load-state", &first]].concat(), there),
            self.here(&[&save[..], &[third.as_str(), "--load-state", &second]].concat(), here),
        ] {
            broken.extend(Wine::read(&mut command).err().map(|error| format!("{error:#}")));
        }
        if broken.is_empty() {
            let read = |path: &str| fs::read(path).with_context(|| path.to_owned());
            let states = [read(&first)?, read(&second)?, read(&third)?];
            if states.iter().any(|state| state.is_empty() || *state != states[0]) {
                broken.push(format!("{first}, {second} and {third} are not the same"));
            }
        }
        report
            .rule(format!("{}: a state from here is loaded there, and back, unchanged", name(there)), broken);
        Ok(())
    }
}

/// The tests that know Windows' habits, built for it and run there.
///
/// # Errors
/// Wine is missing, or the plugins that the harness is tested with do not compile.
pub(super) fn tests(target: &Target, settings: &[String], report: &mut Report) -> Result<()> {
    let wine = Wine::ensure()?;
    let badly = badly()?;
    for (what, words) in [
        ("files: names, places, writing", &["-p", "rollcall-files", "--lib"][..]),
        ("the harness and plugins that misbehave", &["-p", "rollcall-host", "--lib", "--test", "badly"]),
    ] {
        let mut cargo =
            target.cargo(Workspace::Main, &[&["test", "--release", "--locked"], words].concat())?;
        cargo.args(settings);
        wine.runner(&mut cargo, &target.name);
        cargo.env("ROLLCALL_BADLY", &badly);
        let broken = shell::run(&mut cargo).err().map(|error| format!("{error:#}"));
        report.rule(format!("tests under Wine: {what}"), broken.into_iter().collect());
    }
    Ok(())
}

/// The misbehaving plugins of the harness's tests, for Windows.
fn badly() -> Result<PathBuf> {
    let folder = shell::target().join("windows/badly");
    for (source, file) in [("clap.c", "Badly.clap"), ("vst3.c", "Badly.vst3/Contents/x86_64-win/Badly.vst3")]
    {
        let file = folder.join(file);
        fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
        let options = ["-std=c11", "-D_DEFAULT_SOURCE", "-O1", "-fno-builtin", "-shared", "-static-libgcc"];
        let mut compile = shell::command("x86_64-w64-mingw32-gcc", &options);
        shell::run(compile.arg(format!("tests/tests/badly/{source}")).arg("-o").arg(file))?;
    }
    Ok(folder)
}

/// The window in a host for Windows, on a screen that nobody sees.
///
/// # Errors
/// The host does not compile, or the tests' Python is missing.
pub(super) fn window(folder: &Path, report: &mut Report) -> Result<()> {
    let wine = Wine::ensure()?;
    let host = shell::target().join("windows/window.exe");
    let mut compile = shell::command("x86_64-w64-mingw32-gcc", &["-std=c11", "-O1", "-static", "-municode"]);
    shell::run(compile.args(["tests/hosts/windows_window.c", "-o"]).arg(&host).args(["-lgdi32"]))?;
    let python = python::ensure(python::REFERENCES)?;
    let pictures = shell::target().join("suites");
    fs::create_dir_all(&pictures)?;
    let mut watch = shell::command(&python.display().to_string(), &["tests/hosts/windows_window.py"]);
    wine.surroundings(&mut watch);
    watch.arg(&host).arg(folder).arg(pictures);
    let broken = shell::run(&mut watch).err().map(|error| format!("{error:#}"));
    report.rule(
        "the window opens, draws, follows its host's size, closes and opens again",
        broken.into_iter().collect(),
    );
    Ok(())
}

fn name(plugin: &Path) -> String {
    plugin.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
