//! Gathers an engine's steps into a timeline.

use super::{ClassRange, ModelIdentity, RangeCutter, RangeSettings, SCHEMA, Timeline, TimelineSettings};
use super::{named, nanoseconds};
use crate::{HOP_SAMPLES, InputFormat, Model, PATCH_HOPS, SAMPLE_RATE_HZ, Settings, Step};

/// Hops in a second.
const HOPS_PER_S: f64 = SAMPLE_RATE_HZ as f64 / HOP_SAMPLES as f64;

impl Timeline {
    /// A timeline of `file` in which nothing was heard yet: the audio is analysed from `start_s` on with these settings.
    pub fn begin(
        file: impl Into<String>,
        model: &Model,
        format: InputFormat,
        engine: Settings,
        ranges: RangeSettings,
        start_s: f64,
    ) -> Self {
        Self {
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
            hop_s: engine.update_hops as f64 / HOPS_PER_S,
            window_s: PATCH_HOPS as f64 / HOPS_PER_S,
            times_s: Vec::new(),
            activity: Vec::new(),
            clip: Default::default(),
            ranges: Vec::new(),
        }
    }

    /// Second of the file at which a step of an engine that began with it is centred.
    pub fn time_s(&self, step: &Step) -> f64 {
        nanoseconds(self.settings.start_s + step.time_s)
    }

    /// Second of the file at which it ends.
    pub fn end_s(&self) -> f64 {
        self.settings.start_s + self.duration_s
    }

    /// A cutter for this timeline's ranges.
    pub fn cutter(&self) -> RangeCutter {
        RangeCutter::new(&self.settings.ranges, self.hop_s, self.settings.start_s)
    }

    /// Ends it after `duration_s` seconds of audio: with what the cutter found until now and still holds, and the
    /// engine's [`crate::Engine::clip`].
    pub fn finish(&mut self, duration_s: f64, cutter: RangeCutter, mut found: Vec<ClassRange>, clip: &[f32]) {
        self.duration_s = duration_s;
        cutter.finish(self.settings.start_s + duration_s, &mut |range| found.push(range));
        self.ranges = named(found, &self.classes);
        self.clip = self.classes.iter().cloned().zip(clip.iter().copied()).collect();
    }
}

/// A timeline that grows step by step. Memory grows with the steps (500 bytes each for 20 classes); for hours on end
/// write the rows out, as `rollcall` does: [`Timeline::begin`], [`Timeline::cutter`], [`Timeline::finish`].
#[derive(Clone, Debug)]
pub struct TimelineBuilder {
    timeline: Timeline,
    cutter: RangeCutter,
    found: Vec<ClassRange>,
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
        let timeline = Timeline::begin(file, model, format, engine, ranges, start_s);
        Self { cutter: timeline.cutter(), timeline, found: Vec::new() }
    }

    /// Takes the engine's next step.
    pub fn push(&mut self, step: &Step) {
        let time_s = self.timeline.time_s(step);
        self.timeline.times_s.push(time_s);
        self.timeline.activity.push(step.activity.clone());
        self.cutter.push(time_s, &step.activity, &mut |range| self.found.push(range));
    }

    /// Ends it after `duration_s` seconds of audio, with the engine's [`crate::Engine::clip`].
    pub fn finish(self, duration_s: f64, clip: &[f32]) -> Timeline {
        let Self { mut timeline, cutter, found } = self;
        timeline.finish(duration_s, cutter, found, clip);
        timeline
    }
}
