//! From 16 kHz samples to steps: the part of the engine behind the resampler.

use crate::ahead::{Ahead, Crew, Done};
use crate::events::{Another, Embeddings};
use crate::gate::{HopPower, LevelGate, WindowLevel};
use crate::head::Pool;
use crate::history::{COLUMN_S, History, LONGEST_COLUMNS, seconds};
use crate::logmel::{LogMel, WINDOW_SAMPLES};
use crate::network::{Hops, NetworkState};
use crate::smoothing::AttackRelease;
use crate::{
    COLUMN_HOPS, Counters, EMBEDDING, EngineError, HOP_SAMPLES, LogMelHop, Model, PATCH_HOPS, Settings, Step,
};
use std::{collections::VecDeque, sync::Arc};

/// Samples between the starts of two columns.
const COLUMN_SAMPLES: i64 = (COLUMN_HOPS * HOP_SAMPLES) as i64;
/// Samples from the start of a window's first hop to its centre: half of 95 hops and one STFT window.
const HALF_WINDOW_SAMPLES: i64 = (((PATCH_HOPS - 1) * HOP_SAMPLES + WINDOW_SAMPLES) / 2) as i64;
/// Columns of silence before the first window of a segment, so that the zero border of the convolutions reaches no
/// column in use: VGGish sees 27 hops beyond a column on either side (pads of 1 at strides
/// 1, 2, 4, 4, 8 and 8), two columns are 32.
const CONTEXT_COLUMNS: i64 = 2;
/// Columns in one window.
const WINDOW_COLUMNS: i64 = (PATCH_HOPS / COLUMN_HOPS) as i64;

/// Everything that remembers, behind the resampler.
pub(crate) struct Analysis {
    log_mel: LogMel,
    /// Samples of silence that stand before the next sample.
    lead_in: usize,
    /// Where the network is computed, if not as the hops come.
    ahead: Option<Ahead>,
    /// Where audio is to begin anew, when what was heard ahead of it has been listened to.
    anew: Option<i64>,
    listener: Listener,
}

/// What hops come to.
struct Listener {
    model: Arc<Model>,
    settings: Settings,
    network: NetworkState,
    /// As `network` was before it heard anything.
    silent_network: NetworkState,
    hops: Hops,
    /// Powers of the hops that the window at hand does not reach yet.
    waiting: VecDeque<HopPower>,
    level: WindowLevel,
    gate: LevelGate,
    history: History,
    clip: Pool,
    embeddings: Embeddings,
    smoothing: AttackRelease,
    grid: Grid,
    step: Step,
    failure: Option<String>,
}

/// Which window is at hand.
#[derive(Clone, Copy)]
struct Grid {
    /// Hops since the start of the segment.
    hops: u64,
    /// Column of the segment's first window: its centre is at 160 ms times this, counted from the stream's start.
    first_column: i64,
    /// Last column to become a step.
    last_column: i64,
    /// Column of the last step.
    previous: Option<i64>,
}

impl Analysis {
    pub(crate) fn new(
        model: Arc<Model>,
        settings: Settings,
        crew: Option<Box<dyn Crew>>,
    ) -> Result<Self, EngineError> {
        let classes = model.classes().len();
        let ahead = crew.map(|crew| Ahead::new(model.network.clone(), crew));
        let network = match &ahead {
            Some(_) => NetworkState::Known(Box::new(model.network.known())),
            None => model.network.state()?,
        };
        let delay_hops = model.network.delay_columns() * COLUMN_HOPS;
        let zeros = || vec![0.0; classes];
        let step = Step {
            index: 0,
            time_s: 0.0,
            activity: zeros(),
            posterior: zeros(),
            instant: zeros(),
            attention: zeros(),
            another: None,
            embedding: vec![0.0; EMBEDDING],
            detail: vec![0.0; model.detail_len()],
            level_dbfs: f32::NEG_INFINITY,
            gate_open: false,
        };
        let listener = Listener {
            silent_network: network.clone(),
            network,
            hops: Hops::with_capacity(PATCH_HOPS + 1),
            waiting: VecDeque::with_capacity(delay_hops + 1),
            level: WindowLevel::new(),
            gate: LevelGate::new(settings.gate),
            history: History::new(classes, settings.memory_s),
            clip: Pool::new(classes),
            embeddings: Embeddings::new(LONGEST_COLUMNS),
            smoothing: AttackRelease::new(classes, settings.attack_s, settings.release_s, COLUMN_S),
            grid: Grid { hops: 0, first_column: 0, last_column: i64::MAX, previous: None },
            step,
            failure: None,
            model,
            settings,
        };
        let mut analysis = Self { log_mel: LogMel::new(), lead_in: 0, ahead, anew: None, listener };
        analysis.begin_stream();
        Ok(analysis)
    }

