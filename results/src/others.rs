//! What is heard beside the classes, by a model that can tell: instruments outside of them, and AudioSet's list.

use rollcall_engine::{
    Another, Engine, HOP_SAMPLES, Model, SAMPLE_RATE_HZ, Settings,
    timeline::{ClassRange, Range, RangeCutter, RangeSettings, named},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What was heard beside the classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Others {
    /// Over the whole: the likeliest instrument outside of the classes.
    pub instrument: String,
    /// Probability that somebody played who is none of the classes, over the whole, 0..=1.
    pub probability: f32,
    /// When such an instrument was likely; its mean and peak are probabilities.
    pub ranges: Vec<Range>,
    /// AudioSet's instruments by their probability over the whole, the likeliest first; only for those who ask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
}

/// One of AudioSet's instruments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its name there.
    pub name: String,
    /// 0..=1.
    pub probability: f32,
}

/// Gathers them from the steps of one recording.
pub struct OtherSteps {
    names: Vec<String>,
    cutter: RangeCutter,
    found: Vec<ClassRange>,
    row: Vec<f32>,
}

impl OtherSteps {
    /// For steps of a model with these settings, of audio that begins at `start_s`, with ranges joined and dropped like those of the
    /// classes; nothing if the model cannot tell.
    pub fn new(model: &Model, engine: Settings, ranges: &RangeSettings, start_s: f64) -> Option<Self> {
        let names: Vec<String> = model.events()?.others.iter().map(|other| other.name.clone()).collect();
        let settings = RangeSettings { thresholds: vec![Another::LIKELY; names.len()], ..ranges.clone() };
        let hop_s = (engine.update_hops * HOP_SAMPLES) as f64 / f64::from(SAMPLE_RATE_HZ);
        let cutter = RangeCutter::new(&settings, hop_s, start_s);
        Some(Self { row: vec![0.0; names.len()], names, cutter, found: Vec::new() })
    }

    /// Takes what the engine's next step says ([`rollcall_engine::Step::another`]), centred at this second of the file.
    pub fn take(&mut self, time_s: f64, another: Option<Another>) {
        self.row.fill(0.0);
        if let Some(Another { probability, instrument }) = another {
            self.row[instrument] = probability;
        }
        self.cutter.push(time_s, &self.row, &mut |range| self.found.push(range));
    }

    /// Ends it at this second of the file, with what the engine says of the whole ([`Engine::another`]); nothing where nothing was
    /// heard.
    pub fn finish(self, end_s: f64, whole: Option<Another>) -> Option<Others> {
        let Self { names, cutter, mut found, .. } = self;
        let Another { probability, instrument } = whole?;
        cutter.finish(end_s, &mut |range| found.push(range));
        Some(Others {
            instrument: names[instrument].clone(),
            probability,
            ranges: named(found, &names),
            events: Vec::new(),
        })
    }
}

/// Those of AudioSet's events that are instruments, by their probability over all that the engine has heard, the likeliest first; none
/// where its model can't tell.
pub fn ranked_events(engine: &Engine) -> Vec<Event> {
    let Some((table, probabilities)) = engine.model().events().zip(engine.events()) else {
        return Vec::new();
    };
    let of_classes = table.classes.iter().flatten();
    let mut events: Vec<usize> =
        of_classes.chain(table.others.iter().flat_map(|other| &other.events)).copied().collect();
    events.sort_unstable();
    events.dedup();
    events.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]));
    let event = |event: usize| Event { name: table.names[event].clone(), probability: probabilities[event] };
    events.into_iter().map(event).collect()
}

impl fmt::Debug for OtherSteps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtherSteps").field("names", &self.names).finish_non_exhaustive()
    }
}
