//! `rollcall.timeline/1`, one document on one line, the rows streamed from where they are kept.

use crate::{Analysis, Others, Row, Rows};
use rollcall_engine::timeline::{ModelIdentity, Range, Timeline, TimelineSettings};
use serde::{
    Serialize, Serializer,
    ser::{Error, SerializeSeq},
};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    io::{self, Write},
};

/// [`Timeline`], field by field: a test holds the two together.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'a str,
    file: &'a str,
    /// Only there when the name is no UTF-8: its bytes, percent-encoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    file_bytes: Option<&'a str>,
    /// Only there when it is not the mean of all channels that was heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
    duration_s: f64,
    sample_rate_hz: u32,
    channels: usize,
    model: &'a ModelIdentity,
    settings: &'a TimelineSettings,
    classes: &'a [String],
    hop_s: f64,
    window_s: f64,
    times_s: Times<'a>,
    activity: Activity<'a>,
    clip: &'a BTreeMap<String, f32>,
    ranges: &'a [Range],
    /// Only there when the model can tell and anything was heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    others: Option<&'a Others>,
    /// Only there when a part of a broken file was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    incomplete: Option<&'a str>,
    /// Only there when there is something to be said.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

struct Times<'a>(&'a RefCell<&'a mut Rows>);
struct Activity<'a>(&'a RefCell<&'a mut Rows>);

impl Serialize for Times<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        sequence(self.0, serializer, |seq, row| seq.serialize_element(&row.time_s))
    }
}

impl Serialize for Activity<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        sequence(self.0, serializer, |seq, row| seq.serialize_element(&row.activity))
    }
}

fn sequence<S: Serializer>(
    rows: &RefCell<&mut Rows>,
    serializer: S,
    element: impl Fn(&mut S::SerializeSeq, &Row) -> Result<(), S::Error>,
) -> Result<S::Ok, S::Error> {
    let mut rows = rows.borrow_mut();
    let mut seq = serializer.serialize_seq(usize::try_from(rows.count()).ok())?;
    for row in rows.read().map_err(S::Error::custom)? {
        element(&mut seq, &row.map_err(S::Error::custom)?)?;
    }
    seq.end()
}

/// Writes the document.
///
/// # Errors
/// `out` cannot be written, or the rows cannot be read.
pub fn write(analysis: &mut Analysis, out: &mut dyn Write) -> io::Result<()> {
    let Analysis { timeline, rows, incomplete, channel, notes, file_bytes, others, .. } = analysis;
    let rows = RefCell::new(rows);
    let Timeline { schema, file, model, settings, classes, clip, ranges, .. } = &*timeline;
    let document = Document {
        schema,
        file,
        file_bytes: file_bytes.as_deref(),
        channel: channel.as_deref(),
        duration_s: timeline.duration_s,
        sample_rate_hz: timeline.sample_rate_hz,
        channels: timeline.channels,
        model,
        settings,
        classes,
        hop_s: timeline.hop_s,
        window_s: timeline.window_s,
        times_s: Times(&rows),
        activity: Activity(&rows),
        clip,
        ranges,
        others: others.as_ref(),
        incomplete: incomplete.as_deref(),
        notes,
    };
    serde_json::to_writer(&mut *out, &document)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_engine::{
        Settings,
        timeline::{RangeSettings, SCHEMA},
    };

    #[test]
    fn the_document_is_the_timeline_to_the_byte() {
        let mut timeline = Timeline {
            schema: SCHEMA.into(),
            file: "a \"b\" ü.wav".into(),
            duration_s: 1.5,
            sample_rate_hz: 44_100,
            channels: 2,
            model: ModelIdentity { name: "m".into(), version: "1".into(), sha256: "00".into() },
            settings: TimelineSettings {
                engine: Settings::default(),
                ranges: RangeSettings { thresholds: vec![0.5, 0.25], min_duration_s: 0.3, merge_gap_s: 0.5 },
                start_s: 0.0,
            },
            classes: vec!["piano".into(), "voice".into()],
            hop_s: 0.16,
            window_s: 0.96,
            times_s: vec![0.48, 0.64],
            activity: vec![vec![0.1, 0.999_999], vec![0.0, 1.0]],
            clip: BTreeMap::from([("piano".into(), 0.05), ("voice".into(), 1.0)]),
            ranges: vec![Range { class: "voice".into(), start_s: 0.0, end_s: 0.72, mean: 1.0, peak: 1.0 }],
        };
        let expected = serde_json::to_string(&timeline).expect("JSON") + "\n";
        let mut rows = Rows::new(2);
        for (time_s, activity) in
            std::mem::take(&mut timeline.times_s).iter().zip(std::mem::take(&mut timeline.activity))
        {
            rows.push(*time_s, &activity).expect("room");
        }
        let mut analysis = Analysis {
            timeline,
            rows,
            peaks: Vec::new(),
            incomplete: None,
            channel: None,
            notes: Vec::new(),
            replaced_samples: 0,
            whole_s: 1.5,
            file_bytes: None,
            others: None,
            embeddings: None,
            overview: None,
        };
        let mut text = Vec::new();
        write(&mut analysis, &mut text).expect("room");
        assert_eq!(String::from_utf8(text).expect("UTF-8"), expected);
        assert!(serde_json::from_str::<Timeline>(&expected).is_ok());
    }
}