    /// Back to the state after `new`, with the settings of now.
    pub(crate) fn reset(&mut self) {
        let listener = &mut self.listener;
        listener.gate.reset();
        listener.history.reset();
        listener.clip.clear();
        listener.embeddings.reset();
        listener.smoothing.reset();
        listener.step.index = 0;
        listener.grid.previous = None;
        listener.failure = None;
        self.begin_stream();
    }

    /// The stream begins as if silence came before: the first window is centred on its first sample.
    fn begin_stream(&mut self) {
        self.begin(0, -HALF_WINDOW_SAMPLES);
    }

    /// Audio begins anew at `position` (in samples of 16 kHz since the stream's start), and no window reaches back over
    /// it. Windows stay on the grid of columns; the silence before them is context for the convolutions only.
    pub(crate) fn begin_segment(&mut self, position: i64) {
        if self.anew.is_some() || self.ahead.as_ref().is_some_and(Ahead::is_behind) {
            self.anew = Some(position);
            return;
        }
        let columns = (position + HALF_WINDOW_SAMPLES + COLUMN_SAMPLES - 1).div_euclid(COLUMN_SAMPLES);
        self.begin(position, columns * COLUMN_SAMPLES - HALF_WINDOW_SAMPLES);
    }

    fn begin(&mut self, position: i64, first_window: i64) {
        self.lead_in = (position - (first_window - CONTEXT_COLUMNS * COLUMN_SAMPLES)) as usize;
        self.log_mel.reset();
        self.anew = None;
        if let Some(ahead) = &mut self.ahead {
            ahead.begin();
        }
        let listener = &mut self.listener;
        listener.network = listener.silent_network.clone();
        listener.hops.clear();
        listener.waiting.clear();
        listener.level.reset();
        listener.grid.hops = 0;
        listener.grid.first_column = (first_window + HALF_WINDOW_SAMPLES) / COLUMN_SAMPLES;
        listener.grid.last_column = i64::MAX;
    }

    /// Takes samples; each window that they complete becomes a step.
    pub(crate) fn push(
        &mut self,
        samples: &[f32],
        on_step: &mut dyn FnMut(&Step),
    ) -> Result<(), EngineError> {
        self.begin_anew(on_step)?;
        while self.lead_in > 0 {
            let count = self.lead_in.min(HOP_SAMPLES);
            self.lead_in -= count;
            self.feed(&[0.0; HOP_SAMPLES][..count], on_step)?;
        }
        self.feed(samples, on_step)
    }

    /// Fills up with silence until every window centred on `last_column` or before has become a step.
    pub(crate) fn finish(
        &mut self,
        last_column: i64,
        on_step: &mut dyn FnMut(&Step),
    ) -> Result<(), EngineError> {
        self.begin_anew(on_step)?;
        self.listener.grid.last_column = last_column;
        if self.listener.grid.first_column > last_column {
            return Ok(());
        }
        self.push(&[], on_step)?;
        while self.next_column() <= last_column {
            self.feed(&[0.0; HOP_SAMPLES], on_step)?;
        }
        self.catch_up(on_step)
    }

    /// Column of the window that the current column of hops completes, whether it was listened to or only heard.
    fn next_column(&self) -> i64 {
        let hops = self.ahead.as_ref().map_or(self.listener.grid.hops, |ahead| ahead.heard);
        self.listener.column_after(hops)
    }

    fn feed(&mut self, samples: &[f32], on_step: &mut dyn FnMut(&Step)) -> Result<(), EngineError> {
        let Self { log_mel, ahead, listener, .. } = self;
        log_mel.push(samples, &mut |hop, power| match ahead {
            Some(ahead) => {
                let heard = ahead.heard;
                ahead.hear(hop, power, || {
                    let column = listener.column_after(heard);
                    column >= listener.grid.first_column && listener.is_due(column)
                });
            }
            None => listener.listen(hop, power, on_step),
        });
        if let Some(ahead) = ahead {
            while let Some(done) = ahead.give(false) {
                done.into_iter().for_each(|done| listener.listen_to(done, on_step));
            }
        }
        self.listener.result()
    }

