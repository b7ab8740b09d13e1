//! Thresholds that whoever evaluates chooses over those that the predictions were made with.

use anyhow::{Result, ensure};
use std::collections::BTreeMap;

/// Threshold of classes that nothing else gives one.
const DEFAULT: f32 = 0.5;

/// One for all classes, some by class, or none.
#[derive(Clone, Debug, Default)]
pub struct Thresholds {
    all: Option<f32>,
    of_class: BTreeMap<String, f32>,
}

impl Thresholds {
    /// One for all, and some by class, which hold over that.
    ///
    /// # Errors
    /// A number outside 0..=1.
    pub fn new(all: Option<f64>, of_class: &BTreeMap<String, f64>) -> Result<Self> {
        for value in of_class.values().chain(&all) {
            ensure!((0.0..=1.0).contains(value), "the threshold is {value}, but must be 0 to 1");
        }
        let of_class = of_class.iter().map(|(class, &value)| (class.clone(), value as f32));
        Ok(Self { all: all.map(|value| value as f32), of_class: of_class.collect() })
    }

    /// The threshold of a class, `own` being what the prediction brings along.
    pub fn of(&self, class: &str, own: Option<f32>) -> f32 {
        self.of_class.get(class).copied().or(self.all).or(own).unwrap_or(DEFAULT)
    }

    pub(crate) fn is_chosen(&self) -> bool {
        self.all.is_some() || !self.of_class.is_empty()
    }
}
