//! Settings as Python gives them, checked.

use crate::errors::{RollcallError, refused};
use crate::model::Model;
use pyo3::prelude::*;
use rollcall_engine::{COLUMN_HOPS, HOP_SAMPLES, SAMPLE_RATE_HZ, Settings, timeline::RangeSettings};

/// Seconds of one column of the network.
const COLUMN_S: f64 = (COLUMN_HOPS * HOP_SAMPLES) as f64 / SAMPLE_RATE_HZ as f64;

/// Memory, update, attack and release in seconds.
pub(crate) type EngineChoice = (f64, f64, f64, f64);
/// Threshold of each class; shortest range and widest gap in seconds.
pub(crate) type RangeChoice = (Vec<f32>, f64, f64);

/// # Errors
/// The first setting out of its range.
pub(crate) fn engine_settings(choice: EngineChoice) -> PyResult<Settings> {
    let (memory_s, update_s, attack_s, release_s) = choice;
    let columns = update_s / COLUMN_S;
    if !(1.0..=6.0).contains(&columns.round()) || (columns - columns.round()).abs() > 1e-6 {
        let text = format!("update is {update_s} s, but must be 0.16, 0.32, 0.48, 0.64, 0.8 or 0.96 s");
        return Err(RollcallError::new_err(text));
    }
    let settings = Settings {
        update_hops: columns.round() as usize * COLUMN_HOPS,
        memory_s: memory_s as f32,
        attack_s: attack_s as f32,
        release_s: release_s as f32,
        ..Settings::default()
    };
    settings.check().map_err(refused)?;
    Ok(settings)
}

/// # Errors
/// The first setting out of its range.
pub(crate) fn range_settings(model: &Model, choice: RangeChoice) -> PyResult<RangeSettings> {
    checked_ranges(choice, model.inner().classes().len())
}

/// As [`range_settings`], for so many classes.
pub(crate) fn checked_ranges(choice: RangeChoice, classes: usize) -> PyResult<RangeSettings> {
    let (thresholds, min_duration_s, merge_gap_s) = choice;
    let wrong = |text: String| Err(RollcallError::new_err(text));
    if thresholds.len() != classes {
        return wrong(format!("there are {} thresholds, but must be {classes}", thresholds.len()));
    }
    if let Some(value) = thresholds.iter().find(|value| !(0.0..=1.0).contains(*value)) {
        return wrong(format!("a threshold is {value}, but must be 0 to 1"));
    }
    for (name, value) in [("min_duration", min_duration_s), ("merge_gap", merge_gap_s)] {
        if !(0.0..=3600.0).contains(&value) {
            return wrong(format!("{name} is {value} s, but must be 0 to 3600 s"));
        }
    }
    Ok(RangeSettings { thresholds, min_duration_s, merge_gap_s })
}
