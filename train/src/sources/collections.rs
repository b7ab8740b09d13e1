//! Recordings that packages hold: notes, kits, speech, noises and whole music, with licence, group and split.
//!
//! The development part and the sealed part go into pools of their own (`data make --part`).

mod collection;
mod music;
mod noises;
mod players;
mod sealed;

pub use collection::{Collection, Content, Names};

/// Every collection.
pub fn all() -> impl Iterator<Item = &'static Collection> {
    [players::PLAYERS, noises::NOISES, music::MUSIC, sealed::SEALED].into_iter().flatten()
}
