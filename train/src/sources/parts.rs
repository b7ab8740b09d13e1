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

/// Recordings of training's sources of many players that are notes of a library of another part (`data check` finds them), by their
/// paths in the folder.
const LEFT_OUT: &[&str] = &["saxophone/fsdkaggle2018/seth810023.ogg"];

/// The sources that begin so are recordings on web pages about instruments: what a model is chosen by ([`crate::judge::pages`]).
pub const PAGES: &str = "pages-";

/// Whether a source of a labelled folder is one of these.
#[must_use]
pub fn is_page(source: &str) -> bool {
    source.starts_with(PAGES)
}

/// The part that a recording of a source is in, by its path in the folder, the folder's `index.csv` stating this one; `None`: in no pool.
#[must_use]
pub fn part_of(source: &str, path: &str, stated: Split) -> Option<Split> {
    if is_page(source) || SHARED.contains(&source) || LEFT_OUT.contains(&path) {
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
        assert_eq!(part_of("pages-somebody", "a.flac", Split::Valid), None);
        assert_eq!(part_of("iowa-piano", "a.flac", Split::Train), None);
        assert_eq!(part_of("mir1k-titon", "a.flac", Split::Valid), Some(Split::Development));
        assert_eq!(part_of("ganjo", "a.flac", Split::Train), Some(Split::Valid));
        assert_eq!(part_of("medley-solos-db", "a.flac", Split::Sealed), Some(Split::Sealed));
        assert_eq!(part_of("fsdkaggle2018", "a.flac", Split::Train), Some(Split::Train));
        assert_eq!(part_of("fsdkaggle2018", LEFT_OUT[0], Split::Train), None);
    }
}
