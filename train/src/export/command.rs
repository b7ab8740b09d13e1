//! `rollcall-train export`: from a run to a model package, with its scores on validation.

use super::onnx::Storage;
use super::package::{Label, write};
use crate::data::pool::{Pool, Split};
use crate::fit::checkpoint::State;
use crate::fit::mixer::Mixer;
use crate::fit::trainer::Recipe;
use crate::fit::validation::{Report, ValidationSet};
use crate::nn::vggish::{Shape, Vggish};
use anyhow::Context;
use rollcall_engine::OPENMIC_CLASSES;
use rollcall_engine::package::Training;
use std::{collections::BTreeMap, fmt::Write, fs, path::PathBuf};

/// Write the model package of a run: the average of its weights, thresholds tuned on validation, and a model card.
#[derive(Clone, Debug, clap::Args)]
pub struct ExportArgs {
    /// Folder of the run.
    #[arg(long, default_value = "cache/runs/default")]
    run: PathBuf,
    /// Stem pool that it was trained on: validation clips and the card's table of data come from it.
    #[arg(long, default_value = "cache/pool")]
    pool: PathBuf,
    /// Folder of the package.
    #[arg(long, default_value = "models/default")]
    out: PathBuf,
    /// Name of the package.
    #[arg(long, default_value = "rollcall-provisional")]
    name: String,
    /// Version of the weights.
    #[arg(long, default_value = "0.1.0")]
    weights_version: String,
    /// What else the card must say of how the run was made.
    #[arg(long)]
    note: Option<String>,
    /// What `rollcall-train compare` printed of this package's weights, for the card.
    #[arg(long)]
    compared: Option<PathBuf>,
    /// The package is finished: not to be replaced by a better one soon.
    #[arg(long)]
    finished: bool,
}

/// Carries the command out.
///
/// # Errors
/// The run, the pool, the disk, or anything the engine finds wrong with the package.
pub fn run(args: ExportArgs) -> anyhow::Result<()> {
    let recipe = fs::read_to_string(args.run.join("recipe.toml"))
        .with_context(|| format!("{} is no run: train one with rollcall-train fit", args.run.display()))?;
    let recipe: Recipe = toml::from_str(&recipe)?;
    let net = Vggish::new(Shape::compact(OPENMIC_CLASSES.len()));
    let state = State::load(&net.layout, &args.run.join("state.safetensors"))?;
    let pool = Pool::open(&args.pool)?;
    let data = data_table(&pool);
    let validation = Mixer::new(pool, Split::Valid, net.shape.classes, recipe.length(), false)?;
    let set = ValidationSet::draw(&validation, recipe.validation_clips, recipe.seed)?;
    let report = set.score(&net, &state.average);
    let compared = args.compared.as_ref().map(|path| {
        fs::read_to_string(path)
            .with_context(|| format!("{}: what `rollcall-train compare` printed", path.display()))
    });
    let compared = compared.transpose()?;
    let training = Training {
        command: format!(
            "rollcall-train fit --steps {} --batch {} --seed {}",
            state.step, recipe.batch, recipe.seed
        ),
        seed: recipe.seed,
        provisional: !args.finished,
    };
    let label = Label {
        card: card(&args, &recipe, &state, &report, &data, compared.as_deref()),
        name: args.name,
        version: args.weights_version,
        description: "VGGish for streams, mean over a window, 512 units, 128-d embedding, attention head"
            .into(),
        licence:
            "Weights: CC BY-NC-SA 4.0, as the strictest of the recordings' terms asks; see MODEL_CARD.md"
                .into(),
        origin: "Trained from random weights by rollcall-train on the data named in MODEL_CARD.md".into(),
        training,
        thresholds: report.thresholds.clone(),
        scores: report.scores.iter().map(|(k, v)| (format!("valid.{k}"), *v)).collect(),
        memory_s: recipe.length().windows() as f32 * 0.16,
    };
    write(&net, &state.average, Storage::Half, label, &args.out)?;
    println!("{}", args.out.display());
    Ok(())
}

/// (class, split) -> source -> (seconds, licence, origin).
type DataTable = BTreeMap<(String, String), BTreeMap<String, (f32, String, String)>>;

