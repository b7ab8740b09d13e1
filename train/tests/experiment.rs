//! The paper's whole comparison as a researcher runs it: OpenMIC for the second stage, NSynth and Freesound for the first, the
//! figures at the end. All in small: what is shown is that the data sets of Table 1 go where it says and come out as scores.

mod common;

use common::{run, text};
use rollcall_train::sources::datasets::openmic::OpenMic;
use std::{f32::consts::TAU, fmt::Write as _, fs, path::Path};

const RATE_HZ: u32 = 16_000;
/// Everything that can be trained from what is here: all but `vggish-norm`, whose weights are 288 MB.
const REPRESENTATIONS: [&str; 7] =
    ["log-mel", "vggish-random", "textual", "denoise-add", "denoise-mul", "align", "detect"];
const SETTINGS: &str = "
seeds = [1]
[clips]
train = 1
valid = 1
test = 1
patches = 1
seed = 1
[corpus]
train_segments = 24
valid_segments = 4
seed = 1
[stage1]
denoise_kernels = [8, 4, 4]
[stage1.encoder]
channels = [2, 2, 4, 4, 8, 8]
hidden = [32]
mean_over_time = false
input = { mean = -3.0, deviation = 2.0 }
[stage1.align_sizes]
hidden = [16]
output = 16
[stage1.training]
optimiser = 'adam'
rate = 1e-3
batch = 8
epochs = 2
patience = 2
[stage2]
epochs = 40
batch = 8
rate = 2e-3
decay = 0.0
threshold = 0.5
";

fn wav(path: &Path, seconds: f32, hz: f32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for n in 0..(seconds * RATE_HZ as f32) as usize {
        let at = TAU * hz * n as f32 / RATE_HZ as f32;
        writer.write_sample((8_000.0 * (at.sin() + 0.3 * (2.0 * at).sin())) as i16).unwrap();
    }
    writer.finalize().unwrap();
}

/// Sixty notes: high ones are bright, low ones dark.
fn nsynth(folder: &Path) {
    let notes: Vec<String> = (0..60)
        .map(|n| {
            let (pitch, high) = (30 + n, n >= 30);
            let (family, source) = if high { ("flute", "acoustic") } else { ("bass", "synthetic") };
            let name = format!("{family}_{source}_{:03}-{pitch:03}-100", n % 3);
            wav(&folder.join(format!("audio/{name}.wav")), 4.0, 440.0 * 2f32.powf((pitch - 69) as f32 / 12.0));
            let (bright, word) = if high { (1, "bright") } else { (0, "dark") };
            format!(
                r#""{name}": {{"note": {n}, "sample_rate": 16000, "instrument_family": 0, "pitch": {pitch}, "instrument_source": 0,
                "instrument_str": "{family}_{source}_{:03}", "note_str": "{name}", "qualities_str": ["{word}"], "velocity": 100,
                "instrument_source_str": "{source}", "instrument_family_str": "{family}", "instrument": {},
                "qualities": [{bright}, {}, 0, 0, 0, 0, 0, 0, 0, 0]}}"#,
                n % 3,
                n % 3,
                1 - bright
            )
        })
        .collect();
    fs::write(folder.join("examples.json"), format!("{{{}}}", notes.join(","))).unwrap();
}

/// Sixty sounds, each tagged by what it is like.
fn freesound(folder: &Path) {
    for n in 0..60 {
        let (tag, hz) =
            if n % 2 == 0 { ("deep", 90.0 + n as f32) } else { ("shrill", 3_000.0 + 10.0 * n as f32) };
        wav(&folder.join(format!("{n}.wav")), 5.0, hz);
        let about = format!(
            r#"{{"id": {n}, "name": "sound {n}", "tags": ["{tag}", "tone"], "license": "Creative Commons 0", "username": "u{}"}}"#,
            n % 5
        );
        fs::write(folder.join(format!("{n}.json")), about).unwrap();
    }
}

