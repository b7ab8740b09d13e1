//! "Another instrument" in what `rollcall analyze` says, by a model that can tell (`engine/tests/golden/models/events`).

mod program;

use program::{assert_code, rollcall, stdout, write_tune_at};
use serde_json::Value;
use std::path::Path;

fn told(model: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_tune_at(&folder.path().join("tune.wav"), 6.0, 1, 44_100);
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/golden/models").join(model);
    let call = ["analyze", "tune.wav", "--model", model.to_str().expect("UTF-8")];
    let output = rollcall(folder.path(), &[&call, arguments].concat());
    assert_code(&output, 0);
    stdout(&output)
}

#[test]
fn json_and_summary_tell_who_else_plays() {
    let document: Value = serde_json::from_str(&told("events", &["-f", "json"])).expect("JSON");
    let others = &document["others"];
    let name = others["instrument"].as_str().expect("a name");
    assert!(["harp", "gong"].contains(&name), "{others}");
    assert!((0.0..=1.0).contains(&others["probability"].as_f64().expect("a number")));
    let ranges = others["ranges"].as_array().expect("ranges");
    assert!(!ranges.is_empty() && ranges.iter().all(|range| range["peak"].as_f64() >= Some(0.5)), "{others}");
    assert!(others.get("events").is_none(), "only for those who ask");
    let summary = told("events", &[]);
    assert!(summary.contains("another instrument, perhaps"), "{summary}");

    let document: Value = serde_json::from_str(&told("events", &["-f", "json", "--events"])).expect("JSON");
    let events = document["others"]["events"].as_array().expect("a list");
    let names: Vec<&str> = events.iter().filter_map(|event| event["name"].as_str()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["Flute", "Gong", "Harp", "Piano"], "instruments, not speech");
    let values: Vec<f64> = events.iter().filter_map(|event| event["probability"].as_f64()).collect();
    assert!(values.is_sorted_by(|a, b| a >= b), "{values:?}");
    assert!(told("events", &["--events"]).contains(&format!("AudioSet: {} ", names[0])));
}

#[test]
fn a_model_that_cannot_tell_says_nothing_of_it() {
    assert!(!told("stream", &["-f", "json", "--events"]).contains("\"others\""));
    let summary = told("stream", &["--events"]);
    assert!(!summary.contains("another instrument") && !summary.contains("AudioSet"), "{summary}");
}
