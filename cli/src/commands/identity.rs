//! What a batch is, for its journal: everything that shapes the results, by the options that say so.

use crate::{
    analyze::Listener,
    output::{Plan, Target},
};
use rollcall_engine::{HOP_SAMPLES, SAMPLE_RATE_HZ, Settings};
use rollcall_results::Channels;
use serde_json::{Map, Value, json};

pub(super) fn of(listener: &Listener, channels: Channels, plan: &Plan) -> Value {
    let formats = match &plan.target {
        Target::Each(formats, _) => &formats[..],
        Target::Stdout(_) | Target::File(..) => &[],
    };
    let formats: Vec<&str> = formats.iter().chain(&plan.pictures).map(|format| format.suffix()).collect();
    let Settings { update_hops, memory_s, attack_s, release_s, gate } = listener.engine;
    let thresholds = listener.model.classes().iter().zip(&listener.ranges.thresholds);
    let thresholds: Map<String, Value> =
        thresholds.map(|(class, &threshold)| (class.clone(), short(threshold))).collect();
    json!({
        "version of rollcall": env!("CARGO_PKG_VERSION"),
        "--model": listener.model.package().sha256(),
        "--update": (update_hops * HOP_SAMPLES) as f64 / f64::from(SAMPLE_RATE_HZ),
        "--memory": short(memory_s),
        "--attack": short(attack_s),
        "--release": short(release_s),
        "gate_open_dbfs in --settings": short(gate.open_dbfs),
        "gate_close_dbfs in --settings": short(gate.close_dbfs),
        "--threshold": thresholds,
        "--min-duration": listener.ranges.min_duration_s,
        "--merge-gap": listener.ranges.merge_gap_s,
        "--channels": format!("{channels:?}").to_lowercase(),
        "--start": listener.start_s,
        "--duration": listener.duration_s,
        "--keep-partial": listener.keep_partial,
        "--format": formats,
    })
}

/// A number as a person would write it: its shortest digits, not those of its value with more bits.
fn short(value: f32) -> Value {
    value.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}
