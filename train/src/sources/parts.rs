//! Which part of the data a source of the labelled folder is in, where its `index.csv` says otherwise or too little.

use crate::base::stem::Split;

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

/// The sources that begin so are recordings on web pages about instruments: what a model is chosen by ([`crate::judge::pages`]).
pub const PAGES: &str = "pages-";

/// Whether a source of a labelled folder is one of these.
#[must_use]
pub fn is_page(source: &str) -> bool {
    source.starts_with(PAGES)
}

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
