//! Gathers an engine's steps into a timeline.

use super::{
    ClassRange, ModelIdentity, RangeCutter, RangeSettings, SCHEMA, Timeline, TimelineSettings, ranges,
};
use crate::{HOP_SAMPLES, InputFormat, Model, PATCH_HOPS, SAMPLE_RATE_HZ, Settings, Step};

/// Seconds between two hops.
const HOP_S: f64 = HOP_SAMPLES as f64 / SAMPLE_RATE_HZ as f64;

/// A timeline that grows step by step. Memory grows with the steps (500 bytes each for 20 classes); for hours on end
/// write the rows out and use a [`RangeCutter`] alone.
#[derive(Clone, Debug)]
pub struct TimelineBuilder {
    timeline: Timeline,
    cutter: RangeCutter,
    ranges: Vec<ClassRange>,
}

impl TimelineBuilder {
    /// A timeline of `file`, whose audio is analysed from `start_s` on, with steps counted from there.
    pub fn new(
        file: impl Into<String>,
        model: &Model,
        format: InputFormat,
        engine: Settings,
        ranges: RangeSettings,
        start_s: f64,
    ) -> Self {
        let hop_s = engine.update_hops as f64 / (1.0 / HOP_S).round();
        let cutter = RangeCutter::new(&ranges, hop_s, start_s);
        let timeline = Timeline {
            schema: SCHEMA.to_owned(),
            file: file.into(),
            duration_s: 0.0,
            sample_rate_hz: format.sample_rate_hz,
            channels: format.channels,
            model: ModelIdentity {
                name: model.manifest().name.clone(),
                version: model.manifest().version.clone(),
                sha256: model.package().sha256().to_owned(),
            },
            settings: TimelineSettings { engine, ranges, start_s },
            classes: model.classes().to_vec(),
            hop_s,
            window_s: PATCH_HOPS as f64 / (1.0 / HOP_S).round(),
            times_s: Vec::new(),
            activity: Vec::new(),
            clip: Default::default(),
            ranges: Vec::new(),
        };
        Self { timeline, cutter, ranges: Vec::new() }
    }

    /// Takes the engine's next step.
    pub fn push(&mut self, step: &Step) {
        let time_s = self.timeline.settings.start_s + step.time_s;
        self.timeline.times_s.push(time_s);
        self.timeline.activity.push(step.activity.clone());
        self.cutter.push(time_s, &step.activity, &mut |range| self.ranges.push(range));
    }

    /// Ends it after `duration_s` seconds of audio, with the engine's [`crate::Engine::clip`].
    pub fn finish(self, duration_s: f64, clip: &[f32]) -> Timeline {
        let Self { mut timeline, cutter, ranges: mut found } = self;
        timeline.duration_s = duration_s;
        cutter.finish(timeline.settings.start_s + duration_s, &mut |range| found.push(range));
        ranges::sort(&mut found);
        timeline.ranges = found.into_iter().map(|range| range.named(&timeline.classes)).collect();
        timeline.clip = timeline.classes.iter().cloned().zip(clip.iter().copied()).collect();
        timeline
    }
}