/// OpenMIC in small, whose recordings are high where an accordion plays and low where not.
fn openmic(folder: &Path) {
    common::openmic(folder);
    let set = OpenMic::open(folder).unwrap();
    for (n, (key, path)) in set.audio().unwrap().iter().enumerate() {
        let high = set.labels[key].truth[0] >= 0.5;
        fs::remove_file(path).unwrap();
        wav(path, 2.0, if high { 1_500.0 } else { 250.0 } + 3.0 * n as f32);
    }
}

fn words(path: &Path) {
    let mut text = String::new();
    for (n, word) in rollcall_train::sources::datasets::nsynth::WORDS.iter().enumerate() {
        let vector: Vec<String> =
            (0..12).map(|d| format!("{:.3}", ((n * 7 + d * 3) % 11) as f32 / 5.0 - 1.0)).collect();
        writeln!(text, "{word} {}", vector.join(" ")).unwrap();
    }
    fs::write(path, text).unwrap();
}

#[test]
fn one_command_compares_the_representations_on_the_published_sets() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    openmic(&folder.join("openmic"));
    nsynth(&folder.join("nsynth-train"));
    freesound(&folder.join("sounds"));
    words(&folder.join("words.txt"));
    fs::write(folder.join("small.toml"), SETTINGS).unwrap();
    let teacher = common::teacher();
    let paper = [
        "experiment",
        "paper",
        "--openmic",
        "openmic",
        "--nsynth",
        "nsynth-train",
        "--freesound",
        "sounds",
        "--words",
        "words.txt",
        "--teacher",
        teacher.path().to_str().unwrap(),
        "--config",
        "small.toml",
        "--out",
        "results",
    ];
    let done = run(folder, &paper);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let said = text(&done.stdout);
    for name in REPRESENTATIONS {
        assert!(said.contains(&format!("| {name} | 1 |")), "no row of {name}: {said}");
        let curve = folder.join("results").join(name).join("seed-1/curve.csv");
        let curve = fs::read_to_string(&curve).unwrap();
        let losses: Vec<f64> =
            curve.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse().unwrap()).collect();
        assert_eq!(losses.len(), 40, "{name}");
        assert!(losses[39] < losses[0], "{name}: {losses:?}");
    }
    // What is in the recordings is found: an accordion is a high tone here, and Log-Mel shows tones.
    let found: serde_json::Value = serde_json::from_str(
        &fs::read_to_string(folder.join("results/log-mel/seed-1/finished.json")).unwrap(),
    )
    .unwrap();
    let accordion = &found["stage2"]["test"]["classes"][0];
    assert!(accordion["roc_auc"].as_f64().is_some_and(|auc| auc == 1.0), "{accordion}");

    // The same command again trains nothing and says the same; another configuration is not mixed in.
    let again = run(folder, &paper);
    assert_eq!(text(&again.stdout), said);
    fs::write(folder.join("small.toml"), SETTINGS.replace("epochs = 40", "epochs = 41")).unwrap();
    let other = run(folder, &paper);
    let why = text(&other.stderr);
    assert!(
        !other.status.success() && why.contains("another run") && why.contains("40 then, 41 now"),
        "{why}"
    );

    let report = run(folder, &["report", "results"]);
    assert!(report.status.success(), "{}", text(&report.stderr));
    for file in ["scores.csv", "figure2.svg", "figure3.svg", "figure3.png"] {
        assert!(folder.join("results").join(file).exists(), "{file}: {}", text(&report.stdout));
    }
    let svg = fs::read_to_string(folder.join("results/figure3.svg")).unwrap();
    assert!(svg.contains("Align") && svg.contains("mallet percussion"));
}

#[test]
fn what_a_representation_lacks_is_said_before_anything_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    openmic(&folder.join("openmic"));
    let lacks = run(
        folder,
        &["experiment", "paper", "--openmic", "openmic", "--only", "textual", "--out", "results"],
    );
    assert!(!lacks.status.success());
    let why = text(&lacks.stderr);
    assert!(why.contains("textual lacks its data"), "{why}");
    assert!(!folder.join("results").exists());
}
