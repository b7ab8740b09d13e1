//! A session: the engine over one or more streams, and what the board shows of it.

use crate::{
    Transport, export::Header, kept::Kept, meters::Meters, perhaps::shown, picture::Film, song::Song,
};
use rollcall_board::{Counters, Latest, RowData, Settings, SongPosition, Writer};
use rollcall_engine::{Engine, EngineError, InputFormat, Model, Step};
use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

/// Steps that the times shown are taken over.
const TIMED_STEPS: usize = 9;

/// Memory, meters, picture and losses since the last reset. Time is the stream's: frames over rate.
pub(crate) struct Session {
    engine: Engine,
    rate_hz: u32,
    /// Session time at which the rate was last changed.
    before_s: f64,
    /// Frames since then, gaps counted in.
    frames: u64,
    settings: Settings,
    hops: usize,
    meters: Meters,
    song: Song,
    film: Film,
    kept: Kept,
    steps: u64,
    after_gap: bool,
    peak: f32,
    counters: Counters,
    timing: Timing,
}

impl Session {
    /// Begins with an empty history on the board.
    pub(crate) fn begin(
        model: &Arc<Model>,
        rate_hz: u32,
        settings: Settings,
        song: Song,
        board: &mut Writer,
    ) -> Result<Self, EngineError> {
        let hops = hops(settings.update_ms);
        board.clear_history(model.classes().len());
        let mut new = Self {
            engine: engine(model, rate_hz, &settings, hops)?,
            rate_hz,
            before_s: 0.0,
            frames: 0,
            settings,
            hops,
            meters: Meters::new(model),
            song,
            film: Film::default(),
            kept: Kept::new(settings.keep_audio),
            steps: 0,
            after_gap: false,
            peak: 0.0,
            counters: Counters::default(),
            timing: Timing::default(),
        };
        new.meters.restart(&settings);
        new.tell(board);
        new.show(None, board);
        Ok(new)
    }

    /// Takes mono frames; shows what comes of them.
    pub(crate) fn push(&mut self, mono: &[f32], board: &mut Writer) -> Result<(), EngineError> {
        self.peak = mono.iter().map(|s| s.abs()).filter(|s| s.is_finite()).fold(self.peak, f32::max);
        let began = Instant::now();
        let mut kept = std::mem::replace(&mut self.kept, Kept::new(false));
        let newest = self.run(board, |engine, on_step| {
            engine.push_and_lend(mono, &mut |samples| kept.take(samples), on_step)
        });
        self.kept = kept;
        let newest = newest?;
        self.frames += mono.len() as u64;
        self.timing.add(began.elapsed(), mono.len() as f64 / f64::from(self.rate_hz), newest.is_some());
        self.counters.frames += mono.len() as u64;
        self.film.follow(&self.engine, self.now_s());
        self.after(newest, board);
        Ok(())
    }

    /// The stream ends here: what its last windows hold comes out.
    pub(crate) fn flush(&mut self, board: &mut Writer) -> Result<(), EngineError> {
        let newest = self.run(board, |engine, on_step| engine.flush(on_step))?;
        self.kept.go_on_at(self.now_s());
        self.after(newest, board);
        Ok(())
    }

    /// Time goes on without audio.
    pub(crate) fn gap(&mut self, frames: u64, why: Gap) {
        self.engine.gap(frames);
        self.frames += frames;
        self.after_gap |= frames > 0;
        self.kept.go_on_at(self.now_s());
        match why {
            Gap::Lost => self.counters.gap_frames += frames,
            Gap::Skipped => self.counters.skipped_frames += frames,
            Gap::Bypassed => {}
        }
    }

    /// Empties everything; the transport stays where it is.
    pub(crate) fn reset(&mut self, board: &mut Writer) {
        self.song.restart(self.now_s());
        self.engine.reset();
        (self.before_s, self.frames, self.steps, self.after_gap) = (0.0, 0, 0, false);
        self.counters = Counters::default();
        self.peak = 0.0;
        self.meters.restart(&self.settings);
        self.film.clear();
        self.kept.clear();
        board.clear_history(self.engine.model().classes().len());
        self.tell(board);
        self.show(None, board);
    }

