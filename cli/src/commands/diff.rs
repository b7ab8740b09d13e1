//! `rollcall model diff`: what one package says of a user's files otherwise than another.

use super::outcome::{Outcome, report_error, sentence};
use super::progress::Progress;
use crate::analyze::{Listener, in_order};
use crate::args::DiffArgs;
use crate::decode::Audio;
use crate::inputs::{self, Input};
use crate::model::Origin;
use crate::settings::Choices;
use anstyle::Style;
use anyhow::{Result, anyhow, ensure};
use rollcall_engine::Model;
use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hasher},
    io::Write,
    num::NonZero,
    ops::ControlFlow,
    path::Path,
    sync::Arc,
    thread,
};

const HEAD: Style = Style::new().bold();

/// What one package says of a class in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Said {
    /// Posterior over the whole file.
    clip: f32,
    /// Whether that is at the threshold or above it.
    plays: bool,
    /// Seconds above threshold.
    seconds: f64,
    /// A number that differs if any activity differs in any bit.
    bits: u64,
}

/// What it says of each class.
type Answer = BTreeMap<String, Said>;

/// By class: in how many files both hear it, only the first does, only the second.
type Counts = BTreeMap<String, [usize; 3]>;

pub(super) fn run(args: &DiffArgs) -> Result<Outcome> {
    let inputs = inputs::expand(&args.inputs, &[]);
    let [old, new] = [&args.a, &args.b].map(|name| Ok::<_, anyhow::Error>((label(name), load(name)?)));
    let ((old_name, old), (new_name, new)) = (old?, new?);
    ensure!(
        old.package().sha256() != new.package().sha256(),
        "{old_name} and {new_name} are the same package: name two"
    );
    let jobs = thread::available_parallelism().map_or(1, NonZero::get).min(inputs.len().max(1));
    let progress = Progress::new(inputs.len(), args.quiet);
    let mut outcome = Outcome::Done;
    let (mut counts, mut same, mut heard) = (Counts::new(), 0, 0);
    let mut out = anstream::stdout().lock();
    let mut written = Ok(());
    let hear_both =
        |input: &Input| -> Result<(Answer, Answer)> { Ok((answer(&old, input)?, answer(&new, input)?)) };
    in_order(&inputs, jobs, hear_both, |index, result| {
        progress.file_done();
        match result.unwrap_or_else(|panic| Err(anyhow!("failed inside: {panic}"))) {
            Ok((before, after)) => {
                let lines = differences(&before, &after, &mut counts);
                heard += 1;
                same += usize::from(lines.is_empty());
                if !lines.is_empty() && written.is_ok() {
                    written = progress.aside(|| {
                        writeln!(out, "{HEAD}{}{HEAD:#}", inputs[index])?;
                        lines.iter().try_for_each(|line| writeln!(out, "  {line}"))
                    });
                }
            }
            Err(error) => {
                progress.aside(|| report_error(&format!("{}: {}", inputs[index], sentence(&error))));
                outcome = Outcome::SomeFailed;
            }
        }
    });
    progress.finish();
    written?;
    if heard > 0 {
        summary(&mut out, &counts, [&old_name, &new_name], same, heard)?;
    }
    Ok(outcome)
}

/// A package by name; `default` is the one in this program.
fn load(name: &Path) -> Result<Arc<Model>> {
    let is_default = name.as_os_str() == "default" && !name.is_dir();
    Origin::find((!is_default).then_some(name))?.load()
}

fn label(name: &Path) -> String {
    name.file_name().unwrap_or(name.as_os_str()).to_string_lossy().into_owned()
}

fn answer(model: &Arc<Model>, input: &Input) -> Result<Answer> {
    if let Some(problem) = &input.problem {
        return Err(anyhow!("{problem}"));
    }
    ensure!(!input.is_stdin(), "a stream cannot be heard twice; name a file");
    let choices = Choices::default();
    let listener = Listener {
        engine: choices.engine()?,
        ranges: choices.ranges(model)?,
        model: Arc::clone(model),
        start_s: 0.0,
        duration_s: None,
        keep_partial: false,
        threads: 1,
        is_ranked: false,
        keeps_embeddings: false,
        is_pictured: false,
    };
    let go_on = &mut |_, _| ControlFlow::Continue(());
    let mut analysis = listener.analyze(Audio::open(&input.path)?, String::new(), go_on)?;
    let mut bits = vec![DefaultHasher::new(); model.classes().len()];
    for row in analysis.rows.read()? {
        for (bits, activity) in bits.iter_mut().zip(row?.activity) {
            bits.write_u32(activity.to_bits());
        }
    }
    let timeline = &analysis.timeline;
    let said = |((class, threshold), bits): ((&String, &f32), DefaultHasher)| {
        let own = timeline.ranges.iter().filter(|range| range.class == *class);
        let clip = timeline.clip.get(class).copied().unwrap_or(0.0);
        let said = Said {
            clip,
            plays: clip >= *threshold,
            seconds: own.map(|range| range.duration_s()).sum(),
            bits: bits.finish(),
        };
        (class.clone(), said)
    };
    Ok(model.classes().iter().zip(model.thresholds()).zip(bits).map(said).collect())
}