    /// Listens to all that was heard.
    fn catch_up(&mut self, on_step: &mut dyn FnMut(&Step)) -> Result<(), EngineError> {
        let Self { ahead, listener, .. } = self;
        if let Some(ahead) = ahead {
            while let Some(done) = ahead.give(true) {
                done.into_iter().for_each(|done| listener.listen_to(done, on_step));
            }
            while let Some(done) = ahead.take() {
                listener.listen_to(done, on_step);
            }
        }
        self.listener.result()
    }

    /// Begins the segment that had to wait for this.
    fn begin_anew(&mut self, on_step: &mut dyn FnMut(&Step)) -> Result<(), EngineError> {
        if let Some(position) = self.anew {
            self.catch_up(on_step)?;
            self.anew = None;
            self.begin_segment(position);
        }
        Ok(())
    }

    /// The settings have been checked.
    pub(crate) fn set_settings(&mut self, settings: Settings) {
        self.listener.settings = settings;
        self.listener.gate.set(settings.gate);
        self.listener.history.set_memory(settings.memory_s);
    }

    pub(crate) fn model(&self) -> &Arc<Model> {
        &self.listener.model
    }

    pub(crate) fn settings(&self) -> Settings {
        self.listener.settings
    }

    pub(crate) fn clip(&self) -> Vec<f32> {
        let share = self.another().map_or(1.0, |another| Another::share_of_classes(another.probability));
        let own = self.listener.model.heads.own_classes();
        let of = |(class, p): (usize, f32)| if class < own { p * share } else { p };
        self.listener.clip.posterior().enumerate().map(of).collect()
    }

    pub(crate) fn another(&self) -> Option<Another> {
        let Listener { model, embeddings, .. } = &self.listener;
        Some(model.events.as_ref()?.another(&embeddings.mean()?))
    }

    pub(crate) fn events(&self) -> Option<Vec<f32>> {
        let Listener { model, embeddings, .. } = &self.listener;
        Some(model.events.as_ref()?.probabilities(&embeddings.mean()?))
    }

    pub(crate) fn hops(&self) -> impl Iterator<Item = &LogMelHop> {
        self.listener.hops.iter()
    }

    pub(crate) fn attention(&self) -> impl Iterator<Item = (f64, &[f32])> {
        self.listener.history.attention()
    }

    /// Seconds of 16 kHz audio from the centre of a window until it is a step.
    pub(crate) fn lookahead_s(&self) -> f64 {
        let samples =
            HALF_WINDOW_SAMPLES + COLUMN_SAMPLES * self.listener.model.network.delay_columns() as i64;
        samples as f64 / f64::from(crate::SAMPLE_RATE_HZ)
    }
}

/// Last column whose centre lies within audio of `frames` frames at `rate_hz`.
pub(crate) fn last_column(frames: u64, rate_hz: u32) -> i64 {
    let hundredths = u128::from(frames) * 100 / u128::from(rate_hz);
    (hundredths / COLUMN_HOPS as u128) as i64
}

impl Listener {
    /// Takes a hop, unless something failed before.
    fn listen(&mut self, hop: &LogMelHop, power: HopPower, on_step: &mut dyn FnMut(&Step)) {
        if self.failure.is_none()
            && let Err(error) = self.hear(hop, power, on_step)
        {
            self.failure = Some(error.to_string());
        }
    }

    /// Takes the hops of a task that was run.
    fn listen_to(&mut self, done: Done, on_step: &mut dyn FnMut(&Step)) {
        let Done { hops, powers, wanted, piece, .. } = done;
        let known = self.network.known().expect("tasks are for those who know what they found");
        if let Err(error) = piece.and_then(|piece| known.take(piece, &wanted)) {
            self.failure.get_or_insert(error.to_string());
        }
        hops.iter().zip(powers).for_each(|(hop, power)| self.listen(hop, power, on_step));
    }

    fn result(&self) -> Result<(), EngineError> {
        match &self.failure {
            None => Ok(()),
            Some(reason) => Err(EngineError::Network { reason: reason.clone() }),
        }
    }

