//! One audio file -> the engine -> an [`Analysis`], in constant memory.

use crate::{Analysis, Overview, Steps, crew};
use rollcall_engine::{
    Engine, EngineError, InputFormat, Model, Settings,
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
    /// Listens to `audio`. `progress` is told the seconds done, and the seconds there will be if that is known, and
    /// says whether to go on.
    ///
    /// # Errors
    /// Whatever is wrong with the file, unless a part of it is kept.
    pub fn analyze(
        &self,
        mut audio: Audio,
        name: String,
        progress: &mut dyn FnMut(f64, Option<f64>) -> ControlFlow<()>,
    ) -> Result<Analysis, AnalyzeError> {
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
        let mut engine =
            Engine::ahead(Arc::clone(&self.model), format, self.engine, crew::crew(self.threads))?;
        let head =
            Timeline::begin(name, &self.model, format, self.engine, self.ranges.clone(), start as f64 / rate);
        let mut steps = Steps::new(head);
        let mut overview =
            self.is_pictured.then(|| Overview::new(rate_hz, channels)).transpose()?.map(Box::new);
        let mut frames = 0;
        let incomplete = loop {
            let left = wanted.map_or(u64::MAX, |wanted| wanted - frames);
            if left == 0 {
                break None;
            }
            match audio.next_block() {
                Ok(Some(block)) => {
                    let take = left.min((block.len() / channels) as u64);
                    let block = &block[..take as usize * channels];
                    engine.push(block, &mut |step| steps.take(step))?;
                    if let Some(overview) = &mut overview {
                        overview.push(block);
                    }
                    frames += take;
                    if progress(frames as f64 / rate, total_s).is_break() {
                        return Err(AnalyzeError::Stopped);
                    }
                }
                Ok(None) => break None,
                Err(error) if self.keep_partial && frames > 0 => break Some(error.to_string()),
                Err(error) => return Err(error.into()),
            }
        };
        engine.flush(&mut |step| steps.take(step))?;
        if let Some(overview) = &mut overview {
            overview.finish();
        }
        Ok(Analysis { overview, ..steps.finish(frames as f64 / rate, &engine.clip(), incomplete)? })
    }
}
