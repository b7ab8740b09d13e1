//! `rollcall-train quantise`: from a trained package to one of 8-bit numbers, calibrated and scored on validation.

use crate::audio::log_mel::log_mel;
use crate::base::stem::Split;
use crate::default_model::compare::{Contender, pages};
use crate::default_model::export::reliability;
use crate::default_model::validation::ValidationSet;
use crate::default_model::warm;
use crate::judge::guess::Guesses;
use crate::judge::pages::{Piece, guesses, pieces};
use crate::judge::{Scene, draw};
use crate::mix::length::Length;
use crate::nn::vggish::{Shape, Vggish};
use crate::pool::Pool;
use crate::quantise::paired::{self, Found};
use crate::quantise::{Calibrated, Ranges, Tuning, apart, calibrate, columns, dense, score, together, tune};
use anyhow::{Context, Result, ensure};
use rollcall_engine::package::{EVENTS, Kind, MODEL_CARD, Manifest, PostProcessing, Training};
use rollcall_engine::{Package, SAMPLE_RATE_HZ};
use rollcall_head::thresholds::QUIET;
use rollcall_import::{Body, Label, Tensors, seal};
use std::fmt::Write as _;
use std::{fs, path::Path, path::PathBuf};

/// Write a package of 8-bit numbers: the same network, three to four times as fast, the same bits on every machine.
#[derive(Clone, Debug, clap::Args)]
pub struct QuantiseArgs {
    /// Folder of a stream package that `rollcall-train export` wrote.
    package: PathBuf,
    /// Folder of the quantised package.
    #[arg(short, long)]
    out: PathBuf,
    /// Stem pool whose validation part it is calibrated and scored by.
    #[arg(long, default_value = "cache/pool")]
    pool: PathBuf,
    /// Examples of 10 s a scene that ranges are taken from. Few are better: from more, the least squared error cuts off more of the loud
    /// (rollcall-default 1.1.0: calibration error +.0025 with 12, +.0012 with 4, +.0002 with 2).
    #[arg(long, default_value_t = 2)]
    calibrate: usize,
    /// How the range of an activation is chosen.
    #[arg(long, value_enum, default_value_t = How::Error)]
    ranges: How,
    /// With `--ranges share`: the share of values that a range holds, 0 to 1.
    #[arg(long, default_value_t = 0.9999)]
    share: f64,
    /// Steps of fine-tuning through the rounding, each on 16 clips of 3.8 s of the pool's training part: the bytes learn to give the embedding
    /// that the floats give. No label is asked.
    #[arg(long, default_value_t = 0)]
    tune: usize,
    /// With `--tune`: the optimiser's rate at the start, which falls to 0.
    #[arg(long, default_value_t = 2e-5)]
    rate: f32,
    /// Clips a scene of the validation set that thresholds and scores come from; 0: thresholds stay, and no scores are told.
    #[arg(long, default_value_t = 300)]
    clips: usize,
    /// Columns of 160 ms a clip of the validation set (12 or more): as many as the run had, so that thresholds and scores are to be held
    /// against those that `export` wrote.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u64).range(12..=400))]
    columns: u64,
    /// Share of the validation clips without an instrument that thresholds are raised to leave quiet, 0 to 1.
    #[arg(long, default_value_t = QUIET)]
    quiet: f64,
    /// Labelled folder of recordings: both packages' first guesses are told on its rows whose source is `pages-...`, as `compare --pages` does.
    #[arg(long)]
    pages: Option<PathBuf>,
    /// Version of the weights; the package's own unless said otherwise.
    #[arg(long)]
    weights_version: Option<String>,
}

/// How a range is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum How {
    /// The least squared error of rounding and cutting off.
    Error,
    /// A share of the values.
    Share,
    /// Nothing is cut off.
    Greatest,
}

impl QuantiseArgs {
    /// The command that makes these bytes of those floats.
    fn command(&self) -> String {
        let ranges = match self.ranges {
            How::Error => "error".into(),
            How::Share => format!("share --share {}", self.share),
            How::Greatest => "greatest".into(),
        };
        let tune = match self.tune {
            0 => String::new(),
            steps => format!(" --tune {steps} --rate {}", self.rate),
        };
        format!(
            "rollcall-train quantise PACKAGE -o OUT --calibrate {} --ranges {ranges}{tune} --quiet {}",
            self.calibrate, self.quiet
        )
    }
}

/// Scenes that ranges are taken from.
const SCENES: [Scene; 5] = [Scene::Solos, Scene::Mixes, Scene::Bands, Scene::Music, Scene::Noise];