    fn hear(
        &mut self,
        hop: &LogMelHop,
        power: HopPower,
        on_step: &mut dyn FnMut(&Step),
    ) -> Result<(), EngineError> {
        if self.hops.len() == PATCH_HOPS {
            self.hops.pop_front();
        }
        self.hops.push_back(*hop);
        self.waiting.push_back(power);
        if self.waiting.len() > self.model.network.delay_columns() * COLUMN_HOPS {
            self.waiting.pop_front().into_iter().for_each(|power| self.level.push(power));
        }
        let column = self.column_after(self.grid.hops);
        self.grid.hops += 1;
        if !self.grid.hops.is_multiple_of(COLUMN_HOPS as u64) {
            return Ok(());
        }
        self.network.advance(&self.hops)?;
        let wanted = self.grid.first_column..=self.grid.last_column;
        let due = match self.network.known() {
            Some(known) => known.is_wanted(),
            None => self.is_due(column),
        };
        if wanted.contains(&column) && due {
            self.step(column)?;
            on_step(&self.step);
            self.step.index += 1;
        }
        Ok(())
    }

    /// Whether a window becomes a step at the update interval of now.
    fn is_due(&self, column: i64) -> bool {
        column % (self.settings.update_hops / COLUMN_HOPS) as i64 == 0
    }

    /// Column of the window that the column of hops completes of which `hops` hops were before.
    fn column_after(&self, hops: u64) -> i64 {
        let columns = (hops / COLUMN_HOPS as u64) as i64;
        let window = columns + 1 - WINDOW_COLUMNS - self.model.network.delay_columns() as i64;
        self.grid.first_column + window - CONTEXT_COLUMNS
    }

    fn step(&mut self, column: i64) -> Result<(), EngineError> {
        let Self { model, network, hops, history, clip, embeddings, step, settings, .. } = self;
        step.time_s = seconds(column);
        step.level_dbfs = self.level.dbfs();
        step.gate_open = self.gate.step(step.level_dbfs);
        history.push(column, |said| {
            if step.gate_open {
                let mut window = network.embed(hops)?;
                if model.events.is_some() {
                    embeddings.push(column, &window.embedding);
                }
                model.post_processor.apply(&mut window.embedding);
                model.heads.step(&window, said);
                if !said.is_finite() {
                    let reason = "an output of the head is not finite: use another model";
                    return Err(EngineError::Network { reason: reason.to_owned() });
                }
                clip.add(said);
                step.instant.copy_from_slice(&said.activity);
                step.embedding.copy_from_slice(&window.embedding);
                step.detail.copy_from_slice(&window.detail);
            } else {
                step.instant.fill(0.0);
                step.embedding.fill(0.0);
                step.detail.fill(0.0);
            }
            Ok(step.gate_open)
        })?;
        step.posterior.iter_mut().zip(history.posterior()).for_each(|(to, posterior)| *to = posterior);
        if let Some((_, attention)) = history.newest() {
            step.attention.copy_from_slice(attention);
        }
        let heard = embeddings.mean_of_last(column, history.memory_columns()).filter(|_| step.gate_open);
        step.another = model.events.as_ref().zip(heard).map(|(events, mean)| events.another(&mean));
        if step.another.is_some_and(|another| !another.probability.is_finite()) {
            let reason = "an event's logit is not finite: use another model";
            return Err(EngineError::Network { reason: reason.to_owned() });
        }
        // What a gap left out has passed all the same.
        let since_s = self.grid.previous.map_or(settings.update_hops as f64 * 0.01, |p| seconds(column - p));
        self.grid.previous = Some(column);
        self.smoothing.set_times(settings.attack_s, settings.release_s, since_s);
        let all = if step.gate_open { 1.0 } else { 0.0 };
        let share = step.another.map_or(all, |another| Another::share_of_classes(another.probability));
        // The other instruments are those outside of `head.onnx`: an added class may be the very one that plays.
        let own = model.heads.own_classes();
        let of = |(class, p): (usize, &f32)| if class < own { p * share } else { p * all };
        let smoothed = self.smoothing.step(step.posterior.iter().enumerate().map(of));
        step.activity.copy_from_slice(smoothed);
        Ok(())
    }
}

/// Frames since the stream's start, gaps counted in.
pub(crate) fn position(counters: &Counters) -> u64 {
    counters.frames + counters.gap_frames
}
