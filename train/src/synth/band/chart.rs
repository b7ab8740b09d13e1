//! Chord charts in the styles of MMA's library (Musical MIDI Accompaniment, GPL-2+), which `mma` turns into a MIDI file.

use crate::base::seed::Chance;
use crate::sources::packages::CHART_PROGRAM;
use crate::synth::phrase::Harmony;
use anyhow::{Context, Result};
use fastrand::Rng;
use std::{fmt::Write, fs, path::Path, process::Command};
use walkdir::WalkDir;

/// Its own library and the styles, within its package.
const HOME: &str = "usr/share/mma";
/// Styles that are no music: clicks and silence.
const CLICKS: [&str; 3] = ["metronome", "count", "none"];
/// Grooves of one bar or two that begin or end a piece.
const EDGES: [&str; 4] = ["intro", "end", "fill", "break"];
/// Slowest and fastest tempo, in beats a minute.
const TEMPO_BPM: (f32, f32) = (72.0, 168.0);

/// A file of MMA's library: the grooves of one style, which share patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// Path within the library without its ending: `stdlib/bossanova`.
    pub name: String,
    /// Its grooves, without those that only begin or end a piece.
    pub grooves: Vec<String>,
    /// Beats a bar.
    pub beats: u8,
}

/// A chord chart.
#[derive(Debug, Clone)]
pub struct Chart {
    /// As `mma` reads it.
    pub text: String,
    /// Its chords, one a bar.
    pub harmony: Harmony,
    /// Tempo, in beats a minute.
    pub bpm: f32,
}

/// Every style of the unpacked package, in the order of their names.
///
/// # Errors
/// The library is not there or cannot be read.
pub fn styles(package: &Path) -> Result<Vec<Style>> {
    let library = package.join(HOME).join("lib");
    let mut styles = Vec::new();
    for entry in WalkDir::new(&library).sort_by_file_name() {
        let entry = entry.context("reading MMA's library: run `rollcall-train data fetch` first")?;
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "mma") {
            let name = path.strip_prefix(&library).unwrap_or(path).with_extension("").display().to_string();
            // Some styles of the library are in Latin-1: their names and grooves are ASCII.
            let text = fs::read(path).with_context(|| path.display().to_string())?;
            styles.extend(style(name, &String::from_utf8_lossy(&text)));
        }
    }
    Ok(styles)
}

/// Reads a style; `None` when it has no groove to play a piece in.
fn style(name: String, text: &str) -> Option<Style> {
    let is_one_of = |name: &str, words: &[&str]| words.iter().any(|word| name.to_lowercase().contains(word));
    let base = name.rsplit('/').next().unwrap_or(&name);
    let (mut grooves, mut beats) = (Vec::new(), 4);
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match words.next().map(str::to_lowercase).as_deref() {
            Some("defgroove") => grooves.extend(words.next().map(str::to_owned)),
            Some("time") => {
                let number = words.next().and_then(|time| time.split('/').next()?.parse().ok());
                beats = number.unwrap_or(beats);
            }
            _ => {}
        }
    }
    grooves.retain(|groove| !is_one_of(groove, &EDGES));
    let usable = !grooves.is_empty() && !is_one_of(base, &CLICKS) && (2..=12).contains(&beats);
    usable.then_some(Style { name, grooves, beats })
}

impl Chart {
    /// Writes a chart of about `seconds` that goes through a groove or two of the style.
    #[must_use]
    pub fn write(style: &Style, seconds: f32, rng: &mut Rng) -> Self {
        let bpm = rng.between(TEMPO_BPM.0, TEMPO_BPM.1).round();
        let harmony = Harmony::choose(rng).with_beats_per_chord(f32::from(style.beats));
        let bars = ((seconds * bpm / 60.0 / f32::from(style.beats)).ceil() as usize).max(2);
        // MMA draws its own small deviations of time and loudness.
        let mut text = format!("RndSeed {}\nUse {}\nTempo {bpm}\n", rng.u16(..), style.name);
        let change = rng.usize(1..=bars);
        for bar in 0..bars {
            if bar == 0 || bar == change {
                let _ = writeln!(text, "Groove {}", rng.pick(&style.grooves));
            }
            let beat = bar as f32 * f32::from(style.beats);
            let _ = writeln!(text, "{} {}", bar + 1, harmony.symbol(beat + 0.5));
        }
        Self { text, harmony, bpm }
    }

