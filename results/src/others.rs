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
    hop_s: f64,
}

impl OtherSteps {
    /// For steps of a model with these settings, of audio that begins at `start_s`, with ranges joined and dropped like those of the
    /// classes; nothing if the model cannot tell.
    pub fn new(model: &Model, engine: Settings, ranges: &RangeSettings, start_s: f64) -> Option<Self> {
        let names: Vec<String> = model.events()?.others.iter().map(|other| other.name.clone()).collect();
        let settings = RangeSettings { thresholds: vec![Another::LIKELY; names.len()], ..ranges.clone() };
        let hop_s = (engine.update_hops * HOP_SAMPLES) as f64 / f64::from(SAMPLE_RATE_HZ);
        Some(Self::of(names, &settings, hop_s, start_s))
    }

    fn of(names: Vec<String>, settings: &RangeSettings, hop_s: f64, start_s: f64) -> Self {
        let cutter = RangeCutter::new(settings, hop_s, start_s);
        Self { row: vec![0.0; names.len()], names, cutter, found: Vec::new(), hop_s }
    }

    /// Takes what the engine's next step says ([`rollcall_engine::Step::another`]), centred at this second of the file.
    pub fn take(&mut self, time_s: f64, another: Option<Another>) {
        self.take_after(self.hop_s, time_s, another);
    }

    /// The same of a step that comes `hop_s` seconds after the one before, where the interval changes.
    pub fn take_after(&mut self, hop_s: f64, time_s: f64, another: Option<Another>) {
        self.row.fill(0.0);
        if let Some(Another { probability, instrument }) = another {
            self.row[instrument] = probability;
        }
        self.cutter.push_after(hop_s, time_s, &self.row, &mut |range| self.found.push(range));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_follow_the_interval_that_each_step_had() {
        let settings = RangeSettings { thresholds: vec![0.5; 2], min_duration_s: 0.0, merge_gap_s: 0.0 };
        let names = || ["harp", "gong"].map(String::from).to_vec();
        let another = |probability, instrument| Some(Another { probability, instrument });
        let mut others = OtherSteps::of(names(), &settings, 0.16, 0.0);
        // Two steps of 0.16 s, then two of 0.96 s: the second harp stands for 0.96 s, and gong follows at once.
        others.take(0.0, another(0.4, 0));
        others.take(0.16, another(0.5, 0));
        others.take_after(0.96, 1.12, another(0.75, 0));
        others.take_after(0.96, 2.08, another(1.0, 1));
        let found = others.finish(2.56, another(0.75, 0)).expect("something was heard");
        let ranges: Vec<_> =
            found.ranges.iter().map(|range| (range.class.as_str(), range.start_s, range.end_s)).collect();
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert_eq!((ranges[0].0, ranges[1].0, ranges.len()), ("harp", "gong", 2), "{ranges:?}");
        assert!(close(ranges[0].1, 0.08) && close(ranges[0].2, 1.6), "{ranges:?}");
        assert!(close(ranges[1].1, 1.6) && close(ranges[1].2, 2.56), "{ranges:?}");
        assert_eq!((found.instrument.as_str(), found.probability), ("harp", 0.75));
        assert_eq!(
            OtherSteps::of(names(), &settings, 0.16, 0.0).finish(1.0, None),
            None,
            "nothing was heard"
        );
    }
}
