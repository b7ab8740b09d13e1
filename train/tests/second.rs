//! A researcher with OpenMIC on disk: one command trains the second stage on every representation and draws the figures.

mod common;

use common::{golden, openmic, run, text};
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn second(folder: &Path, arguments: &[&str]) -> Output {
    run(folder, &[&["second", "--openmic", "openmic", "--out", "runs"], arguments].concat())
}

#[test]
fn one_command_reproduces_the_second_stage_with_its_figures() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    openmic(&folder.join("openmic"));
    let split = golden("train_val.split");
    // 32 clips: more epochs at a higher rate than the paper's 350 steps of 128 clips.
    let settings = ["--split", split.to_str().unwrap(), "--epochs", "60", "--batch", "8", "--rate", "2e-3"];
    let run = [&settings[..], &["--representation", "vggish-pp,log-mel", "--seeds", "1,2"]].concat();
    let done = second(folder, &run);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let said = text(&done.stdout);
    assert_eq!(said.matches("macro F1").count(), 4, "{said}");
    for file in ["scores.csv", "figure2.svg", "figure2.png"] {
        assert!(said.contains(file), "{said}");
    }
    let runs = folder.join("runs");
    // The labels are in the features: 16 clips are enough to learn of them, and it shows on clips never trained on. By chance
    // the AUC of a class with some 7 known labels is 0.5 with a deviation of 0.22, their mean over 20 classes with 0.05: the bound is three of those above.
    let table = fs::read_to_string(runs.join("scores.csv")).unwrap();
    let row = |start: &str| -> Vec<&str> {
        table
            .lines()
            .find(|line| line.starts_with(start))
            .unwrap_or_else(|| panic!("{table}"))
            .split(',')
            .collect()
    };
    let all = row("vggish-pp,all,2");
    let auc: f64 = all[14].parse().unwrap();
    assert!(auc > 0.65, "AUC {auc}");
    // Every recording is the same one here: nothing can be told apart by its log-mel.
    let nothing: f64 = row("log-mel,all,2")[14].parse().unwrap();
    assert!((nothing - 0.5).abs() < 1e-9, "AUC {nothing}");
    let curve = fs::read_to_string(runs.join("vggish-pp/seed-1/curve.csv")).unwrap();
    let losses: Vec<f64> =
        curve.lines().skip(1).map(|l| l.split(',').nth(1).unwrap().parse().unwrap()).collect();
    assert!(losses.len() == 60 && losses[59] < 0.5 * losses[0], "{losses:?}");
    let svg = fs::read_to_string(runs.join("figure2.svg")).unwrap();
    for word in ["mallet percussion", "VGGish (pre-trained, PP)", "Log-Mel", "diamond: macro F1"] {
        assert!(svg.contains(word), "no {word:?} in the figure");
    }
    assert!(fs::read(runs.join("figure2.png")).unwrap().starts_with(b"\x89PNG"));

    // The same command again trains nothing and finds the same; another recipe in the same folder is refused.
    let again = second(folder, &run);
    assert_eq!(text(&again.stdout), said);
    let other = second(folder, &["--representation", "vggish-pp", "--epochs", "3"]);
    assert!(
        !other.status.success() && text(&other.stderr).contains("another run"),
        "{}",
        text(&other.stderr)
    );

    // Embeddings of one's own first stage join as a bar of figure 3.
    let mut set = rollcall_train::paper::second_stage::EmbeddingSet {
        classes: rollcall_engine::OPENMIC_CLASSES.map(String::from).to_vec(),
        train: Vec::new(),
        valid: Vec::new(),
        test: Vec::new(),
    };
    let clip = |key: usize| rollcall_train::paper::second_stage::Clip {
        key: format!("{key}"),
        steps: (0..256).map(|i| ((i * 31 + key * 17) % 97) as f32).collect(),
        truth: (0..20).map(|c| ((key + c) % 2) as f32).collect(),
        known: vec![1.0; 20],
    };
    (set.train, set.valid, set.test) =
        ((0..12).map(clip).collect(), (12..16).map(clip).collect(), (16..20).map(clip).collect());
    set.save(&folder.join("mine.npz")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall-train"));
    command.args(["second", "--set", "align=mine.npz", "--out", "runs", "--epochs", "2", "--seeds", "5"]);
    let joined = command.current_dir(folder).output().unwrap();
    assert!(joined.status.success(), "{}", text(&joined.stderr));
    let svg = fs::read_to_string(runs.join("figure3.svg")).unwrap();
    assert!(svg.contains("Align") && !svg.contains("Log-Mel"));
}

