//! Rates x block sizes x layouts x modes: the plans of a matrix.

use crate::{Blocks, Mode, Plan, Process, Setup, Signal, Step};
use std::path::Path;

/// What is crossed with what.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// Sample rates in Hz.
    pub rates_hz: Vec<f64>,
    /// Block schedules.
    pub blocks: Vec<Blocks>,
    /// Main channels and whether there is a sidechain; the plugin's own layout for `None`.
    pub layouts: Vec<Option<(u32, bool)>>,
    /// Modes.
    pub modes: Vec<Mode>,
    /// Seconds of audio for each.
    pub seconds: f64,
    /// What is fed.
    pub signal: Signal,
    /// Seed of everything random.
    pub seed: u64,
}

impl Default for Matrix {
    /// What hosts use most, and the ends of it.
    fn default() -> Self {
        Self {
            rates_hz: vec![8_000.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0],
            blocks: vec![
                Blocks::Fixed(32),
                Blocks::Fixed(512),
                Blocks::Fixed(4_096),
                Blocks::Random { min: 0, max: 2_048 },
                Blocks::HostLike(512),
            ],
            layouts: vec![None],
            modes: vec![Mode::Realtime, Mode::Offline],
            seconds: 1.0,
            signal: Signal::Odd,
            seed: 1,
        }
    }
}

impl Matrix {
    /// One plan for each layout: in it, every rate, schedule and mode as a stretch of its own, in place and with separate
    /// buffers in turn. A rate or layout that the plugin refuses ends that plan: refusals are results too.
    pub fn plans(&self, plugin: &Path, id: Option<&str>) -> Vec<(String, Plan)> {
        let mut plans = Vec::new();
        for layout in &self.layouts {
            for rate_hz in &self.rates_hz {
                let mut steps = Vec::new();
                for mode in &self.modes {
                    for (turn, blocks) in self.blocks.iter().enumerate() {
                        let mut setup = Setup::new(*rate_hz, blocks.max_frames()).mode(*mode);
                        if let Some((channels, sidechain)) = layout {
                            setup = setup.layout(*channels, *sidechain);
                        }
                        let mut process = Process::new(self.seconds, blocks.clone(), self.signal.clone());
                        process.in_place = turn % 2 == 1;
                        steps.extend([Step::Activate(setup), Step::Process(process), Step::Deactivate]);
                    }
                }
                let width = match layout {
                    None => "own layout".to_owned(),
                    Some((channels, true)) => format!("{channels} channels, sidechain"),
                    Some((channels, false)) => format!("{channels} channels"),
                };
                let stretches = self.modes.len() * self.blocks.len();
                let mut plan = Plan::new(plugin).steps(steps);
                plan.id = id.map(str::to_owned);
                plan.seed = self.seed;
                plan.timeout_s = 60.0 + 10.0 * self.seconds * stretches as f64;
                plans.push((format!("{rate_hz} Hz, {width}, {stretches} stretches"), plan));
            }
        }
        plans
    }
}
