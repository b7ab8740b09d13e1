//! The settings of a timeline. In JSON those of the engine and those of the ranges stand side by side. (Not by serde's `flatten`,
//! under which the engine's own refusal of unknown names would be lost without a word.)

use crate::{Gate, Settings};
use serde::{Deserialize, Serialize};

/// Everything that shaped the result; written as one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Fields", into = "Fields")]
pub struct TimelineSettings {
    /// The engine's settings.
    pub engine: Settings,
    /// How ranges were cut.
    pub ranges: RangeSettings,
    /// First second that was analysed.
    pub start_s: f64,
}

/// How ranges are cut from activities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RangeSettings {
    /// Threshold of each class, 0..=1.
    pub thresholds: Vec<f32>,
    /// Shorter ranges are dropped, seconds.
    pub min_duration_s: f64,
    /// Ranges of one class that are closer than this are joined, seconds.
    pub merge_gap_s: f64,
}

impl Default for RangeSettings {
    fn default() -> Self {
        Self { thresholds: Vec::new(), min_duration_s: 0.0, merge_gap_s: 0.0 }
    }
}

/// Names that a later version adds are passed over; what is missing is as by default.
#[derive(Deserialize, Serialize)]
#[serde(default)]
struct Fields {
    update_hops: usize,
    memory_s: f32,
    attack_s: f32,
    release_s: f32,
    gate: Gate,
    thresholds: Vec<f32>,
    min_duration_s: f64,
    merge_gap_s: f64,
    start_s: f64,
}

impl Default for Fields {
    fn default() -> Self {
        let (engine, ranges) = (Settings::default(), RangeSettings::default());
        TimelineSettings { engine, ranges, start_s: 0.0 }.into()
    }
}

impl From<TimelineSettings> for Fields {
    fn from(TimelineSettings { engine, ranges, start_s }: TimelineSettings) -> Self {
        let Settings { update_hops, memory_s, attack_s, release_s, gate } = engine;
        let RangeSettings { thresholds, min_duration_s, merge_gap_s } = ranges;
        Self {
            update_hops,
            memory_s,
            attack_s,
            release_s,
            gate,
            thresholds,
            min_duration_s,
            merge_gap_s,
            start_s,
        }
    }
}

impl From<Fields> for TimelineSettings {
    fn from(fields: Fields) -> Self {
        let Fields { update_hops, memory_s, attack_s, release_s, gate, start_s, .. } = fields;
        let Fields { thresholds, min_duration_s, merge_gap_s, .. } = fields;
        Self {
            engine: Settings { update_hops, memory_s, attack_s, release_s, gate },
            ranges: RangeSettings { thresholds, min_duration_s, merge_gap_s },
            start_s,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_both_stand_side_by_side() {
        let settings = TimelineSettings {
            engine: Settings { memory_s: 5.0, ..Settings::default() },
            ranges: RangeSettings { thresholds: vec![0.25], min_duration_s: 0.3, merge_gap_s: 0.5 },
            start_s: 1.5,
        };
        let text = serde_json::to_string(&settings).unwrap();
        let expected = r#"{"update_hops":16,"memory_s":5.0,"attack_s":"#;
        assert!(text.starts_with(expected), "{text}");
        assert!(
            text.ends_with(r#""thresholds":[0.25],"min_duration_s":0.3,"merge_gap_s":0.5,"start_s":1.5}"#),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<TimelineSettings>(&text).unwrap(), settings);
        // A later version's names, and an earlier one's lack of them.
        let read: TimelineSettings = serde_json::from_str(r#"{"memory_s": 5, "new": 1}"#).unwrap();
        assert_eq!((read.engine.memory_s, read.engine.update_hops), (5.0, Settings::default().update_hops));
        // The gate is an object of its own, and refuses what it does not know.
        assert!(serde_json::from_str::<TimelineSettings>(r#"{"gate": {"opens": 1}}"#).is_err());
    }
}