fn data_table(pool: &Pool) -> DataTable {
    let mut table = DataTable::new();
    for stem in &pool.stems {
        let row = &stem.row;
        let sources =
            table.entry((row.class.clone(), format!("{:?}", row.split).to_lowercase())).or_default();
        let facts =
            sources.entry(row.source.clone()).or_insert((0.0, row.licence.clone(), row.origin.clone()));
        facts.0 += stem.seconds();
    }
    table
}

fn card(
    args: &ExportArgs,
    recipe: &Recipe,
    state: &State,
    report: &Report,
    data: &DataTable,
    compared: Option<&str>,
) -> String {
    let mut out = String::new();
    let mut line = |text: String| writeln!(out, "{text}").expect("a String takes everything");
    line(format!("# Model card: {} {}\n", args.name, args.weights_version));
    if !args.finished {
        line("**Provisional**: trained for a short time, to be replaced by the trained default of a later release.\n".into());
    }
    line("VGGish's six convolutions (64-128-256-256-512-512, paper section 2.2) without a border in time, the mean over the six".into());
    line("columns of a window, dense layers 2048-512-128, ReLU after each, scaled to 0..1, and the attention head of section 2.3.\n".into());
    line("## How it was made\n".into());
    line("```sh".into());
    line("rollcall-train data fetch && rollcall-train data make --recordings FOLDER --hours 24".into());
    line("rollcall-train data label --teacher FOLDER".into());
    line(format!(
        "rollcall-train fit --steps {} --batch {} --columns {} --rate {} --seed {}",
        recipe.steps, recipe.batch, recipe.columns, recipe.rate, recipe.seed
    ));
    line("rollcall-train export".into());
    line("```\n".into());
    line(format!(
        "{} steps of {} clips of {:.2} s were done.\n",
        state.step,
        recipe.batch,
        recipe.columns as f32 * 0.16
    ));
    if let Some(note) = &args.note {
        line(format!("{note}\n"));
    }
    line("## Scores on validation\n".into());
    line(format!(
        "{} clips a scene, drawn by seed from sources that training never saw. `both`: macro F1 over both classes \
         (the paper's); `positives`: over positives only; `at_half`: threshold 0.5; `tuned`: the shipped thresholds, tuned on \
         these same clips and therefore flattering.\n",
        recipe.validation_clips
    ));
    line("| score | value |\n| --- | --- |".into());
    for (name, value) in &report.scores {
        line(format!("| {name} | {value:.3} |"));
    }
    line("\n| class | threshold | AP, solos | AP, mixes | train min (sources) | valid min |\n| --- | --- | --- | --- | --- | --- |".into());
    for (c, class) in OPENMIC_CLASSES.iter().enumerate() {
        let show = |ap: Option<f64>| ap.map_or("no material".into(), |v| format!("{v:.3}"));
        let minutes = |split: &str| {
            let sources = data.get(&(class.to_string(), split.into()));
            sources.map_or((0.0, 0), |s| (s.values().map(|f| f.0).sum::<f32>() / 60.0, s.len()))
        };
        let (train, sources) = minutes("train");
        line(format!(
            "| {class} | {:.2} | {} | {} | {train:.0} ({sources}) | {:.0} |",
            report.thresholds[c],
            show(report.solo_ap[c]),
            show(report.mix_ap[c]),
            minutes("valid").0
        ));
    }
    if let Some(compared) = compared {
        line("\n## Scores on the TEST part\n".into());
        line("From `rollcall-train compare`: recordings of libraries, players, kits and speakers that neither training nor any decision".into());
        line("has seen, through the engine that ships, with 95 % intervals over clips; F1 at the shipped thresholds. The teacher's thresholds are".into());
        line("tuned on validation, as ours are. No accordion, banjo, mandolin, synthesizer or ukulele is in this part.".into());
        line(compared.trim_end().into());
    }
    line("\n## Limits\n".into());
    line("Ukulele, mandolin and accordion have hardly any real recordings behind them; banjo, organ and mallets few. Most notes".into());
    line("come from sampled instruments, most music from generated phrases. Scores are on such material, not on mastered records.\n".into());
    line("## Data\n".into());
    line(
        "| class | split | source | minutes | licence | origin |\n| --- | --- | --- | --- | --- | --- |"
            .into(),
    );
    for ((class, split), sources) in data {
        for (source, (seconds, licence, origin)) in sources {
            line(format!("| {class} | {split} | {source} | {:.1} | {licence} | {origin} |", seconds / 60.0));
        }
    }
    out
}
