//! The machine itself: one `push` for live and offline.

use crate::{
    Another, Counters, Crew, EngineError, LogMelHop, Model, SAMPLE_RATE_HZ, Settings, SettingsError, Step,
    analysis::{self, Analysis},
    audio::{Intake, Resampler},
};
use std::sync::Arc;

/// What the caller will push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputFormat {
    /// Frames a second, 8,000 to 384,000.
    pub sample_rate_hz: u32,
    /// Samples a frame, at least 1; they are averaged to mono.
    pub channels: usize,
}

/// Gaps beyond this, 5,900 years at 48 kHz, are none that a caller can mean; and times are whole frames in `f64` up to here.
const MOST_GAP_FRAMES: u64 = 1 << 53;

/// Audio in, [`Step`]s out. Bit-equal for any partition of the same audio.
///
/// A stream begins as if silence came before it: step `k` is centred on `k * update_hops * 10` ms exactly, the first on
/// the first frame. Memory is constant; after `new` only the network library allocates, for what it computes in passing.
pub struct Engine {
    format: InputFormat,
    intake: Intake,
    resampler: Resampler,
    analysis: Analysis,
    counters: Counters,
    /// Where the rate was last changed: frames by the counters, and as many as they would be at the rate of now.
    changed: (u64, u64),
}

impl Engine {
    /// An engine for one stream.
    ///
    /// # Errors
    /// A rate, channel count or setting out of range.
    pub fn new(model: Arc<Model>, format: InputFormat, settings: Settings) -> Result<Self, EngineError> {
        Self::with(model, format, settings, None)
    }

