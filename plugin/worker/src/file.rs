//! Analyses a dropped file, beside the live analysis and with an engine of its own.

use crate::{export::Header, perhaps::shown, turns};
use rollcall_board::{FileJob, FileState, History, HistoryReader, HistoryWriter, RowData, SongPosition};
use rollcall_engine::{Alone, Another, Engine, InputFormat, Model, Settings};
use rollcall_media::{Audio, Format};
use rollcall_results::{Loudness, replaced_note};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
};

/// What the job's thread tells.
#[derive(Default)]
struct Told {
    cancelled: AtomicBool,
    /// Share that is done, as bits.
    share: AtomicU32,
    /// Length in frames as the header says it, and rate; 0 until known.
    frames: AtomicU64,
    rate_hz: AtomicU32,
    outcome: OnceLock<Result<Outcome, String>>,
}

/// What is known at the end.
#[derive(Clone)]
struct Outcome {
    frames: u64,
    channels: usize,
    clip: Vec<f32>,
    /// What is to be said about the file, as the program says it.
    notes: Vec<String>,
    another: Option<Another>,
}

/// A job; dropping it cancels and joins it.
pub(crate) struct Job {
    path: PathBuf,
    model: Arc<Model>,
    settings: Settings,
    told: Arc<Told>,
    history: HistoryReader,
    thread: Option<JoinHandle<()>>,
}

impl Job {
    /// Starts on a thread of its own.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(path: PathBuf, model: Arc<Model>, settings: Settings) -> std::io::Result<Self> {
        let history = HistoryWriter::new(model.classes().len());
        let told = Arc::new(Told::default());
        let reader = history.reader();
        let (work_path, work_model, work_told) = (path.clone(), Arc::clone(&model), Arc::clone(&told));
        let thread = thread::Builder::new().name("rollcall-file".into()).spawn(move || {
            let outcome = analyse(&work_path, work_model, settings, history, &work_told);
            let _ = work_told.outcome.set(outcome);
        })?;
        Ok(Self { path, model, settings, told, history: reader, thread: Some(thread) })
    }

    /// As readers see it.
    pub(crate) fn show(&self) -> FileJob {
        let rate_hz = f64::from(self.told.rate_hz.load(Relaxed));
        let (state, frames) = match self.told.outcome.get() {
            Some(Ok(outcome)) => (FileState::Done, outcome.frames),
            Some(Err(why)) => (FileState::Failed(why.clone()), 0),
            None if self.thread.as_ref().is_some_and(JoinHandle::is_finished) => {
                (FileState::Failed("the analysis broke off; please report this".into()), 0)
            }
            None => {
                let share = f32::from_bits(self.told.share.load(Relaxed));
                (FileState::Running(share), self.told.frames.load(Relaxed))
            }
        };
        let duration_s = (frames > 0 && rate_hz > 0.0).then(|| frames as f64 / rate_hz);
        FileJob { path: self.path.clone(), state, duration_s, history: self.history.clone() }
    }

    /// What an export needs, once all is analysed.
    pub(crate) fn header(&self, thresholds: Vec<f32>) -> Option<(Header<'_>, History)> {
        let Some(Ok(outcome)) = self.told.outcome.get() else { return None };
        let rate_hz = self.told.rate_hz.load(Relaxed);
        let (file, file_bytes) = rollcall_results::name(&self.path);
        let header = Header {
            file,
            file_bytes,
            notes: outcome.notes.clone(),
            another: outcome.another,
            model: &self.model,
            settings: self.settings,
            thresholds,
            sample_rate_hz: rate_hz,
            channels: outcome.channels,
            duration_s: outcome.frames as f64 / f64::from(rate_hz),
            clip: outcome.clip.clone(),
        };
        Some((header, self.history.view()))
    }

    pub(crate) fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.told.cancelled.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic shows as a job that broke off.
            let _ = thread.join();
        }
    }
}

fn analyse(
    path: &Path,
    model: Arc<Model>,
    settings: Settings,
    mut history: HistoryWriter,
    told: &Told,
) -> Result<Outcome, String> {
    let mut audio = Audio::open(path).map_err(|error| error.to_string())?;
    let &Format { sample_rate_hz: rate_hz, channels, frames: length, .. } = audio.format();
    let format = InputFormat { sample_rate_hz: rate_hz, channels };
    // In pieces of ten seconds, which is cheaper; each takes a turn of some tenth of a second from the live instances.
    let mut engine =
        Engine::ahead(model, format, settings, Box::new(Alone)).map_err(|error| error.to_string())?;
    told.rate_hz.store(rate_hz, Relaxed);
    told.frames.store(length.unwrap_or(0), Relaxed);
    let mut loudness = Loudness::of_mean(channels, rate_hz);
    let mut loudest_dbfs = f32::NEG_INFINITY;
    let mut on_step = |step: &rollcall_engine::Step| {
        loudest_dbfs = loudest_dbfs.max(step.level_dbfs);
        history.push(&RowData {
            time_s: step.time_s,
            position: SongPosition::default(),
            level_dbfs: step.level_dbfs,
            gate_open: step.gate_open,
            after_gap: false,
            another: step.another.map(shown),
            hops: u8::try_from(settings.update_hops).unwrap_or(u8::MAX),
            activity: &step.activity,
        });
    };
    let mut frames = 0_u64;
    while let Some(block) = audio.next_block().map_err(|error| error.to_string())? {
        if told.cancelled.load(Relaxed) {
            return Err("it was cancelled".into());
        }
        frames += (block.len() / channels) as u64;
        loudness.hear(block);
        {
            let _turn = turns::take();
            engine.push(block, &mut on_step).map_err(|error| error.to_string())?;
        }
        if let Some(length) = length.filter(|&length| length > 0) {
            told.share.store((frames as f32 / length as f32).min(1.0).to_bits(), Relaxed);
        }
    }
    engine.flush(&mut on_step).map_err(|error| error.to_string())?;
    loudness.window(loudest_dbfs);
    let replaced = replaced_note(engine.counters().replaced_samples);
    let notes = audio.notes().iter().cloned().chain(replaced).chain(loudness.note()).collect();
    Ok(Outcome { frames, channels, clip: engine.clip(), notes, another: engine.another() })
}
