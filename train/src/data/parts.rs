//! Which part of the data a source of the labelled folder is in, where its `index.csv` says otherwise or too little.

use super::pool::Split;
use crate::judge::pages::is_page;

/// Sources of one instrument that give validation a recorded player of their class; training keeps another recorded source of each.
const VALIDATION: &[&str] = &[
    "ganjo",
    "gtown-piano-staccato",
    "gtown-toy-glockenspiel",
    "ixox-flute",
    "karoryfer-pastabass",
    "mtg-solo-sax",
];
/// Singers of the development part, since no package holds singing.
const DEVELOPMENT: &[&str] = &["mir1k-titon"];
/// Sources that share recordings with packages of the development part (`data check` finds them) and so leave training.
const SHARED: &[&str] = &["iowa-piano", "vsco-trombone", "vsco-violin-section"];

/// The part that a source is in, its `index.csv` stating this one; `None`: in no pool.
#[must_use]
pub fn part_of(source: &str, stated: Split) -> Option<Split> {
    if is_page(source) || SHARED.contains(&source) {
        None
    } else if DEVELOPMENT.contains(&source) {
        Some(Split::Development)
    } else if VALIDATION.contains(&source) {
        Some(Split::Valid)
    } else {
        Some(stated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_what_is_shared_are_in_no_pool() {
        assert_eq!(part_of("pages-somebody", Split::Valid), None);
        assert_eq!(part_of("iowa-piano", Split::Train), None);
        assert_eq!(part_of("mir1k-titon", Split::Valid), Some(Split::Development));
        assert_eq!(part_of("ganjo", Split::Train), Some(Split::Valid));
        assert_eq!(part_of("medley-solos-db", Split::Sealed), Some(Split::Sealed));
        assert_eq!(part_of("fsdkaggle2018", Split::Train), Some(Split::Train));
    }
}
