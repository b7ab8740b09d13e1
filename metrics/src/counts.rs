//! Hits among what the reference has and what the system said: precision, recall and F1.

use std::{
    iter::Sum,
    ops::{Add, AddAssign},
};

/// What F1 is where the reference has something and the system said nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Empty {
    /// 0, as `sed_eval` with `empty_system_output_handling = "zero_score"`: what was never found lowers the mean.
    #[default]
    Zero,
    /// Not defined, as `sed_eval` without that: the mean over classes leaves the class out.
    Undefined,
}

/// Segments or events of one class, or summed over classes and files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// In both.
    pub hits: u64,
    /// In the reference.
    pub reference: u64,
    /// In the system's output.
    pub system: u64,
}

impl Counts {
    /// Share of the system's output that is right; `None` if it said nothing and `empty` leaves that undefined.
    pub fn precision(self, empty: Empty) -> Option<f64> {
        match (self.system, empty) {
            (0, Empty::Undefined) => None,
            (0, Empty::Zero) => Some(0.0),
            (system, _) => Some(self.hits as f64 / system as f64),
        }
    }

    /// Share of the reference that was found; `None` if there is nothing in it.
    pub fn recall(self) -> Option<f64> {
        (self.reference > 0).then(|| self.hits as f64 / self.reference as f64)
    }

    /// Harmonic mean of both; `None` if either is.
    pub fn f1(self, empty: Empty) -> Option<f64> {
        self.precision(empty)?;
        self.recall()?;
        Some(2.0 * self.hits as f64 / (self.reference + self.system) as f64)
    }
}

impl Add for Counts {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            reference: self.reference + other.reference,
            system: self.system + other.system,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_sides_are_as_sed_eval_has_them() {
        let counts = |hits, reference, system| Counts { hits, reference, system };
        assert_eq!(counts(1, 2, 2).f1(Empty::Undefined), Some(0.5));
        assert_eq!(counts(0, 2, 2).f1(Empty::Undefined), Some(0.0));
        assert_eq!(counts(0, 2, 0).f1(Empty::Undefined), None);
        assert_eq!(counts(0, 2, 0).f1(Empty::Zero), Some(0.0));
        assert_eq!(counts(0, 0, 2).f1(Empty::Zero), None);
        assert_eq!([counts(1, 2, 3), counts(4, 5, 6)].into_iter().sum::<Counts>(), counts(5, 7, 9));
    }
}
