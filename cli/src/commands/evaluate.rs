//! `rollcall evaluate`.

use super::outcome::{Outcome, report_note};
use crate::{
    args::{ChoiceArgs, EvaluateArgs, UnlistedName},
    decode::EXTENSIONS,
    evaluate::{chart, write_table},
    output::AtomicFile,
    picture::Theme,
    settings::Choices,
};
use anyhow::{Context, Result, bail, ensure};
use rollcall_evaluate::{
    Evaluation, Pair, Rules, Thresholds, Unlisted, evaluate, pair, read_predictions, read_references,
    write_csv, write_json,
};
use rollcall_metrics::{Bootstrap, Empty, EventRule};
use std::{collections::BTreeMap, io::Write, path::Path};

pub(super) fn run(args: &EvaluateArgs) -> Result<Outcome> {
    let rules = rules(args)?;
    let names = args.map.iter().map(|text| renaming(text)).collect::<Result<BTreeMap<_, _>>>()?;
    // What cannot be written is found before the work.
    let outputs = args.output.iter().map(|path| begin(path, args.force)).collect::<Result<Vec<_>>>()?;
    let predictions = read_predictions(&args.predictions, &thresholds(&args.threshold)?)?;
    let mut references = read_references(&args.references, &unlisted(args))?;
    references.iter_mut().for_each(|reference| reference.rename(&names));
    let pairs = pair(predictions, references, args.partial, &EXTENSIONS)?;
    tell(&pairs);
    let sources = (args.predictions.display().to_string(), args.references.display().to_string());
    let evaluation = Evaluation { scores: evaluate(&pairs, &rules)?, rules, sources };
    for ((write, mut file), path) in outputs.into_iter().zip(&args.output) {
        let finish = || -> Result<()> {
            write(&evaluation, args.theme, &mut file)?;
            Ok(file.commit()?)
        };
        finish().with_context(|| path.display().to_string())?;
    }
    if !args.quiet {
        let mut out = anstream::stdout().lock();
        write_table(&evaluation, &mut out)?;
        out.flush()?;
    }
    Ok(Outcome::Done)
}

/// What a person may not expect of these scores. It is told also with `--quiet`: the scores may be about something else.
fn tell(pairs: &[Pair]) {
    if let [pair] = pairs
        && pair.is_odd(&EXTENSIONS)
    {
        report_note(&format!(
            "'{}' and '{}' have different names; they were paired because there is one of each",
            pair.prediction.file, pair.reference.file
        ));
    }
    let has_labels = pairs.iter().any(|pair| !pair.reference.labels.is_empty());
    let has_scores = pairs.iter().any(|pair| !pair.prediction.clip.is_empty());
    if has_labels && !has_scores {
        report_note(
            "these predictions are steps without the posterior of the whole file, by which clips are scored: those scores are left \
             out; JSON and Parquet have it",
        );
    }
}

type Writer = fn(&Evaluation, Theme, &mut dyn Write) -> Result<()>;

/// The file to write, and how, by its ending.
fn begin(path: &Path, is_forced: bool) -> Result<(Writer, AtomicFile)> {
    let write: Writer = match path.extension().and_then(|ending| ending.to_str()) {
        Some("json") => |evaluation, _, out| Ok(write_json(evaluation, out)?),
        Some("csv") => |evaluation, _, out| Ok(write_csv(evaluation, out)?),
        Some("txt") => |evaluation, _, out| {
            let mut text = Vec::new();
            write_table(evaluation, &mut text)?;
            Ok(out.write_all(&anstream::adapter::strip_bytes(&text).into_vec())?)
        },
        Some("svg") => |evaluation, theme, out| chart(evaluation).write_svg(theme, out),
        Some("png") => |evaluation, theme, out| chart(evaluation).write_png(theme, out),
        _ => bail!("--output {}: the name must end in .json, .csv, .txt, .svg or .png", path.display()),
    };
    let file = AtomicFile::create(path, is_forced).with_context(|| format!("--output {}", path.display()))?;
    Ok((write, file))
}

/// Of `--threshold [CLASS=]NUMBER`.
fn thresholds(texts: &[String]) -> Result<Thresholds> {
    let choices = Choices::from_args(&ChoiceArgs { threshold: texts.to_vec(), ..ChoiceArgs::default() })?;
    Thresholds::new(choices.threshold, &choices.thresholds).context("--threshold")
}

fn unlisted(args: &EvaluateArgs) -> Unlisted {
    match (args.unlisted, &args.annotated[..]) {
        (UnlistedName::Unknown, []) => Unlisted::Unknown,
        (UnlistedName::Absent, []) => Unlisted::Absent,
        (_, annotated) => Unlisted::AbsentIf(annotated.iter().map(|class| class.trim().to_owned()).collect()),
    }
}

fn rules(args: &EvaluateArgs) -> Result<Rules> {
    let in_range = |name: &str, value: f64, low: f64, high: f64| {
        ensure!((low..=high).contains(&value), "--{name} is {value}, but must be {low} to {high}");
        Ok(value)
    };
    Ok(Rules {
        segment_s: in_range("segment", args.segment, 0.001, 3600.0)?,
        event: EventRule {
            collar_s: in_range("collar", args.collar, 0.0, 60.0)?,
            share_of_length: in_range("length-share", args.length_share, 0.0, 1.0)?,
            is_offset_checked: !args.onset_only,
        },
        empty: if args.undefined_when_empty { Empty::Undefined } else { Empty::Zero },
        bootstrap: Bootstrap {
            rounds: args.rounds as usize,
            level: in_range("level", args.level, 0.01, 0.999)?,
            seed: args.seed,
        },
    })
}

/// `FROM=TO`, or `FROM=` for a label to be left out.
fn renaming(text: &str) -> Result<(String, Option<String>)> {
    let Some((from, to)) = text.split_once('=') else {
        bail!("--map {text}: write LABEL=CLASS, or LABEL= to leave it out");
    };
    let to = to.trim();
    Ok((from.trim().to_owned(), (!to.is_empty()).then(|| to.to_owned())))
}
