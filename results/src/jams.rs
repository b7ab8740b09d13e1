//! JAMS 0.3 (Humphrey et al., ISMIR 2014; PyPI `jams`): who is heard at all as `tag_open`, when as `segment_open`.

use crate::Analysis;
use rollcall_engine::timeline::TimelineSettings;
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{self, Write};

/// The schema that this follows.
const JAMS_VERSION: &str = "0.3.4";

#[derive(Serialize)]
struct Document<'a> {
    annotations: [Annotation<'a>; 2],
    file_metadata: Value,
    sandbox: Value,
}

#[derive(Serialize)]
struct Annotation<'a> {
    annotation_metadata: Value,
    namespace: &'static str,
    data: Vec<Observation<'a>>,
    sandbox: Origin<'a>,
    time: f64,
    duration: f64,
}

/// No `json!`: that widens 32-bit numbers to 64, and tells digits that they never had.
#[derive(Serialize)]
struct Observation<'a> {
    time: f64,
    duration: f64,
    value: &'a str,
    confidence: f32,
}

#[derive(Serialize)]
struct Origin<'a> {
    model_sha256: &'a str,
    settings: &'a TimelineSettings,
}

/// What JAMS has no field for.
fn sandbox(analysis: &Analysis) -> Value {
    let mut fields = serde_json::Map::new();
    let mut text = |name: &str, text: &Option<String>| {
        if let Some(text) = text {
            fields.insert(name.into(), json!(text));
        }
    };
    text("incomplete", &analysis.incomplete);
    text("channel", &analysis.channel);
    text("file_bytes", &analysis.file_bytes);
    if !analysis.notes.is_empty() {
        fields.insert("notes".into(), json!(analysis.notes));
    }
    Value::Object(fields)
}

/// Writes the document.
///
/// # Errors
/// `out` cannot be written.
pub fn write(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    let timeline = &analysis.timeline;
    let (start_s, duration_s) = (timeline.settings.start_s, timeline.duration_s);
    let thresholds = &timeline.settings.ranges.thresholds;
    let heard = timeline.classes.iter().zip(thresholds).filter_map(|(class, threshold)| {
        let confidence = *timeline.clip.get(class)?;
        let whole = Observation { time: start_s, duration: duration_s, value: class, confidence };
        (confidence >= *threshold).then_some(whole)
    });
    let ranges = timeline.ranges.iter().map(|range| Observation {
        time: range.start_s,
        duration: range.duration_s(),
        value: &range.class,
        confidence: range.mean,
    });
    let model = &timeline.model;
    let annotation = |namespace, rules, data| Annotation {
        annotation_metadata: json!({
            "curator": { "name": "", "email": "" },
            "annotator": {},
            "version": model.version,
            "corpus": "",
            "annotation_tools": format!("rollcall {} with model {}", env!("CARGO_PKG_VERSION"), model.name),
            "annotation_rules": rules,
            "validation": "",
            "data_source": "program",
        }),
        namespace,
        data,
        sandbox: Origin { model_sha256: &model.sha256, settings: &timeline.settings },
        time: start_s,
        duration: duration_s,
    };
    let tag_rules = "posterior of the whole file at or above the class's threshold";
    let segment_rules = "activity at or above the class's threshold; confidence is its mean";
    let document = Document {
        annotations: [
            annotation("tag_open", tag_rules, heard.collect()),
            annotation("segment_open", segment_rules, ranges.collect()),
        ],
        file_metadata: json!({
            "title": timeline.file,
            "artist": "",
            "release": "",
            "duration": analysis.whole_s,
            "identifiers": {},
            "jams_version": JAMS_VERSION,
        }),
        sandbox: sandbox(analysis),
    };
    serde_json::to_writer(&mut *out, &document)?;
    out.write_all(b"\n")
}