/// What differs, a line a class; counts who is heard by whom.
fn differences(before: &Answer, after: &Answer, counts: &mut Counts) -> Vec<String> {
    let mut lines = Vec::new();
    let classes: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for class in classes {
        let (old, new) = (before.get(class), after.get(class));
        let plays = |said: Option<&Said>| said.is_some_and(|said| said.plays);
        match (plays(old), plays(new)) {
            (true, true) => counts.entry(class.clone()).or_default()[0] += 1,
            (true, false) => counts.entry(class.clone()).or_default()[1] += 1,
            (false, true) => counts.entry(class.clone()).or_default()[2] += 1,
            (false, false) => {}
        }
        let line = match (old, new) {
            (Some(old), Some(new)) if old == new => continue,
            (Some(old), Some(new)) => {
                let verdict = match (old.plays, new.plays) {
                    (true, false) => "is not heard any more",
                    (false, true) => "is heard now",
                    (true, true) => "is heard by both",
                    (false, false) => "is heard by neither",
                };
                format!(
                    "{class} {verdict}: {:.2} -> {:.2}, {:.1} s -> {:.1} s",
                    old.clip, new.clip, old.seconds, new.seconds
                )
            }
            (None, Some(new)) if new.plays || new.seconds > 0.0 => {
                format!(
                    "{class}, which only the second knows, is heard: {:.2}, {:.1} s",
                    new.clip, new.seconds
                )
            }
            (Some(old), None) if old.plays || old.seconds > 0.0 => {
                format!(
                    "{class}, which only the first knows, was heard: {:.2}, {:.1} s",
                    old.clip, old.seconds
                )
            }
            _ => continue,
        };
        lines.push(line);
    }
    lines
}

fn summary(
    out: &mut impl Write,
    counts: &Counts,
    names: [&str; 2],
    same: usize,
    heard: usize,
) -> std::io::Result<()> {
    writeln!(out, "{HEAD}{same} of {heard} files: nothing differs, to the last bit{HEAD:#}")?;
    if counts.is_empty() {
        return Ok(());
    }
    let width = counts.keys().map(|class| class.chars().count()).max().unwrap_or(0).max(5);
    writeln!(
        out,
        "{HEAD}{:width$}  heard by both  only by {}  only by {}{HEAD:#}",
        "class", names[0], names[1]
    )?;
    for (class, [both, first, second]) in counts {
        let columns = [8 + names[0].chars().count(), 8 + names[1].chars().count()];
        writeln!(out, "{class:width$}  {both:>13}  {first:>0$}  {second:>1$}", columns[0], columns[1])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_and_counted() {
        let said = |clip: f32, bits| Said { clip, plays: clip >= 0.5, seconds: f64::from(clip), bits };
        let answer = |classes: &[(&str, f32, u64)]| -> Answer {
            classes.iter().map(|(class, clip, bits)| ((*class).to_owned(), said(*clip, *bits))).collect()
        };
        let before = answer(&[("flute", 0.7, 1), ("guitar", 0.9, 2), ("piano", 0.1, 3), ("voice", 0.0, 0)]);
        let after = answer(&[("flute", 0.4, 4), ("guitar", 0.9, 2), ("piano", 0.1, 5), ("oud", 0.8, 6)]);
        let mut counts = Counts::new();
        let lines = differences(&before, &after, &mut counts);
        assert_eq!(
            lines,
            [
                "flute is not heard any more: 0.70 -> 0.40, 0.7 s -> 0.4 s",
                "oud, which only the second knows, is heard: 0.80, 0.8 s",
                "piano is heard by neither: 0.10 -> 0.10, 0.1 s -> 0.1 s",
            ]
        );
        assert_eq!((counts["flute"], counts["guitar"], counts["oud"]), ([0, 1, 0], [1, 0, 0], [0, 0, 1]));
        let mut text = Vec::new();
        summary(&mut text, &counts, ["old", "new"], 0, 1).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("0 of 1 files") && text.contains("guitar"), "{text}");
    }
}
