//! Steps -> meters: thresholds, hold, peaks.

use crate::perhaps::Perhaps;
use rollcall_board::{Meter, Settings};
use rollcall_engine::{Model, Step};

/// One meter a class, over time.
#[derive(Debug)]
pub(crate) struct Meters {
    shipped: Vec<f32>,
    meters: Vec<Meter>,
    last_active_s: Vec<f64>,
    perhaps: Perhaps,
}

impl Meters {
    pub(crate) fn new(model: &Model) -> Self {
        Self::of(model.thresholds(), model.events().map_or(0, |events| events.others.len()))
    }

    fn of(shipped_thresholds: &[f32], others: usize) -> Self {
        let mut new = Self {
            shipped: shipped_thresholds.to_vec(),
            meters: vec![Meter::default(); shipped_thresholds.len()],
            last_active_s: Vec::new(),
            perhaps: Perhaps::new(others),
        };
        new.restart(&Settings::default());
        new
    }

    /// A new session.
    pub(crate) fn restart(&mut self, settings: &Settings) {
        self.last_active_s = vec![f64::NEG_INFINITY; self.shipped.len()];
        self.perhaps.restart();
        for (meter, &shipped) in self.meters.iter_mut().zip(&self.shipped) {
            *meter = Meter {
                threshold: settings.threshold(shipped),
                shipped_threshold: shipped,
                since_active_s: f32::INFINITY,
                ..Meter::default()
            };
        }
    }

    pub(crate) fn reset_peak(&mut self, class: Option<usize>) {
        for (index, meter) in self.meters.iter_mut().enumerate() {
            if class.is_none_or(|class| class == index) {
                meter.peak = meter.activity;
            }
        }
    }

    /// Takes a step that is centred at `time_s` of the session.
    pub(crate) fn step(&mut self, step: &Step, time_s: f64, settings: &Settings) {
        for (class, meter) in self.meters.iter_mut().enumerate() {
            meter.activity = step.activity[class];
            meter.posterior = step.posterior[class];
            meter.instant = step.instant[class];
            meter.threshold = settings.threshold(self.shipped[class]);
            meter.peak = meter.peak.max(meter.activity);
            // As ranges are cut: at the threshold counts as above.
            if meter.activity >= meter.threshold {
                self.last_active_s[class] = time_s;
            }
            meter.since_active_s = (time_s - self.last_active_s[class]) as f32;
            meter.active = meter.since_active_s <= settings.hold_s;
        }
        self.perhaps.step(step.another, time_s, settings);
    }

    /// The instrument outside of the classes that is likelier than not, held as the others are.
    pub(crate) fn perhaps(&self) -> Option<usize> {
        self.perhaps.shown()
    }
    pub(crate) fn get(&self) -> &[Meter] {
        &self.meters
    }
    pub(crate) fn thresholds(&self, settings: &Settings) -> Vec<f32> {
        self.shipped.iter().map(|&shipped| settings.threshold(shipped)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(activity: f32) -> Step {
        Step {
            index: 0,
            time_s: 0.0,
            activity: vec![activity],
            posterior: vec![activity],
            instant: vec![activity],
            attention: vec![1.0],
            another: None,
            embedding: Vec::new(),
            detail: Vec::new(),
            level_dbfs: -20.0,
            gate_open: true,
        }
    }

    #[test]
    fn hold_peak_and_sensitivity() {
        let mut settings = Settings { hold_s: 0.5, ..Settings::default() };
        let mut meters = Meters::of(&[0.5], 0);
        assert!(!meters.get()[0].active);
        meters.step(&step(0.5), 1.0, &settings);
        assert!(meters.get()[0].active);
        meters.step(&step(0.2), 1.5, &settings);
        assert!(meters.get()[0].active, "held");
        meters.step(&step(0.2), 1.66, &settings);
        assert!(!meters.get()[0].active, "let go");
        assert_eq!(meters.get()[0].peak, 0.5);
        meters.reset_peak(Some(1));
        assert_eq!(meters.get()[0].peak, 0.5);
        meters.reset_peak(None);
        assert_eq!(meters.get()[0].peak, 0.2);
        // Odds of 0.5 are 1; a factor of 4 brings them to 1/4, which is 0.2.
        settings.sensitivity = 4.0;
        meters.step(&step(0.2), 2.0, &settings);
        assert_eq!(meters.get()[0].threshold, 0.2);
        assert!(meters.get()[0].active);
        assert_eq!(meters.get()[0].shipped_threshold, 0.5);
    }
}
