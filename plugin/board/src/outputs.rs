//! Bare atomics for the audio thread: reading them neither waits, allocates nor frees. What a window shows may stand still
//! ([`crate::Settings::freeze`]); these never do.

use crate::{
    MAX_CLASSES, Meter,
    sync::{AtomicU32, AtomicU64, Ordering::Relaxed},
};

/// The newest activities, one word each. Values of one step may be seen a word at a time: each stands for itself.
#[derive(Debug)]
pub struct Outputs {
    activity: [AtomicU32; MAX_CLASSES],
    active: AtomicU64,
    classes: AtomicU32,
}

impl Default for Outputs {
    fn default() -> Self {
        Self {
            activity: std::array::from_fn(|_| AtomicU32::new(0)),
            active: AtomicU64::new(0),
            classes: AtomicU32::new(0),
        }
    }
}

impl Outputs {
    /// Number of classes; 0 until a model is ready.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes.load(Relaxed) as usize
    }
    /// Activity of a class, 0..=1; 0 for a class that there is not.
    #[must_use]
    pub fn activity(&self, class: usize) -> f32 {
        self.activity.get(class).map_or(0.0, |bits| f32::from_bits(bits.load(Relaxed)))
    }
    /// Whether a class plays ([`Meter::active`]).
    #[must_use]
    pub fn active(&self, class: usize) -> bool {
        class < MAX_CLASSES && self.active.load(Relaxed) >> class & 1 == 1
    }

    /// Whether every activity is so small that it is 0 of 127, and nobody plays.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.active.load(Relaxed) == 0
            && (0..self.classes()).all(|class| self.activity(class) * 127.0 + 0.5 < 1.0)
    }

    pub(crate) fn set(&self, meters: &[Meter]) {
        let meters = &meters[..meters.len().min(MAX_CLASSES)];
        let mut active = 0;
        for (class, meter) in meters.iter().enumerate() {
            self.activity[class].store(meter.activity.to_bits(), Relaxed);
            active |= u64::from(meter.active) << class;
        }
        for rest in &self.activity[meters.len()..] {
            rest.store(0, Relaxed);
        }
        self.active.store(active, Relaxed);
        self.classes.store(meters.len() as u32, Relaxed);
    }
}
