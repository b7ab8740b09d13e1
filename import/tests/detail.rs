//! A head of added classes that reads the detail of a window: what it says is what its layers give of the columns' mean, and a package whose
//! detail does not fit is refused.

use rollcall_engine::package::{AddedHead, DETAIL};
use rollcall_engine::{Engine, InputFormat, Model, Package, Settings};
use rollcall_import::{AttentionHead, Body, Dense, Label, detail_onnx, onnx::Storage, seal};
use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

const OUTPUTS: usize = 5;
const BANDS: usize = 4;

fn golden(name: &str) -> Package {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/golden/models").join(name);
    rollcall_models::read_dir(&folder).expect("a good package")
}

/// Two seconds of a rising tone, as hops of a log-mel and as samples.
fn samples() -> Vec<f32> {
    (0..32_000).map(|n| 0.3 * (n as f32 * (0.05 + n as f32 * 4e-6)).sin()).collect()
}

fn steps(model: Model) -> Vec<rollcall_engine::Step> {
    let format = InputFormat { sample_rate_hz: 16_000, channels: 1 };
    let mut engine = Engine::new(Arc::new(model), format, Settings::default()).expect("an engine");
    let mut steps = Vec::new();
    engine.push(&samples(), &mut |step| steps.push(step.clone())).expect("it runs");
    engine.flush(&mut |step| steps.push(step.clone())).expect("it runs");
    steps
}

/// The package with a detail of so many numbers and a head that reads `read` of them.
fn with_detail(base: &Package, read: usize, folder: &Path) {
    let manifest = base.manifest();
    let hops = vec![[0.0; 64]; 200];
    let inputs = Model::load(base.clone()).expect("good").column_means(&hops).expect("it runs")[0].len();
    let mut state = 4_u32;
    let mut chance = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let mut layer = |inputs: usize, outputs: usize, scale: f32| Dense {
        inputs,
        outputs,
        weight: (0..inputs * outputs).map(|_| (chance() - 0.5) * scale).collect(),
        bias: vec![0.4; outputs],
    };
    let detail = layer(inputs, OUTPUTS, 0.02);
    let head = AttentionHead {
        input: Some(layer(128 + read, 128, 0.5)),
        activity: layer(128, 2, 0.5),
        ..AttentionHead::untrained(2)
    };
    let added = AddedHead { file: "added-1.onnx".into(), classes: 2, head_normalisation: head.kind() };
    let mut files: Vec<(String, Vec<u8>)> = manifest
        .files
        .iter()
        .filter(|file| file.name != "MODEL_CARD.md")
        .map(|file| (file.name.clone(), base.file(&file.name).expect("its file").to_vec()))
        .collect();
    files.push((DETAIL.into(), detail_onnx(&detail, inputs / BANDS, BANDS, Storage::Single)));
    files.push(("added-1.onnx".into(), head.to_onnx(Storage::Single)));
    let body = Body {
        kind: manifest.kind,
        classes: manifest.classes.iter().cloned().chain(["oud".into(), "harp".into()]).collect(),
        looks: BTreeMap::new(),
        update_hops: manifest.update_hops,
        memory_s: manifest.memory_s,
        head_normalisation: manifest.head_normalisation,
        post_processing: manifest.post_processing.clone(),
        events: manifest.events.clone(),
        added: vec![added],
        files,
    };
    let label = Label {
        name: "with-detail".into(),
        version: "1".into(),
        description: "a head that reads the detail".into(),
        licence: "CC0".into(),
        origin: "a test".into(),
        training: manifest.training.clone(),
        thresholds: manifest.thresholds.iter().copied().chain([0.5, 0.5]).collect(),
        scores: BTreeMap::new(),
        card: "# A test".into(),
    };
    fs::create_dir_all(folder).expect("room");
    seal(body, label, folder).expect("a package that loads");
}

#[test]
fn a_head_hears_the_detail_and_the_others_stay_as_they_are() {
    for name in ["stream", "quantised"] {
        let base = golden(name);
        let folder = tempfile::tempdir().expect("room");
        let taught = folder.path().join("taught");
        with_detail(&base, OUTPUTS, &taught);
        let read = || rollcall_models::read_dir(&taught).expect("a good package");
        let plain = steps(Model::load(base).expect("good"));
        let ours = steps(Model::load(read()).expect("good"));
        let reference = steps(Model::load_reference(read()).expect("good"));
        assert!(plain.len() > 5 && plain.len() == ours.len(), "{name}");
        let mut moved = 0.0_f32;
        for ((plain, ours), reference) in plain.iter().zip(&ours).zip(&reference) {
            assert!(plain.detail.is_empty(), "{name}: nobody reads it there");
            assert_eq!(ours.detail.len(), OUTPUTS);
            assert_eq!(plain.activity[..], ours.activity[..20], "{name}: bit for bit");
            // Bytes are rounded from sums in floats by tract: a step of the last bit of the columns' scale now and then.
            for (a, b) in ours.detail.iter().zip(&reference.detail) {
                assert!((a - b).abs() < 0.05, "{name}: {a} {b}");
            }
            moved = moved.max((ours.detail[0] - ours.detail[1]).abs());
        }
        assert!(moved > 1e-4, "{name}: the detail says something");
    }
}

#[test]
fn a_head_for_another_detail_is_refused() {
    let folder = tempfile::tempdir().expect("room");
    let base = golden("stream");
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        with_detail(&base, OUTPUTS + 1, &folder.path().join("taught"));
    }));
    let text = *refused.expect_err("it does not fit").downcast::<String>().expect("a message");
    assert!(text.contains("added-1.onnx") && text.contains("input.weight"), "{text}");
}
