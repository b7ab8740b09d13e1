//! Clips as the second stage sees them: a sequence of representations, and what is known of who plays.

use crate::nn::head::WIDTH;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// One clip.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clip {
    /// Name, e.g. OpenMIC's sample key.
    pub key: String,
    /// Representations, `[steps, 128]`, any number of steps from 1 (OpenMIC: 10 of 0.96 s).
    pub steps: Vec<f32>,
    /// How likely each class is heard, 0..=1, `[classes]`; anything where it is not known.
    pub truth: Vec<f32>,
    /// Weight of each label, `[classes]`; 0: not known.
    pub known: Vec<f32>,
}

impl Clip {
    /// Steps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len() / WIDTH
    }

    /// Whether it has no step.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// Parts of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Trained on.
    Train,
    /// Chooses the epoch.
    Valid,
    /// Scored once, at the end.
    Test,
}

impl Part {
    /// All, in the order of their numbers in files.
    pub const ALL: [Self; 3] = [Self::Train, Self::Valid, Self::Test];
}

/// Clips in three parts that share no recording.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddingSet {
    /// Names of the classes, in the order of the labels.
    pub classes: Vec<String>,
    /// Trained on.
    pub train: Vec<Clip>,
    /// Chooses the epoch.
    pub valid: Vec<Clip>,
    /// Scored once, at the end.
    pub test: Vec<Clip>,
}

/// What is wrong with a set.
#[derive(Debug, Error)]
pub enum SetError {
    /// A part without clips.
    #[error("no clips to {0:?} on: all three parts need some")]
    Empty(Part),
    /// A clip whose lengths do not fit.
    #[error("clip {key:?}: {what} has {found} values, expected {expected}")]
    Length {
        /// The clip.
        key: String,
        /// Which of its fields.
        what: &'static str,
        /// Values it has.
        found: usize,
        /// What it should have.
        expected: String,
    },
    /// A value that is not finite, or out of range.
    #[error("clip {key:?}: {what} holds {found}, expected {expected}")]
    Value {
        /// The clip.
        key: String,
        /// Which of its fields.
        what: &'static str,
        /// The value.
        found: f32,
        /// Its range.
        expected: &'static str,
    },
    /// The same recording in two parts.
    #[error("clip {0:?} is in two parts: scores on what was trained on mean nothing")]
    Shared(String),
    /// Every representation is the same number, so that nothing can be learnt from it.
    #[error("every representation is {0}: the network that made them is dead")]
    Constant(f32),
}

impl EmbeddingSet {
    /// The clips of a part.
    #[must_use]
    pub fn part(&self, part: Part) -> &[Clip] {
        match part {
            Part::Train => &self.train,
            Part::Valid => &self.valid,
            Part::Test => &self.test,
        }
    }

    /// The clips of a part, to change.
    pub fn part_mut(&mut self, part: Part) -> &mut Vec<Clip> {
        match part {
            Part::Train => &mut self.train,
            Part::Valid => &mut self.valid,
            Part::Test => &mut self.test,
        }
    }

    /// Checks every length and value.
    ///
    /// # Errors
    /// The first thing that is off, see [`SetError`].
    pub fn check(&self) -> Result<(), SetError> {
        let mut seen = std::collections::HashMap::new();
        for part in Part::ALL {
            if self.part(part).is_empty() {
                return Err(SetError::Empty(part));
            }
            for clip in self.part(part) {
                check_clip(clip, self.classes.len())?;
                if *seen.entry(clip.key.as_str()).or_insert(part) != part {
                    return Err(SetError::Shared(clip.key.clone()));
                }
            }
        }
        Ok(())
    }

    /// Scales all representations to 0..=1 by the least and greatest value among the training clips (paper, section 4:
    /// "a simple normalization to `0..=1`"), cutting off what lies beyond in the other parts. Returns these two values, which a
    /// package states as `post_processing = { kind = "unit", low, high }`.
    ///
    /// # Errors
    /// All values are the same, or none is there.
    pub fn normalise(&mut self) -> Result<(f32, f32), SetError> {
        let values = || self.train.iter().flat_map(|clip| &clip.steps);
        let (low, high) =
            values().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
        if self.train.is_empty() {
            return Err(SetError::Empty(Part::Train));
        }
        if !(high - low).is_normal() {
            return Err(SetError::Constant(low));
        }
        for part in Part::ALL {
            for value in self.part_mut(part).iter_mut().flat_map(|clip| &mut clip.steps) {
                *value = ((*value - low) / (high - low)).clamp(0.0, 1.0);
            }
        }
        Ok((low, high))
    }

