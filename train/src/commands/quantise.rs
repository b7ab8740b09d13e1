//! `rollcall-train quantise`: from a trained package to one of 8-bit numbers, calibrated and scored on validation.

use crate::audio::log_mel::log_mel;
use crate::base::stem::Split;
use crate::default_model::export::reliability;
use crate::default_model::thresholds::QUIET;
use crate::default_model::validation::ValidationSet;
use crate::default_model::warm::{self, Tensors};
use crate::judge::{Scene, draw};
use crate::mix::length::Length;
use crate::nn::vggish::{Shape, Vggish};
use crate::pool::Pool;
use crate::quantise::{Calibrated, Ranges, calibrate, columns, dense, score};
use anyhow::{Context, Result, ensure};
use rollcall_engine::package::{EVENTS, Kind, MODEL_CARD, Manifest, PostProcessing};
use rollcall_engine::{Model, Package};
use rollcall_import::{Body, Label, seal};
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
    /// Examples of 10 s a scene that ranges are taken from.
    #[arg(long, default_value_t = 12)]
    calibrate: usize,
    /// How the range of an activation is chosen.
    #[arg(long, value_enum, default_value_t = How::Error)]
    ranges: How,
    /// With `--ranges share`: the share of values that a range holds, 0 to 1.
    #[arg(long, default_value_t = 0.9999)]
    share: f64,
    /// Clips a scene of the validation set that thresholds and scores come from; 0: thresholds stay, and no scores are told.
    #[arg(long, default_value_t = 300)]
    clips: usize,
    /// Share of the validation clips without an instrument that thresholds are raised to leave quiet, 0 to 1.
    #[arg(long, default_value_t = QUIET)]
    quiet: f64,
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
    let mut heard = Vec::new();
    for scene in SCENES {
        for example in draw(&pool, Split::Valid, scene, args.calibrate, Length::TEN_SECONDS.samples())? {
            let mut samples = example.samples;
            samples.resize(Length::TEN_SECONDS.samples(), 0.0);
            heard.push(log_mel(&samples));
        }
    }
    let heard: Vec<&[f32]> = heard.iter().map(Vec::as_slice).collect();
    let ranges = match args.ranges {
        How::Error => Ranges::Error,
        How::Share => Ranges::Share(args.share),
        How::Greatest => Ranges::Greatest,
    };
    let calibrated = calibrate(&net, &values, &heard, ranges)?;
    let told = told(&calibrated);
    print!("{told}");
    let how = format!(
        "{} clips of 10 s of validation, ranges {:?}{}",
        heard.len(),
        args.ranges,
        if args.ranges == How::Share { format!(" {}", args.share) } else { String::new() }
    );
    let mut label = label(&package, &args, &how.to_lowercase(), &told);
    fs::create_dir_all(&args.out).with_context(|| format!("making {}", args.out.display()))?;
    let body = body(&package, &net, &calibrated)?;
    seal(body.clone(), label.clone(), &args.out)?;
    if args.clips > 0 {
        let set = ValidationSet::draw(&pool, args.clips, Length::TEN_SECONDS)?;
        let model = Model::load(rollcall_models::read_dir(&args.out)?)?;
        let report = score(&model, (&net, &values), &args.out, &set, args.quiet)?;
        label.thresholds = report.thresholds.iter().map(|t| (t * 1000.0).round() / 1000.0).collect();
        let rounded = |v: &f64| (v * 10_000.0).round() / 10_000.0;
        label.scores = report.scores.iter().map(|(k, v)| (format!("valid.{k}"), rounded(v))).collect();
        report.scores.iter().for_each(|(name, value)| println!("{name} {value:.4}"));
        let title = format!("{} {}, validation", label.name, label.version);
        let diagram = reliability::svg(&title, &report.scored)?;
        seal(body, label, &args.out)?;
        let path = args.out.join(reliability::FILE);
        fs::write(&path, diagram).with_context(|| format!("writing {}", path.display()))?;
    }
    println!("{}", args.out.display());
    Ok(())
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
    let dense = Tensors::read(&folder.join("dense.onnx"))?;
    let outputs = (1..).map_while(|i| dense.length(&format!("dense{i}.bias")));
    let mut hidden: Vec<usize> = outputs.collect();
    ensure!(
        hidden.pop().is_some(),
        "{}: dense.onnx has no `dense1.bias` in floats: only packages that rollcall-train wrote, and not quantised yet, are quantised",
        folder.display()
    );
    let shape =
        Shape { hidden, unit_high: high, standardise: false, ..Shape::compact(manifest.classes.len()) };
    let net = Vggish::new(shape);
    let values = warm::from_package(&net, folder)?;
    Ok((net, values))
}

/// What was lost at each layer, as a table.
fn told(calibrated: &Calibrated) -> String {
    let mut text = String::from("| after | signal over error |\n| --- | --- |\n");
    for (name, decibels) in &calibrated.told {
        writeln!(text, "| {name} | {decibels:.1} dB |").expect("a String takes everything");
    }
    text
}

fn body(package: &Package, net: &Vggish, calibrated: &Calibrated) -> Result<Body> {
    let manifest = package.manifest();
    let kept = |name: &'static str| {
        let bytes = package.file(name).with_context(|| format!("the package has no {name}"))?;
        Ok::<_, anyhow::Error>((name, bytes.to_vec()))
    };
    let mut files = vec![
        ("columns.onnx", columns(net, calibrated)),
        ("dense.onnx", dense(net, calibrated)),
        kept("head.onnx")?,
    ];
    if manifest.events.is_some() {
        files.push(kept(EVENTS)?);
    }
    Ok(Body {
        kind: manifest.kind,
        update_hops: manifest.update_hops,
        memory_s: manifest.memory_s,
        head_normalisation: manifest.head_normalisation,
        post_processing: manifest.post_processing.clone(),
        events: manifest.events.clone(),
        files,
    })
}

fn label(package: &Package, args: &QuantiseArgs, how: &str, told: &str) -> Label {
    let manifest = package.manifest();
    let card = String::from_utf8_lossy(package.file(MODEL_CARD).unwrap_or_default());
    let quantised = format!(
        "\n## Quantised\n\nConvolutions and dense layers have 8-bit weights, with a scale an output, and 8-bit activations: {how}.\n\
         Scores and thresholds above are those of the 16-bit weights; the manifest has those of this package.\n\n{told}"
    );
    Label {
        name: manifest.name.clone(),
        version: args.weights_version.clone().unwrap_or_else(|| manifest.version.clone()),
        description: format!("{}, 8 bits", manifest.description),
        licence: manifest.licence.clone(),
        origin: format!("{}; quantised by rollcall-train quantise", manifest.origin),
        training: manifest.training.clone(),
        thresholds: manifest.thresholds.clone(),
        scores: if args.clips > 0 { Default::default() } else { manifest.scores.clone() },
        card: format!("{}\n{quantised}", card.trim_end()),
    }
}
