//! One recording through one engine, in memory.

use crate::{
    features::Gathering,
    timeline::{Document, Timeline},
};
use rollcall_engine::{
    Engine, EngineError, InputFormat, Model, Settings,
    timeline::{RangeSettings, TimelineBuilder},
};
use std::sync::Arc;

/// Who listens, and how.
#[derive(Clone)]
pub(crate) struct Manner {
    pub(crate) model: Arc<Model>,
    pub(crate) engine: Settings,
    pub(crate) ranges: RangeSettings,
    /// Threads that share the recording; results do not depend on it.
    pub(crate) threads: usize,
    /// Whether [`crate::features::Features`] are gathered.
    pub(crate) has_features: bool,
}

/// A recording that is being heard.
pub(crate) struct Hearing {
    engine: Engine,
    timeline: TimelineBuilder,
    gathering: Option<Gathering>,
}

impl Hearing {
    /// Of `file` from second `start_s` on; `format` is what is pushed, and `channels` is how many the file has.
    ///
    /// # Errors
    /// Whatever the engine refuses.
    pub(crate) fn new(
        manner: &Manner,
        format: InputFormat,
        channels: usize,
        file: String,
        start_s: f64,
    ) -> Result<Self, EngineError> {
        let Manner { model, engine: settings, ranges, threads, has_features } = manner;
        let crew = rollcall_results::crew(*threads);
        let engine = Engine::ahead(Arc::clone(model), format, *settings, crew)?;
        let file_format = InputFormat { channels, ..format };
        let timeline = TimelineBuilder::new(file, model, file_format, *settings, ranges.clone(), start_s);
        let gathering = || Gathering::new(format.sample_rate_hz, format.channels);
        Ok(Self { engine, timeline, gathering: has_features.then(gathering).transpose()? })
    }

    /// Takes interleaved frames.
    pub(crate) fn push(&mut self, interleaved: &[f32]) -> Result<(), EngineError> {
        let Self { engine, timeline, gathering } = self;
        engine.push(interleaved, &mut |step| {
            timeline.push(step);
            gathering.iter_mut().for_each(|gathering| gathering.step(step));
        })?;
        gathering.iter_mut().for_each(|gathering| gathering.push(interleaved));
        Ok(())
    }

    /// The recording has ended; why early, if it did, and what is to be said of it.
    pub(crate) fn finish(
        self,
        incomplete: Option<String>,
        mut notes: Vec<String>,
    ) -> Result<Timeline, EngineError> {
        let Self { mut engine, mut timeline, mut gathering } = self;
        engine.flush(&mut |step| {
            timeline.push(step);
            gathering.iter_mut().for_each(|gathering| gathering.step(step));
        })?;
        let counters = engine.counters();
        let duration_s = counters.frames as f64 / f64::from(engine.format().sample_rate_hz);
        let replaced_samples = counters.replaced_samples;
        if replaced_samples > 0 {
            notes.push(format!(
                "{replaced_samples} samples are NaN, infinite, subnormal or beyond +60 dBFS; they counted as silence"
            ));
        }
        if let Some(reason) = &incomplete {
            notes.push(format!("only a part of it was read: {reason}"));
        }
        let document = Document { timeline: timeline.finish(duration_s, &engine.clip()), incomplete };
        let features = gathering.map(|gathering| gathering.finish(duration_s));
        Ok(Timeline { document, replaced_samples, notes, features })
    }
}