    /// Goes on at another rate, as after a gap.
    pub(crate) fn change_rate(&mut self, rate_hz: u32) -> Result<(), EngineError> {
        self.engine.change_rate(rate_hz)?;
        self.before_s = self.now_s();
        self.frames = 0;
        self.rate_hz = rate_hz;
        self.after_gap = true;
        self.kept.go_on_at(self.before_s);
        Ok(())
    }

    /// New parameters, from here on.
    pub(crate) fn set_settings(&mut self, settings: Settings, board: &mut Writer) {
        let thawed = self.settings.freeze && !settings.freeze;
        let bypassed = !self.settings.bypass && settings.bypass;
        self.settings = settings;
        self.kept.switch(settings.keep_audio);
        self.apply();
        if bypassed {
            self.meters.restart(&settings);
            self.tell(board);
        }
        if thawed || bypassed {
            self.show(None, board);
        }
    }

    /// Steps this far apart from here on, at least as far as asked for.
    pub(crate) fn set_hops(&mut self, hops: usize) {
        if hops != self.hops {
            self.hops = hops;
            self.apply();
        }
    }

    pub(crate) fn mark(&mut self, transport: Transport) {
        self.song.mark(self.now_s(), transport);
    }
    pub(crate) fn reset_peak(&mut self, class: Option<usize>, board: &mut Writer) {
        self.meters.reset_peak(class);
        self.show(None, board);
    }
    pub(crate) fn show_picture(&self, board: &mut Writer) {
        if !self.settings.freeze {
            board.show_picture(self.film.picture());
        }
    }
    pub(crate) fn into_song(mut self) -> Song {
        self.song.restart(self.now_s());
        self.song
    }

    /// Seconds since the session began.
    pub(crate) fn now_s(&self) -> f64 {
        self.before_s + self.frames as f64 / f64::from(self.rate_hz)
    }
    pub(crate) fn rate_hz(&self) -> u32 {
        self.rate_hz
    }
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }
    pub(crate) fn asked_hops(&self) -> usize {
        hops(self.settings.update_ms)
    }
    pub(crate) fn hops(&self) -> usize {
        self.hops
    }
    /// What an export of this session begins with.
    pub(crate) fn header(&self, file: String) -> Header<'_> {
        Header {
            file,
            model: self.engine.model(),
            settings: self.engine.settings(),
            thresholds: self.thresholds(),
            sample_rate_hz: self.rate_hz,
            channels: 1,
            duration_s: self.now_s(),
            clip: self.engine.clip(),
            notes: Vec::new(),
            another: self.engine.another(),
            file_bytes: None,
        }
    }
    /// The last minute of what was heard.
    pub(crate) fn kept(&self) -> &Kept {
        &self.kept
    }
    pub(crate) fn thresholds(&self) -> Vec<f32> {
        self.meters.thresholds(&self.settings)
    }
    pub(crate) fn timing(&self) -> &Timing {
        &self.timing
    }
    pub(crate) fn counters(&self) -> Counters {
        Counters { replaced_samples: self.engine.counters().replaced_samples, ..self.counters }
    }

    fn apply(&mut self) {
        // Every parameter is clipped to the engine's ranges before it gets here: nothing to be refused.
        let _ = self.engine.set_settings(engine_settings(&self.settings, self.hops));
    }

    fn run(
        &mut self,
        board: &mut Writer,
        drive: impl FnOnce(&mut Engine, &mut dyn FnMut(&Step)) -> Result<(), EngineError>,
    ) -> Result<Option<Newest>, EngineError> {
        let Self { engine, meters, song, settings, hops, steps, after_gap, .. } = self;
        // At most 96.
        let hops = u8::try_from(*hops).unwrap_or(u8::MAX);
        let mut newest = None;
        drive(engine, &mut |step| {
            let time_s = step.time_s;
            meters.step(step, time_s, settings);
            let position = song.at(time_s);
            board.append(&RowData {
                time_s,
                position,
                level_dbfs: step.level_dbfs,
                gate_open: step.gate_open,
                after_gap: std::mem::take(after_gap),
                another: step.another.map(shown),
                hops,
                activity: &step.activity,
            });
            *steps += 1;
            newest =
                Some(Newest { time_s, position, level_dbfs: step.level_dbfs, gate_open: step.gate_open });
        })?;
        Ok(newest)
    }

    fn after(&mut self, newest: Option<Newest>, board: &mut Writer) {
        if newest.is_some() {
            self.film.attend(&self.engine);
            self.tell(board);
            self.show(newest, board);
            self.peak = 0.0;
        }
    }

    /// Hands the meters to the host's outputs, which never freeze.
    fn tell(&self, board: &mut Writer) {
        board.set_outputs(self.meters.get());
    }

    /// Shows the meters, with the newest step if there is one, unless they are frozen.
    fn show(&self, newest: Option<Newest>, board: &mut Writer) {
        if self.settings.freeze && self.steps > 0 {
            return;
        }
        let newest = newest.unwrap_or_else(|| board.history().last().map(Newest::of_row).unwrap_or_default());
        board.show_latest(Latest {
            steps: self.steps,
            time_s: newest.time_s,
            position: newest.position,
            meters: self.meters.get().to_vec(),
            perhaps: self.meters.perhaps(),
            level_dbfs: newest.level_dbfs,
            gate_open: newest.gate_open,
            peak_dbfs: 20.0 * self.peak.log10(),
        });
    }
}

