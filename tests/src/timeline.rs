//! What a plugin reported while it ran, as a `rollcall.timeline/1` document.
//!
//! | field | is here |
//! | --- | --- |
//! | `classes` | the names in the [`MeterMap`] |
//! | `times_s` | a grid of `hop_s`, from one hop on: stream time at which values are read |
//! | `activity` | each meter's last reported value at that time; 0 before its first |
//! | `clip` | the largest reported value: a host is not told the posterior over the whole file |
//! | `ranges` | from note on to note off where the map has notes; mean and peak of `activity` in it |
//! | `window_s` | 0: values are read, not averaged |
//!
//! Values come when the plugin reports them: after its own delay and the time that its worker takes. A controller has 7 bits:
//! values are n / 127.

use crate::{
    meters::{Meter, value_at},
    record::{Record, Sent, Stretch},
};
use serde_json::{Value, json};

/// Which meter and note stands for which class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterMap(pub Vec<Mapped>);

/// One class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// Name.
    pub class: String,
    /// Its activity.
    pub meter: Meter,
    /// The note that is on while it plays: channel from 1, key.
    pub note: Option<(u8, u8)>,
}

/// Classes of OpenMIC-2018 in alphabetical order, as Rollcall's default model has them. A copy: the harness sees plugins from outside and
/// names no room of ours.
const OPENMIC: [&str; 20] = [
    "accordion",
    "banjo",
    "bass",
    "cello",
    "clarinet",
    "cymbals",
    "drums",
    "flute",
    "guitar",
    "mallet_percussion",
    "mandolin",
    "organ",
    "piano",
    "saxophone",
    "synthesizer",
    "trombone",
    "trumpet",
    "ukulele",
    "violin",
    "voice",
];

impl MeterMap {
    /// Rollcall's own: MIDI channel 16, controllers 20 to 31 and 102 to 109, notes 36 to 55.
    pub fn rollcall() -> Self {
        let mapped = OPENMIC.iter().zip(0_u8..).map(|(class, index)| Mapped {
            class: (*class).to_owned(),
            meter: Meter::Cc(16, if index < 12 { 20 + index } else { 90 + index }),
            note: Some((16, 36 + index)),
        });
        Self(mapped.collect())
    }
}

/// A line each: `NAME METER [note:CHANNEL:KEY]`.
impl std::str::FromStr for MeterMap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mapped = lines.map(|line| {
            let bad = || format!("`{line}` is no line of a map: NAME METER [note:CHANNEL:KEY]");
            let mut words = line.split_whitespace();
            let (class, meter) = (words.next().ok_or_else(bad)?, words.next().ok_or_else(bad)?);
            let note = match words.next() {
                None => None,
                Some(word) => {
                    let (channel, key) =
                        word.strip_prefix("note:").and_then(|rest| rest.split_once(':')).ok_or_else(bad)?;
                    Some((channel.parse().map_err(|_| bad())?, key.parse().map_err(|_| bad())?))
                }
            };
            Ok(Mapped { class: class.to_owned(), meter: meter.parse()?, note })
        });
        Ok(Self(mapped.collect::<Result<_, String>>()?))
    }
}

/// The document for one stretch of blocks.
pub fn timeline(record: &Record, stream: &Stretch, map: &MeterMap, file: &str, hop_s: f64) -> Value {
    let duration_s = stream.frames as f64 / stream.setup.rate_hz;
    let series: Vec<Vec<(f64, f64)>> =
        map.0.iter().map(|mapped| mapped.meter.series(record, stream)).collect();
    let steps = (duration_s / hop_s + 1e-9).floor() as u64;
    let times_s: Vec<f64> = (1..=steps).map(|step| step as f64 * hop_s).collect();
    let at = |time_s: f64| series.iter().map(|values| value_at(values, time_s).unwrap_or(0.0)).collect();
    let activity: Vec<Vec<f64>> = times_s.iter().map(|time_s| at(*time_s)).collect();
    let peak = |values: &Vec<(f64, f64)>| values.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let clip: serde_json::Map<String, Value> = map
        .0
        .iter()
        .zip(&series)
        .map(|(mapped, values)| (mapped.class.clone(), json!(peak(values))))
        .collect();
    let ranges: Vec<Value> = map
        .0
        .iter()
        .zip(&series)
        .flat_map(|(mapped, values)| ranges(mapped, values, stream, duration_s))
        .collect();
    json!({
        "schema": "rollcall.timeline/1", "file": file, "duration_s": duration_s, "sample_rate_hz": stream.setup.rate_hz,
        "channels": stream.inputs.first().copied().unwrap_or(0),
        "model": {"name": record.plugin.name, "version": record.plugin.version, "sha256": ""},
        "settings": {"read_by": "rollcall-host", "clip": "largest reported value", "times": "when reported"},
        "classes": map.0.iter().map(|mapped| mapped.class.as_str()).collect::<Vec<_>>(),
        "hop_s": hop_s, "window_s": 0.0, "times_s": times_s, "activity": activity, "clip": clip, "ranges": ranges,
    })
}

fn ranges(mapped: &Mapped, series: &[(f64, f64)], stream: &Stretch, end_s: f64) -> Vec<Value> {
    let Some(note) = mapped.note else { return Vec::new() };
    let mut found = Vec::new();
    let mut began = None;
    for event in &stream.events {
        let time_s = event.frame as f64 / stream.setup.rate_hz;
        match event.what {
            Sent::NoteOn(channel, key, _) if (channel, key) == note => began = began.or(Some(time_s)),
            Sent::NoteOff(channel, key) if (channel, key) == note => {
                found.extend(began.take().map(|start_s| (start_s, time_s)));
            }
            _ => {}
        }
    }
    found.extend(began.map(|start_s| (start_s, end_s)));
    let range = |(start_s, end_s): (f64, f64)| {
        let within = series.iter().filter(|(at, _)| (start_s..=end_s).contains(at)).map(|(_, value)| *value);
        let values: Vec<f64> = value_at(series, start_s).into_iter().chain(within).collect();
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        let peak = values.iter().copied().fold(0.0, f64::max);
        json!({"class": mapped.class, "start_s": start_s, "end_s": end_s, "mean": mean, "peak": peak})
    };
    found.into_iter().map(range).collect()
}
