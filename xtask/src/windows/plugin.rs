//! Windows' bundles in the harness under Wine, held against this system's own.

use super::files::{FILES, here};
use super::imports::Imports;
use super::screen::Screen;
use super::wine::Wine;
use crate::{bundle, demo::RECORDING, report::Report, shell};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const BUNDLES: [&str; 2] = ["Rollcall.clap", "Rollcall.vst3"];
/// What must hold of each run.
const CLAIMS: [&str; 5] = ["pass-through", "latency=0", "no-allocations", "no-edits", "finite"];

/// The plugin in the harness: everything that shows no window.
///
/// # Errors
/// Wine or Xvfb is missing, or this system's own harness fails.
pub(super) fn check(folder: &Path, report: &mut Report) -> Result<()> {
    let screen = Screen::start()?;
    let wine = Wine::ensure()?.on(&screen);
    imports(folder, report)?;
    let host = Host { wine: &wine, there: folder.join("rollcall-host.exe"), here: bundle::harness()?.into() };
    let here = here()?;
    for name in BUNDLES {
        let (there, here) = (folder.join(name), here.join(name));
        host.inspect(&there, &here, report)?;
        host.claims(&there, report)?;
        host.states(&there, &here, report)?;
        host.hears(&there, &here, report)?;
    }
    Ok(())
}

/// What starts a process: nobody wants one of a plugin, or of a program that reads audio (`no-process/`).
const STARTS: [&str; 6] =
    ["CreateProcessA", "CreateProcessW", "ShellExecuteExW", "ShellExecuteA", "ShellExecuteW", "WinExec"];

/// The one program that must: it has plugins in a process of their own.
const MAY_START: &str = "rollcall-host.exe";

/// No DLL is needed but those of every Windows, and neither plugin nor program can start a process.
fn imports(folder: &Path, report: &mut Report) -> Result<()> {
    let (mut foreign, mut starts) = (Vec::new(), Vec::new());
    for (_, file) in FILES.into_iter().filter(|(_, file)| folder.join(file).is_file()) {
        let Imports { libraries, functions } = Imports::of(&folder.join(file))?;
        // MinGW's own begin so: libgcc_s_seh-1, libwinpthread-1, libssp-0, libstdc++-6.
        let ours = libraries.iter().filter(|name| name.starts_with("lib"));
        foreign.extend(ours.map(|name| format!("{file}: {name}")));
        if file != MAY_START {
            ensure!(!functions.is_empty(), "objdump names no function that {file} imports");
            let asked = STARTS.iter().filter(|name| functions.contains(**name));
            starts.extend(asked.map(|name| format!("{file}: {name}")));
        }
    }
    report.rule("no DLL of MinGW is needed beside the files for Windows", foreign);
    report.rule("plugin and program for Windows can start no process", starts);
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
            [&["run", "--seconds", "4", "--input", "noise", "--blocks", "random:1-1024"], claims.as_slice()]
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

    /// The meters of the demo, step after step, are those of this system.
    fn hears(&self, there: &Path, here: &Path, report: &mut Report) -> Result<()> {
        let folder = shell::target().join("windows/heard");
        fs::create_dir_all(&folder)?;
        let run = |heard: &Path, mut command: Command| -> Result<Vec<Value>> {
            command.args(["--input", RECORDING, "--seconds", "6", "--blocks", "4410", "--pace", "settle"]);
            command.args(["--set", "MIDI controllers out=@1"]).arg("--timeline").arg(heard);
            if heard.exists() {
                fs::remove_file(heard)?;
            }
            Wine::read(&mut command)?;
            changes(&serde_json::from_slice(&fs::read(heard).context("no timeline was written")?)?)
        };
        let name = name(there);
        let own = run(&folder.join(format!("{name}.here.json")), self.here(&["run"], here))?;
        let broken = match run(&folder.join(format!("{name}.there.json")), self.there(&["run"], there)) {
            Ok(heard) => strange(&heard, &own),
            Err(error) => Some(format!("{error:#}")),
        };
        report.rule(
            format!("{name}: hears of {RECORDING} what it hears here, to the last bit of its meters"),
            broken.into_iter().collect(),
        );
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

/// Steps of a timeline's meters that are another than the one before.
fn changes(timeline: &Value) -> Result<Vec<Value>> {
    let mut steps = timeline["activity"].as_array().context("a timeline has activities")?.clone();
    steps.dedup();
    Ok(steps)
}

/// Meters that no step here has, or too few of them: on a busy machine one may hide behind the next.
fn strange(there: &[Value], here: &[Value]) -> Option<String> {
    let mut rest = here.iter();
    if let Some(step) = there.iter().find(|step| !rest.any(|own| own == *step)) {
        return Some(format!("no such step here: {step}"));
    }
    let few = there.len() + 2 < here.len() || here.len() < 20;
    few.then(|| format!("{} changes of the meters, here {}", there.len(), here.len()))
}

fn name(plugin: &Path) -> String {
    plugin.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_step_may_hide_and_none_may_be_another() {
        let here: Vec<Value> = (0..30).map(|step| json!([step, 1])).collect();
        assert_eq!(strange(&here, &here), None);
        assert_eq!(strange(&here[1..], &here), None);
        assert!(strange(&here[..10], &here).is_some_and(|why| why.starts_with("10 changes")));
        let mut other = here.clone();
        other.swap(3, 4);
        assert!(strange(&other, &here).is_some());
        other[3] = json!([3, 2]);
        assert!(strange(&other, &here).is_some_and(|why| why == "no such step here: [3,2]"));
        let timeline = json!({ "activity": [[0], [0], [1], [0]] });
        assert_eq!(changes(&timeline).expect("steps"), [json!([0]), json!([1]), json!([0])]);
        assert!(changes(&json!({})).is_err());
    }
}
