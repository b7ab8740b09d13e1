//! JAMS 0.3 (Humphrey et al., ISMIR 2014; PyPI `jams`): who is heard at all as `tag_open`, when as `segment_open`.

use crate::analyze::Analysis;
use serde_json::{Value, json};
use std::io::{self, Write};

/// The schema that this follows.
const JAMS_VERSION: &str = "0.3.4";

pub(super) fn write(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    let timeline = &analysis.timeline;
    let (start_s, duration_s) = (timeline.settings.start_s, timeline.duration_s);
    let observation = |time: f64, duration: f64, class: &str, confidence: f32| json!({ "time": time, "duration": duration, "value": class, "confidence": confidence });
    let thresholds = &timeline.settings.ranges.thresholds;
    let heard = timeline.classes.iter().zip(thresholds).filter_map(|(class, threshold)| {
        let posterior = *timeline.clip.get(class)?;
        (posterior >= *threshold).then(|| observation(start_s, duration_s, class, posterior))
    });
    let ranges = timeline.ranges.iter();
    let ranges =
        ranges.map(|range| observation(range.start_s, range.end_s - range.start_s, &range.class, range.mean));
    let annotation = |namespace: &str, rules: &str, data: Vec<Value>| {
        json!({
            "annotation_metadata": {
                "curator": { "name": "", "email": "" },
                "annotator": {},
                "version": timeline.model.version,
                "corpus": "",
                "annotation_tools": format!("rollcall {} with model {}", env!("CARGO_PKG_VERSION"), timeline.model.name),
                "annotation_rules": rules,
                "validation": "",
                "data_source": "program",
            },
            "namespace": namespace,
            "data": data,
            "sandbox": { "model_sha256": timeline.model.sha256, "settings": timeline.settings },
            "time": start_s,
            "duration": duration_s,
        })
    };
    let document = json!({
        "annotations": [
            annotation("tag_open", "posterior of the whole file at or above the class's threshold", heard.collect()),
            annotation("segment_open", "activity at or above the class's threshold; confidence is its mean", ranges.collect()),
        ],
        "file_metadata": {
            "title": timeline.file,
            "artist": "",
            "release": "",
            "duration": start_s + duration_s,
            "identifiers": {},
            "jams_version": JAMS_VERSION,
        },
        "sandbox": analysis.incomplete.as_ref().map_or(json!({}), |reason| json!({ "incomplete": reason })),
    });
    serde_json::to_writer(&mut *out, &document)?;
    out.write_all(b"\n")
}
