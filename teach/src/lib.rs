//! A user's own classes: recordings are embedded by a base package, a head learns to tell them, and a package says what it is worth.
//!
//! Thread: offline, in programs.
//!
//! What `rollcall teach` and the wheel's `teach` share. The data goes one way:
//!
//! | file | what comes out |
//! | --- | --- |
//! | [`lesson`] | which recordings show which classes, checked before any work |
//! | [`hear`], [`cache`] | the embedding of each step of each recording, once |
//! | [`bags`] | bags: a few seconds of steps each, with what is known of them |
//! | [`folds`] | which recordings are held out together |
//! | [`mixes`] | the classes *in music*: recordings mixed with each other and with the backing that comes along |
//! | [`shipped`] | what the base package brings of its own: embeddings of music without the new classes |
//! | [`fit`] | what tells the classes, as the head of a package |
//! | [`judge`], [`confusion`] | cross-validated scores with intervals, thresholds, who is taken for whom |
//! | [`package`], [`card`], [`reliability`] | the package with its card and picture |
//!
//! The same recordings and seed give the same package, whatever the number of cores. Errors are [`anyhow`]'s: each is a sentence for
//! whoever called.
#![forbid(unsafe_code)]

mod backing;
pub mod bags;
pub mod cache;
pub mod card;
pub mod confusion;
pub mod fit;
pub mod folds;
pub mod font;
pub mod hear;
pub mod judge;
pub mod lesson;
#[cfg(test)]
mod made;
pub mod mixes;
pub mod package;
mod regression;
pub mod reliability;
mod settings;
pub mod shipped;
mod sift;
mod teach;

pub use lesson::{Lesson, Mode, Part, Recording};
pub use settings::{MOST_RECORDINGS, Settings};
pub use teach::{Progress, Taught, teach};