    /// The chart as a Standard MIDI File; `package` is where MMA was unpacked. `None` when MMA refuses it, as some of its styles do
    /// with some chords: what it said goes to standard error.
    ///
    /// # Errors
    /// Python cannot be run, or the disk fails.
    pub fn play(&self, package: &Path) -> Result<Option<Vec<u8>>> {
        // MMA runs in a folder of its own: a relative path would lead elsewhere from there.
        let package = fs::canonicalize(package)
            .with_context(|| format!("{}: run `rollcall-train data fetch` first", package.display()))?;
        let folder = tempfile::tempdir().context("a folder for the chart")?;
        let (chart, score) = (folder.path().join("chart.mma"), folder.path().join("score.mid"));
        fs::write(&chart, &self.text)?;
        let mut command = Command::new("python3");
        command.arg(package.join(CHART_PROGRAM)).arg("-f").arg(&score).arg(&chart);
        // Nobody's own settings of MMA may change what is made.
        command.env("MMA_HOME", package.join(HOME)).env("HOME", folder.path()).current_dir(folder.path());
        let output = command.output().context("python3 cannot be run: install python3 and try again")?;
        if !output.status.success() || !score.exists() {
            let said = [output.stdout, output.stderr].concat();
            eprintln!("mma refuses this chart:\n{}{}", self.text, String::from_utf8_lossy(&said).trim());
            return Ok(None);
        }
        fs::read(&score).map(Some).context("reading what mma wrote")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seed;

    const WALTZ: &str =
        "// a style\nTime 3\nTimeSig 3 4\nDefGroove Waltz  plain\n\nDefGroove WaltzSus\nDefGroove WaltzEnd\n";

    #[test]
    fn a_style_has_its_grooves_and_beats() {
        let waltz = style("stdlib/waltz".into(), WALTZ).unwrap();
        assert_eq!(waltz.grooves, ["Waltz", "WaltzSus"]);
        assert_eq!(waltz.beats, 3);
        assert_eq!(style("a/b".into(), "Time 6/8\ndefgroove X").unwrap().beats, 6);
        assert_eq!(style("stdlib/metronome3".into(), WALTZ), None);
        assert_eq!(style("stdlib/empty".into(), "Time 4\n"), None);
    }

    #[test]
    fn a_chart_has_a_chord_a_bar_and_fills_its_time() {
        let waltz = style("stdlib/waltz".into(), WALTZ).unwrap();
        for n in 0..50 {
            let chart = Chart::write(&waltz, 20.0, &mut seed::rng(n, "chart"));
            let bars: Vec<&str> =
                chart.text.lines().filter(|l| l.starts_with(|c: char| c.is_ascii_digit())).collect();
            let seconds = bars.len() as f32 * 3.0 * 60.0 / chart.bpm;
            assert!((20.0..24.0).contains(&seconds), "{seconds} s");
            for (bar, line) in bars.iter().enumerate() {
                let (number, chord) = line.split_once(' ').unwrap();
                assert_eq!(number, (bar + 1).to_string());
                let root = chord.chars().next().unwrap();
                assert!(('A'..='G').contains(&root), "{chord}");
                assert_eq!(chord, chart.harmony.symbol(3.0 * bar as f32 + 1.0), "a chord holds for its bar");
            }
            assert!(chart.text.starts_with("RndSeed ") && chart.text.contains("\nUse stdlib/waltz\n"));
        }
    }
}