    /// An engine for a recording, whose network runs in pieces of ten seconds wherever `crew` sees to it.
    ///
    /// The same audio gives the same steps, to the last bit, as with [`Engine::new`]; they come when a piece is done, all of
    /// them by the end of [`Engine::flush`]. Another update interval holds from the next piece on, and the steps before a gap come
    /// with the next push.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn ahead(
        model: Arc<Model>,
        format: InputFormat,
        settings: Settings,
        crew: Box<dyn Crew>,
    ) -> Result<Self, EngineError> {
        Self::with(model, format, settings, Some(crew))
    }

    fn with(
        model: Arc<Model>,
        format: InputFormat,
        settings: Settings,
        crew: Option<Box<dyn Crew>>,
    ) -> Result<Self, EngineError> {
        if format.channels == 0 {
            return Err(EngineError::NoChannels);
        }
        settings.check()?;
        Ok(Self {
            format,
            intake: Intake::new(format.channels),
            resampler: Resampler::new(format.sample_rate_hz)?,
            analysis: Analysis::new(model, settings, crew)?,
            counters: Counters::default(),
            changed: (0, 0),
        })
    }

    /// Takes interleaved frames (any number, also none) and hands each finished step to `on_step`.
    ///
    /// # Errors
    /// A broken frame, of which nothing is taken; or the network library failing.
    pub fn push(&mut self, interleaved: &[f32], on_step: &mut dyn FnMut(&Step)) -> Result<(), EngineError> {
        self.push_and_lend(interleaved, &mut |_| (), on_step)
    }

    /// The same, and lends what the network hears to `on_audio` as it comes: mono samples at [`SAMPLE_RATE_HZ`], finite, in order and
    /// in non-empty pieces. Sample `n` of a stretch without a gap lies `n / 16000` s after its first frame; what the resampler holds
    /// back at a gap, at another rate or at the end (some milliseconds) is not lent.
    ///
    /// # Errors
    /// As [`Engine::push`].
    pub fn push_and_lend(
        &mut self,
        interleaved: &[f32],
        on_audio: &mut dyn FnMut(&[f32]),
        on_step: &mut dyn FnMut(&Step),
    ) -> Result<(), EngineError> {
        let channels = self.format.channels;
        if !interleaved.len().is_multiple_of(channels) {
            return Err(EngineError::BrokenFrame { samples: interleaved.len(), channels });
        }
        let Self { intake, resampler, analysis, counters, .. } = self;
        counters.frames += (interleaved.len() / channels) as u64;
        let mut result = Ok(());
        intake.push(interleaved, &mut |mono| {
            resampler.push(mono, &mut |samples| {
                on_audio(samples);
                if result.is_ok() {
                    result = analysis.push(samples, on_step);
                }
            });
        });
        counters.replaced_samples = intake.replaced();
        result
    }

    /// Tells that `frames` frames of input were lost here: time goes on, the window starts anew, the memory stays.
    ///
    /// No step is made of a window that would reach over the gap: the next is centred half a window (0.49 s) or up to
    /// one column more after it. Steps stay on their grid; the memory ages by the gap. A gap of no frames is none; all
    /// gaps together count for 2^53 frames at most.
    pub fn gap(&mut self, frames: u64) {
        if frames > 0 {
            self.counters.gap_frames = self.counters.gap_frames.saturating_add(frames).min(MOST_GAP_FRAMES);
            self.begin_segment();
        }
    }

    /// Ends the stream: the steps whose windows reach past the end, filled up with silence. Every step centred within
    /// the audio is out then, also in the shortest file; no audio gives no step. What is pushed after it begins as after a gap.
    ///
    /// # Errors
    /// The network library failing.
    pub fn flush(&mut self, on_step: &mut dyn FnMut(&Step)) -> Result<(), EngineError> {
        let Self { resampler, analysis, .. } = self;
        let mut result = Ok(());
        resampler.flush(&mut |samples| {
            if result.is_ok() {
                result = analysis.push(samples, on_step);
            }
        });
        result?;
        let frames = self.position_frames();
        if frames > 0 {
            self.analysis.finish(analysis::last_column(frames, self.format.sample_rate_hz), on_step)?;
        }
        self.begin_segment();
        Ok(())
    }

    /// Audio begins anew where the counters stand.
    fn begin_segment(&mut self) {
        self.resampler.reset();
        let frames = u128::from(self.position_frames());
        let rate = u128::from(self.format.sample_rate_hz);
        let position = (frames * u128::from(SAMPLE_RATE_HZ) + rate / 2) / rate;
        self.analysis.begin_segment(i64::try_from(position).unwrap_or(i64::MAX / 2));
    }

    /// Back to the state after `new`, with the settings of now.
    pub fn reset(&mut self) {
        self.intake.reset();
        self.resampler.reset();
        self.analysis.reset();
        (self.counters, self.changed) = (Counters::default(), (0, 0));
    }

    /// Goes on at another sample rate: time, memory and [`Engine::clip`] go on, the window starts anew as after a gap. Steps stay on
    /// their grid, to a frame.
    ///
    /// # Errors
    /// A rate out of range; nothing is changed then.
    pub fn change_rate(&mut self, sample_rate_hz: u32) -> Result<(), EngineError> {
        let resampler = Resampler::new(sample_rate_hz)?;
        let (new, old) = (u128::from(sample_rate_hz), u128::from(self.format.sample_rate_hz));
        let frames = (u128::from(self.position_frames()) * new + old / 2) / old;
        self.changed = (analysis::position(&self.counters), u64::try_from(frames).unwrap_or(MOST_GAP_FRAMES));
        self.format.sample_rate_hz = sample_rate_hz;
        self.resampler = resampler;
        self.begin_segment();
        Ok(())
    }

    /// Frames since the stream began, at the rate of now.
    fn position_frames(&self) -> u64 {
        let (counted, at_this_rate) = self.changed;
        analysis::position(&self.counters) - counted + at_this_rate
    }

    /// Changes settings while audio runs; the memory and the smoothing go on from where they are.
    ///
    /// # Errors
    /// The first setting out of range; nothing is changed then.
    pub fn set_settings(&mut self, settings: Settings) -> Result<(), SettingsError> {
        settings.check()?;
        self.analysis.set_settings(settings);
        Ok(())
    }

    /// The settings of now.
    pub fn settings(&self) -> Settings {
        self.analysis.settings()
    }

    /// What is pushed.
    pub fn format(&self) -> InputFormat {
        self.format
    }

    /// Attention-pooled posterior over every window since `new` or `reset` in which the gate was open (the paper's clip output), less the share
    /// that another instrument explains; one value a class, 0 when nothing was heard. [`Model::attend`] of these windows' [`Step::embedding`] says
    /// the same; of all windows of a recording it says something else where some of it is silent.
    pub fn clip(&self) -> Vec<f32> {
        self.analysis.clip()
    }

    /// Whether an instrument outside of the classes plays, over everything since `new` or `reset`. Nothing where the package cannot
    /// tell or nothing was heard.
    pub fn another(&self) -> Option<Another> {
        self.analysis.another()
    }

    /// Probability of each event ([`crate::package::EventTable::names`]) over everything since `new` or `reset`, 0..=1. Nothing where the
    /// package cannot tell or nothing was heard.
    pub fn events(&self) -> Option<Vec<f32>> {
        self.analysis.events()
    }

    /// What happened to the input so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The newest hops of the log-mel that the network sees, oldest first, at most [`crate::PATCH_HOPS`].
    pub fn log_mel(&self) -> impl Iterator<Item = &LogMelHop> {
        self.analysis.hops()
    }

    /// Attention weights over the memory, oldest step first: (time in seconds, one weight a class).
    pub fn attention(&self) -> impl Iterator<Item = (f64, &[f32])> {
        self.analysis.attention()
    }

    /// Seconds from a frame's arrival until the step centred on it can be known (half a window and the delays).
    pub fn lookahead_s(&self) -> f64 {
        self.analysis.lookahead_s() + self.resampler.delay_s()
    }

    /// The model that listens.
    pub fn model(&self) -> &Arc<Model> {
        self.analysis.model()
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("format", &self.format)
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}