/// Carries the command out.
///
/// # Errors
/// The package, the pool, the disk, or anything the engine finds wrong with what was written.
pub fn run(args: QuantiseArgs) -> Result<()> {
    ensure!(args.package != args.out, "{}: give another folder, or the package is lost", args.out.display());
    let package = rollcall_models::read_dir(&args.package)?;
    let (net, values) = network(&args.package, package.manifest())?;
    let pool = Pool::open(&args.pool)?;
    let heard = hear(&pool, Split::Valid, args.calibrate, Length::TEN_SECONDS)?;
    let heard: Vec<&[f32]> = heard.iter().map(Vec::as_slice).collect();
    let ranges = match args.ranges {
        How::Error => Ranges::Error,
        How::Share => Ranges::Share(args.share),
        How::Greatest => Ranges::Greatest,
    };
    let mut calibrated = calibrate(&net, &values, &heard, ranges)?;
    let mut told = told(&calibrated, &apart(&net, &values, &calibrated, &heard));
    if args.tune > 0 {
        calibrated = tuned(&args, &pool, (&net, &values), &calibrated)?;
        let decibels = together(&net, &values, &calibrated, &heard);
        writeln!(told, "| all, after {} steps of fine-tuning | {decibels:.1} dB | | |", args.tune)?;
    }
    print!("{told}");
    let how = format!(
        "{} clips of 10 s of validation, ranges {:?}{}",
        heard.len(),
        args.ranges,
        if args.ranges == How::Share { format!(" {}", args.share) } else { String::new() }
    );
    let mut label = label(&package, &args);
    label.card += &format!(
        "\n## Quantised\n\nConvolutions and dense layers have 8-bit weights, with a scale an output, and 8-bit activations: {}.\n\n{told}",
        how.to_lowercase()
    );
    fs::create_dir_all(&args.out).with_context(|| format!("making {}", args.out.display()))?;
    let body = body(&package, &net, &calibrated)?;
    seal(body.clone(), label.clone(), &args.out)?;
    if args.clips > 0 {
        judge(&args, &pool, (&net, &values), &mut label)?;
        seal(body, label.rounded(), &args.out)?;
    }
    println!("{}", args.out.display());
    Ok(())
}

/// Scores both packages on the same clips; the label gets what was found, and the folder the picture.
fn judge(args: &QuantiseArgs, pool: &Pool, head: (&Vggish, &[f32]), label: &mut Label) -> Result<()> {
    let length = Length { columns: args.columns as usize };
    let set = ValidationSet::draw(pool, args.clips, length)?;
    let pieces = args.pages.as_deref().map(pieces).transpose()?;
    let find = |folder: &Path| -> Result<Found> {
        let model = rollcall_models::shared(rollcall_models::read_dir(folder)?)?;
        let report = score(&model, head, folder, &set, args.quiet)?;
        let pages =
            pieces.as_deref().map(|pieces| on_pages(&Contender::Package(model), pieces)).transpose()?;
        Ok(Found { report, pages })
    };
    let (floats, bytes) = (find(&args.package)?, find(&args.out)?);
    let (report, rows) = (&bytes.report, paired::rows(&floats, &bytes));
    let paired = paired::markdown(&rows, &floats, &bytes);
    print!("\n{paired}");
    for row in rows.iter().filter(|row| !row.is_held()) {
        let most = row.may_lose.unwrap_or_default();
        eprintln!("{}: {:.4} lost, {most} may be: see --ranges and --calibrate", row.figure, row.loss());
    }
    label.thresholds.clone_from(&report.thresholds);
    label.scores = report.scores.iter().map(|(k, v)| (format!("valid.{k}"), *v)).collect();
    write!(
        label.card,
        "\nThresholds were tuned anew for the bytes; the scores and thresholds above are those of the floats, the manifest has those of this package, and the \
         picture shows it. Both on the same {} clips of {:.1} s a scene of validation{}, with the thresholds of each:\n\n{paired}",
        args.clips,
        length.samples() as f64 / f64::from(SAMPLE_RATE_HZ),
        if pieces.is_some() { ", and on real solo recordings (`pages`)" } else { "" }
    )?;
    let title = format!("{} {}, validation", label.name, label.version);
    let path = args.out.join(reliability::FILE);
    fs::write(&path, reliability::svg(&title, &report.scored)?)
        .with_context(|| format!("writing {}", path.display()))
}

fn on_pages(contender: &Contender, pieces: &[Piece]) -> Result<Guesses> {
    guesses(pieces, &pages::ask(contender, pieces)?).context("no piece counts")
}

/// The network of a package, without standardised weights.
fn network(folder: &Path, manifest: &Manifest) -> Result<(Vggish, Vec<f32>)> {
    ensure!(manifest.kind == Kind::Stream, "{}: only stream packages are quantised", folder.display());
    let PostProcessing::Unit { low: 0.0, high } = manifest.post_processing else {
        anyhow::bail!(
            "{}: the post-processing must be `unit` from 0, as rollcall-train writes it",
            folder.display()
        );
    };
    let dense = Tensors::open(&folder.join("dense.onnx"))?;
    let outputs = (1..).map_while(|i| dense.length(&format!("dense{i}.bias")));
    let mut hidden: Vec<usize> = outputs.collect();
    hidden.pop().ok_or_else(|| dense.without("dense1.bias"))?;
    let shape =
        Shape { hidden, unit_high: high, standardise: false, ..Shape::compact(manifest.classes.len()) };
    let net = Vggish::new(shape);
    let values = warm::from_package(&net, folder)?;
    Ok((net, values))
}

