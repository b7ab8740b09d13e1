//! The timeline: the one structure that every output format is written from (`rollcall.timeline/1`).
//!
//! ```
//! use rollcall_engine::{Engine, InputFormat, Settings, timeline::{RangeSettings, Timeline, TimelineBuilder}};
//! # use rollcall_engine::{Model, Package};
//! # let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/models/stream");
//! # let manifest = std::fs::read_to_string(format!("{folder}/manifest.toml"))?;
//! # let package = Package::assemble(&manifest, &mut |name, _| {
//! #     std::fs::read(format!("{folder}/{name}")).map(Into::into).map_err(|error| error.to_string())
//! # })?;
//! # let model = std::sync::Arc::new(Model::load(package)?);
//! # let audio: Vec<f32> = (0..44_100).map(|frame| (frame as f32 * 0.06).sin() * 0.5).collect();
//! let format = InputFormat { sample_rate_hz: 44_100, channels: 1 };
//! let settings = Settings { memory_s: 5.0, ..Settings::default() };
//! let ranges = RangeSettings {
//!     thresholds: model.thresholds().to_vec(),
//!     min_duration_s: 0.3,
//!     merge_gap_s: 0.5,
//! };
//! let mut timeline = TimelineBuilder::new("song.wav", &model, format, settings, ranges, 0.0);
//!
//! let mut engine = Engine::new(model, format, settings)?;
//! engine.push(&audio, &mut |step| timeline.push(step))?;
//! engine.flush(&mut |step| timeline.push(step))?;
//! let duration_s = engine.counters().frames as f64 / f64::from(format.sample_rate_hz);
//! let timeline = timeline.finish(duration_s, &engine.clip());
//!
//! let json = serde_json::to_string(&timeline)?;
//! assert_eq!(serde_json::from_str::<Timeline>(&json)?, timeline);
//! for range in &timeline.ranges {
//!     println!("{} plays from {:.2} s to {:.2} s", range.class, range.start_s, range.end_s);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builder;
mod ranges;
mod settings;

pub use builder::TimelineBuilder;
pub use ranges::{ClassRange, RangeCutter, cut_ranges, named};
pub use settings::{RangeSettings, TimelineSettings};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the format.
pub const SCHEMA: &str = "rollcall.timeline/1";
/// Default of [`RangeSettings::min_duration_s`] in programs: shorter ranges say more about the threshold than about the music.
pub const MIN_DURATION_S: f64 = 0.3;
/// Default of [`RangeSettings::merge_gap_s`] in programs: a rest between two phrases is no exit.
pub const MERGE_GAP_S: f64 = 0.5;

/// Who played when in one file or session. Field order is the order in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// [`SCHEMA`].
    pub schema: String,
    /// Path or name of what was analysed.
    pub file: String,
    /// Length of the audio in seconds.
    pub duration_s: f64,
    /// Rate of the audio.
    pub sample_rate_hz: u32,
    /// Channels of the audio.
    pub channels: usize,
    /// Who listened.
    pub model: ModelIdentity,
    /// How it listened.
    pub settings: TimelineSettings,
    /// Class names, in the order of every activity.
    pub classes: Vec<String>,
    /// Seconds between two steps.
    pub hop_s: f64,
    /// Length of the window that a step sees, in seconds.
    pub window_s: f64,
    /// Centre of each step.
    pub times_s: Vec<f64>,
    /// One row a step: an activity in 0..=1 for each class.
    pub activity: Vec<Vec<f32>>,
    /// Attention-pooled posterior over the whole file (the paper's output), 0..=1 by class.
    pub clip: BTreeMap<String, f32>,
    /// When who was above threshold.
    pub ranges: Vec<Range>,
}

/// Who listened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelIdentity {
    /// Name of the package.
    pub name: String,
    /// Version of the package.
    pub version: String,
    /// Identity of the package ([`crate::Package::sha256`]).
    pub sha256: String,
}

/// One instrument playing for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Class name.
    pub class: String,
    /// First second above threshold.
    pub start_s: f64,
    /// Last second above threshold.
    pub end_s: f64,
    /// Mean activity within.
    pub mean: f32,
    /// Greatest activity within.
    pub peak: f32,
}

impl Range {
    /// Seconds that it lasts.
    pub fn duration_s(&self) -> f64 {
        nanoseconds(self.end_s - self.start_s)
    }
}

/// To the nanosecond: sums of hops are told without their rounding errors.
fn nanoseconds(seconds: f64) -> f64 {
    (seconds * 1e9).round() / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use serde_json::json;

    fn timeline() -> Timeline {
        Timeline {
            schema: SCHEMA.into(),
            file: "song.wav".into(),
            duration_s: 0.3,
            sample_rate_hz: 44_100,
            channels: 2,
            model: ModelIdentity { name: "m".into(), version: "1".into(), sha256: "00".into() },
            settings: TimelineSettings {
                engine: Settings::default(),
                ranges: RangeSettings { thresholds: vec![0.1, 0.7], ..RangeSettings::default() },
                start_s: 0.0,
            },
            classes: vec!["piano".into(), "banjo".into()],
            hop_s: 0.16,
            window_s: 0.96,
            times_s: vec![0.0, 0.16],
            activity: vec![vec![0.1, 0.0], vec![0.3, 1.0]],
            clip: [("piano".to_owned(), 0.2), ("banjo".to_owned(), 0.6)].into(),
            ranges: vec![Range { class: "piano".into(), start_s: 0.0, end_s: 0.3, mean: 0.2, peak: 0.3 }],
        }
    }

    #[test]
    fn json_is_as_documented_with_numbers_as_short_as_they_are() {
        let text = serde_json::to_string(&timeline()).unwrap();
        assert!(
            text.starts_with(r#"{"schema":"rollcall.timeline/1","file":"song.wav","duration_s":0.3,"#),
            "{text}"
        );
        assert!(text.contains(r#""times_s":[0.0,0.16],"activity":[[0.1,0.0],[0.3,1.0]]"#), "{text}");
        let keys: Vec<&str> =
            "schema file duration_s sample_rate_hz channels model settings classes hop_s window_s \
                               times_s activity clip ranges"
                .split_whitespace()
                .collect();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value.as_object().unwrap().len(), keys.len());
        assert!(keys.iter().all(|key| value.get(key).is_some()));
        assert_eq!(value["model"], json!({"name": "m", "version": "1", "sha256": "00"}));
        assert_eq!(value["settings"]["memory_s"], 3.0);
        assert_eq!(value["settings"]["min_duration_s"], 0.0);
        assert_eq!(value["settings"]["start_s"], 0.0);
    }

    #[test]
    fn json_reads_back_as_it_was() {
        let text = serde_json::to_string(&timeline()).unwrap();
        assert_eq!(serde_json::from_str::<Timeline>(&text).unwrap(), timeline());
    }
}
