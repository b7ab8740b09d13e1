//! Which recordings are held out together in cross-validation: by group, each class spread over all folds.

use crate::lesson::{Lesson, Recording};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// Most folds.
pub const MOST: usize = 5;

/// The fold of each group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    /// How many there are; 0: no class can be held out.
    pub count: usize,
    of: BTreeMap<String, usize>,
}

impl Folds {
    /// Spreads the groups of each class over the folds, in an order drawn by the seed, the class of the fewest first. A class of
    /// one group cannot be held out: its recordings belong to no fold.
    pub fn new(lesson: &Lesson, recordings: &[&Recording], seed: u64) -> Self {
        let mut by_class: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); lesson.classes.len()];
        for recording in recordings {
            for (class, groups) in by_class.iter_mut().enumerate() {
                if Lesson::shows(recording, class) {
                    groups.insert(&recording.group);
                }
            }
        }
        let fewest = by_class.iter().map(BTreeSet::len).filter(|groups| *groups > 1).min();
        let count = fewest.map_or(0, |groups| groups.min(MOST));
        let mut of = BTreeMap::new();
        if count > 0 {
            let mut order: Vec<usize> = (0..by_class.len()).collect();
            order.sort_by_key(|class| (by_class[*class].len(), *class));
            // A group that shows a class of one group alone is needed in every fold.
            let needed: BTreeSet<&str> =
                by_class.iter().filter(|groups| groups.len() == 1).flatten().copied().collect();
            let others: BTreeSet<&str> =
                recordings.iter().map(|recording| recording.group.as_str()).collect();
            let parts = order.into_iter().map(|class| &by_class[class]).chain([&others]);
            for (number, groups) in parts.enumerate() {
                let mut groups: Vec<&str> = groups.iter().copied().collect();
                Rng::with_seed(seed.wrapping_add(number as u64)).shuffle(&mut groups);
                // Those that are placed already count, so that each fold gets its share.
                let mut filled = vec![0usize; count];
                groups.iter().filter_map(|group| of.get(*group)).for_each(|fold: &usize| filled[*fold] += 1);
                for group in groups {
                    if !needed.contains(group) && !of.contains_key(group) {
                        let fold = (0..count).min_by_key(|fold| (filled[*fold], *fold)).unwrap_or(0);
                        filled[fold] += 1;
                        of.insert(group.to_owned(), fold);
                    }
                }
            }
        }
        Self { count, of }
    }

    /// The fold of a group.
    pub fn of(&self, group: &str) -> Option<usize> {
        self.of.get(group).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::Part;

    fn lesson(classes: &[(&str, &[&str])]) -> Lesson {
        let recording = |class: usize, group: &str, i: usize| Recording {
            path: format!("{class}{i}").into(),
            name: format!("{class}{i}"),
            group: group.into(),
            parts: vec![Part::whole(Some(class), true)],
        };
        let recordings = classes
            .iter()
            .enumerate()
            .flat_map(|(class, (_, groups))| {
                groups.iter().enumerate().map(move |(i, group)| recording(class, group, i))
            })
            .collect();
        Lesson {
            classes: classes.iter().map(|(name, _)| (*name).to_owned()).collect(),
            recordings,
            is_grouped: true,
            ..Lesson::default()
        }
    }

    fn folds(lesson: &Lesson) -> Folds {
        Folds::new(lesson, &lesson.recordings.iter().collect::<Vec<_>>(), 1)
    }

    #[test]
    fn a_group_is_in_one_fold_and_each_class_in_all() {
        let ten = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let lesson = lesson(&[("oud", &ten), ("harp", &["a", "b", "x", "y", "x", "z"])]);
        let folds = folds(&lesson);
        assert_eq!(folds.count, 5);
        for class in 0..2 {
            let mut of = vec![0; 5];
            let groups: BTreeSet<&str> = lesson
                .recordings
                .iter()
                .filter(|recording| Lesson::shows(recording, class))
                .map(|recording| recording.group.as_str())
                .collect();
            groups.iter().for_each(|group| of[folds.of(group).unwrap()] += 1);
            assert!(of.iter().all(|groups| *groups >= 1), "{class}: {of:?}");
        }
        assert_eq!(folds, self::folds(&lesson), "one seed, one split");
    }

    #[test]
    fn a_class_of_one_group_is_never_held_out() {
        let lesson = lesson(&[("oud", &["a", "b", "c"]), ("harp", &["h", "h"])]);
        let folds = folds(&lesson);
        assert_eq!((folds.count, folds.of("h")), (3, None));
        assert!(["a", "b", "c"].iter().all(|group| folds.of(group).is_some()));
        let alone = self::lesson(&[("oud", &["a", "a"])]);
        assert_eq!(self::folds(&alone).count, 0);
    }
}
