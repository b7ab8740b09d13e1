//! What a user may choose about the analysis.

use crate::COLUMN_HOPS;
use serde::{Deserialize, Serialize};

/// Choices that shape the activities. All can change while audio runs ([`crate::Engine::set_settings`]).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Hops between two steps, a multiple of [`COLUMN_HOPS`] from 16 (160 ms) to 96 (960 ms).
    pub update_hops: usize,
    /// Seconds of embeddings that the attention pools over, 1 to 30.
    pub memory_s: f32,
    /// Time constant of a rising activity in seconds, 0 (none) to 10.
    pub attack_s: f32,
    /// Time constant of a falling activity in seconds, 0 (none) to 10.
    pub release_s: f32,
    /// Below this level nothing plays.
    pub gate: Gate,
}

/// Level gate with hysteresis over the RMS of a patch, in dB relative to a full-scale square wave.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gate {
    /// A closed gate opens at this level and above.
    pub open_dbfs: f32,
    /// An open gate closes below this level; at most `open_dbfs`.
    pub close_dbfs: f32,
}

impl Default for Gate {
    fn default() -> Self {
        Self { open_dbfs: -60.0, close_dbfs: -66.0 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { update_hops: COLUMN_HOPS, memory_s: 3.0, attack_s: 0.0, release_s: 0.3, gate: Gate::default() }
    }
}

/// A setting out of its range.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{name} is {value}, but must be {bound}")]
pub struct SettingsError {
    /// The setting's name.
    pub name: &'static str,
    /// What was asked for.
    pub value: f64,
    /// What is possible, as text.
    pub bound: &'static str,
}

impl Settings {
    /// Checks every range.
    ///
    /// # Errors
    /// The first setting that is out of range, with its value and bound.
    pub fn check(&self) -> Result<(), SettingsError> {
        let within = |name, value: f32, low: f32, high: f32, bound| {
            ((low..=high).contains(&value)).then_some(()).ok_or(SettingsError {
                name,
                value: f64::from(value),
                bound,
            })
        };
        if self.update_hops == 0 || !self.update_hops.is_multiple_of(COLUMN_HOPS) || self.update_hops > 96 {
            return Err(SettingsError {
                name: "update_hops",
                value: self.update_hops as f64,
                bound: "16, 32, 48, 64, 80 or 96 hops of 10 ms",
            });
        }
        within("memory_s", self.memory_s, 1.0, 30.0, "1 to 30 seconds")?;
        within("attack_s", self.attack_s, 0.0, 10.0, "0 to 10 seconds")?;
        within("release_s", self.release_s, 0.0, 10.0, "0 to 10 seconds")?;
        within("gate.open_dbfs", self.gate.open_dbfs, -120.0, 0.0, "-120 to 0 dBFS")?;
        within(
            "gate.close_dbfs",
            self.gate.close_dbfs,
            -120.0,
            self.gate.open_dbfs,
            "-120 dBFS to gate.open_dbfs",
        )
    }
}
