//! `rollcall-train compare`: packages and a teacher on the development or the validation part, side by side, with intervals and paired differences.

use crate::base::stem::Split;
use crate::default_model::compare::{Contender, ask, markdown, measure, outside, packages, pages, tuned};
use crate::judge::{Scene, draw};
use crate::mix::length::Length;
use crate::pool::Pool;
use crate::teacher::Teacher;
use anyhow::{Context, Result, ensure};
use rollcall_engine::OPENMIC_CLASSES;
use serde_json::json;
use std::{fs, path::PathBuf};

/// Score model packages, and a teacher beside them, on recordings that none was trained on.
#[derive(Clone, Debug, clap::Args)]
pub struct CompareArgs {
    /// The part that is heard.
    #[arg(long, value_enum, default_value_t = Part::Development)]
    part: Part,
    /// Pool of the development part, made by `rollcall-train data make --part development`.
    #[arg(long, default_value = "cache/development")]
    development: PathBuf,
    /// Pool with the validation part, which a teacher's thresholds are tuned on (a package brings its own).
    #[arg(long, default_value = "cache/pool")]
    pool: PathBuf,
    /// Only these scenes.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Scene>,
    /// Folders of packages; the embedded default if there is none.
    #[arg(long)]
    model: Vec<PathBuf>,
    /// Folder of a teacher.
    #[arg(long)]
    teacher: Option<PathBuf>,
    /// Score first guesses on real solo recordings instead: those of this labelled folder's rows whose source is `pages-...`.
    #[arg(long)]
    pages: Option<PathBuf>,
    /// Tell instead for how long packages show a class that nobody would accept, on real recordings of instruments outside of the 20
    /// (`train/src/default_model/compare/outside.csv`), in this folder of unpacked packages.
    #[arg(long, value_name = "PACKAGES", conflicts_with = "pages")]
    outside: Option<PathBuf>,
    /// Examples of 10 s a scene; fewer are the beginning of more.
    #[arg(long, default_value_t = 300)]
    clips: usize,
    /// Also write everything as JSON.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What contenders are compared on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Libraries that no run was trained on, though choices were made by them.
    Development,
    /// The one set that thresholds are tuned on.
    Validation,
}

/// Carries the command out.
///
/// # Errors
/// A pool, a package or the teacher's folder.
pub fn run(args: CompareArgs) -> Result<()> {
    let mut contenders = packages(&args.model)?;
    if let Some(folder) = &args.outside {
        return outside::run(folder, &contenders, args.out.as_deref());
    }
    if let Some(folder) = &args.teacher {
        let teacher = Teacher::open(folder)?;
        // Guesses need no thresholds.
        let untuned = Contender::untuned(teacher);
        contenders.push(if args.pages.is_some() { untuned } else { tuned_teacher(&args, untuned)? });
    }
    if let Some(folder) = &args.pages {
        return pages::run(folder, &contenders, args.out.as_deref());
    }
    let (folder, split) = match args.part {
        Part::Development => (&args.development, Split::Development),
        Part::Validation => (&args.pool, Split::Valid),
    };
    let pool = Pool::open(folder)?;
    let names: Vec<String> = contenders.iter().map(Contender::name).collect();
    let mut report = Vec::new();
    for scene in Scene::ALL.into_iter().filter(|scene| args.only.is_empty() || args.only.contains(scene)) {
        let examples = draw(&pool, split, scene, args.clips, Length::TEN_SECONDS.samples())
            .with_context(|| format!("drawing {} from {}", scene.name(), folder.display()))?;
        if examples.is_empty() {
            eprintln!("{}: {} has nothing for it", scene.name(), folder.display());
            continue;
        }
        let answers = contenders.iter().map(|c| ask(c, &examples)).collect::<Result<Vec<_>>>()?;
        let thresholds: Vec<&[f32]> = contenders.iter().map(Contender::thresholds).collect();
        let scores = measure(scene, &examples, &answers, &thresholds);
        print!("{}", markdown(scene.name(), &names, &scores, &examples));
        report.push(json!({"scene": scene.name(), "scores": scores}));
    }
    ensure!(
        !report.is_empty(),
        "{} has nothing for any scene: make it with rollcall-train data make",
        folder.display()
    );
    if let Some(path) = &args.out {
        let all =
            json!({"contenders": names, "clips": args.clips, "classes": OPENMIC_CLASSES, "scenes": report});
        fs::write(path, serde_json::to_string_pretty(&all)?)
            .with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// A teacher has no thresholds for our classes: it gets those of the best F1 on the validation part, which ours begin with too.
fn tuned_teacher(args: &CompareArgs, contender: Contender) -> Result<Contender> {
    let pool = Pool::open(&args.pool)?;
    let mut examples = Vec::new();
    for scene in [Scene::Solos, Scene::Mixes] {
        examples.extend(draw(&pool, Split::Valid, scene, args.clips, Length::TEN_SECONDS.samples())?);
    }
    let thresholds = tuned(&examples, &ask(&contender, &examples)?);
    match contender {
        Contender::Teacher(teacher, _) => Ok(Contender::Teacher(teacher, thresholds)),
        other @ Contender::Package(_) => Ok(other),
    }
}
