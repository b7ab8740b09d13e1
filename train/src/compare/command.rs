//! `rollcall-train compare`: packages and a teacher on the TEST part, side by side, with intervals.

use super::contender::{Answer, Contender};
use super::examples::{Example, Scene, draw};
use super::score::{Scores, measure, tuned};
use crate::data::pool::{Pool, Split};
use crate::fit::trainer::parallel;
use crate::teacher::Teacher;
use anyhow::{Context, Result};
use rollcall_engine::OPENMIC_CLASSES;
use serde_json::json;
use std::{fmt::Write as _, fs, path::PathBuf};

/// Score model packages, and a teacher beside them, on recordings that none was trained or tuned on.
#[derive(Clone, Debug, clap::Args)]
pub struct CompareArgs {
    /// Pool of the TEST part, made by `rollcall-train data make --test`.
    #[arg(long, default_value = "cache/test")]
    test: PathBuf,
    /// Pool whose validation part a teacher's thresholds are tuned on (a package brings its own).
    #[arg(long, default_value = "cache/pool")]
    pool: PathBuf,
    /// Folders of packages; the embedded default if there is none.
    #[arg(long)]
    model: Vec<PathBuf>,
    /// Folder of a teacher.
    #[arg(long)]
    teacher: Option<PathBuf>,
    /// Examples of 10 s a scene.
    #[arg(long, default_value_t = 300)]
    clips: usize,
    /// Seed of the examples.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Also write everything as JSON.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Carries the command out.
///
/// # Errors
/// A pool, a package or the teacher's folder.
pub fn run(args: CompareArgs) -> Result<()> {
    let mut contenders = Vec::new();
    for folder in &args.model {
        let package = rollcall_models::read_dir(folder)?;
        contenders.push(Contender::Package(rollcall_models::shared(package)?));
    }
    if args.model.is_empty() {
        contenders.push(Contender::Package(rollcall_models::shared(rollcall_models::embedded()?)?));
    }
    if let Some(folder) = &args.teacher {
        contenders.push(tuned_teacher(&args, Teacher::open(folder)?)?);
    }
    let mut report = Vec::new();
    for scene in Scene::ALL {
        let open = || Pool::open(&args.test);
        let examples = draw(&open, Split::Test, scene, args.clips, args.seed)
            .with_context(|| format!("drawing {} from {}", scene.name(), args.test.display()))?;
        let scores = contenders
            .iter()
            .map(|contender| {
                let answers = ask(contender, &examples)?;
                Ok(measure(scene, &examples, &answers, contender.thresholds()))
            })
            .collect::<Result<Vec<_>>>()?;
        print!("{}", table(scene, &contenders, &scores, examples.len()));
        report.push((scene, scores));
    }
    if let Some(path) = &args.out {
        let names: Vec<String> = contenders.iter().map(Contender::name).collect();
        let scenes = report.iter().map(|(scene, scores)| json!({"scene": scene.name(), "scores": scores}));
        let all = json!({"contenders": names, "clips": args.clips, "seed": args.seed, "classes": OPENMIC_CLASSES,
            "scenes": scenes.collect::<Vec<_>>()});
        fs::write(path, serde_json::to_string_pretty(&all)?)
            .with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// A teacher has no thresholds for our classes: it gets those of the best F1 on the validation part, which ours begin with too.
fn tuned_teacher(args: &CompareArgs, teacher: Teacher) -> Result<Contender> {
    let contender = Contender::Teacher(Box::new(teacher), vec![0.5; OPENMIC_CLASSES.len()]);
    let open = || Pool::open(&args.pool);
    let mut examples = draw(&open, Split::Valid, Scene::Solos, args.clips, args.seed)?;
    examples.extend(draw(&open, Split::Valid, Scene::Mixes, args.clips, args.seed)?);
    let thresholds = tuned(&examples, &ask(&contender, &examples)?);
    match contender {
        Contender::Teacher(teacher, _) => Ok(Contender::Teacher(teacher, thresholds)),
        other => Ok(other),
    }
}

fn ask(contender: &Contender, examples: &[Example]) -> Result<Vec<Answer>> {
    parallel(examples.len(), |i, _| contender.hear(&examples[i].samples)).into_iter().collect()
}

/// Markdown: a row a figure, a column a contender.
fn table(scene: Scene, contenders: &[Contender], scores: &[Scores], clips: usize) -> String {
    let mut text = format!("\n### {} ({clips} clips of 10 s)\n\n| figure |", scene.name());
    contenders.iter().for_each(|c| write!(text, " {} |", c.name()).expect("writing to memory"));
    text.push_str("\n| --- |");
    contenders.iter().for_each(|_| text.push_str(" --- |"));
    let names: Vec<&str> =
        scores.first().map(|s| s.figures.iter().map(|f| f.0).collect()).unwrap_or_default();
    for name in names {
        write!(text, "\n| {name} |").expect("writing to memory");
        for scores in scores {
            let cell = scores.figures.iter().find(|f| f.0 == name).map_or("does not say".into(), |(_, f)| {
                format!("{:.3} ({:.3} to {:.3})", f.value, f.low, f.high)
            });
            write!(text, " {cell} |").expect("writing to memory");
        }
    }
    for (class, name) in OPENMIC_CLASSES.iter().enumerate() {
        if scores.iter().all(|s| s.class_ap.get(class).copied().flatten().is_none()) {
            continue;
        }
        write!(text, "\n| AP, {name} |").expect("writing to memory");
        for scores in scores {
            let cell = scores.class_ap[class].map_or("-".into(), |ap| format!("{ap:.3}"));
            write!(text, " {cell} |").expect("writing to memory");
        }
    }
    text.push('\n');
    text
}