    /// SHA-256 over everything in it, 64 hex digits: a run is bound to the set that it began with.
    #[must_use]
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for class in &self.classes {
            hash.update(class.as_bytes());
            hash.update([0]);
        }
        for part in Part::ALL {
            hash.update((self.part(part).len() as u64).to_le_bytes());
            for clip in self.part(part) {
                hash.update(clip.key.as_bytes());
                hash.update([0]);
                for values in [&clip.steps, &clip.truth, &clip.known] {
                    hash.update((values.len() as u64).to_le_bytes());
                    hash.update(bytemuck::cast_slice::<f32, u8>(values));
                }
            }
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn check_clip(clip: &Clip, classes: usize) -> Result<(), SetError> {
    let length = |what, found, expected: String| {
        Err(SetError::Length { key: clip.key.clone(), what, found, expected })
    };
    if clip.steps.is_empty() || !clip.steps.len().is_multiple_of(WIDTH) {
        return length("steps", clip.steps.len(), format!("a multiple of {WIDTH}, at least one"));
    }
    for (what, values) in [("truth", &clip.truth), ("known", &clip.known)] {
        if values.len() != classes {
            return length(what, values.len(), format!("{classes}, one a class"));
        }
        if let Some(&found) = values.iter().find(|v| !(0.0..=1.0).contains(*v)) {
            return Err(SetError::Value { key: clip.key.clone(), what, found, expected: "0 to 1" });
        }
    }
    match clip.steps.iter().find(|v| !v.is_finite()) {
        Some(&found) => {
            let expected = "finite numbers";
            Err(SetError::Value { key: clip.key.clone(), what: "steps", found, expected })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(key: &str, value: f32) -> Clip {
        Clip { key: key.into(), steps: vec![value; 2 * WIDTH], truth: vec![1.0, 0.0], known: vec![1.0, 0.0] }
    }

    fn set() -> EmbeddingSet {
        EmbeddingSet {
            classes: vec!["a".into(), "b".into()],
            train: vec![clip("1", 1.0), clip("2", 3.0)],
            valid: vec![clip("3", 2.0)],
            test: vec![clip("4", 9.0)],
        }
    }

    #[test]
    fn normalises_by_the_training_part() {
        let mut set = set();
        assert_eq!(set.normalise().unwrap(), (1.0, 3.0));
        let first = |part: &[Clip]| part.iter().map(|c| c.steps[0]).collect::<Vec<_>>();
        assert_eq!(
            (first(&set.train), first(&set.valid), first(&set.test)),
            (vec![0.0, 1.0], vec![0.5], vec![1.0])
        );
    }

    #[test]
    fn says_what_is_off() {
        set().check().unwrap();
        let broken = |change: &dyn Fn(&mut EmbeddingSet)| {
            let mut set = set();
            change(&mut set);
            set.check().unwrap_err().to_string()
        };
        assert!(broken(&|s| s.valid.clear()).contains("Valid"));
        assert!(broken(&|s| s.test[0].key = "1".into()).contains("two parts"));
        assert!(
            broken(&|s| s.train[1].steps.truncate(100)).contains("100 values, expected a multiple of 128")
        );
        assert!(broken(&|s| s.train[1].truth[0] = 2.0).contains("truth holds 2, expected 0 to 1"));
        assert!(broken(&|s| s.train[1].steps[7] = f32::NAN).contains("finite"));
        let mut dead = set();
        dead.train.iter_mut().for_each(|clip| clip.steps.fill(0.0));
        assert!(dead.normalise().unwrap_err().to_string().contains("dead"));
    }

    #[test]
    fn the_hash_sees_every_part() {
        let mut other = set();
        assert_eq!(set().sha256(), other.sha256());
        other.test[0].known[1] = 1.0;
        assert_ne!(set().sha256(), other.sha256());
    }
}
