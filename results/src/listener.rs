//! One audio file -> the engine -> an [`Analysis`] of each signal that is heard in it, in constant memory.

use crate::{
    Analysis, Channels, Overview, Steps,
    channels::Downmix,
    crew,
    loudness::Loudness,
    others::{OtherSteps, ranked_events},
};
use rollcall_engine::{
    Engine, EngineError, InputFormat, Model, Settings, Step,
    timeline::{RangeSettings, Timeline},
};
use rollcall_media::{Audio, DecodeError};
use std::{io, ops::ControlFlow, sync::Arc};

/// Who listens, and how: the same for every file.
#[derive(Clone, Debug)]
pub struct Listener {
    /// The network.
    pub model: Arc<Model>,
    /// Settings of the engine.
    pub engine: Settings,
    /// How ranges are cut.
    pub ranges: RangeSettings,
    /// First second to be analysed.
    pub start_s: f64,
    /// Seconds to be analysed; all that follow if `None`.
    pub duration_s: Option<f64>,
    /// Whether what was read of a broken file is kept.
    pub keep_partial: bool,
    /// Threads that share one file; results do not depend on it.
    pub threads: usize,
    /// Whether AudioSet's instruments are listed by their probability, where the model can tell.
    pub is_ranked: bool,
    /// Whether the embedding of each step is kept: 512 bytes a step, in the temporary folder where they are many.
    pub keeps_embeddings: bool,
    /// Whether wave-form and log-mel are gathered, for pictures.
    pub is_pictured: bool,
}

/// Why a file could not be analysed.
#[derive(Debug, thiserror::Error)]
pub enum AnalyzeError {
    /// The file.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Whoever watches its progress wanted it to end.
    #[error("was stopped")]
    Stopped,
    /// The rows of a long file go to an unnamed temporary file.
    #[error("cannot write to the temporary folder: {0}; make room there, or set TMPDIR to another folder")]
    Rows(#[from] io::Error),
}

impl Listener {
    /// Listens to the mean of all channels of `audio`. `progress` is told the seconds done, and the seconds there will be if that
    /// is known, and says whether to go on.
    ///
    /// # Errors
    /// Whatever is wrong with the file, unless a part of it is kept.
    pub fn analyze(
        &self,
        audio: Audio,
        name: String,
        progress: &mut dyn FnMut(f64, Option<f64>) -> ControlFlow<()>,
    ) -> Result<Analysis, AnalyzeError> {
        let mut analyses = self.analyze_channels(audio, name, Channels::Mono, progress)?;
        Ok(analyses.pop().expect("the mean of all channels is one signal"))
    }

    /// Listens to chosen channels of `audio`, as [`Listener::analyze`] does: one analysis, or one for each channel.
    ///
    /// # Errors
    /// Whatever is wrong with the file, unless a part of it is kept.
    pub fn analyze_channels(
        &self,
        audio: Audio,
        name: String,
        chosen: Channels,
        progress: &mut dyn FnMut(f64, Option<f64>) -> ControlFlow<()>,
    ) -> Result<Vec<Analysis>, AnalyzeError> {
        self.analyze_before(audio, name, chosen, progress, &mut |_, _| {})
    }

