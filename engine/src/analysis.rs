//! From 16 kHz samples to steps: the part of the engine behind the resampler.

use crate::{
    COLUMN_HOPS, Counters, EngineError, HOP_SAMPLES, LogMelHop, Model, PATCH_HOPS, Settings, Step,
    gate::{HopPower, LevelGate, WindowLevel},
    head::Pool,
    history::{COLUMN_S, History, seconds},
    logmel::{LogMel, WINDOW_SAMPLES},
    network::{Hops, NetworkState},
    smoothing::AttackRelease,
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
    ahead: VecDeque<HopPower>,
    level: WindowLevel,
    gate: LevelGate,
    history: History,
    clip: Pool,
    smoothing: AttackRelease,
    timing: Timing,
    step: Step,
    failure: Option<String>,
}

/// Which window is at hand.
#[derive(Clone, Copy)]
struct Timing {
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
    pub(crate) fn new(model: Arc<Model>, settings: Settings) -> Result<Self, EngineError> {
        let classes = model.classes().len();
        let network = model.network.state()?;
        let delay_hops = model.network.delay_columns() * COLUMN_HOPS;
        let zeros = || vec![0.0; classes];
        let step = Step {
            index: 0,
            time_s: 0.0,
            activity: zeros(),
            posterior: zeros(),
            instant: zeros(),
            attention: zeros(),
            level_dbfs: f32::NEG_INFINITY,
            gate_open: false,
        };
        let listener = Listener {
            silent_network: network.clone(),
            network,
            hops: Hops::with_capacity(PATCH_HOPS + 1),
            ahead: VecDeque::with_capacity(delay_hops + 1),
            level: WindowLevel::new(),
            gate: LevelGate::new(settings.gate),
            history: History::new(classes, settings.memory_s),
            clip: Pool::new(classes),
            smoothing: AttackRelease::new(classes, settings.attack_s, settings.release_s, COLUMN_S),
            timing: Timing { hops: 0, first_column: 0, last_column: i64::MAX, previous: None },
            step,
            failure: None,
            model,
            settings,
        };
        let mut analysis = Self { log_mel: LogMel::new(), lead_in: 0, listener };
        analysis.begin_stream();
        Ok(analysis)
    }

    /// Back to the state after `new`, with the settings of now.
    pub(crate) fn reset(&mut self) {
        let listener = &mut self.listener;
        listener.gate.reset();
        listener.history.reset();
        listener.clip.clear();
        listener.smoothing.reset();
        listener.step.index = 0;
        listener.timing.previous = None;
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
        let columns = (position + HALF_WINDOW_SAMPLES + COLUMN_SAMPLES - 1).div_euclid(COLUMN_SAMPLES);
        self.begin(position, columns * COLUMN_SAMPLES - HALF_WINDOW_SAMPLES);
    }

    fn begin(&mut self, position: i64, first_window: i64) {
        self.lead_in = (position - (first_window - CONTEXT_COLUMNS * COLUMN_SAMPLES)) as usize;
        self.log_mel.reset();
        let listener = &mut self.listener;
        listener.network = listener.silent_network.clone();
        listener.hops.clear();
        listener.ahead.clear();
        listener.level.reset();
        listener.timing.hops = 0;
        listener.timing.first_column = (first_window + HALF_WINDOW_SAMPLES) / COLUMN_SAMPLES;
        listener.timing.last_column = i64::MAX;
    }

    /// Takes samples; each window that they complete becomes a step.
    pub(crate) fn push(
        &mut self,
        samples: &[f32],
        on_step: &mut dyn FnMut(&Step),
    ) -> Result<(), EngineError> {
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
        self.listener.timing.last_column = last_column;
        if self.listener.timing.first_column > last_column {
            return Ok(());
        }
        self.push(&[], on_step)?;
        while self.listener.next_column() <= last_column {
            self.feed(&[0.0; HOP_SAMPLES], on_step)?;
        }
        Ok(())
    }

    fn feed(&mut self, samples: &[f32], on_step: &mut dyn FnMut(&Step)) -> Result<(), EngineError> {
        let Self { log_mel, listener, .. } = self;
        log_mel.push(samples, &mut |hop, power| {
            if listener.failure.is_none()
                && let Err(error) = listener.hear(hop, power, on_step)
            {
                listener.failure = Some(error.to_string());
            }
        });
        match &listener.failure {
            None => Ok(()),
            Some(reason) => Err(EngineError::Network { reason: reason.clone() }),
        }
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
        self.listener.clip.posterior().collect()
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
        self.ahead.push_back(power);
        if self.ahead.len() > self.model.network.delay_columns() * COLUMN_HOPS {
            self.ahead.pop_front().into_iter().for_each(|power| self.level.push(power));
        }
        let column = self.next_column();
        self.timing.hops += 1;
        if !self.timing.hops.is_multiple_of(COLUMN_HOPS as u64) {
            return Ok(());
        }
        self.network.advance(&self.hops)?;
        let stride = (self.settings.update_hops / COLUMN_HOPS) as i64;
        let wanted = self.timing.first_column..=self.timing.last_column;
        if wanted.contains(&column) && column % stride == 0 {
            self.step(column)?;
            on_step(&self.step);
            self.step.index += 1;
        }
        Ok(())
    }

    /// Column of the window that the current column of hops completes.
    fn next_column(&self) -> i64 {
        let columns = (self.timing.hops / COLUMN_HOPS as u64) as i64;
        let window = columns + 1 - WINDOW_COLUMNS - self.model.network.delay_columns() as i64;
        self.timing.first_column + window - CONTEXT_COLUMNS
    }

    fn step(&mut self, column: i64) -> Result<(), EngineError> {
        let Self { model, network, hops, history, clip, step, settings, .. } = self;
        step.time_s = seconds(column);
        step.level_dbfs = self.level.dbfs();
        step.gate_open = self.gate.step(step.level_dbfs);
        history.push(column, |said| {
            if step.gate_open {
                let mut representation = network.embed(hops)?;
                model.post_processor.apply(&mut representation);
                model.head.step(&representation, said);
                if !said.is_finite() {
                    let reason = "an output of the head is not finite: use another model";
                    return Err(EngineError::Network { reason: reason.to_owned() });
                }
                clip.add(said);
                step.instant.copy_from_slice(&said.activity);
            } else {
                step.instant.fill(0.0);
            }
            Ok(step.gate_open)
        })?;
        step.posterior.iter_mut().zip(history.posterior()).for_each(|(to, posterior)| *to = posterior);
        if let Some((_, attention)) = history.newest() {
            step.attention.copy_from_slice(attention);
        }
        // What a gap left out has passed all the same.
        let since_s =
            self.timing.previous.map_or(settings.update_hops as f64 * 0.01, |p| seconds(column - p));
        self.timing.previous = Some(column);
        self.smoothing.set_times(settings.attack_s, settings.release_s, since_s);
        let open = step.gate_open;
        let smoothed = self.smoothing.step(step.posterior.iter().map(|&p| if open { p } else { 0.0 }));
        step.activity.copy_from_slice(smoothed);
        Ok(())
    }
}

/// Frames since the stream's start, gaps counted in.
pub(crate) fn position(counters: &Counters) -> u64 {
    counters.frames + counters.gap_frames
}
