//! `MODEL_CARD.md`: how a package was made, what it scores, what it is bad at, and whose recordings it heard.

use super::reliability;
use super::trained::Trained;
use crate::default_model::validation::Report;
use crate::pool::{Pool, terms};
use rollcall_engine::OPENMIC_CLASSES;
use std::{collections::BTreeMap, fmt::Write};

/// What a card tells of an export beside the run, its scores and its data.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Name of the package.
    pub name: &'a str,
    /// Version of the weights.
    pub version: &'a str,
    /// Not to be replaced by a better one soon.
    pub is_finished: bool,
    /// Hours that the pool was made with.
    pub hours: f32,
    /// The command that makes the package of its runs.
    pub command: &'a str,
    /// Share of the clips without an instrument that thresholds leave quiet.
    pub quiet: f64,
    /// Clips a scene of the validation set.
    pub clips: usize,
    /// What else there is to say.
    pub note: Option<&'a str>,
    /// What `compare` printed.
    pub compared: Option<&'a str>,
}

/// (class, split) -> source -> (seconds, licence, origin).
pub type DataTable = BTreeMap<(String, String), BTreeMap<String, (f32, String, String)>>;

/// What each class of a pool is made of.
pub fn data_table(pool: &Pool) -> DataTable {
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

/// The card.
pub fn card(facts: &Facts<'_>, trained: &Trained, report: &Report, data: &DataTable) -> String {
    let (mut out, diagram) = (String::new(), reliability::FILE);
    let mut line = |text: String| writeln!(out, "{text}").expect("a String takes everything");
    line(format!("# Model card: {} {}\n", facts.name, facts.version));
    if !facts.is_finished {
        line("**Provisional**: trained for a short time, to be replaced by the trained default of a later release.\n".into());
    }
    line("VGGish's six convolutions (64-128-256-256-512-512, paper section 2.2) without a border in time, the mean over the six".into());
    line("columns of a window, dense layers 2048-512-128, ReLU after each, scaled to 0..1, and the attention head of section 2.3.\n".into());
    line("## How it was made\n".into());
    line("```sh".into());
    line(format!("rollcall-train data make --recordings FOLDER --hours {}", facts.hours));
    line("rollcall-train data make --part development --out cache/development --recordings FOLDER\nrollcall-train data check cache/pool cache/development --packages cache/packages --recordings FOLDER".into());
    trained.runs.iter().for_each(|run| line(run.command.clone()));
    line(facts.command.to_owned());
    line("```\n".into());
    line(format!("{}\n", trained.done));
    if let Some(note) = facts.note {
        line(format!("{note}\n"));
    }
    line("## Scores on validation\n".into());
    line(format!(
        "{} clips a scene, the same for every run, from sources that training never saw. `both`: macro F1 over both classes \
         (the paper's); `positives`: over positives only; `at_half`: threshold 0.5; `tuned`: the shipped thresholds, the \
         best F1 to be expected of each class by these same clips, raised until no meter flashes in {:.0} % of those without an instrument, and therefore \
         flattering. `first`: share whose first guess plays; `first_three`: with one who plays among the first three. `music`: pieces that training never heard; their truth is what the teacher is sure of.\n",
        facts.clips,
        100.0 * facts.quiet
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
            show(report.class_ap["solos"][c]),
            show(report.class_ap["mixes"][c]),
            minutes("valid").0
        ));
    }
    line(format!("\n![Reliability diagram: share of positives over posterior]({diagram})\n"));
    line("Reliability over the clips of all scenes and classes; the area of a point is by the share of the scores.".into());
    if let Some(compared) = facts.compared {
        line("\n## Scores on the development set\n".into());
        line("From `rollcall-train compare`: recordings of libraries, players, kits and speakers that training never saw, though earlier runs were scored on them and".into());
        line("choices made by that, through the engine that ships, with 95 % intervals over sources; F1 at the shipped thresholds. The teacher hears the same audio (16 kHz), and its thresholds are".into());
        line("those of the best F1 to be expected by validation, which ours begin with. `solos` and `mixes` are phrases of real notes without accordion, banjo, mandolin, synthesizer and ukulele;".into());
        line("`real music` is whatever labelled recordings could be had: single instruments as GCompris teaches them (what is none of the 20 among".into());
        line("them), music of the world and two metal bands' guitar tracks; where the makers say nothing of an instrument, it is passed over.".into());
        line("What judges is other than in the card of 1.0.0 (models/EXPERIMENTS.md, \"What the judges got wrong\"): that set was called TEST there and was none; validation is one fixed set with recorded players;".into());
        line("quiet and thresholds look at the meters, which flash before a clip's posterior tells; a first guess passes over what nobody knows; intervals resample sources, not clips, and differences are paired.".into());
        line(compared.trim_end().into());
    }
    line("\n## Limits\n".into());
    line("Ukulele, mandolin and accordion have hardly any real recordings behind them; banjo, organ and mallets few. Most notes".into());
    line("come from sampled instruments, most music from generated phrases. Scores are on such material, not on mastered records.\n".into());
    line("## Data\n".into());
    line(
        "`commercial`: whether the licence allows commercial use; what is not certain counts as no.\n".into(),
    );
    line("| class | split | source | minutes | licence | commercial | origin |\n| --- | --- | --- | --- | --- | --- | --- |".into());
    for ((class, split), sources) in data {
        for (source, (seconds, licence, origin)) in sources {
            let minutes = seconds / 60.0;
            let commercial = terms::of(licence);
            line(format!(
                "| {class} | {split} | {source} | {minutes:.1} | {licence} | {commercial} | {origin} |"
            ));
        }
    }
    out
}