    /// As [`Listener::analyze_channels`], before a witness.
    ///
    /// # Errors
    /// Whatever is wrong with the file, unless a part of it is kept.
    pub fn analyze_before(
        &self,
        mut audio: Audio,
        name: String,
        chosen: Channels,
        progress: &mut dyn FnMut(f64, Option<f64>) -> ControlFlow<()>,
        witness: Witness<'_>,
    ) -> Result<Vec<Analysis>, AnalyzeError> {
        let rate_hz = audio.format().sample_rate_hz;
        let rate = f64::from(rate_hz);
        let start = (self.start_s * rate).round() as u64;
        if start > 0 {
            audio.skip_to(start)?;
        }
        let wanted = self.duration_s.map(|duration_s| (duration_s * rate).round() as u64);
        let known = audio.format().frames.map(|frames| frames.saturating_sub(start));
        let total_s = [wanted, known].into_iter().flatten().min().map(|frames| frames as f64 / rate);

        let channels = audio.format().channels;
        let format = InputFormat { sample_rate_hz: rate_hz, channels };
        let mut hearing = self.begin(name, format, chosen, start as f64 / rate)?;
        let mut frames = 0;
        let mut is_at_end = false;
        let incomplete = loop {
            let left = wanted.map_or(u64::MAX, |wanted| wanted - frames);
            if left == 0 {
                break None;
            }
            match audio.next_block() {
                Ok(Some(block)) => {
                    let take = left.min((block.len() / channels) as u64);
                    hearing.push(&block[..take as usize * channels], witness)?;
                    frames += take;
                    if progress(frames as f64 / rate, total_s).is_break() {
                        return Err(AnalyzeError::Stopped);
                    }
                }
                Ok(None) => {
                    is_at_end = true;
                    break None;
                }
                Err(error) if self.keep_partial && frames > 0 => break Some(error.to_string()),
                Err(error) => return Err(error.into()),
            }
        };
        let heard = (start + frames) as f64 / rate;
        let whole_s =
            audio.format().frames.filter(|_| !is_at_end).map_or(heard, |all| (all as f64 / rate).max(heard));
        let mut analyses = hearing.finish(incomplete, witness)?;
        for analysis in &mut analyses {
            analysis.notes.splice(0..0, audio.notes().iter().cloned());
            analysis.whole_s = whole_s;
        }
        Ok(analyses)
    }

    /// Begins with a recording that somebody else decodes, at its second `start_s`.
    ///
    /// # Errors
    /// A rate or number of channels that the engine does not take.
    pub fn begin(
        &self,
        name: String,
        format: InputFormat,
        chosen: Channels,
        start_s: f64,
    ) -> Result<Hearing, AnalyzeError> {
        let head = Timeline::begin(name, &self.model, format, self.engine, self.ranges.clone(), start_s);
        let downmixes = chosen.downmixes(format.channels);
        let threads = (self.threads / downmixes.len().max(1)).max(1);
        let voice = |downmix| Voice::new(self, downmix, format, threads, head.clone());
        Ok(Hearing { voices: downmixes.into_iter().map(voice).collect::<Result<_, _>>()? })
    }
}

/// What a witness sees of a signal.
#[derive(Clone, Copy, Debug)]
pub enum Heard<'a> {
    /// The frames that go to the engine: interleaved, if it is the mean of all channels, else of one channel.
    Signal(&'a [f32]),
    /// What the engine made of it.
    Step(&'a Step),
}

/// Who sees all that is heard: the number of the signal, from 0, and what is heard in it.
pub type Witness<'a> = &'a mut dyn FnMut(usize, Heard<'_>);

/// A recording on its way: chosen channels of it.
pub struct Hearing {
    voices: Vec<Voice>,
}

impl Hearing {
    /// Takes interleaved frames.
    ///
    /// # Errors
    /// What the engine refuses.
    pub fn push(&mut self, block: &[f32], witness: Witness<'_>) -> Result<(), AnalyzeError> {
        self.voices
            .iter_mut()
            .enumerate()
            .try_for_each(|(number, voice)| voice.hear(block, &mut |heard| witness(number, heard)))
    }

    /// The recording has ended; why early, if it did.
    ///
    /// # Errors
    /// What the engine refuses, or rows that cannot be written to the temporary folder.
    pub fn finish(
        self,
        incomplete: Option<String>,
        witness: Witness<'_>,
    ) -> Result<Vec<Analysis>, AnalyzeError> {
        let finish = |(number, voice): (usize, Voice)| {
            voice.finish(incomplete.clone(), &mut |heard| witness(number, heard))
        };
        self.voices.into_iter().enumerate().map(finish).collect()
    }
}

impl std::fmt::Debug for Hearing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hearing").field("signals", &self.voices.len()).finish_non_exhaustive()
    }
}

/// One signal on its way.
struct Voice {
    downmix: Downmix,
    channels: usize,
    engine: Engine,
    steps: Steps,
    others: Option<OtherSteps>,
    is_ranked: bool,
    overview: Option<Box<Overview>>,
    loudness: Loudness,
    room: Vec<f32>,
}

impl Voice {
    fn new(
        listener: &Listener,
        downmix: Downmix,
        format: InputFormat,
        threads: usize,
        head: Timeline,
    ) -> Result<Self, AnalyzeError> {
        let InputFormat { sample_rate_hz, channels } = format;
        let heard = InputFormat { sample_rate_hz, channels: downmix.channels(channels) };
        let start_s = head.settings.start_s;
        let mut steps = Steps::new(head);
        if listener.keeps_embeddings {
            steps.keep_embeddings();
        }
        let overview = listener.is_pictured.then(|| Overview::new(sample_rate_hz, heard.channels));
        Ok(Self {
            downmix,
            channels,
            engine: Engine::ahead(Arc::clone(&listener.model), heard, listener.engine, crew::crew(threads))?,
            others: OtherSteps::new(&listener.model, listener.engine, &listener.ranges, start_s),
            is_ranked: listener.is_ranked,
            steps,
            overview: overview.transpose()?.map(Box::new),
            loudness: Loudness::new(downmix, channels, f64::from(sample_rate_hz)),
            room: Vec::new(),
        })
    }

