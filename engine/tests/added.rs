//! Classes that were added to a package: the others stay as they are to the last bit, and who adds nothing sensible is refused.

mod common;

use common::{Files, Run, audio, engine, whole};
use rollcall_engine::{Model, PackageError, Settings};
use sha2::{Digest, Sha256};
use std::sync::Arc;

const RATE_HZ: u32 = 16_000;

/// A fixture with its own head once more, as a head of 20 added classes.
fn added(fixture: &str, change: impl FnOnce(&mut Files, &mut String)) -> Result<Model, PackageError> {
    let mut files = Files::fixture(fixture);
    let head = files.0["head.onnx"].clone();
    files.0.insert("added.onnx".into(), head);
    let mut table = "[[added]]\nfile = \"added.onnx\"\nclasses = 20\n\
                     head_normalisation = { kind = \"group\", groups = 8 }\n"
        .to_owned();
    change(&mut files, &mut table);
    let mut manifest = files.manifest();
    if let Some(onnx) = files.0.get("added.onnx") {
        let hash: String = Sha256::digest(onnx).iter().map(|b| format!("{b:02x}")).collect();
        table +=
            &format!("\n[[files]]\nname = \"added.onnx\"\nbytes = {}\nsha256 = \"{hash}\"\n", onnx.len());
    }
    let names: String = (0..20).map(|i| format!(", \"new {i}\"")).collect();
    manifest = manifest.replacen(", \"voice\"]", &format!(", \"voice\"{names}]"), 1);
    manifest = manifest.replacen("thresholds = [", &format!("thresholds = [{}", "0.25, ".repeat(20)), 1);
    manifest = manifest.replacen("[front_end]", &format!("{table}\n[front_end]"), 1);
    files.0.insert("manifest.toml".into(), manifest.into_bytes());
    files.load()
}

fn refused(change: impl FnOnce(&mut Files, &mut String)) -> PackageError {
    added("stream", change).expect_err("what is off is noticed")
}

/// Each step's activities and clip of some audio, by classes.
fn heard(model: &Arc<Model>) -> (Run, Vec<f32>) {
    let mut engine = engine(model, RATE_HZ, 1, Settings::default());
    let run = whole(&mut engine, &audio(3, 3 * RATE_HZ as usize, 1, RATE_HZ));
    (run, engine.clip())
}

#[test]
fn the_classes_that_were_there_stay_as_they_are_to_the_last_bit() {
    let (plain, plain_clip) = heard(&common::model("stream"));
    let (more, clip) = heard(&Arc::new(added("stream", |_, _| ()).unwrap()));
    assert_eq!(plain.steps.len(), more.steps.len());
    for (plain, more) in plain.steps.iter().zip(&more.steps) {
        let values = |step: &rollcall_engine::Step| {
            [&step.activity, &step.posterior, &step.instant, &step.attention].map(Clone::clone)
        };
        for (plain, more) in values(plain).iter().zip(values(more)) {
            let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(more.len(), 40);
            assert_eq!(bits(plain), bits(&more[..20]));
            // The added head has the same weights.
            assert_eq!(bits(plain), bits(&more[20..]));
        }
    }
    assert_eq!((&plain_clip[..], &plain_clip[..]), (&clip[..20], &clip[20..]));
}

/// An instrument outside of the package's own classes takes from those, but may be the very one that was added.
#[test]
fn another_instrument_takes_nothing_from_an_added_class() {
    let another = |files: &mut Files| {
        let manifest =
            files.manifest().replacen("another = { offset = 0.0", "another = { offset = 1000.0", 1);
        files.0.insert("manifest.toml".into(), manifest.into_bytes());
    };
    let mut files = Files::fixture("events");
    another(&mut files);
    let (plain, plain_clip) = heard(&Arc::new(files.load().unwrap()));
    let (more, clip) = heard(&Arc::new(added("events", |files, _| another(files)).unwrap()));
    assert!(plain_clip.iter().chain(&clip[..20]).all(|p| *p == 0.0), "all is explained: {plain_clip:?}");
    assert!(clip[20..].iter().any(|p| *p > 0.1), "{clip:?}");
    let last = more.steps.last().unwrap();
    assert!(last.activity[..20].iter().all(|a| *a == 0.0), "{last:?}");
    for (class, posterior) in last.posterior[20..].iter().enumerate() {
        // The meter falls for 0.3 s.
        assert!((last.activity[20 + class] - posterior).abs() < 0.3, "{last:?}");
        assert!(*posterior == 0.0 || last.activity[20 + class] > 0.0, "{last:?}");
    }
    assert_eq!(plain.steps.len(), more.steps.len());
}

#[test]
fn what_cannot_be_is_refused() {
    let replace = |from: &'static str, to: &'static str| {
        move |_: &mut Files, table: &mut String| *table = table.replacen(from, to, 1)
    };
    for (from, to, what) in [
        ("classes = 20", "classes = 0", "added.classes"),
        ("classes = 20", "classes = 40", "added.classes"),
        ("classes = 20", "classes = 18446744073709551615", "added.classes"),
        ("\"added.onnx\"", "\"head.onnx\"", "added.file"),
        ("groups = 8", "groups = 7", "added.head_normalisation.groups"),
    ] {
        let error = refused(replace(from, to));
        assert_eq!((error.file.as_str(), error.what), ("manifest.toml", what), "{error}");
    }
    let error = refused(|_, table| *table += &table.clone());
    assert_eq!(error.what, "added.classes", "40 of 40 added: {error}");
    let error = refused(|files, _| {
        files.0.remove("added.onnx");
    });
    assert_eq!((error.file.as_str(), error.what), ("added.onnx", "entry in the manifest"), "{error}");
    // Its shapes are those of the classes it has.
    let error = refused(replace("classes = 20", "classes = 10"));
    assert_eq!(error.what, "initialiser shape", "{error}");
    let error = refused(|files, _| {
        files.0.insert("added.onnx".into(), b"no graph".to_vec());
    });
    assert_eq!(error.file, "added.onnx", "{error}");
}