/// With the published weights (here in small) the best run becomes a package, which says of a recording what the second stage
/// said of it.
#[test]
fn the_best_run_becomes_a_package_that_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    openmic(&folder.join("openmic"));
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../import/tests/golden");
    let (vggish, pca) = (published.join("vggish.zip.pth"), published.join("pca.npz"));
    let done = second(
        folder,
        &[
            "--split",
            golden("train_val.split").to_str().unwrap(),
            "--representation",
            "vggish-pp,vggish-norm",
            "--vggish",
            vggish.to_str().unwrap(),
            "--pca",
            pca.to_str().unwrap(),
            "--epochs",
            "12",
            "--batch",
            "8",
            "--seeds",
            "1,2",
        ],
    );
    assert!(done.status.success(), "{}", text(&done.stderr));
    for kind in ["vggish-pp", "vggish-norm"] {
        let package = folder.join("runs").join(kind).join("package");
        assert!(text(&done.stdout).contains(&format!("runs/{kind}/package")), "{}", text(&done.stdout));
        let package = rollcall_models::read_dir(&package).unwrap();
        assert_eq!(package.manifest().name, format!("openmic-{kind}"));
        // In vggish-norm every recording is the same one: the best threshold of a class that plays is one that all pass.
        let tuned = package.manifest().thresholds.iter().any(|t| *t != 0.5);
        assert!(tuned, "{:?}", package.manifest().thresholds);
    }

    let package = rollcall_models::read_dir(&folder.join("runs/vggish-norm/package")).unwrap();
    let seed = package.manifest().training.seed;
    let table = folder.join(format!("runs/vggish-norm/seed-{seed}/test.csv"));
    let table = fs::read_to_string(table).unwrap();
    let row = table.lines().nth(1).unwrap();
    let expected: Vec<f32> = row.split(',').skip(1).map(|p| p.parse().unwrap()).collect();
    let rate_hz = rollcall_engine::SAMPLE_RATE_HZ;
    let samples = rollcall_train::audio::decode::decode(&folder.join("openmic/demo.ogg"), rate_hz).unwrap();
    let mut hops = Vec::new();
    rollcall_engine::logmel::LogMel::new().push(&samples, &mut |hop, _| hops.push(*hop));
    let model = rollcall_models::shared(package).unwrap();
    // The model gives a window every 16 hops, the second stage has one every 96.
    let windows: Vec<_> = model.represent(&hops).unwrap().into_iter().step_by(6).collect();
    let said = model.attend(&windows).clip;
    for (class, (found, expected)) in said.iter().zip(&expected).enumerate() {
        assert!((found - expected).abs() < 1e-4, "class {class}: {found}, the second stage said {expected}");
    }
}

#[test]
fn a_half_downloaded_set_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    openmic(&folder.path().join("openmic"));
    fs::remove_file(folder.path().join("openmic/openmic-2018.npz")).unwrap();
    let failed = second(folder.path(), &["--epochs", "1"]);
    assert!(!failed.status.success());
    let said = text(&failed.stderr);
    assert!(said.contains("missing: openmic-2018.npz") && said.contains("openmic-2018-v1.0.0.tgz"), "{said}");
    let failed = second(folder.path(), &["--representation", "vggish-norm"]);
    assert!(text(&failed.stderr).contains("--vggish FILE.pth"));
}