/// Spectrograms of clips, `count` a scene.
fn hear(pool: &Pool, split: Split, count: usize, length: Length) -> Result<Vec<Vec<f32>>> {
    let mut heard = Vec::new();
    for scene in SCENES {
        for example in draw(pool, split, scene, count, length.samples())? {
            let mut samples = example.samples;
            samples.resize(length.samples(), 0.0);
            heard.push(log_mel(&samples));
        }
    }
    Ok(heard)
}

/// The clips of a step of fine-tuning, their length, and how many a scene there are.
const TUNED: (usize, Length, usize) = (16, Length { columns: 24 }, 400);

fn tuned(
    args: &QuantiseArgs,
    pool: &Pool,
    (net, values): (&Vggish, &[f32]),
    calibrated: &Calibrated,
) -> Result<Calibrated> {
    let (batch, length, count) = TUNED;
    let heard = hear(pool, Split::Train, count, length)?;
    ensure!(!heard.is_empty(), "{}: no stems to train on, for --tune", args.pool.display());
    let heard: Vec<&[f32]> = heard.iter().map(Vec::as_slice).collect();
    let tuning = Tuning { steps: args.tune, batch, rate: args.rate };
    tune(net, values, calibrated, &heard, tuning, &mut |step, error| {
        if step % 20 == 0 {
            eprintln!("step {step} of {}: signal over error {:.1} dB", args.tune, -10.0 * error.log10());
        }
    })
}

/// What was lost at each layer, as a table: of what stands before it too, and of its own bytes alone.
fn told(calibrated: &Calibrated, alone: &[[f64; 2]]) -> String {
    let mut text = String::from(
        "| after | signal over error there | of the embedding, these weights alone in bytes | these inputs alone |\n| --- | --- | --- | --- |\n",
    );
    // The log-mel and the mean are rounded where they go into a layer.
    let is_layer = |name: &str| name.starts_with("convolution") || name.starts_with("dense");
    let mut alone = alone.iter();
    for (name, decibels) in &calibrated.told {
        let own = is_layer(name).then(|| alone.next()).flatten();
        let [weights, inputs] =
            own.map_or_else(Default::default, |own| own.map(|decibels| format!("{decibels:.1} dB")));
        writeln!(text, "| {name} | {decibels:.1} dB | {weights} | {inputs} |")
            .expect("a String takes everything");
    }
    text
}

fn body(package: &Package, net: &Vggish, calibrated: &Calibrated) -> Result<Body> {
    let manifest = package.manifest();
    let kept = |name: &'static str| {
        let bytes = package.file(name).with_context(|| format!("the package has no {name}"))?;
        Ok::<_, anyhow::Error>((name.to_owned(), bytes.to_vec()))
    };
    let mut files = vec![
        ("columns.onnx".to_owned(), columns(net, calibrated)),
        ("dense.onnx".to_owned(), dense(net, calibrated)),
        kept("head.onnx")?,
    ];
    if manifest.events.is_some() {
        files.push(kept(EVENTS)?);
    }
    Ok(Body {
        kind: manifest.kind,
        classes: manifest.classes.clone(),
        looks: manifest.looks.clone(),
        update_hops: manifest.update_hops,
        memory_s: manifest.memory_s,
        head_normalisation: manifest.head_normalisation,
        post_processing: manifest.post_processing.clone(),
        events: manifest.events.clone(),
        added: manifest.added.clone(),
        files,
    })
}

fn label(package: &Package, args: &QuantiseArgs) -> Label {
    let manifest = package.manifest();
    let card = String::from_utf8_lossy(package.file(MODEL_CARD).unwrap_or_default());
    let version = args.weights_version.clone().unwrap_or_else(|| manifest.version.clone());
    let title = |version: &str| format!("# Model card: {} {version}\n", manifest.name);
    Label {
        card: card.trim_end().replacen(&title(&manifest.version), &title(&version), 1) + "\n",
        version,
        name: manifest.name.clone(),
        description: format!("{}, 8 bits", manifest.description),
        licence: manifest.licence.clone(),
        origin: format!("{}; quantised by rollcall-train quantise", manifest.origin),
        training: Training {
            command: format!("{} && {}", manifest.training.command, args.command()),
            ..manifest.training.clone()
        },
        thresholds: manifest.thresholds.clone(),
        scores: if args.clips > 0 { Default::default() } else { manifest.scores.clone() },
    }
}