/// Why audio is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// The tap was full.
    Lost,
    /// The worker leaves it out to catch up.
    Skipped,
    /// The user wants none.
    Bypassed,
}

struct Newest {
    time_s: f64,
    position: SongPosition,
    level_dbfs: f32,
    gate_open: bool,
}

impl Default for Newest {
    fn default() -> Self {
        let level_dbfs = f32::NEG_INFINITY;
        Self { time_s: 0.0, position: SongPosition::default(), level_dbfs, gate_open: false }
    }
}

impl Newest {
    fn of_row(row: rollcall_board::Row<'_>) -> Self {
        Self {
            time_s: row.time_s(),
            position: row.position(),
            level_dbfs: row.level_dbfs(),
            gate_open: row.gate_open(),
        }
    }
}

/// How long steps take.
#[derive(Debug, Default)]
pub(crate) struct Timing {
    steps: VecDeque<(Duration, f64)>,
    busy: Duration,
    audio_s: f64,
}

impl Timing {
    fn add(&mut self, busy: Duration, audio_s: f64, stepped: bool) {
        self.busy += busy;
        self.audio_s += audio_s;
        if stepped {
            if self.steps.len() == TIMED_STEPS {
                self.steps.pop_front();
            }
            self.steps.push_back((self.busy, self.audio_s));
            (self.busy, self.audio_s) = (Duration::ZERO, 0.0);
        }
    }
    /// Median milliseconds of work for a step.
    pub(crate) fn step_ms(&self) -> f32 {
        let mut times: Vec<Duration> = self.steps.iter().map(|&(busy, _)| busy).collect();
        times.sort();
        times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f32() * 1e3)
    }
    /// Work over the audio that it was for.
    pub(crate) fn load(&self) -> f32 {
        let (busy, audio_s) = self
            .steps
            .iter()
            .fold((0.0, 0.0), |sum, &(busy, audio_s)| (sum.0 + busy.as_secs_f64(), sum.1 + audio_s));
        if audio_s > 0.0 { (busy / audio_s) as f32 } else { 0.0 }
    }
}

/// Hops of 10 ms between steps.
pub(crate) fn hops(update_ms: u32) -> usize {
    update_ms as usize / 10
}

fn engine(model: &Arc<Model>, rate_hz: u32, settings: &Settings, hops: usize) -> Result<Engine, EngineError> {
    let format = InputFormat { sample_rate_hz: rate_hz, channels: 1 };
    Engine::new(Arc::clone(model), format, engine_settings(settings, hops))
}

/// Parameters as the engine's settings.
pub(crate) fn engine_settings(settings: &Settings, hops: usize) -> rollcall_engine::Settings {
    rollcall_engine::Settings {
        update_hops: hops,
        memory_s: settings.memory_s,
        attack_s: settings.attack_ms / 1e3,
        release_s: settings.release_ms / 1e3,
        ..rollcall_engine::Settings::default()
    }
}