    /// Takes interleaved frames.
    fn hear(&mut self, block: &[f32], witness: &mut dyn FnMut(Heard<'_>)) -> Result<(), AnalyzeError> {
        let Self { downmix, channels, engine, steps, others, overview, loudness, room, .. } = self;
        let signal = downmix.of(block, *channels, room);
        loudness.frames(block, signal);
        witness(Heard::Signal(signal));
        engine.push(signal, &mut |step| {
            loudness.window(step.level_dbfs);
            take(steps, others, step);
            witness(Heard::Step(step));
        })?;
        if let Some(overview) = overview {
            overview.push(signal);
        }
        Ok(())
    }

    fn finish(
        self,
        incomplete: Option<String>,
        witness: &mut dyn FnMut(Heard<'_>),
    ) -> Result<Analysis, AnalyzeError> {
        let Self {
            downmix, mut engine, mut steps, mut others, mut overview, mut loudness, is_ranked, ..
        } = self;
        engine.flush(&mut |step| {
            loudness.window(step.level_dbfs);
            take(&mut steps, &mut others, step);
            witness(Heard::Step(step));
        })?;
        if let Some(overview) = &mut overview {
            overview.finish();
        }
        let counters = engine.counters();
        let duration_s = counters.frames as f64 / f64::from(engine.format().sample_rate_hz);
        let analysis = steps.finish(duration_s, &engine.clip(), incomplete)?;
        let end_s = analysis.timeline.end_s();
        let mut others = others.and_then(|others| others.finish(end_s, engine.another()));
        if let Some(others) = others.as_mut().filter(|_| is_ranked) {
            others.events = ranked_events(&engine);
        }
        let replaced_samples = counters.replaced_samples;
        let replaced = replaced_note(replaced_samples);
        Ok(Analysis {
            overview,
            others,
            channel: downmix.name(),
            notes: replaced.into_iter().chain(loudness.note()).collect(),
            replaced_samples,
            ..analysis
        })
    }
}

fn take(steps: &mut Steps, others: &mut Option<OtherSteps>, step: &Step) {
    if let Some(others) = others {
        others.take(steps.time_s(step), step.another);
    }
    steps.take(step);
}

/// What is said of samples that the engine could not take as they were ([`rollcall_engine::Counters::replaced_samples`]).
pub fn replaced_note(samples: u64) -> Option<String> {
    (samples > 0).then(|| {
        format!("{samples} samples are NaN, infinite, subnormal or beyond +60 dBFS; they counted as silence")
    })
}
